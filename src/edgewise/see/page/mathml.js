import { figure } from "./figures.js";

/** Formulas: MathML of the page's data, rebuilt element by element, so that nothing else can come with it. */

const MATHML = "http://www.w3.org/1998/Math/MathML";
const ELEMENTS = new Set(
  "math mrow mi mn mo mtext msub msup msubsup mfrac msqrt munder mover munderover mtable mtr mtd mspace".split(" "),
);
const ATTRIBUTES = new Set(["form", "fence", "separator", "stretchy", "displaystyle", "mathvariant"]);

/** @type {Map<string, Element>} */
const knownFormulas = new Map();

/**
 * A formula, ready to be put into the page.
 *
 * @param {string | null | undefined} markup
 * @param {(id: string) => number | undefined} [numberOf] what stands for marks such as ⟦3⟧
 * @param {(id: string) => string} [kindOf] and in which colour
 * @returns {Element | null}
 */
export function formula(markup, numberOf, kindOf = () => "value") {
  if (!markup) return null;
  let template = knownFormulas.get(markup);
  if (!template) {
    const parsed = new DOMParser().parseFromString(markup, "application/xml").documentElement;
    const built = rebuilt(parsed);
    if (!built || built.localName !== "math") return null;
    template = built;
    knownFormulas.set(markup, template);
  }
  const copy = /** @type {Element} */ (template.cloneNode(true));
  return numberOf && !filled(copy, numberOf, kindOf) ? null : copy;
}

/** @param {Element} source @returns {Element | null} */
function rebuilt(source) {
  if (!ELEMENTS.has(source.localName)) return null;
  // A letter is slanted only by itself, without its prime.
  const primed = source.localName === "mi" && /^(\p{L})′$/u.exec(source.textContent ?? "");
  if (primed) {
    const whole = document.createElementNS(MATHML, "mrow");
    for (const [kind, text] of [["mi", primed[1]], ["mo", "′"]]) whole.appendChild(document.createElementNS(MATHML, kind)).textContent = text;
    whole.lastElementChild?.setAttribute("lspace", "0");
    whole.lastElementChild?.setAttribute("rspace", "0");
    return whole;
  }
  const element = document.createElementNS(MATHML, source.localName);
  for (const { name, value } of source.attributes) if (ATTRIBUTES.has(name)) element.setAttribute(name, value);
  for (const child of source.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) element.append(child.textContent ?? "");
    else if (child.nodeType === Node.ELEMENT_NODE) {
      const inner = rebuilt(/** @type {Element} */ (child));
      if (!inner) return null;
      element.append(inner);
    } else return null;
  }
  return element;
}

/** @param {Element} math @param {(id: string) => number | undefined} numberOf @param {(id: string) => string} kindOf */
function filled(math, numberOf, kindOf) {
  for (const leaf of math.querySelectorAll("mi")) {
    const mark = /^⟦([\wη]+)⟧$/.exec(leaf.textContent ?? "");
    if (!mark) continue;
    const value = numberOf(mark[1]);
    if (value === undefined) return false;
    leaf.replaceWith(numeral(value, isAlone(leaf), kindOf(mark[1])));
  }
  return true;
}

/** Whether a sign before a number can't be taken for an operation. @param {Element} leaf @returns {boolean} */
function isAlone(leaf) {
  const parent = leaf.parentElement;
  if (!parent || ["math", "mfrac", "msqrt", "mtd"].includes(parent.localName)) return true;
  const before = leaf.previousElementSibling;
  if (before && parent.localName === "msup") return true;
  if (before) return before.localName === "mo" && (before.hasAttribute("fence") ? before.getAttribute("form") === "prefix" : before.hasAttribute("separator"));
  return parent.localName === "mrow" && isAlone(parent);
}

/**
 * A number in a formula; negative ones in brackets.
 *
 * @param {number} value
 * @param {boolean} alone
 * @param {string} kind
 */
export function numeral(value, alone = true, kind = "value") {
  const element = document.createElementNS(MATHML, "mn");
  const text = figure(value);
  element.textContent = alone || !text.startsWith("\u2212") ? text : `(${text})`;
  element.setAttribute("class", `is-${kind}`);
  return element;
}
