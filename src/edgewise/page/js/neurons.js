import { byId, makeSvg } from "./dom.js";
import { ACROSS, Column, RADIUS } from "./neuron_column.js";
import { Twins } from "./neuron_twins.js";
import { curve, Weights } from "./neuron_weights.js";

/**
 * The same network as neurons joined by weights, for chains of layers.
 *
 * @typedef {import("../contract.js").LayerData} LayerData
 * @typedef {import("./neuron_column.js").Moment} Moment
 * @typedef {import("./neuron_card.js").Neuron} Neuron
 * @typedef {(kind: string, id: number, neuron?: Neuron) => void} Select
 */

const DOWN = 66;
/** Of many neurons. */
const CLOSER_DOWN = 62;
const MANY_NEURONS = 5;
const TOP = 60;
const SIDE = 70;
/** Longer titles are cut. */
const LONGEST_TITLE = 28;

export class NeuronsView {
  /**
   * @param {import("../contract.js").Graph} graph
   * @param {import("../contract.js").ChainData} chain
   * @param {Select} select
   */
  constructor(graph, chain, select) {
    const { layers, input, tail } = chain;
    this.graph = graph;
    this.chain = chain;
    /** The inputs and the layers. */
    this.columns = [
      new Column(graph, input, layers[0].upright, null),
      ...layers.map((layer) => new Column(graph, layer.output, layer.upright, layer)),
    ];
    /** The loss. */
    this.end = tail.length ? new Column(graph, graph.outputs[0], false, null) : null;
    this.all = this.end ? [...this.columns, this.end] : this.columns;
    this.examples = graph.tensors[input].shape.reduce((a, b) => a * b, 1) / this.columns[0].size;
    /** Which example of the batch is shown. */
    this.example = 0;
    const tallest = Math.max(...this.all.map(({ orders }) => orders.length));
    const down = tallest > MANY_NEURONS ? CLOSER_DOWN : DOWN;
    this.width = 2 * SIDE + (this.all.length - 1) * ACROSS + 40;
    this.height = TOP + tallest * down + 16;
    this.svg = /** @type {SVGSVGElement} */ (
      makeSvg("svg", {
        class: "edgewise-auto neurons",
        viewBox: `0 0 ${this.width} ${this.height}`,
        role: "group",
        "aria-label": "The network as neurons",
      })
    );
    this.all.forEach((column, k) => column.stand(SIDE + 20 + k * ACROSS, TOP + (tallest * down) / 2, down));
    /** By the numbers of their tensors. @type {Map<number, SVGGElement>} */
    this.groups = new Map();
    this.weights = layers.map((layer, k) => this.#weightsOf(layer, k, select));
    if (this.end) this.svg.append(linesToEnd(this.columns[this.columns.length - 1], this.end));
    for (const { id, group } of [...this.weights, ...this.all.map((_, k) => this.#drawnColumn(k, select))]) {
      this.svg.append(group);
      this.groups.set(id, group);
    }
    this.twins = layers.slice(1).map((layer, k) => {
      const [before, column, after] = this.columns.slice(k, k + 3);
      return new Twins(column, layers[k], layer, before.size, after.size);
    });
    // Below the figures of the neurons.
    for (const { group, column } of this.twins) column.group.prepend(group);
    this.small = document.createElement("canvas");
  }

  /** The weights between a column and the next one. @param {LayerData} layer @param {number} k @param {Select} select */
  #weightsOf(layer, k, select) {
    const [left, right] = [this.columns[k], this.columns[k + 1]];
    return new Weights(this.graph, layer, left, right, {
      select: () => select("tensor", layer.weights),
      selectWeight: (order, input) => select("tensor", layer.weights, this.#neuron(k + 1, order, input)),
    });
  }

  /** @param {number} k @param {Select} select */
  #drawnColumn(k, select) {
    const column = this.all[k];
    column.draw(
      cut(this.#titleOf(column)),
      cut(this.#aboutOf(column)),
      () => select("tensor", column.id),
      (order) => select("tensor", column.id, this.#neuron(k, order)),
    );
    return column;
  }

  /** @param {Column} column */
  #titleOf(column) {
    return column.layer ? column.layer.labels.join(" → ") : this.graph.tensors[column.id].symbol;
  }

  /** @param {Column} column */
  #aboutOf(column) {
    if (column === this.end) return this.chain.tail.join(" → ");
    const { layer, size } = column;
    if (size > 1 || this.examples > 1) return `${size} ${layer ? "neuron" : "input"}${size === 1 ? "" : "s"}`;
    const { symbol } = this.graph.tensors[column.id];
    return layer && !layer.labels.includes(symbol) ? symbol : "";
  }

  /** @param {number} k of a layer's column @param {number} order @param {number} [input] @returns {Neuron} */
  #neuron(k, order, input) {
    const [before, column] = [this.columns[k - 1], this.columns[k]];
    return {
      input,
      layer: /** @type {LayerData} */ (column.layer),
      order,
      size: column.size,
      inputs: before.id,
      wide: before.size,
      at: (id, neuron) => (id === column.id ? column : before).placeOf(neuron, this.example),
    };
  }

  /** Writes the numbers of a moment, and lights what is at work. @param {Moment} moment */
  update(moment) {
    const { moments } = moment.timeline;
    const { kind, tensor, node } = moments[moment.step];
    const working = node === undefined || kind === "update" ? null : this.#columnOf(node);
    for (const column of this.all) {
      const isNow = tensor === column.id || column === working;
      column.update(moment, column === this.end ? 0 : this.example, isNow);
    }
    for (const one of [...this.weights, ...this.twins]) one.update(moment);
  }

  /** The column that an operation belongs to. @param {number} node */
  #columnOf(node) {
    const { tensors } = this.graph;
    const found = this.columns.find(({ id }) => {
      const own = tensors[id].node;
      return own !== null && node <= own;
    });
    return found ?? this.end ?? this.columns[this.columns.length - 1];
  }

  /** The neuron or the weight that a text such as "2" or "2.0" means, selected with a tensor. @param {number} id @param {string} text */
  find(id, text) {
    const [order, input] = text.split(".").map(Number);
    const k = this.columns.findIndex(
      (column) => column.layer && id === (input === undefined ? column.id : column.layer.weights),
    );
    if (k < 0 || order >= this.columns[k].size || input >= this.columns[k - 1].size) return undefined;
    return this.#neuron(k, order, input);
  }

  /** Shows what is selected as such. @param {number} id of a tensor @param {Neuron} [neuron] that alone is meant */
  mark(id, neuron) {
    for (const [own, group] of this.groups) group.classList.toggle("chosen", own === id && !neuron);
    for (const column of this.columns) {
      for (const { unit, order } of column.cells)
        unit.classList.toggle("chosen", column.id === id && order === neuron?.order);
    }
    for (const weights of this.weights) weights.mark(weights.id === id ? neuron : undefined);
  }

  /** Shows another example of the batch. @param {number} by */
  turn(by) {
    this.example = (this.example + by + this.examples) % this.examples;
    byId("example").textContent = `Example ${this.example + 1} of ${this.examples}`;
  }

  /** The neurons that are drawn, by the tensors that they are in. */
  wanted() {
    return new Map(this.columns.map(({ id, cells }) => [id, cells.map(({ order }) => order)]));
  }

  /**
   * Shows in each neuron what it gives over the inputs.
   *
   * @param {import("./surface.js").Found | null} found none for no maps
   * @param {(canvas: HTMLCanvasElement, values: Float32Array) => void} [paint]
   */
  showMaps(found, paint) {
    this.svg.classList.toggle("has-maps", Boolean(found));
    for (const { id, cells } of this.columns) {
      cells.forEach(({ map }, i) => {
        if (!found || !paint) map.removeAttribute("href");
        else {
          paint(this.small, /** @type {Float32Array[]} */ (found.maps.get(id))[i]);
          map.setAttribute("href", this.small.toDataURL());
        }
      });
    }
  }
}

/** @param {Column} last @param {Column} end */
function linesToEnd(last, end) {
  const ends = last.orders.flatMap((order, i) => (order < 0 ? [] : [last.ys[i]]));
  const lines = ends.map((y) => curve(last.x + RADIUS, y, end.x - RADIUS, end.ys[0]));
  return makeSvg("g", {}, ...lines.map((d) => makeSvg("path", { class: "forward", d })));
}

/** @param {string} text */
function cut(text) {
  return text.length > LONGEST_TITLE ? `${text.slice(0, LONGEST_TITLE - 2)}…` : text;
}

/** The buttons that lead from example to example. @param {import("./main.js").Page} page @param {NeuronsView} neurons */
export function setUpExamples(page, neurons) {
  for (const [id, by] of /** @type {[string, number][]} */ ([
    ["example-before", -1],
    ["example-after", 1],
  ])) {
    byId(id).addEventListener("click", () => {
      neurons.turn(by);
      page.refresh();
      page.keep();
    });
  }
  neurons.turn(0);
  byId("examples").hidden = false;
}
