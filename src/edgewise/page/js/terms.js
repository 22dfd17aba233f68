/**
 * Terms: what an element was made from, and the algebra that writes them as people do. It mirrors program/terms.py.
 *
 * @typedef {import("./elements.js").Source} Source
 *
 * @typedef {object} Term
 * @property {"leaf" | "number" | "part" | "sum" | "product" | "quotient" | "negative" | "call" | "winner"} kind
 * @property {Term[]} terms what it is made of
 * @property {Source | null} element the element that it is, if it is one
 * @property {string} name the function of a call
 * @property {number} value
 * @property {number} rest how many terms of a sum or product are not shown
 * @property {number} restValue what they come to
 */

/** @param {Term["kind"]} kind @param {Term[]} terms @param {Partial<Term>} more @returns {Term} */
export function makeTerm(kind, terms = [], more = {}) {
  return { kind, terms, element: null, name: "", value: NaN, rest: 0, restValue: 0, ...more };
}

/** A number of the Program. @param {number} value */
export const numberTerm = (value) => makeTerm("number", [], { value });

/** A sum of at most `whole` terms is written in full. Of a longer one the first are, and the number and sum of the others. */
const shownTerms = { whole: 8, first: 5 };

/**
 * Writes terms with longer sums in full.
 *
 * @template T
 * @param {number} most terms of a sum that is written in full
 * @param {() => T} write
 */
export function inFull(most, write) {
  const usual = { ...shownTerms };
  Object.assign(shownTerms, { whole: most, first: most });
  try {
    return write();
  } finally {
    Object.assign(shownTerms, usual);
  }
}

/** How many of so many terms are written. @param {number} count */
export function shownCount(count) {
  return count <= shownTerms.whole ? count : shownTerms.first;
}

/** The kinds of terms that are made of others. */
export const COMPOSED = new Set(["sum", "product", "quotient", "negative", "call"]);

/** @param {Source | null} a @param {Source | null} b */
export function isSameElement(a, b) {
  return a === b || Boolean(a && b && a.place === b.place && a.at === b.at);
}

/** @param {Term} a @param {Term} b @returns {boolean} */
export function isSame(a, b) {
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    isSameElement(a.element, b.element) &&
    (Object.is(a.value, b.value) || a.value === b.value) &&
    a.rest === b.rest &&
    a.terms.length === b.terms.length &&
    a.terms.every((term, i) => isSame(term, b.terms[i]))
  );
}

/** The number of elements and numbers in a term. @param {Term} term @returns {number} */
export function sizeOf({ terms, rest }) {
  return terms.length ? terms.reduce((size, term) => size + sizeOf(term), rest ? 1 : 0) : 1;
}

/** The number that a term comes to. @param {Term} term @returns {number} */
function valueOf({ kind, terms, value, rest, restValue }) {
  if (!Number.isNaN(value) || !terms.length) return value;
  const values = terms.map(valueOf);
  if (kind === "sum") return values.reduce((sum, one) => sum + one, restValue);
  if (kind === "product") return values.reduce((product, one) => product * one, rest ? restValue : 1);
  if (kind === "negative") return -values[0];
  if (kind === "quotient") return values[1] ? values[0] / values[1] : NaN;
  return kind === "winner" ? values[0] : NaN;
}

/** A term and all terms in it. @param {Term} term @returns {Term[]} */
export function termsIn(term) {
  return [term, ...term.terms.flatMap(termsIn)];
}

/** A term with some of the terms in it replaced. @param {Term} term @param {[Term, Term][]} changes @returns {Term} */
export function replaceTerms(term, changes) {
  const change = changes.find(([old]) => isSame(old, term));
  if (change) return change[1];
  return term.terms.length ? { ...term, terms: term.terms.map((one) => replaceTerms(one, changes)) } : term;
}

/** The elements that a term has as leaves, parts and numbers. @param {Term} term */
export function atoms(term) {
  return termsIn(term).flatMap(({ terms, element }) => (!terms.length && element ? [element] : []));
}

/** The parts that a term refers to. @param {Term} term */
export function partsIn(term) {
  return termsIn(term).flatMap(({ kind, element }) => (kind === "part" && element ? [element] : []));
}

/** Applies a primitive. @param {string} name @param {Term[]} terms */
export function apply(name, terms) {
  if (name === "add") return add(terms);
  if (name === "subtract") return add([terms[0], negate(terms[1])]);
  if (name === "negative") return negate(terms[0]);
  if (name === "multiply") return multiply(terms);
  if (name === "divide") return divide(terms[0], terms[1]);
  if (name === "reciprocal") return divide(numberTerm(1), terms[0]);
  if (name === "maximum" || name === "minimum") {
    const inner = terms.flatMap((term) => (term.name === name ? term.terms : [term]));
    return makeTerm("call", inner, { name });
  }
  return makeTerm("call", terms, { name });
}

/** Changes the sign. @param {Term} term */
export function negate(term) {
  if (term.kind === "negative") return term.terms[0];
  if (term.kind === "number" && !term.element) return numberTerm(-term.value);
  return makeTerm("negative", [term], { value: -term.value });
}

