import { escaped } from "./dom.js";
import { indexAt } from "./elements.js";

/**
 * What single elements are called: those of values, gradients, and parts of gradients that the page shows.
 *
 * @typedef {import("./elements.js").Source} Source
 *
 * @typedef {object} Named an array of the page
 * @property {"value" | "gradient" | "part"} kind a tensor's value or gradient, or what comes back along an edge
 * @property {number} id of the tensor, or of the edge
 *
 * @typedef {Named & { at: number }} Target one element of it, by its position in row-major order
 *
 * @typedef {Record<number, string[]>} Labels of places along axes, such as tokens, by axis
 */

/** A longer label is cut. */
const MOST_LETTERS_OF_LABEL = 12;

/** @param {string} label */
export function cutLabel(label) {
  const letters = [...label];
  return letters.length > MOST_LETTERS_OF_LABEL ? `${letters.slice(0, MOST_LETTERS_OF_LABEL - 1).join("")}…` : label;
}

/** The place of an element as it is read, such as "1, cat". A label that comes twice is followed by its place: "the 4". @param {number[]} indices @param {Labels} [labels] */
export function namedIndices(indices, labels) {
  return indices.map((index, axis) => {
    const texts = labels?.[axis];
    const label = texts?.[index].trim();
    if (!texts || !label) return String(index);
    return texts.filter((text) => text.trim() === label).length > 1 ? `${cutLabel(label)} ${index}` : cutLabel(label);
  });
}

export class ElementNames {
  /** @param {import("../contract.js").Graph} graph */
  constructor(graph) {
    this.graph = graph;
    /** What stands at each place of the Program. @type {Map<number, Named[]>} */
    this.named = new Map();
    /** @param {Target["kind"]} kind @param {Record<number, number>} places */
    const add = (kind, places) => {
      for (const [id, place] of Object.entries(places))
        this.named.set(place, [...(this.named.get(place) ?? []), { kind, id: Number(id) }]);
    };
    add("value", graph.values);
    add("gradient", graph.gradients);
    add("part", graph.contributions);
  }

  /** Where the array of a target is in the Program. @param {Named} target @returns {number | undefined} */
  placeOf({ kind, id }) {
    const { values, gradients, contributions } = this.graph;
    return (kind === "value" ? values : kind === "gradient" ? gradients : contributions)[id];
  }

  /** The tensor whose value or gradient a target is. @param {Named} target */
  tensorOf({ kind, id }) {
    const { tensors, edges } = this.graph;
    return tensors[kind === "part" ? edges[id].tensor : id];
  }

  /** The edges along which the gradient of a tensor comes. @param {number} id of the tensor */
  partsOf(id) {
    const { tensors, edges } = this.graph;
    return tensors[id].edges.filter((edge) => edges[edge].hasGradient);
  }

  /** The arrays that a target is made from directly: they are meant where several have the same place. @param {Named} target @returns {Named[]} */
  madeFrom({ kind, id }) {
    const { tensors, nodes, edges } = this.graph;
    if (kind === "value") {
      const { node } = tensors[id];
      return node === null ? [] : nodes[node].inputs.map((edge) => ({ kind, id: edges[edge].tensor }));
    }
    const uses = kind === "part" ? [id] : this.partsOf(id);
    if (kind === "gradient" && uses.length > 1) return uses.map((edge) => ({ kind: "part", id: edge }));
    return uses.flatMap((edge) => {
      const { output, inputs } = nodes[edges[edge].node];
      return [
        { kind: /** @type {const} */ ("gradient"), id: output },
        ...[output, ...inputs.map((one) => edges[one].tensor)].map((tensor) => ({
          kind: /** @type {const} */ ("value"),
          id: tensor,
        })),
      ];
    });
  }

  /** The target that an element is to another one. @param {Source} source @param {Named} of @returns {Target} */
  targetOf({ place, at }, of) {
    const direct = this.madeFrom(of).find((one) => this.placeOf(one) === place);
    const found = direct ?? /** @type {Named[]} */ (this.named.get(place))[0];
    return { ...found, at };
  }

  /** Its place among the others, such as [1, 2]; empty for a single number. @param {Target} target */
  indexOf(target) {
    const { shape, labels } = this.tensorOf(target);
    return shape.length ? `[${namedIndices(indexAt(target.at, shape), labels).join(", ")}]` : "";
  }

  /** Its name in words. @param {Target} target */
  text(target) {
    const { symbol } = this.tensorOf(target);
    const own = `${symbol}${this.indexOf(target)}`;
    if (target.kind === "value") return own;
    const { lossSymbol, edges, nodes } = this.graph;
    const part = target.kind === "part" ? ` through ${nodes[edges[target.id].node].label}` : "";
    return `∂${lossSymbol}/∂${own}${part}`;
  }

  /** Its name as MathML, without `math` around it. @param {Target} target */
  markup(target) {
    const { math, gradientMath } = this.tensorOf(target);
    const name = (target.kind === "value" ? math : (gradientMath ?? math)).replace(/^<math>|<\/math>$/g, "");
    const index = this.indexOf(target);
    return index ? `<mrow>${name}<mtext>${escaped(index)}</mtext></mrow>` : name;
  }
}
