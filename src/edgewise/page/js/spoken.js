/** Formulas and numbers in words, for whoever hears them. */

import { figure } from "./figures.js";

/** @type {Record<string, string>} */
const SPOKEN_SIGNS = {
  "+": "plus",
  "−": "minus",
  "-": "minus",
  "·": "times",
  "×": "times",
  "⊙": "times",
  "⋆": "cross-correlated with",
  "∗": "convolved with",
  "∈": "in",
  "⁢": "times",
  "⁡": "of",
  "/": "over",
  "=": "equals",
  "≠": "is not",
  ">": "is greater than",
  "<": "is less than",
  "≥": "is at least",
  "≤": "is at most",
  "←": "becomes",
  "→": "gives",
  "∂": "partial",
  "∑": "the sum of",
  Σ: "the sum of",
  "∏": "the product of",
  "∧": "and",
  "∨": "or",
  "⊕": "exclusive or",
  "⊤": "transposed",
  "′": "prime",
  "∞": "infinity",
  "…": "and so on",
  ":": "to",
  "|": "|",
  "‖": "norm",
};
/** Brackets by how they begin, or by both where it depends on how they end. @type {Record<string, [string, string]>} */
const BRACKETS = {
  "(": ["open", "close"],
  "[": ["at", ""],
  "{": ["either", ""],
  "|": ["the absolute value of", "close"],
  "‖": ["the norm of", "close"],
  "⌊⌋": ["the number", "rounded down"],
  "⌈⌉": ["the number", "rounded up"],
  "⌊⌉": ["the number", "rounded"],
};
const POWERS = /** @type {Record<string, string>} */ ({
  2: "squared",
  3: "cubed",
  "⊤": "transposed",
  T: "transposed",
  "′": "prime",
});
/** What needs no brackets when it is heard. */
const SINGLE = new Set(["mi", "mn", "msub"]);

/** A number or a name as it is said: low digits behind a space, a minus as a word. @param {string} text */
export function saidText(text) {
  return text
    .replace(/[₀-₉]+/g, (digits) => ` ${Array.from(digits, (digit) => (digit.codePointAt(0) ?? 0) - 0x2080).join("")}`)
    .replace(/^[−-](?=[\d∞.])/, "minus ")
    .replace(/(?<=\de)[−-]/, " minus ")
    .replaceAll("∞", "infinity")
    .replaceAll("′", " prime")
    .replaceAll("_", " ")
    .trim();
}

/** What is written in lines of text but not heard there, or as something else. @type {[RegExp, string][]} */
const LINE_SIGNS_SAID = [
  [/(?<=\d)×(?=\d)/g, " by "],
  [/∂([^\s/·()]+)\/∂([^\s·()]+)/g, "the derivative of $1 with respect to $2"],
  [/\b1\[([^\]]+)\]/g, "one if $1 else zero"],
  [/Σ\[([^\]]+)\]/g, "the sum over $1 of "],
  [/\[([\d, ]+)\]/g, " at $1"],
  [/\|([^|]+)\|/g, "the absolute value of $1"],
  [/ᵀ/g, " transposed"],
];

/** A line of text, with formulas in it, in words. @param {string} text */
export function saidLine(text) {
  const words = LINE_SIGNS_SAID.reduce((line, [signs, said]) => line.replace(signs, said), text);
  return saidText(words.replace(/[−·×⊙⋆∗∈≠≥≤←→∂∑Σ∏]/g, (sign) => ` ${SPOKEN_SIGNS[sign]} `)).replace(/ +/g, " ");
}

/** A sign in words. @param {string} text */
export const saidSign = (text) => SPOKEN_SIGNS[text] ?? text;

/** Of more numbers the first, the least and the largest are said. */
const MOST_SAID = 9;

/** @param {number[]} shape */
const saidShape = (shape) => `${shape.join(" by ")} numbers`;

/** The same with its shape in any case. @param {Parameters<typeof saidNumbers>} given */
export function saidArray(...given) {
  const [values, shape] = given;
  const numbers = saidNumbers(...given);
  return values.length === 1 || numbers.startsWith(saidShape(shape)) ? numbers : `${saidShape(shape)} ${numbers}`;
}

/** Of an array its numbers in words, row by row. @param {ArrayLike<number>} values @param {number[]} shape @param {(place: number) => number} [at] where each is, if they are in another order */
export function saidNumbers(values, shape, at = (place) => place) {
  const said = (/** @type {number} */ value) => saidText(figure(value));
  if (values.length <= MOST_SAID) {
    const all = Array.from(values, (_, place) => said(values[at(place)]));
    const columns = shape[shape.length - 1] || 1;
    const rows = Array.from({ length: Math.ceil(all.length / columns) }, (_, i) =>
      all.slice(i * columns, (i + 1) * columns).join(", "),
    );
    const numbers = rows.join("; ");
    return rows.length > 1 && columns > 1 ? `${saidShape(shape)} ${numbers}` : numbers;
  }
  let [least, most, bad] = [Infinity, -Infinity, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) bad++;
    else if (value < least || value > most) [least, most] = [Math.min(least, value), Math.max(most, value)];
  }
  const range = least <= most ? ` from ${said(least)} to ${said(most)}, the first ${said(values[0])}` : "";
  return `${saidShape(shape)}${range}${bad ? `, ${bad} not finite` : ""}`;
}

