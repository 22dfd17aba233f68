import { makeSvg } from "./dom.js";
import { figure } from "./figures.js";
import { scaleOf } from "./heat.js";

/**
 * A column of neurons: those of one layer, or the inputs.
 *
 * @typedef {object} Cell a neuron that is drawn
 * @property {number} order which neuron of its layer
 * @property {SVGGElement} unit
 * @property {SVGTextElement} value
 * @property {SVGTextElement} gradient
 * @property {SVGCircleElement} circle
 * @property {SVGImageElement} map
 * @property {SVGCircleElement | null} knob the bias
 *
 * @typedef {object} Moment what neurons show
 * @property {import("./model.js").Model} model
 * @property {import("./timeline.js").Timeline} timeline
 * @property {number} step
 * @property {number} known the step as far as which gradients are shown
 * @property {import("./colouring.js").Colouring} colouring
 */

/** How far columns are from each other. */
export const ACROSS = 190;
export const RADIUS = 20;
/** The figures stand below the discs, so far, and so far apart. */
const FIGURES_BELOW = 14;
const FIGURE_GAP = 3;

/** More neurons are abridged to so many at each end. */
const MOST = 8;
const AT_ENDS = 3;

export class Column {
  /**
   * @param {import("../contract.js").Graph} graph
   * @param {number} id the tensor of its numbers
   * @param {boolean} isUpright whether examples are columns of that
   * @param {import("../contract.js").LayerData | null} layer none for inputs and for the end
   */
  constructor(graph, id, isUpright, layer) {
    const { shape } = graph.tensors[id];
    this.graph = graph;
    this.id = id;
    this.layer = layer;
    this.isUpright = isUpright;
    /** From one neuron to the next in the tensor. */
    this.stride = isUpright && shape.length > 1 ? shape[1] : 1;
    this.size = isUpright ? shape[0] : (shape[shape.length - 1] ?? 1);
    const { size } = this;
    /** Which neurons are drawn; -1 stands for those that are left out. */
    this.orders =
      size <= MOST
        ? [...Array(size).keys()]
        : [...Array(AT_ENDS).keys(), -1, ...Array.from({ length: AT_ENDS }, (_, i) => size - AT_ENDS + i)];
    this.x = 0;
    /** @type {number[]} */
    this.ys = [];
    /** @type {Cell[]} */
    this.cells = [];
    this.group = /** @type {SVGGElement} */ (makeSvg("g"));
    /** Says more about its neurons, below its title. @type {(more: string) => void} */
    this.say = () => {};
  }

  /** Where in the tensor the number of a neuron is. @param {number} neuron @param {number} example */
  placeOf(neuron, example) {
    return this.stride * neuron + example * (this.isUpright ? 1 : this.size);
  }

  /** Says where it stands. @param {number} x @param {number} middle @param {number} down from one neuron to the next */
  stand(x, middle, down) {
    this.x = x;
    this.ys = this.orders.map((_, i) => middle + (i - (this.orders.length - 1) / 2) * down);
  }

  /**
   * Draws it.
   *
   * @param {string} title
   * @param {string} about
   * @param {() => void} select
   * @param {(order: number) => void} selectNeuron
   */
  draw(title, about, select, selectNeuron) {
    const { group, graph, id, x } = this;
    const { kind } = graph.tensors[id];
    const attributes = {
      "data-kind": "tensor",
      "data-id": id,
      role: "group",
      "aria-label": `${title}, ${about || kind}`,
    };
    for (const [name, value] of Object.entries(attributes)) group.setAttribute(name, String(value));
    const note = makeSvg("text", { class: "note", x, y: 46, "text-anchor": "middle", text: about });
    this.say = (more) => {
      note.textContent = about + more;
      group.setAttribute("aria-label", `${title}, ${about || kind}${more}`);
    };
    const head = makeSvg(
      "g",
      { class: "column-head", tabindex: 0, role: "button", "aria-description": kind },
      makeSvg("rect", { class: "ring", x: x - ACROSS / 2 + 8, y: 14, width: ACROSS - 16, height: 38, rx: 8 }),
      makeSvg("text", { class: "name", x, y: 30, "text-anchor": "middle", text: title }),
      note,
    );
    group.append(head);
    this.orders.forEach((order, i) => {
      if (order < 0) group.append(...this.#gap(this.ys[i]));
      else {
        const cell = this.#cell(order, this.ys[i]);
        if (this.layer) this.#setUp(cell, selectNeuron);
        group.append(cell.unit);
        this.cells.push(cell);
      }
    });
    group.addEventListener("click", select);
    onEnter(head, select);
    if (this.layer) roam(this.cells.map(({ unit }) => unit));
  }

  /** What stands for neurons that are left out. @param {number} y */
  #gap(y) {
    const text = `${this.size - 2 * AT_ENDS} more`;
    return [
      ...[-7, 0, 7].map((dy) => makeSvg("circle", { class: "dot", cx: this.x, cy: y - 6 + dy, r: 1.8 })),
      makeSvg("text", { class: "note", x: this.x, y: y + 18, "text-anchor": "middle", text }),
    ];
  }

