import { byId, make } from "./dom.js";
import { figure } from "./figures.js";
import { CLASSES, classPainter, colourOf, drawContour, paintGrid, signedPainter } from "./plane_painting.js";
import { createThrottle } from "./throttle.js";
import { findInputAxes, createSurface } from "./surface.js";
import { followTheme } from "./outside.js";

/** Between two looks at a network that is being trained, in milliseconds, and in times what a look takes. */
const REST_OF_PLANE = 120;
const SHARE_OF_PLANE = 5;
/** The side of the picture, in pixels of the page. */
const SIDE_OF_PLANE = 300;
const HEIGHT_OF_LINE = 190;
/** More examples have smaller dots. */
const MANY_EXAMPLES = 200;

/**
 * @typedef {import("./surface.js").Found} Found
 * @typedef {NonNullable<ReturnType<typeof findInputAxes>>} Inputs
 * @typedef {(canvas: HTMLCanvasElement, values: Float32Array) => void} PaintMap
 * @typedef {{ wanted: () => Map<number, number[]>, show: (found: Found, paint: PaintMap) => void }} Watching
 */

/**
 * The card that shows what the network says of every point of its inputs, with the examples.
 *
 * @param {import("./main.js").Page} page
 * @param {() => import("../contract.js").Program} makeNetwork the network once more
 * @returns {InputPlane | null} null if it has more inputs than two, or too many outputs
 */
export function createPlane({ graph, model }, makeNetwork) {
  const inputs = findInputAxes(graph);
  if (!inputs) return null;
  const surface = createSurface(graph, model, makeNetwork(), inputs);
  return surface.outputs > CLASSES.length ? null : new InputPlane(graph, model, inputs, surface);
}

export class InputPlane {
  /**
   * @param {import("../contract.js").Graph} graph
   * @param {import("./model.js").Model} model
   * @param {Inputs} inputs
   * @param {ReturnType<typeof createSurface>} surface
   */
  constructor(graph, model, inputs, surface) {
    this.graph = graph;
    this.model = model;
    this.surface = surface;
    this.output = inputs.output;
    this.isPlane = inputs.features === 2;
    this.isClasses = surface.outputs > 1 && this.isPlane;
    this.target = findTarget(graph, inputs.id, surface.examples);
    /** The middle of the targets, and how far they go from it. */
    this.spread = this.target === null ? [0, 0] : findSpread(surface.given(this.target));
    const isLogit = graph.chain?.tail.some((label) => label.startsWith("binary_cross_entropy_with_logits"));
    /** The output that has no colour, and how far from it colours are full. */
    this.middle = isLogit ? [0, 4] : this.spread;
    this.inputName = graph.tensors[inputs.id].symbol;
    this.outputName = graph.tensors[inputs.output].symbol;
    this.small = document.createElement("canvas");
    this.canvas = make("canvas", { class: "plane", role: "img" });
    this.ends = Object.fromEntries(
      ["left", "right", "bottom", "top"].map((side) => [side, make("span", { class: `plane-${side}` })]),
    );
    this.shown = ""; // of which numbers the picture is
    /** @type {Found | null} */
    this.found = null;
    /** @type {Watching | null} */
    this.watching = null;
    this.looking = createThrottle(() => this.#look(), REST_OF_PLANE, SHARE_OF_PLANE);
    this.#begin();
  }

  #begin() {
    const { surface, isPlane, inputName, ends } = this;
    const card = byId("plane");
    card.append(this.#frame(), make("p", { class: "quiet plane-note", text: this.#about() }));
    card.hidden = false;
    // Of one example there is not much to see, and few numbers to change, which come first.
    if (surface.examples === 1) byId("inputs").after(card);
    [ends.left.textContent, ends.right.textContent] = surface.axes[0].map((at) => figure(at, 2));
    if (isPlane) [ends.bottom.textContent, ends.top.textContent] = surface.axes[1].map((at) => figure(at, 2));
    const over = isPlane ? `the plane of ${inputName}₁ and ${inputName}₂` : inputName;
    this.canvas.setAttribute("aria-label", `${this.outputName} over ${over}, and ${surface.examples} examples`);
    followTheme(() => this.refresh());
  }

  /** The picture with its axes. */
  #frame() {
    const { isPlane, inputName, ends } = this;
    const [up, across] = isPlane ? [`${inputName}₂`, `${inputName}₁`] : [this.outputName, inputName];
    /** @param {string} text */
    const name = (text) => make("span", { class: "plane-name", text });
    return make(
      "div",
      { class: `plane-frame${isPlane ? " has-two" : ""}` },
      make("div", { class: "plane-up" }, ends.top, name(up), ends.bottom),
      this.canvas,
      make("div", { class: "plane-across" }, ends.left, name(across), ends.right),
    );
  }

