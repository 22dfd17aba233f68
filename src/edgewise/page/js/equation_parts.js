import { make } from "./dom.js";
import { formula } from "./mathml.js";
import { arrayView } from "./tiles.js";

/**
 * The parts that equations are made of: tiles, signs between them, and formulas.
 *
 * @typedef {import("../contract.js").Tensor} Tensor
 * @typedef {import("../contract.js").Node} Node
 * @typedef {import("../contract.js").Edge} Edge
 *
 * @typedef {object} Context what an equation is about
 * @property {import("../contract.js").Graph} graph
 * @property {import("./model.js").Model} model
 * @property {import("./timeline.js").Timeline} timeline
 * @property {number} step
 * @property {import("./story.js").Stop["moment"]} moment what happens at it
 * @property {(step: number) => number} numberOf as which a reader counts a step
 * @property {(step: number) => void} go
 * @property {import("./tiles.js").Room} room for each array
 *
 * @typedef {Element | string | null | undefined | false} Part
 *
 * @typedef {{ shape: number[], wholeShape?: number[] }} Shaped
 *
 * @typedef {object} Content
 * @property {Part[]} title
 * @property {Part[]} note
 * @property {Part[]} tiles
 * @property {string} spoken the same in words
 * @property {string} [sentence] what the step means
 * @property {HTMLElement | null} [chain] the whole chain of derivatives
 * @property {HTMLElement | null} [elements] how one element is computed
 * @property {string} [axes] why the result has its shape
 */

/** Formulas of more letters are long. */
export const LONG_FORMULA = 60;

/** @param {string | null} markup @param {string} text @returns {Element} */
export function mathOr(markup, text) {
  return formula(markup) ?? make("span", { class: "plain", text });
}

/**
 * How one element is computed: equations, below each other, and a line of words.
 *
 * @param {Node | Edge} part
 */
export function elementFormula({ elementLines, words }) {
  return equationLines(elementLines, words);
}

/** Equations below each other, and a line of words. @param {[string | null, string | null][]} equations @param {string} [words] */
export function equationLines(equations, words) {
  if (!equations.length && !words) return null;
  const lines = equations.map(([left, right], i) =>
    make("div", { class: i ? "element-part" : "element" }, formula(left), sign("="), formula(right)),
  );
  return make("div", { class: "elements" }, ...lines, words && make("p", { text: words }));
}

/** Long formulas are written smaller. @param {string | null} text */
export function formulaClass(text) {
  return `local-formula${(text ?? "").length > LONG_FORMULA ? " is-long" : ""}`;
}

/** @param {string} text */
export function sign(text) {
  return make("span", { class: "sign", text });
}

/** Factors with dots between them. @param {Element[]} factors */
export function between(factors) {
  return factors.flatMap((factor, i) => (i ? [make("span", { class: "dot", text: "·" }), factor] : [factor]));
}

/**
 * @param {string} kind
 * @param {Part | Part[]} head
 * @param {string | null} role for those who look for it
 * @param {...Part} body
 */
export function tile(kind, head, role, ...body) {
  return make(
    "div",
    { class: `tile ${kind}`, "data-role": role },
    head && make("div", { class: "tile-head" }, ...(Array.isArray(head) ? head : [head])),
    make("div", { class: "tile-body" }, ...body),
  );
}

/**
 * The numbers of an array, in as much room as there is.
 *
 * @param {Context} context
 * @param {ArrayLike<number> | undefined} values
 * @param {import("./heat.js").Mapped & { dtype: string }} array
 * @param {string} kind value, gradient, local, after or memory
 * @param {number[]} [order] of its axes, if it is not shown as it is
 */
export function numbersOf({ room }, values = [], array, kind, order) {
  return arrayView(values, array, kind, room, order);
}

/** The shape of an array, also where the page has only a sample of it. @param {Shaped} array */
export const wholeShape = ({ shape, wholeShape: whole }) => whole ?? shape;

/** Whether it has more than one number. @param {Shaped} array */
export const isArray = (array) => wholeShape(array).some((size) => size > 1);

/** @param {Shaped} array @param {number[]} [order] of its axes */
export function shapeInOrder(array, order) {
  const shape = wholeShape(array);
  return order ? order.map((axis) => shape[axis]) : shape;
}

/**
 * The shape above an array.
 *
 * @param {Shaped} array
 * @param {number[]} [order]
 * @param {Map<number, { mark: number, title: string }>} [marked] axes that must match others
 */
export function shapeLine(array, order, marked) {
  const shape = shapeInOrder(array, order);
  if (!isArray(array)) return null;
  const axes = shape.map((size, axis) => {
    const mark = marked?.get(axis);
    return mark
      ? make("b", { class: `axis shared-${mark.mark}`, title: mark.title, text: String(size) })
      : make("span", { class: "axis", text: String(size) });
  });
  return make("div", { class: "shape" }, ...axes.flatMap((axis, i) => (i ? [" × ", axis] : [axis])));
}

/** The number of an array that has one. @param {ArrayLike<number> | undefined} values */
export function singleNumber(values) {
  return values?.length === 1 ? values[0] : undefined;
}

/** The line of the program that called an operation. @param {Node} node @returns {Part[]} */
export function sourceOf({ line }) {
  if (!line) return [];
  const file = line.file.split(/[\\/]/).pop() ?? line.file;
  return [make("code", { text: line.text }), make("span", { class: "where", text: `${file}:${line.number}` })];
}

/** The module that an operation is in; a click shows it there. @param {Node} node @param {number | undefined} id */
export function moduleAround(node, id) {
  if (!node.path) return null;
  const title = "Show it in the picture";
  return make("button", {
    type: "button",
    class: "where",
    "data-node": String(id),
    title,
    text: `in module ${node.path}`,
  });
}

/** @param {Tensor} tensor */
export function hookNote(tensor) {
  if (!tensor.hooked) return null;
  const text = "A hook may change it in backward(): this is before the hook.";
  return make("span", { class: "hooked", text });
}
