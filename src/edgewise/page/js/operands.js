import { make } from "./dom.js";
import { isArray, numbersOf, shapeInOrder, shapeLine, sign, tile, wholeShape } from "./equation_parts.js";
import { inOrder } from "./heat.js";
import { formula } from "./mathml.js";
import { saidArray, saidSign } from "./spoken.js";

/**
 * The arrays that an equation works on: where its formula is a product, factor by factor with the signs between them,
 * else those that it is given, beside it. Above each stands its shape, with the axes marked that must match.
 *
 * @typedef {import("./equation_parts.js").Context} Context
 * @typedef {import("../contract.js").Graph} Graph
 * @typedef {import("../contract.js").Tensor} Tensor
 * @typedef {import("../contract.js").WrittenOperand} WrittenOperand
 *
 * @typedef {object} Operand
 * @property {string} math its name
 * @property {string} sign before it
 * @property {boolean} contracts whether that is the sign of a product of matrices
 * @property {number} tensor
 * @property {boolean} isGradient whether its gradient is meant instead of its value
 * @property {number[]} [order] of its axes, if it is not as it is stored
 */

/** A name in a formula can be that of something which its inputs were made from, so many operations before. */
const FARTHEST_NAMED = 3;
/** Of more arrays beside a formula the first ones are shown. */
const MOST_BESIDE = 4;

/** The tensors that a formula of a node can name, the nearest ones first. @param {Graph} graph @param {number} node */
function nearTensors(graph, node) {
  const found = [graph.nodes[node].output];
  let nodes = [node];
  for (let depth = 0; depth < FARTHEST_NAMED; depth++) {
    const tensors = nodes.flatMap((id) => graph.nodes[id].inputs.map((edge) => graph.edges[edge].tensor));
    found.push(...tensors);
    nodes = tensors.map((id) => graph.tensors[id].node).filter((id) => id !== null);
  }
  return [...new Set(found)];
}

/** Which of some tensors a formula calls by a name; none if it could be two. @param {Graph} graph @param {number[]} near @param {number} letter */
function tensorNamed(graph, near, letter) {
  const named = near.filter((id) => graph.tensors[id].letter === letter);
  return named.length === 1 ? named[0] : undefined;
}

/**
 * The operands of a formula that is a sum of products; null for other formulas, and for single numbers.
 *
 * @param {Graph} graph
 * @param {WrittenOperand[] | null} written
 * @param {number} node whose formula it is
 * @returns {Operand[] | null}
 */
export function operandsOf(graph, written, node) {
  if (!written) return null;
  const near = nearTensors(graph, node);
  const operands = written.map(({ isGradient, letter, order, isTransposed, ...more }) => {
    const tensor = isGradient ? graph.nodes[node].output : tensorNamed(graph, near, letter);
    if (tensor === undefined) return null;
    const axes = wholeShape(graph.tensors[tensor]).map((_, axis) => axis);
    if (isTransposed) axes.push(...axes.splice(-2).reverse());
    return { ...more, tensor, isGradient, order: isTransposed ? axes : order };
  });
  const found = operands.filter((operand) => operand !== null);
  const hasArrays = found.some(({ tensor }) => isArray(graph.tensors[tensor]));
  return hasArrays && found.length === written.length ? found : null;
}

/** Of each operand the axes over which a product of matrices sums. @param {Graph} graph @param {Operand[]} operands */
function sharedAxes(graph, operands) {
  /** @type {Map<number, { mark: number, title: string }>[]} */
  const marks = operands.map(() => new Map());
  operands.forEach((operand, i) => {
    if (!operand.contracts) return;
    const [left, right] = [operands[i - 1], operand].map((one) => shapeInOrder(graph.tensors[one.tensor], one.order));
    const shared = {
      mark: i % 2,
      title:
        "The columns of the left matrix must be as many as the rows of the right one: over them the products are summed.",
    };
    marks[i - 1].set(left.length - 1, shared);
    marks[i].set(Math.max(0, right.length - 2), shared);
  });
  return marks;
}

/**
 * The tiles of operands, with the signs between them.
 *
 * @param {Context} context
 * @param {Operand[]} operands
 * @param {() => HTMLElement | null} [underGradient] what stands under the incoming gradient
 */
export function operandTiles(context, operands, underGradient) {
  const marks = sharedAxes(context.graph, operands);
  return operands.flatMap((operand, i) => [
    operand.sign ? make("span", { class: "sign of-operands", text: operand.sign }) : null,
    operandTile(context, operand, marks[i], operand.isGradient ? underGradient?.() : null),
  ]);
}

/** @param {Context} context @param {Operand} operand @param {Map<number, { mark: number, title: string }>} [marked] @param {HTMLElement | null} [under] */
function operandTile(context, { math, tensor, isGradient, order }, marked, under) {
  const { graph, model } = context;
  const array = graph.tensors[tensor];
  const values = isGradient ? model.gradient(tensor) : model.value(tensor);
  // The elements of a sample have no places.
  const shownOrder = array.wholeShape ? undefined : order;
  return tile(
    `operand ${isGradient ? "incoming gradient" : "value"}`,
    [formula(math), shapeLine(array, order, marked)],
    isGradient ? "incoming" : "operand",
    numbersOf(context, values, array, isGradient ? "gradient" : "value", shownOrder),
    under,
  );
}

/**
 * The arrays beside a formula that is no product.
 *
 * @param {Context} context
 * @param {number[]} tensors
 */
export function tilesBeside(context, tensors) {
  const { graph } = context;
  const tiles = [...new Set(tensors)].slice(0, MOST_BESIDE).map((id) => operandTile(context, valueOperand(graph, id)));
  const isCut = new Set(tensors).size > MOST_BESIDE;
  return [...tiles.flatMap((one, i) => (i ? [sign(","), one] : [one])), isCut && sign("…")];
}

/** @param {Graph} graph @param {number} tensor @returns {Operand} */
function valueOperand(graph, tensor) {
  return { math: graph.tensors[tensor].math, sign: "", contracts: false, tensor, isGradient: false };
}

/** The inputs and the output of a node that the formula of a derivative reads. @param {Graph} graph @param {import("../contract.js").Edge} edge */
export function readBy(graph, edge) {
  const node = graph.nodes[edge.node];
  const near = [...new Set(node.inputs.map((id) => graph.edges[id].tensor)), node.output];
  const letters = new Set(edge.letters);
  return near.filter((id) => letters.has(graph.tensors[id].letter));
}

/** Operands in words: names, shapes and some of their numbers. @param {Context} context @param {Operand[]} operands */
export function saidOperands({ graph, model }, operands) {
  return operands
    .map(({ math, sign: before, tensor, isGradient, order }) => {
      const values = (isGradient ? model.gradient(tensor) : model.value(tensor)) ?? [];
      const name = formula(math)?.getAttribute("aria-label");
      const array = graph.tensors[tensor];
      const turned = order && !array.wholeShape ? inOrder(array.shape, order) : undefined;
      const numbers = saidArray(values, shapeInOrder(array, order), turned?.at);
      return `${before ? `${saidSign(before)} ` : ""}${name}, ${numbers}`;
    })
    .join("; ");
}
