import { make } from "./dom.js";
import { numberField } from "./field.js";
import { figure } from "./figures.js";

/** Of more inputs only so many are listed. */
const MOST_INPUTS = 16;

/**
 * @typedef {object} Neuron
 * @property {import("../contract.js").LayerData} layer
 * @property {number} order which neuron of its layer
 * @property {number} [input] whose weight is meant
 * @property {number} size how many there are
 * @property {number} inputs the tensor that its inputs are in
 * @property {number} wide how many inputs there are
 * @property {(tensor: number, order: number) => number} at where in a tensor the number of a neuron is for the present example
 *
 * @typedef {(tensor: number, index: number, value: number, together: boolean) => void} Edit
 */

/** The card of one neuron: its weighted inputs, their sum, and what it makes of that, for one example. */
export class NeuronCard {
  /**
   * @param {import("../contract.js").Graph} graph
   * @param {import("./model.js").Model} model
   * @param {Neuron} neuron
   * @param {Edit} edit
   * @param {(tensor: number, way: "value" | "gradient") => boolean} isKnown whether the story has come to it
   */
  constructor(graph, model, neuron, edit, isKnown) {
    const { layer, order, inputs, wide } = neuron;
    const { weights, bias } = layer;
    this.graph = graph;
    this.model = model;
    this.neuron = neuron;
    this.edit = edit;
    this.isKnown = isKnown;
    const { shape } = graph.tensors[weights];
    const across = shape.length > 1 ? shape[1] : layer.transposed ? 1 : (shape[0] ?? 1);
    /** Where the weight of an input is. @type {(input: number) => number} */
    this.weightAt = (input) => (layer.transposed ? input * across + order : order * across + input);
    /** Where its bias is. */
    this.biasAt =
      bias === null || !graph.tensors[bias].shape.length ? 0 : Math.min(order, model.value(bias).length - 1);
    /** @type {ReturnType<typeof numberField>[]} */
    this.fields = [];
    const { symbol } = graph.tensors[inputs];
    this.rows = Array.from({ length: Math.min(wide, MOST_INPUTS) }, (_, j) =>
      this.#row(j, wide > 1 ? `${symbol}${lowered(j + 1)}` : symbol),
    );
    this.rest = make("td", {});
    this.sum = make("td", {});
    this.value = make("td", { class: "is-value" });
    this.gradient = make("td", { class: "is-gradient" });
    const title = make("h2", { text: `Neuron ${order + 1} of ${neuron.size}` });
    this.element = make(
      "section",
      { class: "card neuron-card" },
      make("header", {}, title, make("span", { class: "quiet", text: layer.labels.join(" → ") })),
      make("table", { class: "neuron-sum" }, make("tbody", {}, ...this.#lines())),
    );
    this.update();
  }

  /** A field for a number that can be changed. @param {number} tensor @param {number} index @param {string} label */
  #field(tensor, index, label) {
    const { model, edit } = this;
    const field = numberField({
      label,
      read: () => model.value(tensor)[index],
      write: (value, together) => edit(tensor, index, value, together),
      single: model.isSingle(tensor),
      digits: 3,
    });
    this.fields.push(field);
    return model.isLeaf(tensor) && model.isFloat(tensor) ? field.element : make("span", {});
  }

  /** The line of an input. @param {number} input @param {string} name */
  #row(input, name) {
    const [given, product] = [make("td", { class: "is-value" }), make("td", {})];
    const field = this.#field(this.neuron.layer.weights, this.weightAt(input), `weight of ${name}`);
    const [times, equals] = ["×", "="].map((text) => make("td", { text }));
    const row = make(
      "tr",
      { class: input === this.neuron.input && "chosen" },
      make("th", { text: name }),
      given,
      times,
      make("td", {}, field),
      equals,
      product,
    );
    return { row, given, product };
  }

  /** All lines of its table. */
  #lines() {
    const { layer, wide } = this.neuron;
    const listed = this.rows.length;
    /** @param {string} text @param {HTMLElement} cell @param {string} [name] */
    const line = (text, cell, name) => make("tr", { class: name }, make("th", { colspan: 5, text }), cell);
    return [
      ...this.rows.map(({ row }) => row),
      wide > listed && line(`${wide - listed} more`, this.rest),
      layer.bias !== null && this.#biasLine(layer.bias),
      line("sum", this.sum, "is-sum"),
      line(layer.labels.slice(1).join(" → ") || "output", this.value),
      line(`∂${this.graph.lossSymbol}/∂·`, this.gradient),
    ];
  }

  /** @param {number} bias its tensor */
  #biasLine(bias) {
    const cells = [null, null, this.#field(bias, this.biasAt, "bias"), null, null].map((part) => make("td", {}, part));
    return make("tr", {}, make("th", { text: "bias" }), ...cells);
  }

  /** Writes its numbers. */
  update() {
    const { model, rows, weightAt } = this;
    const { layer, order, inputs, wide, at } = this.neuron;
    const [given, weights] = [model.value(inputs), model.value(layer.weights)];
    const [hasValue, hasGradient] = [this.isKnown(layer.output, "value"), this.isKnown(layer.output, "gradient")];
    const isGiven = this.isKnown(inputs, "value");
    let total = layer.bias === null ? 0 : model.value(layer.bias)[this.biasAt];
    let others = 0;
    for (let j = 0; j < wide; j++) {
      const input = given[at(inputs, j)];
      const product = input * weights[weightAt(j)];
      total += product;
      if (j >= rows.length) others += product;
      else {
        rows[j].given.textContent = isGiven ? figure(input, 3) : "";
        rows[j].product.textContent = hasValue ? figure(product, 3) : "";
      }
    }
    this.rest.textContent = hasValue ? figure(others, 3) : "";
    this.sum.textContent = hasValue ? figure(total, 4) : "";
    this.value.textContent = !hasValue ? "" : figure(model.value(layer.output)[at(layer.output, order)], 4);
    const gradient = model.gradient(layer.output);
    this.gradient.textContent = hasGradient && gradient ? figure(gradient[at(layer.output, order)], 3) : "";
    for (const field of this.fields) field.refresh();
  }
}

/** A number in small digits. @param {number} number */
function lowered(number) {
  return String(number).replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)));
}