/** Adds terms. What is 0 in any run, such as padding, is left out. @param {Term[]} terms @param {number} rest @param {number} restValue */
export function add(terms, rest = 0, restValue = 0) {
  /** @type {Term[]} */
  let flat = [];
  for (const term of terms) {
    const inner = term.kind === "negative" ? term.terms[0] : term;
    if (inner.kind === "sum") {
      flat.push(...(inner === term ? inner.terms : inner.terms.map(negate)));
      rest += inner.rest;
      restValue += inner === term ? inner.restValue : -inner.restValue;
    } else if (!isNumber(term, 0)) flat.push(term);
  }
  flat = withoutShift(flat);
  if (flat.length > shownCount(flat.length)) {
    const hidden = flat.splice(shownCount(flat.length));
    rest += hidden.length;
    restValue += hidden.reduce((sum, term) => sum + valueOf(term), 0);
  }
  if (rest || flat.length > 1) return makeTerm("sum", flat, { rest, restValue });
  return flat.length ? flat[0] : numberTerm(0);
}

/** Multiplies terms. A factor of 1 that is 1 in any run is left out. @param {Term[]} terms @param {number} rest @param {number} restValue */
export function multiply(terms, rest = 0, restValue = 1) {
  /** @type {Term[]} */
  const flat = [];
  /** @type {Term[]} */
  const below = [];
  let sign = 1;
  for (const given of terms) {
    let term = given;
    if (term.kind === "negative") {
      sign = -sign;
      term = term.terms[0];
    }
    if (isNumber(term, 0)) return numberTerm(0);
    if (isNumber(term, -1)) sign = -sign;
    else if (term.kind === "product" && !term.rest) flat.push(...term.terms);
    else if (term.kind === "quotient" && isNumber(term.terms[0], 1)) below.push(term.terms[1]);
    else if (!isNumber(term, 1)) flat.push(term);
  }
  const factors = withSquares(flat);
  let made = numberTerm(1);
  if (rest || factors.length > 1) made = makeTerm("product", factors, { rest, restValue });
  else if (factors.length) made = factors[0];
  if (below.length) made = fractionOf(made, multiply(below));
  return sign > 0 ? made : negate(made);
}

/** Writes a · a as the square of a. @param {Term[]} factors */
function withSquares(factors) {
  /** @type {Term[]} */
  const found = [];
  for (const factor of factors) {
    const last = found[found.length - 1];
    if (last && isSame(last, factor)) found[found.length - 1] = makeTerm("call", [factor], { name: "square" });
    else found.push(factor);
  }
  return found;
}

/** Makes a fraction as it stands. @param {Term} above @param {Term} below */
export function fractionOf(above, below) {
  return makeTerm("quotient", [above, below]);
}

/** Whether a term is a fraction with this part as its denominator. @param {Term} term @param {Source} part */
export function isOver({ kind, terms }, part) {
  return kind === "quotient" && terms[1].kind === "part" && isSameElement(terms[1].element, part);
}

/** Divides; in softmax the maximum that both have is left out. @param {Term} above @param {Term} below @returns {Term} */
export function divide(above, below) {
  if (isNumber(below, 1)) return above;
  if (above.kind === "negative") return negate(divide(above.terms[0], below));
  const shift = shiftOf(above);
  const shared = below.kind === "sum" ? sharedShift(below) : null;
  if (shift && shared && isSameElement(shift.element, shared.element))
    return fractionOf(expWithoutShift(above), unshiftedSum(below, shift));
  return fractionOf(above, below);
}

/** Whether a term is this number in any run, not an element that happens to have it. @param {Term} term @param {number} value */
export function isNumber(term, value) {
  return term.kind === "number" && !term.element && term.value === value;
}

// The maximum that softmax subtracts ---------------------------------------------------------------------------------

/** The winner that is subtracted last in exp(z − m). @param {Term} term */
export function shiftOf({ kind, name, terms }) {
  if (kind !== "call" || name !== "exp" || terms[0].kind !== "sum") return null;
  const last = terms[0].terms[terms[0].terms.length - 1];
  return last?.kind === "negative" && last.terms[0].kind === "winner" ? last.terms[0] : null;
}

/** The winner that all terms of a sum subtract, if it is the same. @param {Term} total */
export function sharedShift({ terms }) {
  const shift = terms.length ? shiftOf(terms[0]) : null;
  return shift && terms.every((term) => isSameElement(shiftOf(term)?.element ?? null, shift.element)) ? shift : null;
}

/** exp(z) for exp(z − m). @param {Term} term */
export function expWithoutShift({ terms }) {
  return makeTerm("call", [add(terms[0].terms.slice(0, -1))], { name: "exp" });
}

/** A sum of such terms without m. @param {Term} total @param {Term} shift */
export function unshiftedSum({ terms, rest, restValue }, shift) {
  return makeTerm("sum", terms.map(expWithoutShift), { rest, restValue: rest ? restValue * Math.exp(shift.value) : 0 });
}

/** Leaves out m in m + log(exp(a − m) + exp(b − m)), and where both are subtracted. @param {Term[]} terms */
function withoutShift(terms) {
  for (let i = 0; i < terms.length; i++) {
    const inner = terms[i].kind === "negative" ? terms[i].terms[0] : terms[i];
    if (inner.kind !== "call" || inner.name !== "log" || inner.terms[0].kind !== "sum") continue;
    const shift = sharedShift(inner.terms[0]);
    if (!shift) continue;
    const isNegated = inner !== terms[i];
    const other = terms.findIndex(
      (one) => (one.kind === "negative") === isNegated && isSame(isNegated ? one.terms[0] : one, shift),
    );
    if (other < 0) continue;
    const logarithm = makeTerm("call", [unshiftedSum(inner.terms[0], shift)], { name: "log" });
    const changed = [...terms];
    changed[i] = isNegated ? negate(logarithm) : logarithm;
    changed.splice(other, 1);
    return changed;
  }
  return terms;
}
