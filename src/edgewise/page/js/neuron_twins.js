import { makeSvg } from "./dom.js";

/**
 * Twins: neurons of a layer whose incoming and outgoing weights are equal. They have equal values and equal gradients, so
 * training keeps them equal. A bracket joins them.
 *
 * @typedef {import("../contract.js").LayerData} LayerData
 * @typedef {import("./neuron_column.js").Column} Column
 * @typedef {import("./neuron_column.js").Moment} Moment
 */

/** Sums in another order differ by so much at most, as a share of the weights. */
const SAME_WITHIN = 1e-6;
/** How far brackets are from the middle of their neurons, and from each other. */
const BRACKET_BESIDE = 54;
const NEXT_BRACKET = 7;
const TICK = 12;

export class Twins {
  /**
   * @param {Column} column
   * @param {LayerData} incoming
   * @param {LayerData} outgoing
   * @param {number} before how many neurons the layer before has
   * @param {number} after how many the next one has
   */
  constructor(column, incoming, outgoing, before, after) {
    this.column = column;
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.before = before;
    this.after = after;
    this.group = makeSvg("g", { class: "twins" });
    this.shown = "";
  }

  /** The groups of twins among the neurons that are drawn, and how many each has in the layer. @param {Moment} moment */
  #find({ model, timeline, step }) {
    const now = (/** @type {number} */ id) => (timeline.updateAt[id] <= step ? model.after(id) : model.value(id));
    const { column, incoming, outgoing, before, after } = this;
    const { size } = column;
    const [into, out] = [now(incoming.weights), now(outgoing.weights)];
    const bias = incoming.bias === null ? null : now(incoming.bias);
    const areTwins = (/** @type {number} */ a, /** @type {number} */ b) => {
      if (bias && bias.length > 1 && !isEqual(bias[a], bias[b])) return false;
      for (let j = 0; j < before; j++) {
        const [one, other] = [a, b].map((i) => into[incoming.transposed ? j * size + i : i * before + j]);
        if (!isEqual(one, other)) return false;
      }
      for (let i = 0; i < after; i++) {
        const [one, other] = [a, b].map((j) => out[outgoing.transposed ? j * after + i : i * size + j]);
        if (!isEqual(one, other)) return false;
      }
      return true;
    };
    const left = new Set(column.orders.filter((order) => order >= 0));
    const groups = [];
    for (const first of left) {
      const drawn = [...left].filter((order) => order === first || areTwins(first, order));
      for (const order of drawn) left.delete(order);
      if (drawn.length < 2) continue;
      const all = [...Array(size).keys()].filter((order) => order === first || areTwins(first, order));
      groups.push({ drawn, count: all.length });
    }
    return groups;
  }

  /** Joins those that are twins at a moment. @param {Moment} moment */
  update(moment) {
    const groups = this.#find(moment);
    const key = JSON.stringify(groups);
    if (key === this.shown) return;
    this.shown = key;
    const { column } = this;
    this.group.replaceChildren(...groups.map(({ drawn, count }, k) => this.#bracket(drawn, count, k)));
    column.say(
      groups.length ? `, ${groups.map(({ count }) => (count === column.size ? "all" : count)).join(" + ")} twins` : "",
    );
  }

  /** @param {number[]} drawn @param {number} count @param {number} k */
  #bracket(drawn, count, k) {
    const { orders, ys, x } = this.column;
    const at = drawn.map((order) => ys[orders.indexOf(order)]);
    const left = x - BRACKET_BESIDE - k * NEXT_BRACKET;
    const d = `M${left} ${at[0]}V${at[at.length - 1]}${at.map((y) => `M${left} ${y}h${TICK}`).join("")}`;
    const text = `${count} twins: their weights are equal, in and out, so their values and gradients are too`;
    return makeSvg("g", {}, makeSvg("title", { text }), makeSvg("path", { d, class: "halo" }), makeSvg("path", { d }));
  }
}

/** @param {number} one @param {number} other */
function isEqual(one, other) {
  return Math.abs(one - other) <= SAME_WITHIN * (Math.abs(one) + Math.abs(other));
}