/**
 * MathML in words; marks for numbers, such as ⟦3⟧, stay.
 *
 * @param {Element} element
 * @returns {string}
 */
export function spokenMath(element) {
  return said(element).replace(/\s+/g, " ").replaceAll(" ,", ",").trim();
}

/** @param {Element} element @returns {string} */
function said(element) {
  const parts = [...element.children];
  const text = element.textContent ?? "";
  switch (element.localName) {
    case "mi":
    case "mn":
    case "mtext":
      return saidText(text);
    case "mo":
      return element.hasAttribute("separator") ? "," : (SPOKEN_SIGNS[text] ?? text);
    case "mspace":
      return "";
    case "msub":
      return parts.map(said).join(" ");
    case "msup":
      return raised(said(parts[0]), parts[1]);
    case "msubsup":
      return raised(`${said(parts[0])} ${said(parts[1])}`, parts[2]);
    case "munder":
      return below(parts[0], said(parts[1]));
    case "munderover":
      return below(parts[0], `${said(parts[1])} to ${said(parts[2])}`);
    case "mover":
      return parts.map(said).join(" ");
    case "mfrac":
      return fraction(parts[0], parts[1]);
    case "msqrt":
      return `the square root of ${listed(parts)}${parts.length === 1 && SINGLE.has(parts[0].localName) ? "" : " end of root"}`;
    case "mtable":
      return parts.map(said).join("; ");
    case "mtd":
    default:
      return listed(parts);
  }
}

/** @param {string} base @param {Element} power */
function raised(base, power) {
  const text = power.textContent ?? "";
  return `${base} ${POWERS[text] ?? `to the power ${said(power)}`}`;
}

/** @param {Element} sign @param {string} under */
function below(sign, under) {
  const word = said(sign);
  return word.endsWith(" of") ? `${word.slice(0, -3)} over ${under} of` : `${word} over ${under} of`;
}

/** @param {Element} top @param {Element} bottom */
function fraction(top, bottom) {
  const [of, by] = [top, bottom].map(({ children, textContent }) =>
    children.length > 1 && textContent?.startsWith("∂") ? children : null,
  );
  if (of && by) return `the derivative of ${listed([...of].slice(1))} with respect to ${listed([...by].slice(1))}`;
  const whole = SINGLE.has(top.localName) && SINGLE.has(bottom.localName);
  return whole ? `${said(top)} over ${said(bottom)}` : `the fraction ${said(top)} over ${said(bottom)} end of fraction`;
}

/** The bracket that begins or ends a row. @param {Element | undefined} element @param {string} form */
const isFence = (element, form) =>
  element?.localName === "mo" && element.getAttribute("fence") === "true" && element.getAttribute("form") === form;

/** @param {Element[]} parts @returns {string} */
function listed(parts) {
  const [first, second] = parts;
  if (isFence(first, "prefix")) {
    const last = parts[parts.length - 1];
    const ends = isFence(last, "postfix");
    const [left, right] = [first, last].map(({ textContent }) => textContent ?? "");
    const [before, behind] = BRACKETS[left] ?? BRACKETS[left + right] ?? ["", ""];
    return `${before} ${listed(parts.slice(1, ends ? -1 : undefined))} ${behind}`;
  }
  // The indicator of a condition.
  if (
    parts.length === 2 &&
    first.textContent === "1" &&
    isFence(second.firstElementChild ?? undefined, "prefix") &&
    second.textContent?.startsWith("[")
  ) {
    return `one if ${listed([...second.children].slice(1, -1))} else zero`;
  }
  return parts
    .map((part, i) => (i && isCall(parts[i - 1], part) ? `of ${describeArguments(part)}` : said(part)))
    .join(" ");
}

/** Whether a name is followed by what it is a function of. @param {Element} name @param {Element} part */
function isCall(name, part) {
  const isNamed =
    name.localName === "mi" || (name.localName === "munder" && name.firstElementChild?.localName === "mi");
  return (
    isNamed &&
    part.localName === "mrow" &&
    isFence(part.firstElementChild ?? undefined, "prefix") &&
    Boolean(part.textContent?.startsWith("("))
  );
}

/** @param {Element} row in brackets, which a single argument does not need */
function describeArguments(row) {
  const inside = [...row.children].slice(1, -1);
  return inside.length === 1 && SINGLE.has(inside[0].localName) ? said(inside[0]) : said(row);
}
