import { elementKey } from "./elements.js";
import {
  add,
  apply,
  atoms,
  COMPOSED,
  fractionOf,
  isOver,
  isSame,
  isSameElement,
  makeTerm,
  multiply,
  numberTerm,
  partsIn,
  replaceTerms,
  sharedShift,
  shiftOf,
  shownCount,
  sizeOf,
  expWithoutShift,
  unshiftedSum,
  termsIn,
} from "./terms.js";

/**
 * Writes one element as the sum that made it, in terms of elements that have names. It mirrors program/sums.py.
 *
 * @typedef {import("./elements.js").Source} Source
 * @typedef {import("./elements.js").Elements} Elements
 * @typedef {import("./terms.js").Term} Term
 * @typedef {(source: Source) => boolean} IsNamed
 *
 * @typedef {object} Sum
 * @property {Source} element
 * @property {Term} term
 * @property {{ element: Source, term: Term }[]} parts those that have lines of their own
 */

/** At most so many parts are written as lines of their own. Further ones are only numbers. */
const MOST_PARTS = 6;
/** So many elements and numbers make a part that is used several times a line of its own; a shorter one is repeated. */
const LEAST_PART = 4;
/** A longer formula of one element only, as that of erf is, is a number, */
const LONGEST_FUNCTION = 12;
/** and so is any formula within another that is longer than this. */
const LONGEST = 24;
/** So many uses of elements are counted at most to find the parts. */
const MOST_COUNTED = 5000;
/** In a longer sum, terms that are 0 in any run are not looked for among those that are not shown. */
const MOST_FOLLOWED = 2000;
/** How deep terms are nested at most; what is deeper is only a number. */
const DEEPEST = 40;

/**
 * Writes an element in terms of those that have names, from the steps between them.
 *
 * @param {Elements} elements
 * @param {Source} element
 * @param {IsNamed} isNamed
 * @returns {Sum}
 */
export function sumOf(elements, element, isNamed) {
  return new Writer(elements, element, isNamed).sum();
}

/** The named elements that an element was made from, each once and at most so many. @param {Elements} elements @param {Source} element @param {IsNamed} isNamed @param {number} most */
export function sourcesOf(elements, element, isNamed, most) {
  /** @type {Source[]} */
  const found = [];
  const seen = new Set([elementKey(element)]);
  const waiting = [element];
  while (waiting.length && found.length < most) {
    for (const source of elements.origin(/** @type {Source} */ (waiting.pop())).terms.flat()) {
      if (source.place < 0 || seen.has(elementKey(source))) continue;
      seen.add(elementKey(source));
      (isNamed(source) ? found : waiting).push(source);
    }
  }
  return found.slice(0, most);
}

class Writer {
  /** @param {Elements} elements @param {Source} element @param {IsNamed} isNamed */
  constructor(elements, element, isNamed) {
    this.elements = elements;
    this.element = element;
    this.isNamed = isNamed;
    /** @type {Map<number, number>} */
    this.uses = new Map();
    /** @type {Map<number, { element: Source, term: Term }>} */
    this.parts = new Map();
  }

  /** @returns {Sum} */
  sum() {
    const { element } = this;
    const start = this.#followCopies(element).source;
    if (start.place < 0 || this.#ends(start)) return { element, term: this.#followedTerm(start, 0), parts: [] };
    this.#count(start);
    const term = this.#withoutShiftOfParts(this.#termOf(start, 0));
    const used = new Set();
    const waiting = [term];
    while (waiting.length) {
      for (const part of partsIn(/** @type {Term} */ (waiting.pop()))) {
        const key = elementKey(part);
        if (used.has(key)) continue;
        used.add(key);
        waiting.push(/** @type {{ term: Term }} */ (this.parts.get(key)).term);
      }
    }
    return { element, term, parts: [...this.parts].filter(([key]) => used.has(key)).map(([, part]) => part) };
  }

  /** @param {Source} source */
  #ends(source) {
    return !isSameElement(source, this.element) && this.isNamed(source);
  }