  /** What the picture shows, in words. */
  #about() {
    const { surface, target, outputName } = this;
    if (!this.isPlane) {
      if (!this.#hasTargets()) return "What the network says.";
      const dots = surface.examples > 1 ? "the dots are the examples" : "the dot is the example, with its target";
      return `The line is what the network says; ${dots}.`;
    }
    const dots =
      target === null ? "The dots are the examples." : "The dots are the examples, in the colours of their targets.";
    if (this.isClasses) return `Each point in the colour of the likeliest class. ${dots}`;
    return target === null && !this.middle[1]
      ? `Green where ${outputName} is positive, purple where it is negative. ${dots}`
      : `Green where ${outputName} is more than ${figure(this.middle[0])}, purple where it is less. ${dots}`;
  }

  /** Whether there is a target for the output of each example. */
  #hasTargets() {
    return this.target !== null && this.surface.outputs === 1;
  }

  refresh() {
    const { model } = this;
    const now = `${model.version} ${model.batch} ${document.documentElement.dataset.theme ?? ""}`;
    if (now === this.shown) return;
    this.shown = now;
    this.looking.soon();
  }

  /** Something else is wanted now. */
  renew() {
    this.shown = "";
    this.refresh();
  }

  /** Somebody wants maps of single neurons, too. @param {Watching} other */
  watch(other) {
    this.watching = other;
    this.shown = "";
  }

  /** Runs the network over the inputs, and draws what it gives. */
  #look() {
    const { output, surface, watching } = this;
    const wanted = new Map(watching?.wanted() ?? []);
    const own = wanted.get(output) ?? [];
    const all = Array.from({ length: surface.outputs }, (_, i) => i);
    wanted.set(output, [...own, ...all]);
    const found = (this.found = surface.look(wanted));
    const maps = /** @type {Float32Array[]} */ (found.maps.get(output));
    found.maps.set(output, maps.slice(0, own.length));
    const outputs = maps.slice(own.length);
    if (this.isPlane) this.#drawPlane(found, outputs);
    else this.#drawLine(outputs);
    watching?.show(found, (canvas, values) => paintGrid(canvas, found.wide, found.high, signedPainter(values, 0, 0)));
  }

  /** @param {number} height @returns {CanvasRenderingContext2D} */
  #context(height) {
    const density = Math.min(3, window.devicePixelRatio || 1);
    this.canvas.width = SIDE_OF_PLANE * density;
    this.canvas.height = height * density;
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.scale(density, density);
    return context;
  }

  /** How far across an axis a number is, in pixels. @param {number} axis @param {number} value */
  #placeOn(axis, value) {
    const [low, high] = this.surface.axes[axis];
    return ((value - low) / (high - low)) * SIDE_OF_PLANE;
  }

  /** @param {Found} found @param {Float32Array[]} outputs */
  #drawPlane(found, outputs) {
    const { surface, isClasses, middle } = this;
    const painter = isClasses ? classPainter(outputs) : signedPainter(outputs[0], middle[0], middle[1]);
    paintGrid(this.small, found.wide, found.high, painter);
    const context = this.#context(SIDE_OF_PLANE);
    context.imageSmoothingEnabled = !isClasses;
    context.drawImage(this.small, 0, 0, SIDE_OF_PLANE, SIDE_OF_PLANE);
    if (!isClasses && (this.target !== null || middle[1]))
      drawContour(context, outputs[0], found, middle[0], SIDE_OF_PLANE);
    const points = surface.points();
    for (let i = 0; i < surface.examples; i++) {
      this.#dot(context, this.#placeOn(0, points[2 * i]), SIDE_OF_PLANE - this.#placeOn(1, points[2 * i + 1]), i);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} example */
  #dot(context, x, y, example) {
    const value = this.target === null ? null : this.model.value(this.target)[example];
    context.beginPath();
    context.arc(x, y, this.surface.examples > MANY_EXAMPLES ? 2.4 : 3.8, 0, 7);
    if (value === null) context.fillStyle = colourOf("--ink");
    else if (this.isClasses) context.fillStyle = CLASSES[Math.round(value) % CLASSES.length];
    else context.fillStyle = colourOf(value < this.spread[0] ? "--minus" : "--plus");
    context.fill();
    context.lineWidth = 1.2;
    context.strokeStyle = colourOf("--paper");
    context.stroke();
  }

  /** The function over one input. @param {Float32Array[]} outputs */
  #drawLine(outputs) {
    const { surface, target } = this;
    const context = this.#context(HEIGHT_OF_LINE);
    const targets = target !== null && this.#hasTargets() ? this.model.value(target) : null;
    const [low, most] = rangeAround(targets ? [...outputs, targets] : outputs);
    [this.ends.bottom.textContent, this.ends.top.textContent] = [figure(low, 2), figure(most, 2)];
    const high = (/** @type {number} */ value) => HEIGHT_OF_LINE - ((value - low) / (most - low)) * HEIGHT_OF_LINE;
    context.fillStyle = colourOf("--paper");
    context.fillRect(0, 0, SIDE_OF_PLANE, HEIGHT_OF_LINE);
    const points = surface.points();
    for (let i = 0; targets && i < surface.examples; i++)
      this.#dot(context, this.#placeOn(0, points[i]), high(targets[i]), i);
    outputs.forEach((values, k) => {
      context.beginPath();
      values.forEach((value, i) => context.lineTo(((i + 0.5) / values.length) * SIDE_OF_PLANE, high(value)));
      context.strokeStyle = outputs.length > 1 ? CLASSES[k] : colourOf("--value");
      context.lineWidth = 2;
      context.stroke();
    });
  }
}

