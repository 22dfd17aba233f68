import { LONG_FORMULA } from "./equation_parts.js";
import { gridOf } from "./heat.js";
import { readBy } from "./operands.js";
import { chainTo, MOST_FACTORS } from "./timeline.js";

/**
 * How high equations are, estimated from their parts: no element is made, nothing is laid out, and no number is looked
 * at. The estimate says which equations are worth a measurement, so only their order has to be right, and that mostly.
 *
 * @typedef {[number, number]} Extent width and height in pixels
 */

const LETTER_WIDTH = 8;
const LINE_HEIGHT = 24;
/** Longer formulas are written so much smaller. */
const LONG_SIZE = 0.74;
const FRACTION_HEIGHT = 22;
/** @type {Extent} */
const NUMBER_EXTENT = [84, 32];
/** @type {Extent} */
const CELL_EXTENT = [68, 28];
/** @type {Extent} */
const MAP_EXTENT = [190, 134];
/** Arrays of more rows or columns are heat maps on a tile. */
const MOST_CELLS = 6;
/** The line of a shape above an array. */
const SHAPE_HEIGHT = 17;
const FACTOR_WIDTH = 46;
const CHAIN_HEIGHT = 76;
/** @type {Extent} */
const AGAIN_EXTENT = [150, 26];
/** The least height of a tile, what is within one around its parts, and what is between two: a gap and a sign. */
const TILE_HEIGHT = 92;
const TILE_PADDING = [32, 24];
const BETWEEN_TILES = 25;

/** @param {{ shape: number[] }} array */
const isOneNumber = ({ shape }) => shape.every((size) => size === 1);

/** Extents above each other. @param {Extent[]} parts @returns {Extent} */
function pile(parts) {
  return [Math.max(...parts.map(([width]) => width)), parts.reduce((sum, [, height]) => sum + height, 0)];
}

/** @param {...(Extent | null)} parts @returns {Extent} */
function tileExtent(...parts) {
  const [width, height] = pile(parts.filter((part) => part !== null));
  return [width + TILE_PADDING[0], Math.max(TILE_HEIGHT, height + TILE_PADDING[1])];
}

/** @param {{ shape: number[] }} array @returns {Extent} */
function arrayExtent(array) {
  if (isOneNumber(array)) return NUMBER_EXTENT;
  const { rows, columns } = gridOf(array.shape);
  const [width, height] =
    Math.max(rows, columns) > MOST_CELLS ? MAP_EXTENT : [CELL_EXTENT[0] * columns, CELL_EXTENT[1] * rows];
  return [width, SHAPE_HEIGHT + height];
}

/**
 * Of a formula's template: its letters, how high it is, and how many of its letters stand for names.
 *
 * @param {string} markup
 */
function templateExtent(markup) {
  let [letters, depth, deepest] = [0, 0, 0];
  for (const part of markup.split(/(<\/?mfrac>)/)) {
    if (part === "<mfrac>") deepest = Math.max(deepest, ++depth);
    else if (part === "</mfrac>") depth--;
    // What is above each other takes half the width.
    else letters += [...part.replace(/<[^>]*>/g, "")].length / (depth ? 2 : 1);
  }
  const height = LINE_HEIGHT + FRACTION_HEIGHT * deepest + (/<m(under|over)/.test(markup) ? 16 : 0);
  return { letters, height, places: markup.match(/[\u{13000}-\u{1342f}]/gu)?.length ?? 0 };
}

/** Estimates the heights of the equations of moments. */
export class HeightEstimate {
  /** @param {import("../contract.js").Graph} graph */
  constructor(graph) {
    this.graph = graph;
    /** @type {Map<number, ReturnType<typeof templateExtent>>} */
    this.known = new Map();
  }

