import { stepsTo } from "./model.js";
import { kindOf, unpackedAll } from "./unpacking.js";

/**
 * What a network of neurons makes of all points of a plane or a line, in a run of its own that leaves the training as it
 * is: for networks with one or two inputs, of which each example is computed by itself.
 *
 * @typedef {import("./model.js").Numbers} Numbers
 *
 * @typedef {object} Found what is there at each point of the grid, row by row from the top, or from left to right
 * @property {number} wide how many points there are across
 * @property {number} high and how many down: 1 on a line
 * @property {Map<number, Float32Array[]>} maps of each tensor of neurons those that were asked for
 */

/** Points across and down a plane, and on a line. */
const ACROSS_PLANE = 36;
const ALONG_LINE = 160;
/** How far beyond the examples it goes, in shares of their range. */
const BEYOND = 0.12;

/**
 * The axes of the grid; null if the network has other inputs than one or two numbers an example.
 *
 * @param {import("../contract.js").Graph} graph
 */
export function findInputAxes(graph) {
  const { chain, tensors } = graph;
  if (!chain || chain.layers[0].upright) return null;
  const input = tensors[chain.input];
  const features = input.shape.length ? input.shape[input.shape.length - 1] : 1;
  const isPlain = input.node === null && input.dtype.startsWith("float") && features >= 1 && features <= 2;
  return isPlain ? { id: chain.input, features, output: chain.layers[chain.layers.length - 1].output } : null;
}

/**
 * @param {import("../contract.js").Graph} graph
 * @param {import("./model.js").Model} model
 * @param {import("../contract.js").Program} program another one of the network
 * @param {NonNullable<ReturnType<typeof findInputAxes>>} inputs
 */
export function createSurface(graph, model, program, { id, features, output }) {
  /** @param {number} tensor */
  const array = (tensor) => program.values[graph.values[tensor]].data;
  const examples = array(id).length / features;
  const steps = stepsTo(program, graph.values[output]);
  const [wide, high] = features === 2 ? [ACROSS_PLANE, ACROSS_PLANE] : [ALONG_LINE, 1];
  const masks = Object.keys(graph.masks ?? {}).map(Number);
  const given = /** @type {Map<number, Numbers[]>} */ (new Map());
  for (const [leaf, packed] of Object.entries(graph.batches ?? {})) {
    const own = array(Number(leaf));
    given.set(Number(leaf), unpackedAll(packed, kindOf(own), own.length));
  }
  const axes = Array.from({ length: features }, (_, axis) => rangeOf(axis));

  /** From where to where the examples go along an axis, and a little beyond. @param {number} axis @returns {[number, number]} */
  function rangeOf(axis) {
    let [low, high] = [Infinity, -Infinity];
    for (const values of given.get(id) ?? [model.value(id)]) {
      for (let i = axis; i < values.length; i += features) {
        low = Math.min(low, values[i]);
        high = Math.max(high, values[i]);
      }
    }
    // Around a single example there is room for what is on the other side of zero.
    if (!(high - low > 0) || !Number.isFinite(high - low))
      return Number.isFinite(low) ? [-1.5 * Math.max(1, Math.abs(low)), 1.5 * Math.max(1, Math.abs(low))] : [-1, 1];
    return [low - BEYOND * (high - low), high + BEYOND * (high - low)];
  }

  /** @param {number} axis @param {number} place @param {number} count */
  const at = (axis, place, count) => axes[axis][0] + ((axes[axis][1] - axes[axis][0]) * (place + 0.5)) / count;

  /**
   * @param {Map<number, number[]>} wanted of tensors of neurons which of these
   * @returns {Found}
   */
  function look(wanted) {
    for (const leaf of graph.leaves) array(leaf).set(model.value(leaf));
    for (const mask of masks) array(mask).fill(1);
    const count = wide * high;
    const maps = new Map([...wanted].map(([tensor, places]) => [tensor, places.map(() => new Float32Array(count))]));
    const points = array(id);
    for (let start = 0; start < count; start += examples) {
      for (let i = 0; i < examples; i++) {
        const point = Math.min(start + i, count - 1);
        points[features * i] = at(0, point % wide, wide);
        // Up is more, as in any diagram.
        if (features === 2) points[2 * i + 1] = at(1, high - 1 - Math.floor(point / wide), high);
      }
      for (const step of steps) step();
      for (const [tensor, places] of wanted) {
        const values = array(tensor);
        const size = values.length / examples;
        const own = /** @type {Float32Array[]} */ (maps.get(tensor));
        places.forEach((place, k) => {
          for (let i = 0; i < examples && start + i < count; i++) own[k][start + i] = values[i * size + place];
        });
      }
    }
    return { wide, high, maps };
  }

  return {
    axes,
    examples,
    outputs: array(output).length / examples,
    look,
    /** What a leaf holds in turn. @param {number} leaf @returns {Numbers[]} */
    given: (leaf) => given.get(leaf) ?? [model.value(leaf)],
    /** The examples of the present batch. */
    points: () => model.value(id),
  };
}