/**
 * The targets of the network's results: the only leaf with as many numbers as there are examples that meets these.
 *
 * @param {import("../contract.js").Graph} graph
 * @param {number} input
 * @param {number} examples
 */
function findTarget(graph, input, examples) {
  const found = graph.tensors.flatMap(({ shape, edges }, id) => {
    const isOther = id !== input && graph.gradients[id] === undefined;
    const fits = shape.reduce((a, b) => a * b, 1) === examples;
    const meets = () =>
      edges.some((use) => graph.nodes[graph.edges[use].node].inputs.some((edge) => graph.edges[edge].hasGradient));
    return isOther && fits && meets() ? [id] : [];
  });
  return found.length === 1 ? found[0] : null;
}

/** The middle of some numbers, and how far they go from it. @param {ArrayLike<number>[]} arrays */
function findSpread(arrays) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of arrays)
    for (let i = 0; i < values.length; i++) [low, high] = [Math.min(low, values[i]), Math.max(high, values[i])];
  return high > low ? [(low + high) / 2, (high - low) / 2] : [low, 0];
}

/** From where to where the finite ones of some numbers go, and a little beyond. @param {ArrayLike<number>[]} arrays */
function rangeAround(arrays) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of arrays)
    for (let i = 0; i < values.length; i++)
      if (Number.isFinite(values[i])) [low, high] = [Math.min(low, values[i]), Math.max(high, values[i])];
  if (!(high > low)) [low, high] = Number.isFinite(low) ? [low - 1, low + 1] : [-1, 1];
  const beyond = 0.06 * (high - low);
  return [low - beyond, high + beyond];
}
