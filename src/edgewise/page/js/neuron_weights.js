import { byId, makeSvg } from "./dom.js";
import { figure } from "./figures.js";
import { scaleOf } from "./heat.js";
import { onEnter, RADIUS } from "./neuron_column.js";

/**
 * The weights between two columns of neurons, as lines.
 *
 * @typedef {import("./neuron_column.js").Column} Column
 *
 * @typedef {object} Weight
 * @property {number} at its place in the tensor
 * @property {number} i which neuron it leads to
 * @property {number} j which neuron it comes from
 * @property {SVGPathElement} line as thick as it is large
 * @property {SVGPathElement} pull its gradient
 * @property {SVGTitleElement} title
 */

/** How lines are drawn. */
const LINE_SIGNS = ["bad-line", "minus-line", "plus-line"];
/** Of more lines each is thinner. */
const MANY_WEIGHTS = 60;

export class Weights {
  /**
   * @param {import("../contract.js").Graph} graph
   * @param {import("../contract.js").LayerData} layer
   * @param {Column} left
   * @param {Column} right
   * @param {object} act
   * @param {() => void} act.select
   * @param {(order: number, input: number) => void} act.selectWeight
   */
  constructor(graph, layer, left, right, act) {
    this.id = layer.weights;
    this.from = left.layer ? "neuron" : "input";
    /** Which of the weights the keyboard is at. */
    this.pointed = -1;
    /** What they are at the present moment. @type {{ values: ArrayLike<number>, gradient: ArrayLike<number> | undefined }} */
    this.shown = { values: [], gradient: undefined };
    const { shape, said } = graph.tensors[this.id];
    this.group = /** @type {SVGGElement} */ (
      makeSvg("g", {
        class: "bundle",
        "data-kind": "tensor",
        "data-id": this.id,
        tabindex: 0,
        role: "button",
        "aria-label": said,
        "aria-description": "weights: arrows up and down go through them",
      })
    );
    const wide = shape.length > 1 ? shape[1] : layer.transposed ? 1 : (shape[0] ?? 1);
    /** @type {Weight[]} */
    this.weights = [];
    right.orders.forEach((i, a) =>
      left.orders.forEach((j, b) => {
        if (i < 0 || j < 0) return;
        const d = curve(left.x + RADIUS, left.ys[b], right.x - RADIUS, right.ys[a]);
        const title = makeSvg("title");
        const [line, pull] = [makeSvg("path", { class: "weight", d }, title), makeSvg("path", { class: "pull", d })];
        this.group.append(line, pull);
        this.weights.push({ at: layer.transposed ? j * wide + i : i * wide + j, i, j, line, pull, title });
      }),
    );
    this.#listen(act);
  }

  /** @param {Weight} weight */
  #spoken({ at, i, j }) {
    const { values, gradient } = this.shown;
    return `weight from ${this.from} ${j + 1} to neuron ${i + 1}: ${figure(values[at])}${gradient === undefined ? "" : `, gradient ${figure(gradient[at])}`}`;
  }

  /** @param {number} to */
  #point(to) {
    this.weights.forEach(({ line }, k) => line.classList.toggle("is-pointed", k === to));
    this.pointed = to;
    this.group.classList.toggle("is-pointed", to >= 0);
    if (to >= 0) byId("spoken").textContent = this.#spoken(this.weights[to]);
  }

  /** Shows that one of them is selected. @param {import("./neuron_card.js").Neuron} [neuron] with its input */
  mark(neuron) {
    for (const { line, i, j } of this.weights)
      line.classList.toggle("chosen", i === neuron?.order && j === neuron.input);
  }

  /** @param {{ select: () => void, selectWeight: (order: number, input: number) => void }} act */
  #listen({ select, selectWeight }) {
    const { group, weights } = this;
    const at = (/** @type {Event} */ { target }) => weights.find(({ line }) => line === target);
    group.addEventListener("pointerover", (event) => {
      const over = at(event);
      if (over) over.title.textContent = this.#spoken(over);
    });
    group.addEventListener("click", (event) => {
      const one = at(event);
      if (one) selectWeight(one.i, one.j);
      else select();
    });
    group.addEventListener("blur", () => this.#point(-1));
    group.addEventListener("keydown", (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!by || !weights.length) return;
      event.preventDefault();
      const first = by > 0 ? 0 : weights.length - 1;
      this.#point(this.pointed < 0 ? first : (this.pointed + by + weights.length) % weights.length);
    });
    onEnter(group, () => {
      if (this.pointed < 0) {
        select();
        return;
      }
      const { i, j } = weights[this.pointed];
      selectWeight(i, j);
      /** @type {HTMLElement | null} */ (document.querySelector(`.neuron-card tr:nth-child(${j + 1}) .field`))?.focus();
    });
  }

  /** Draws them as they are at a moment. @param {import("./neuron_column.js").Moment} moment */
  update({ model, timeline, step, known, colouring }) {
    const { id, group } = this;
    const { kind, tensor } = timeline.moments[step];
    const values = timeline.updateAt[id] <= step ? model.after(id) : model.value(id);
    const gradient = (timeline.gradientAt[id] ?? Infinity) <= known ? model.gradient(id) : undefined;
    this.shown = { values, gradient };
    const scale = scaleOf(values);
    const pull = gradient ? scaleOf(gradient) : 1;
    const thick = this.weights.length > MANY_WEIGHTS ? 3 : 5;
    group.classList.toggle("backward-now", tensor === id && kind === "backward");
    group.classList.toggle("update-now", tensor === id && kind === "update");
    for (const one of this.weights) {
      const value = values[one.at];
      const share = Number.isFinite(value) ? Math.min(1, Math.abs(value) / scale) : 1;
      const sign = !Number.isFinite(value) ? "bad-line" : value < 0 ? "minus-line" : "plus-line";
      one.line.classList.remove(...LINE_SIGNS);
      one.line.classList.add(sign);
      one.line.setAttribute("stroke-width", (0.5 + thick * share).toFixed(2));
      const size = colouring.measure === "gradient" ? gradient?.[one.at] : colouring.measure ? value : undefined;
      one.line.style.stroke = (size === undefined ? null : colouring.shadeOfSize(Math.abs(size)))?.fill ?? "";
      const back = gradient ? Math.abs(gradient[one.at]) / pull : 0;
      // Beside the weight's line, not on it.
      one.pull.setAttribute("transform", `translate(0 ${(1.6 + (thick * share) / 2).toFixed(1)})`);
      one.pull.setAttribute("stroke-width", back >= 0.1 ? (0.8 + 1.4 * back).toFixed(2) : "0");
    }
  }
}

/** A line between two columns. @param {number} x @param {number} y @param {number} xEnd @param {number} yEnd */
export function curve(x, y, xEnd, yEnd) {
  const half = (x + xEnd) / 2;
  return `M${x} ${y}C${half} ${y} ${half} ${yEnd} ${xEnd} ${yEnd}`;
}
