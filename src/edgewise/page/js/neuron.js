import { make } from "./dom.js";
import { numberField } from "./field.js";
import { figure } from "./figures.js";

/** Of more inputs only so many are listed. */
const MOST_INPUTS = 16;

/**
 * One neuron: its weighted inputs, their sum, and what it makes of that, for one example.
 *
 * @typedef {object} Unit
 * @property {any} layer
 * @property {number} order which neuron of its layer
 * @property {number} size how many there are
 * @property {number} inputs the tensor that its inputs are in
 * @property {number} wide how many inputs there are
 * @property {(tensor: number, order: number) => number} at where in a tensor the number of a neuron is for the present example
 *
 * @param {any} graph
 * @param {ReturnType<import("./model.js").modelOf>} model
 * @param {Unit} unit
 * @param {(tensor: number, index: number, value: number, together: boolean) => void} edit
 */
export function neuronCardOf(graph, model, unit, edit) {
  const { layer, order, inputs, wide } = unit;
  const { weights, bias, transposed, output, labels } = layer;
  const across =
    graph.tensors[weights].shape.length > 1
      ? graph.tensors[weights].shape[1]
      : transposed
        ? 1
        : (graph.tensors[weights].shape[0] ?? 1);
  /** @param {number} j */
  const placeOf = (j) => (transposed ? j * across + order : order * across + j);
  const biasAt =
    bias === null || graph.tensors[bias].shape.length === 0 ? 0 : Math.min(order, model.value(bias).length - 1);
  const symbol = graph.tensors[inputs].symbol;
  /** @type {{ refresh: () => void }[]} */
  const fields = [];
  /** @param {number} tensor @param {number} index @param {string} label */
  const fieldOf = (tensor, index, label) => {
    const field = numberField({
      label,
      read: () => model.value(tensor)[index],
      write: (value, together) => edit(tensor, index, value, together),
      single: model.isSingle(tensor),
      digits: 3,
    });
    fields.push(field);
    return model.isLeaf(tensor) && model.isFloat(tensor) ? field.element : make("span", {});
  };
  const listed = Math.min(wide, MOST_INPUTS);
  const rows = Array.from({ length: listed }, (_, j) => {
    const [given, product] = [make("td", { class: "is-value" }), make("td", {})];
    const name = wide > 1 ? `${symbol}${low(j + 1)}` : symbol;
    return {
      j,
      given,
      product,
      row: make(
        "tr",
        {},
        make("th", { text: name }),
        given,
        make("td", { text: "×" }),
        make("td", {}, fieldOf(weights, placeOf(j), `weight of ${name}`)),
        make("td", { text: "=" }),
        product,
      ),
    };
  });
  const [rest, sum, value, back] = [
    make("td", {}),
    make("td", {}),
    make("td", { class: "is-value" }),
    make("td", { class: "is-gradient" }),
  ];
  const table = make(
    "table",
    { class: "neuron-sum" },
    make(
      "tbody",
      {},
      ...rows.map(({ row }) => row),
      wide > listed && make("tr", {}, make("th", { colspan: 5, text: `${wide - listed} more` }), rest),
      bias !== null &&
        make(
          "tr",
          {},
          make("th", { text: "bias" }),
          make("td", {}),
          make("td", {}),
          make("td", {}, fieldOf(bias, biasAt, "bias")),
          make("td", {}),
          make("td", {}),
        ),
      make("tr", { class: "is-sum" }, make("th", { colspan: 5, text: "sum" }), sum),
      make("tr", {}, make("th", { colspan: 5, text: labels.slice(1).join(" → ") || "output" }), value),
      make("tr", {}, make("th", { colspan: 5, text: `∂${graph.lossSymbol ?? "L"}/∂·` }), back),
    ),
  );
  const element = make(
    "section",
    { class: "card neuron-card" },
    make(
      "header",
      {},
      make("h2", { text: `Neuron ${order + 1} of ${unit.size}` }),
      make("span", { class: "quiet", text: labels.join(" → ") }),
    ),
    table,
  );

  function refresh() {
    const [given, weight] = [model.value(inputs), model.value(weights)];
    let total = bias === null ? 0 : model.value(bias)[biasAt];
    let others = 0;
    for (let j = 0; j < wide; j++) {
      const product = given[unit.at(inputs, j)] * weight[placeOf(j)];
      total += product;
      if (j >= listed) others += product;
    }
    for (const row of rows) {
      const one = given[unit.at(inputs, row.j)];
      row.given.textContent = figure(one, 3);
      row.product.textContent = figure(one * weight[placeOf(row.j)], 3);
    }
    rest.textContent = figure(others, 3);
    sum.textContent = figure(total, 4);
    value.textContent = figure(model.value(output)[unit.at(output, order)], 4);
    const gradient = model.gradient(output);
    back.textContent = gradient ? figure(gradient[unit.at(output, order)], 3) : "";
    for (const field of fields) field.refresh();
  }
  refresh();
  return { element, refresh };
}

/** @param {number} number in small digits */
function low(number) {
  return String(number).replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)));
}
