import { elementKey } from "./elements.js";
import { figure } from "./figures.js";

/**
 * Writes terms as MathML: with a mark for each element, which becomes its number or its name.
 *
 * @typedef {import("./terms.js").Term} Term
 * @typedef {import("./elements.js").Source} Source
 */

const SUM = 1;
const PRODUCT = 2;
const POWER = 3;

/** How functions of primitives are called, where that is not their name. @type {Record<string, string>} */
const FUNCTIONS = {
  maximum: "max",
  minimum: "min",
  acos: "arccos",
  asin: "arcsin",
  atan: "arctan",
  acosh: "arcosh",
  asinh: "arsinh",
  atanh: "artanh",
  sign: "sgn",
};
/** @type {Record<string, string>} */
const COMPARISONS = { equal: "=", not_equal: "≠", less: "&lt;", less_equal: "≤", greater: "&gt;", greater_equal: "≥" };
/** @type {Record<string, [string, string]>} */
const FENCES = { abs: ["|", "|"], floor: ["⌊", "⌋"], ceil: ["⌈", "⌉"] };

/** @param {string} inside @param {string} left @param {string} right */
function bracketed(inside, left = "(", right = ")") {
  return `<mrow><mo form="prefix" fence="true">${left}</mo>${inside}<mo form="postfix" fence="true">${right}</mo></mrow>`;
}

/** @param {number} value */
function plainNumber(value) {
  const text = figure(value);
  return text.startsWith("\u2212") ? `<mo form="prefix">\u2212</mo><mn>${text.slice(1)}</mn>` : `<mn>${text}</mn>`;
}

/** Writes terms, and remembers which element each mark is. */
export class TermWriter {
  /** @param {Map<number, string>} letters of the parts */
  constructor(letters) {
    this.letters = letters;
    /** @type {Source[]} */
    this.marked = [];
  }

  /** A whole formula, in pieces between which a line may be broken: the terms of a sum. @param {Term} term */
  formulas(term) {
    const inside = term.kind === "sum" ? this.#terms(term) : [this.write(term, 0)];
    return inside.map((piece) => `<math><mrow>${piece}</mrow></math>`);
  }

  /** @param {Term} term @param {number} level how strongly the signs around it bind @returns {string} */
  write(term, level) {
    const { kind, terms } = term;
    if (kind === "winner") return this.write(terms[0], level);
    if (kind === "part") return `<mi>${this.letters.get(elementKey(/** @type {Source} */ (term.element)))}</mi>`;
    if (kind === "leaf" || kind === "number") return this.#number(term, level);
    if (kind === "negative") {
      const inside = `<mo form="prefix">\u2212</mo>${this.write(terms[0], PRODUCT)}`;
      return level > 0 ? bracketed(inside) : inside;
    }
    if (kind === "quotient") {
      const inside = `<mfrac><mrow>${this.write(terms[0], 0)}</mrow><mrow>${this.write(terms[1], 0)}</mrow></mfrac>`;
      return level > PRODUCT ? bracketed(inside) : inside;
    }
    if (kind === "sum") {
      const inside = this.#terms(term).join("");
      return level > 0 ? bracketed(inside) : `<mrow>${inside}</mrow>`;
    }
    if (kind === "product") {
      const inside = terms.map((one) => this.write(one, PRODUCT)).join("<mo>·</mo>") + this.#rest(term, "·");
      return level > PRODUCT ? bracketed(inside) : `<mrow>${inside}</mrow>`;
    }
    return this.#call(term);
  }

  /** The terms of a sum, each with its sign before it. @param {Term} term */
  #terms(term) {
    const parts = term.terms.map((one, i) => {
      const isNegative = one.kind === "negative";
      const sign = isNegative ? "\u2212" : "+";
      const text = this.write(isNegative ? one.terms[0] : one, isNegative ? PRODUCT : SUM);
      return i || isNegative ? `<mo form="${i ? "infix" : "prefix"}">${sign}</mo>${text}` : text;
    });
    const rest = this.#rest(term, "+");
    return rest ? [...parts, rest] : parts;
  }

  /** @param {Term} term @param {number} level */
  #number({ element, value }, level) {
    if (!element) return value < 0 && level > 0 ? bracketed(plainNumber(value)) : `<mrow>${plainNumber(value)}</mrow>`;
    const mark = this.marked.push(element) - 1;
    return `<mi>⟦${mark}⟧</mi>`;
  }

  /** The terms that are not shown: how many, and what they come to. @param {Term} term @param {string} sign */
  #rest({ rest, restValue, kind }, sign) {
    if (!rest) return "";
    const words = kind === "sum" ? `… ${rest} more: ${figure(restValue)}` : `… ${rest} more`;
    return `<mo form="infix">${sign}</mo><mtext>(${words})</mtext>`;
  }

  /** @param {Term} term */
  #call({ name, terms, rest }) {
    const [first, second] = terms;
    if (name === "exp") return `<msup><mi>e</mi><mrow>${this.write(first, 0)}</mrow></msup>`;
    if (name === "sqrt") return `<msqrt><mrow>${this.write(first, 0)}</mrow></msqrt>`;
    if (name === "square") return `<msup><mrow>${this.#base(first)}</mrow><mn>2</mn></msup>`;
    if (name === "pow") return `<msup><mrow>${this.#base(first)}</mrow><mrow>${this.write(second, 0)}</mrow></msup>`;
    if (name in FENCES) return bracketed(this.write(first, 0), ...FENCES[name]);
    if (name in COMPARISONS) {
      const inside = `${this.write(first, SUM)}<mo>${COMPARISONS[name]}</mo>${this.write(second, SUM)}`;
      return `<mrow><mn>1</mn>${bracketed(inside, "[", "]")}</mrow>`;
    }
    if (name === "log1p") return this.#named("log", `<mn>1</mn><mo>+</mo>${this.write(first, SUM)}`);
    if (name === "expm1")
      return bracketed(`<msup><mi>e</mi><mrow>${this.write(first, 0)}</mrow></msup><mo>\u2212</mo><mn>1</mn>`);
    const inside = terms.map((one) => this.write(one, 0)).join('<mo separator="true">,</mo>');
    const more = rest ? `<mo separator="true">,</mo><mtext>… ${rest} more</mtext>` : "";
    return this.#named(FUNCTIONS[name] ?? name.replaceAll("_", " "), inside + more);
  }

  /** @param {string} name @param {string} inside */
  #named(name, inside) {
    return `<mrow><mi>${name}</mi>${bracketed(inside)}</mrow>`;
  }

  /** What a power is of; a number that may be negative stands in brackets. @param {Term} term */
  #base(term) {
    const isSimple = !term.terms.length && term.value >= 0;
    return isSimple ? this.write(term, POWER) : bracketed(this.write(term, 0));
  }
}
