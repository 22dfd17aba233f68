import { make, makeSvg } from "./dom.js";
import { figure } from "./figures.js";
import { saidText, spokenMath } from "./spoken.js";

/**
 * Formulas: MathML of the page's data, rebuilt element by element, so that nothing else can come with it.
 *
 * Roots, and brackets around what is tall, are drawn here, as formula/html.py does it for notebooks: browsers do so only
 * with a font for mathematics. Whoever can't see formulas hears them in words.
 */

const MATHML = "http://www.w3.org/1998/Math/MathML";
const ELEMENTS = new Set(
  "math mrow mi mn mo mtext msub msup msubsup mfrac msqrt munder mover munderover mtable mtr mtd mspace".split(" "),
);
const ATTRIBUTES = new Set(["form", "fence", "separator", "stretchy", "displaystyle", "mathvariant"]);

/** Brackets in a field of 10 × 100, which is stretched to the height of what they are around. @type {Record<string, string>} */
const SIDES = {
  "(": "M9 0C-2 28-2 72 9 100",
  ")": "M1 0C12 28 12 72 1 100",
  "[": "M9 0H2V100H9",
  "]": "M1 0H8V100H1",
  "|": "M5 0V100",
  "‖": "M1 0V100M9 0V100",
  "⌊": "M2 0V100H9",
  "⌋": "M8 0V100H1",
  "⌈": "M9 0H2V100",
  "⌉": "M1 0H8V100",
  "{": "M9.5 0Q5 0 5 8V42Q5 50 .5 50Q5 50 5 58V92Q5 100 9.5 100",
};

/** @type {Map<string, Element>} */
const knownFormulas = new Map();
/** What stands for a number in words. */
const MARK = /⟦([\wη]+)⟧/g;

/**
 * A formula, ready to be put into the page.
 *
 * @param {string | null | undefined} markup
 * @param {(id: string) => number | undefined} [parseNumber] what stands for marks such as ⟦3⟧
 * @param {(id: string) => string} [kindOf] and in which colour
 * @returns {Element | null}
 */
export function formula(markup, parseNumber, kindOf = () => "value") {
  if (!markup) return null;
  let template = knownFormulas.get(markup);
  if (!template) {
    const parsed = new DOMParser().parseFromString(markup, "application/xml").documentElement;
    const built = rebuilt(parsed);
    if (!built || built.localName !== "math") return null;
    template = built;
    template.setAttribute("role", "math");
    template.setAttribute("aria-label", spokenMath(parsed));
    knownFormulas.set(markup, template);
  }
  const copy = /** @type {Element} */ (template.cloneNode(true));
  if (!parseNumber) return copy;
  if (!filled(copy, parseNumber, kindOf)) return null;
  const words = copy.getAttribute("aria-label") ?? "";
  copy.setAttribute(
    "aria-label",
    words.replace(MARK, (_, id) => saidText(figure(/** @type {number} */ (parseNumber(id))))),
  );
  return copy;
}

/** @param {string} name @param {Record<string, string>} [attributes] @param {...(Node | string)} inside */
function mathElement(name, attributes = {}, ...inside) {
  const element = document.createElementNS(MATHML, name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...inside);
  return element;
}