  /** @param {number} order @param {number} y @returns {Cell} */
  #cell(order, y) {
    const { graph, id, x, layer } = this;
    const tensor = graph.tensors[id];
    const line = { y: y + RADIUS + FIGURES_BELOW, "text-anchor": "middle" };
    const value = makeSvg("text", { class: "value", x, ...line });
    const gradient = makeSvg("text", { class: "gradient", x: x + FIGURE_GAP, ...line, "text-anchor": "start" });
    const kind = tensor.node === null ? ` ${tensor.kind}` : graph.outputs.includes(id) ? " output" : "";
    const circle = makeSvg("circle", { class: `neuron chip${kind}`, cx: x, cy: y, r: RADIUS });
    const side = 2 * RADIUS - 2;
    const map = makeSvg("image", {
      class: "over",
      x: x - RADIUS + 1,
      y: y - RADIUS + 1,
      width: side,
      height: side,
      preserveAspectRatio: "none",
    });
    const hasBias = layer !== null && layer.bias !== null;
    const knob = hasBias
      ? makeSvg("circle", { class: "knob", cx: x - 0.82 * RADIUS, cy: y + 0.82 * RADIUS, r: 5 })
      : null;
    const space = document.createTextNode(" ");
    const unit = makeSvg("g", { class: "unit" }, circle, map, value, space, gradient, ...(knob ? [knob] : []));
    return { order, unit, value, gradient, circle, map, knob };
  }

  /** Lets a neuron be selected. @param {Cell} cell @param {(order: number) => void} selectNeuron */
  #setUp({ unit, order }, selectNeuron) {
    unit.append(makeSvg("title", { text: `neuron ${order + 1} of ${this.size}: a click shows its sum` }));
    unit.setAttribute("role", "button");
    unit.addEventListener("click", (event) => {
      event.stopPropagation();
      selectNeuron(order);
    });
    onEnter(unit, () => selectNeuron(order));
  }

  /**
   * Writes the numbers of a moment, and lights what is at work.
   *
   * @param {Moment} moment
   * @param {number} example
   * @param {boolean} isNow whether it is at work
   */
  update({ model, timeline, step, known, colouring }, example, isNow) {
    const { id, group, layer } = this;
    const { kind } = timeline.moments[step];
    const [value, gradient] = [model.value(id), model.gradient(id)];
    const isThere = timeline.valueAt[id] <= step;
    const returned = gradient && (timeline.gradientAt[id] ?? Infinity) <= known ? gradient : null;
    group.classList.toggle("waits", !isThere);
    group.classList.toggle("forward-now", isNow && kind === "forward");
    group.classList.toggle("backward-now", isNow && kind !== "forward" && kind !== "start");
    const bias = layer === null || layer.bias === null ? null : model.value(layer.bias);
    for (const cell of this.cells) {
      const place = this.placeOf(cell.order, example);
      cell.value.textContent = isThere ? brief(value[place]) : "";
      cell.gradient.textContent = returned ? brief(returned[place]) : "";
      const size =
        colouring.measure === "gradient" ? returned?.[place] : colouring.measure && isThere ? value[place] : undefined;
      const tone = size === undefined ? null : colouring.shadeOfSize(Math.abs(size));
      cell.circle.style.fill = tone?.fill ?? "";
      cell.value.setAttribute("x", String(this.x - (returned ? FIGURE_GAP : 0)));
      cell.value.setAttribute("text-anchor", returned ? "end" : "middle");
      if (layer) {
        const parts = [`neuron ${cell.order + 1} of ${this.size}`, cell.value.textContent, cell.gradient.textContent];
        cell.unit.setAttribute("aria-label", parts.filter(Boolean).join(" "));
      }
      if (bias && cell.knob) showBias(cell.knob, bias[bias.length === 1 ? 0 : cell.order], scaleOf(bias));
    }
  }
}

/** @param {SVGCircleElement} knob @param {number} bias @param {number} scale the largest of them */
function showBias(knob, bias, scale) {
  knob.setAttribute("class", `knob ${bias < 0 ? "minus-fill" : "plus-fill"}`);
  knob.setAttribute("fill-opacity", Math.min(1, Math.abs(bias) / scale).toFixed(2));
}

/** @param {SVGGElement} element @param {() => void} act */
export function onEnter(element, act) {
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    act();
  });
}

/** One of several buttons is reached by Tab, the others by the arrows up and down. @param {SVGGElement[]} buttons */
function roam(buttons) {
  buttons.forEach((button, i) => {
    button.setAttribute("tabindex", i ? "-1" : "0");
    button.addEventListener("keydown", (event) => {
      const next = buttons[i + ({ ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0)];
      if (!next || next === button) return;
      event.preventDefault();
      button.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
    });
  });
}

/** A number in few characters. @param {number} value */
function brief(value) {
  const text = figure(value, 3);
  return text.length > 6 ? figure(value, 2) : text;
}