  /** Follows copies to what was copied, and says whether it is the winner of a maximum. @param {Source} given */
  #followCopies(given) {
    let source = given;
    let won = false;
    while (source.place >= 0 && !this.#ends(source)) {
      const { way, primitive, terms } = this.elements.origin(source);
      if (way === "none" && primitive !== "random") return { source: { place: -1, at: 0, number: source.number }, won };
      if (way !== "copy") break;
      source = terms[0][0];
      won ||= primitive === "max";
    }
    return { source, won };
  }

  /** Counts how often each element is used in what is shown. What can't be a part uses its own sources again. @param {Source} element */
  #count(element) {
    const waiting = [element];
    for (let i = 0; i < MOST_COUNTED && waiting.length; i++) {
      const origin = this.elements.origin(/** @type {Source} */ (waiting.pop()));
      for (const given of this.#splitTerms(origin)[0].flat()) {
        const { source } = this.#followCopies(given);
        if (source.place < 0 || this.#ends(source)) continue;
        const uses = (this.uses.get(elementKey(source)) ?? 0) + 1;
        this.uses.set(elementKey(source), uses);
        if (uses === 1 || !this.#mayBePart(source)) waiting.push(source);
      }
    }
  }

  /** Whether an element may have a line of its own: not if it is a function or a difference of others. @param {Source} source */
  #mayBePart(source) {
    const { way, primitive, terms } = this.elements.origin(source);
    return way !== "call" || (terms[0].length === 2 && primitive !== "subtract");
  }

  /** The terms of a sum to show and the others, without what is 0 in any run. @param {import("./elements.js").Origin} origin */
  #splitTerms({ way, terms }) {
    let used = terms;
    if (way === "sum" && terms.length <= MOST_FOLLOWED) {
      const isZero = (/** @type {Source} */ one) => {
        const { source } = this.#followCopies(one);
        return source.place < 0 && source.number === 0;
      };
      used = terms.filter((term) => !term.some(isZero));
    }
    const count = shownCount(used.length);
    return [used.slice(0, count), used.slice(count)];
  }

  /** How many terms a term is that is not shown: several if it is a sum itself. @param {Source[]} term */
  #termsBehind(term) {
    const { source } = this.#followCopies(term[0]);
    if (term.length > 1 || source.place < 0 || this.#ends(source)) return 1;
    const { way, terms } = this.elements.origin(source);
    return way === "sum" ? terms.length : 1;
  }

  /** @param {Source} given @param {number} depth */
  #term(given, depth) {
    const { source, won } = this.#followCopies(given);
    const term = this.#followedTerm(source, depth);
    return won && source.place >= 0 ? makeTerm("winner", [term], { element: source, value: term.value }) : term;
  }

  /** @param {Source} source @param {number} depth @returns {Term} */
  #followedTerm(source, depth) {
    if (source.place < 0) return numberTerm(source.number);
    const own = { element: source, value: source.number };
    if (this.#ends(source)) return makeTerm("leaf", [], own);
    const number = makeTerm("number", [], own);
    if (depth > DEEPEST || this.elements.origin(source).way === "none") return number;
    const key = elementKey(source);
    if (this.parts.has(key)) return makeTerm("part", [], own);
    const made = this.#termOf(source, depth + 1);
    const size = sizeOf(made);
    if (size > LONGEST || (size > LONGEST_FUNCTION && new Set(atoms(made).map(elementKey)).size < 2)) return number;
    if ((this.uses.get(key) ?? 0) < 2 || size < LEAST_PART || !this.#mayBePart(source)) return made;
    if (this.parts.size >= MOST_PARTS) return number;
    this.parts.set(key, { element: source, term: made });
    return makeTerm("part", [], own);
  }

  /** Leaves out the maximum in parts that are the denominators of softmax and nothing else. @param {Term} given */
  #withoutShiftOfParts(given) {
    let term = given;
    for (const { element, term: made } of [...this.parts.values()]) {
      const shift = made.kind === "sum" ? sharedShift(made) : null;
      if (!shift) continue;
      const everything = [term, ...[...this.parts.values()].map((part) => part.term)].flatMap(termsIn);
      const fractions = everything.filter((one) => isOver(one, element));
      const uses = everything.filter((one) => one.kind === "part" && isSameElement(one.element, element));
      const fits = fractions.every((one) => {
        const above = shiftOf(one.terms[0]);
        return above && isSame(above, shift);
      });
      if (uses.length !== fractions.length || !fits) continue;
      const value = made.value * Math.exp(shift.value);
      const plain = { ...unshiftedSum(made, shift), element, value };
      const below = makeTerm("part", [], { element, value });
      /** @type {[Term, Term][]} */
      const changes = fractions.map((one) => [one, fractionOf(expWithoutShift(one.terms[0]), below)]);
      for (const part of this.parts.values()) part.term = replaceTerms(part.term, changes);
      this.parts.set(elementKey(element), { element, term: plain });
      term = replaceTerms(term, changes);
    }
    return term;
  }

  /** Writes what an element was made from. @param {Source} element @param {number} depth @returns {Term} */
  #termOf(element, depth) {
    const origin = this.elements.origin(element);
    const value = element.number;
    if (origin.way === "none") return makeTerm("number", [], { element, value });
    const [first, others] = this.#splitTerms(origin);
    const shown = first.map((term) => term.map((source) => this.#term(source, depth)));
    const hidden = others.map((term) => term.reduce((product, { number }) => product * number, 1));
    if (origin.way === "copy") return shown[0][0];
    const { primitive: name } = origin;
    let made;
    if (origin.way === "call") made = apply(name, shown[0]);
    else if (origin.way === "whole") made = makeTerm("call", shown.flat(), { name, rest: hidden.length });
    else if (origin.way === "sum") {
      const rest = hidden.reduce((sum, one) => sum + one, 0);
      made = add(
        shown.map((factors) => multiply(factors)),
        others.length ? others.length * this.#termsBehind(others[0]) : 0,
        rest,
      );
    } else {
      const rest = hidden.reduce((product, one) => product * one, 1);
      made = multiply(shown.flat(), hidden.length, rest);
    }
    return COMPOSED.has(made.kind) ? { ...made, element, value } : made;
  }
}