/** @param {Element} source @returns {Element | null} */
function rebuilt(source) {
  if (!ELEMENTS.has(source.localName)) return null;
  // A letter is slanted only by itself, without its prime.
  const primed = source.localName === "mi" && /^(\p{L})′$/u.exec(source.textContent ?? "");
  if (primed)
    return mathElement(
      "mrow",
      {},
      mathElement("mi", {}, primed[1]),
      mathElement("mo", { lspace: "0", rspace: "0" }, "′"),
    );
  /** @type {(Element | string)[]} */
  const inside = [];
  for (const child of source.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) inside.push(child.textContent ?? "");
    else if (child.nodeType === Node.ELEMENT_NODE) {
      const inner = rebuilt(/** @type {Element} */ (child));
      if (!inner) return null;
      inside.push(inner);
    } else return null;
  }
  if (source.localName === "msqrt") return drawnRoot(inside);
  const left = bracketAt(source.firstElementChild, "prefix");
  const right = bracketAt(source.lastElementChild, "postfix");
  if (source.localName === "mrow" && left && (right || inside.length === 2) && source.querySelector("mfrac, mtable")) {
    return drawnFence(left, inside.slice(1, right ? -1 : undefined), right);
  }
  // Without a font for it some browsers stretch a bracket by a wrong size.
  const attributes = /** @type {Record<string, string>} */ (source.localName === "mo" ? { stretchy: "false" } : {});
  for (const { name, value } of source.attributes)
    if (ATTRIBUTES.has(name)) Object.assign(attributes, { [name]: value });
  return mathElement(source.localName, attributes, ...inside);
}

/** The bracket that an element is, or "". @param {Element | null} element @param {string} form */
function bracketAt(element, form) {
  const sign = element?.textContent ?? "";
  return element?.localName === "mo" &&
    element.getAttribute("fence") &&
    element.getAttribute("form") === form &&
    sign in SIDES
    ? sign
    : "";
}

/** @param {string} kind @param {Node} sign @param {string} before @param {Node} inside @param {string} behind @param {Node | ""} signBehind */
function drawnAround(kind, sign, before, inside, behind, signBehind = "") {
  const said = (/** @type {string} */ text) => text && make("span", { class: "ew-said", text });
  return mathElement(
    "mtext",
    {},
    make("span", { class: `ew-drawn ${kind}` }, sign, said(before), inside, said(behind), signBehind),
  );
}

/** The hook of the surd stays as large as the letters are; its stroke reaches up to the bar. @param {(Element | string)[]} inside */
function drawnRoot(inside) {
  const hook = makeSvg(
    "svg",
    { y: "100%", overflow: "visible" },
    makeSvg("line", { x1: ".07em", y1: "-.42em", x2: ".16em", y2: "-.48em" }),
    makeSvg("line", { class: "ew-thick", x1: ".16em", y1: "-.48em", x2: ".34em", y2: "-.03em" }),
  );
  const surd = makeSvg(
    "svg",
    { "aria-hidden": "true" },
    hook,
    makeSvg("line", { x1: ".34em", y1: "100%", x2: ".66em", y2: ".029em" }),
  );
  return drawnAround(
    "ew-root",
    surd,
    "√(",
    make("span", { class: "ew-radicand" }, mathElement("math", {}, ...inside)),
    ")",
  );
}

/** @param {string} left @param {(Element | string)[]} inside @param {string} right */
function drawnFence(left, inside, right) {
  const side = (/** @type {string} */ bracket, /** @type {string} */ place) =>
    makeSvg(
      "svg",
      { class: `ew-${place}`, viewBox: "0 0 10 100", preserveAspectRatio: "none", "aria-hidden": "true" },
      makeSvg("path", { d: SIDES[bracket], "vector-effect": "non-scaling-stroke" }),
    );
  return drawnAround(
    "ew-fence",
    side(left, "before"),
    left,
    make("span", {}, mathElement("math", {}, ...inside)),
    right,
    right && side(right, "behind"),
  );
}

/** @param {Element} math @param {(id: string) => number | undefined} parseNumber @param {(id: string) => string} kindOf */
function filled(math, parseNumber, kindOf) {
  for (const leaf of math.querySelectorAll("mi")) {
    const mark = /^⟦([\wη]+)⟧$/.exec(leaf.textContent ?? "");
    if (!mark) continue;
    const value = parseNumber(mark[1]);
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
  if (before)
    return (
      before.localName === "mo" &&
      (before.hasAttribute("fence") ? before.getAttribute("form") === "prefix" : before.hasAttribute("separator"))
    );
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