  /** A formula: its template, and the names in it. @param {number[] | null | undefined} filled @returns {Extent} */
  #formulaExtent(filled) {
    if (!filled) return [0, 0];
    const { known } = this;
    const { templates, names } = this.graph.formulas;
    const [template, ...own] = filled;
    const { letters, height, places } = known.get(template) ?? templateExtent(templates[template][0]);
    known.set(template, { letters, height, places });
    const more = own.reduce((sum, name) => sum + names[name][1].length - 1, 0);
    const all = letters + (own.length ? (more * places) / own.length : 0);
    const size = all > LONG_FORMULA ? LONG_SIZE : 1;
    return [size * LETTER_WIDTH * all, size * height];
  }

  /** @param {import("../contract.js").Tensor} tensor @returns {Extent} */
  #gradientExtent(tensor) {
    return tileExtent(this.#formulaExtent(tensor.gradientFormula), arrayExtent(tensor));
  }

  /** @param {import("../contract.js").Tensor} tensor @param {Extent} [head] @returns {Extent} */
  #valueExtent(tensor, head = [40, LINE_HEIGHT]) {
    return tileExtent(head, arrayExtent(tensor));
  }

  /** What stands beside the tiles about one element. @param {import("../contract.js").ElementData} part @returns {Extent[]} */
  #elementExtents({ elements = [], words = "" }) {
    const lines = elements.map(([left, right]) => {
      const [[before, one], [behind, other]] = [this.#formulaExtent(left), this.#formulaExtent(right)];
      return /** @type {Extent} */ ([before + behind + LINE_HEIGHT, Math.max(one, other)]);
    });
    if (words) lines.push([0.8 * LETTER_WIDTH * words.length, LINE_HEIGHT]);
    return lines.length ? [pile(lines)] : [];
  }

  /** @param {import("../contract.js").Node} node @returns {Extent[]} */
  #forwardExtents(node) {
    if (node.failure) return [[LETTER_WIDTH * node.failure.length, TILE_HEIGHT]];
    const math = this.#formulaExtent(node.formula);
    const inputs = node.inputs.map((id) => this.graph.tensors[this.graph.edges[id].tensor]);
    const hasNumbers = [...inputs, this.graph.tensors[node.output]].every(isOneNumber);
    return [
      tileExtent([60, LINE_HEIGHT], math),
      ...(hasNumbers ? [tileExtent(math)] : inputs.map((input) => this.#valueExtent(input))),
      this.#valueExtent(this.graph.tensors[node.output]),
      ...this.#elementExtents(node),
    ];
  }

  /** @param {number} id @param {boolean} isAgain @returns {Extent[]} */
  #backwardExtents(id, isAgain) {
    const edge = this.graph.edges[id];
    const output = this.graph.tensors[this.graph.nodes[edge.node].output];
    const math = this.#formulaExtent(edge.formula);
    const isOne = isOneNumber(output);
    const factors = isOne ? chainTo(this.graph, id, MOST_FACTORS).edges.length : 0;
    const middle = edge.isLocal
      ? tileExtent(this.#formulaExtent(edge.ratio), math, isOne ? math : null, arrayExtent(output))
      : tileExtent(math);
    return [
      tileExtent(this.#formulaExtent(output.gradientFormula), arrayExtent(output), isAgain ? AGAIN_EXTENT : null),
      middle,
      ...(edge.isLocal ? [] : readBy(this.graph, edge).map((id) => this.#valueExtent(this.graph.tensors[id]))),
      this.#gradientExtent(this.graph.tensors[edge.tensor]),
      // The sum until then, of what is used several times.
      ...(this.graph.tensors[edge.tensor].edges.length > 2
        ? [this.#valueExtent(this.graph.tensors[edge.tensor], [110, LINE_HEIGHT])]
        : []),
      ...(factors > 1 && factors <= MOST_FACTORS
        ? [/** @type {Extent} */ ([FACTOR_WIDTH * factors, CHAIN_HEIGHT])]
        : []),
      ...this.#elementExtents(edge),
    ];
  }

  /** @param {import("../contract.js").Tensor} tensor @returns {Extent[]} */
  #sumExtents(tensor) {
    const parts = tensor.edges.filter((id) => this.graph.edges[id].hasGradient);
    return [...parts.map(() => this.#valueExtent(tensor, [110, LINE_HEIGHT])), this.#gradientExtent(tensor)];
  }

  /** @param {import("../contract.js").Tensor} tensor @param {import("../contract.js").Rule} rule @returns {Extent[]} */
  #updateExtents(tensor, rule) {
    const [value, gradient] = [this.#valueExtent(tensor), this.#gradientExtent(tensor)];
    if (rule.isGradientDescent) return [value, tileExtent([20, LINE_HEIGHT], NUMBER_EXTENT), gradient, value];
    /** @type {Extent[]} */
    const lines = (rule.lines ?? []).map(({ formula }) => this.#formulaExtent(formula));
    if (!lines.length) return [value, gradient, value];
    if (!isOneNumber(tensor)) return [value, gradient, ...lines.map((line) => this.#valueExtent(tensor, line))];
    return [value, gradient, pile(lines.map(([width, height]) => [2 * width + 100, height + 10]))];
  }

  /** @param {import("./module_moment.js").ModuleMoment} moment @returns {Extent[]} */
  #moduleExtents({ scope, phase, boundary }) {
    if (scope < 0) return [];
    const { inputs, outputs, parameters } = boundary;
    const [given, made] = [inputs, outputs].map((ids) => ids.slice(0, 3).map((id) => this.graph.tensors[id]));
    /** @type {Extent} */
    const middle = [160, TILE_HEIGHT];
    if (phase === "forward")
      return [...given.map((one) => this.#valueExtent(one)), middle, ...made.map((one) => this.#valueExtent(one))];
    /** @type {Extent} */
    const table = [260, LINE_HEIGHT * Math.min(13, parameters.length + 1) * (parameters.length > 4 ? 1 : 2)];
    return phase === "update"
      ? [table]
      : [
          ...made.map((one) => this.#gradientExtent(one)),
          middle,
          ...given.map((one) => this.#gradientExtent(one)),
          table,
        ];
  }

  /** @param {import("./story.js").Stop["moment"]} moment @returns {Extent[]} */
  #extents(moment) {
    if (moment.kind === "module") return this.#moduleExtents(moment);
    const { kind, node = 0, edge = 0, tensor = 0, before } = moment;
    if (kind === "forward") return this.#forwardExtents(this.graph.nodes[node]);
    if (kind === "seed") return [this.#gradientExtent(this.graph.tensors[tensor])];
    if (kind === "backward") return this.#backwardExtents(edge, before !== undefined);
    if (kind === "sum") return this.#sumExtents(this.graph.tensors[tensor]);
    if (kind === "update") return this.#updateExtents(this.graph.tensors[tensor], this.graph.rules[tensor]);
    return [];
  }

  /** The height of a moment's equation in a panel of some width. @param {import("./story.js").Stop["moment"]} moment @param {number} width */
  of(moment, width) {
    let [height, row, across] = [0, 0, 0];
    for (const [wide, high] of this.#extents(moment)) {
      const needs = Math.min(width, wide + BETWEEN_TILES);
      if (across + needs > width) [height, row, across] = [height + row, 0, 0];
      across += needs;
      row = Math.max(row, high);
    }
    return height + row;
  }
}
