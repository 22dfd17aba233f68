import { mathOr } from "./equation_parts.js";
import { histogramView } from "./chart.js";
import { make } from "./dom.js";
import { numberField } from "./field.js";
import { figure } from "./figures.js";
import { gridOf } from "./heat.js";
import { formula } from "./mathml.js";
import { histogramOf, statisticsOf } from "./statistics.js";
import { arrayView, GRID } from "./tiles.js";

/** What is said of a gradient that a hook may change. */
export const HOOKED =
  "A hook may change this gradient in backward(): it is shown as it was before the hook, and so is what follows.";

/** The numbers of larger arrays are looked at, but not typed. */
const MOST_EDITED = 256;

/**
 * Fields for all numbers of a small leaf.
 *
 * @param {import("../contract.js").Graph} graph
 * @param {import("./model.js").Model} model
 * @param {number} id
 * @param {(tensor: number, index: number, value: number, together: boolean) => void} edit
 */
export function editorOf(graph, model, id, edit) {
  const tensor = graph.tensors[id];
  const { rows, columns } = gridOf(tensor.shape);
  const values = model.value(id);
  // A long vector goes on in further rows.
  const across = rows === 1 ? Math.min(columns, GRID) : columns;
  const isNarrow = across > 3;
  /** @param {number} i */
  const named = (i) =>
    values.length === 1
      ? tensor.said
      : `${tensor.said}[${columns === values.length ? i : `${Math.floor(i / columns)}, ${i % columns}`}]`;
  /** @type {ReturnType<typeof numberField>[]} */
  const fields = Array.from(values, (/** @type {number} */ _, /** @type {number} */ i) =>
    numberField({
      label: named(i),
      read: () => model.value(id)[i],
      write: (value, together) => edit(id, i, value, together),
      single: model.isSingle(id),
      digits: isNarrow ? 3 : 4,
    }),
  );
  const grid = make(
    "div",
    { class: `editor${values.length / across > GRID ? " is-high" : ""}${isNarrow ? " is-narrow" : ""}` },
    ...fields.map(({ element }) => element),
  );
  // As wide as its numbers are, in whatever font.
  grid.style.gridTemplateColumns = `repeat(${across}, minmax(max-content, 1fr))`;
  grid.dataset.rows = String(rows);
  return { element: grid, refresh: () => fields.forEach((field) => field.refresh()) };
}

/** Whether the numbers of a leaf can be typed. @param {import("../contract.js").Graph} graph @param {import("./model.js").Model} model @param {number} id */
export function isEditable(graph, model, id) {
  const { rows, columns } = gridOf(graph.tensors[id].shape);
  return model.isLeaf(id) && model.isFloat(id) && rows * columns > 0 && rows * columns <= MOST_EDITED;
}

/** Whether that takes little enough room to stand in the list of all. @param {number[]} shape */
export function isShort(shape) {
  const { rows, columns } = gridOf(shape);
  return rows <= 4 && columns <= 4;
}

/**
 * All that is known of what is selected. `refresh` writes it anew without touching what is being typed.
 *
 * @param {import("../contract.js").Graph} graph
 * @param {import("./model.js").Model} model
 * @param {import("./timeline.js").Timeline} timeline
 * @param {{ kind: string, id: number }} selection
 * @param {{ go: (step: number) => void, select: (kind: string, id: number) => void, edit: import("./neuron_card.js").Edit, close: () => void }} act
 */
export function detailsOf(graph, model, timeline, selection, act) {
  const live = make("div", { class: "live" });
  const close = make("button", {
    type: "button",
    class: "close",
    "aria-label": "close",
    text: "×",
    onclick: act.close,
  });
  if (selection.kind === "node") {
    const node = graph.nodes[selection.id];
    const element = make(
      "section",
      { class: "card details" },
      close,
      heading(mathOr(node.name, node.label), "operation"),
      live,
    );
    return { element, refresh: () => live.replaceChildren(...nodeDetails(selection.id)) };
  }
  const id = selection.kind === "edge" ? graph.edges[selection.id].tensor : selection.id;
  const tensor = graph.tensors[id];
  const editor = isEditable(graph, model, id) ? editorOf(graph, model, id, act.edit) : null;
  const shape = tensor.wholeShape ?? tensor.shape;
  const facts = [tensor.kind, shape.length ? shape.join(" × ") : "scalar", tensor.dtype];
  if (tensor.wholeShape) facts.push("numbers of a sample, statistics of all");
  const element = make(
    "section",
    { class: "card details" },
    close,
    heading(mathOr(tensor.math, tensor.name), facts.join(" · "), tensor.name === tensor.symbol ? "" : tensor.name),
    editor && make("div", { class: "block" }, make("h3", { text: "Value", class: "is-value" }), editor.element),
    live,
  );
  return {
    element,
    refresh() {
      editor?.refresh();
      live.replaceChildren(...tensorDetails(id, Boolean(editor)));
    },
  };

  /** @param {number} id @param {boolean} edited */
  function tensorDetails(id, edited) {
    const tensor = graph.tensors[id];
    const parts = [];
    const value = model.value(id);
    if (tensor.node !== null) {
      const node = graph.nodes[tensor.node];
      parts.push(line(mathOr(tensor.math, tensor.name), "=", mathOr(node.math, node.text ?? node.label)));
      parts.push(source(node));
    }
    if (!edited) parts.push(numbersBlock("Value", value, tensor, "value", timeline.valueAt[id]));
    else if (value.length > 8) parts.push(statistics(value, tensor, "value"));
    const gradient = model.gradient(id);
    if (gradient) parts.push(numbersBlock("Gradient", gradient, tensor, "gradient", timeline.gradientAt[id]));
    else parts.push(make("p", { class: "quiet", text: "No gradient flows here." }));
    if (tensor.hooked) parts.push(make("p", { class: "hooked", text: HOOKED }));
    const uses = tensor.edges.filter((one) => graph.edges[one].hasGradient);
    if (uses.length)
      parts.push(make("h3", { text: uses.length > 1 ? "Its gradient is the sum of" : "Its gradient comes from" }));
    for (const one of uses) parts.push(use(one));
    return parts;
  }

  /** @param {number} id */
  function nodeDetails(id) {
    const node = graph.nodes[id];
    const output = graph.tensors[node.output];
    const parts = [
      line(mathOr(output.math, output.name), "=", mathOr(node.math, node.text ?? node.label)),
      source(node),
    ];
    for (const [name, value] of Object.entries(node.params))
      parts.push(make("p", { class: "quiet", text: `${name} = ${value}` }));
    parts.push(
      make(
        "p",
        {},
        make("button", {
          type: "button",
          class: "jump",
          text: `forward: step ${timeline.valueAt[node.output]}`,
          onclick: () => act.go(timeline.valueAt[node.output]),
        }),
      ),
    );
    parts.push(make("h3", { text: "Derivatives" }));
    for (const one of node.inputs) if (graph.edges[one].hasGradient) parts.push(use(one));
    return parts;
  }

  /** @param {number} one an edge, its derivative and where it is in the story */
  function use(one) {
    const edge = graph.edges[one];
    const tensor = graph.tensors[edge.tensor];
    const step = /** @type {number} */ (timeline.contributionAt[one]);
    const local = edge.isLocal && model.local(one);
    const left = edge.isLocal ? formula(edge.localMath) : formula(tensor.gradientMath);
    const number =
      local && local.length === 1 && !/^[\d.]+$/.test(edge.text ?? "")
        ? make("span", {}, " = ", make("span", { class: "is-gradient", text: figure(local[0]) }))
        : null;
    return make(
      "div",
      { class: "use" },
      make("div", { class: "use-formula" }, left, " = ", mathOr(edge.math, edge.text ?? ""), number),
      make("button", { type: "button", class: "jump", text: `backward: step ${step}`, onclick: () => act.go(step) }),
    );
  }

  /**
   * @param {string} title
   * @param {ArrayLike<number>} values
   * @param {import("../contract.js").Tensor} tensor
   * @param {string} kind
   * @param {number | undefined} step
   */
  function numbersBlock(title, values, tensor, kind, step) {
    const head = make("h3", { text: title, class: `is-${kind}` });
    if (step !== undefined && step > 0)
      head.append(make("button", { type: "button", class: "jump", text: `step ${step}`, onclick: () => act.go(step) }));
    return make(
      "div",
      { class: "block" },
      head,
      arrayView(values, tensor, kind),
      values.length > 8 && statistics(values, tensor, kind),
    );
  }
}

/** @param {ArrayLike<number>} values @param {import("../contract.js").Tensor} tensor @param {string} kind */
function statistics(values, tensor, kind) {
  const found = statisticsOf(values);
  const rows = [
    ["norm", figure(found.norm)],
    ["mean", figure(found.mean)],
    ["deviation", figure(found.deviation)],
    ["smallest", figure(found.smallest)],
    ["largest", figure(found.largest)],
    ["zeros", `${figure((100 * found.zeros) / found.size, 3)} %`],
  ];
  if (found.nan || found.infinite) rows.push(["not finite", `${found.nan + found.infinite}`]);
  const list = make("dl", { class: "statistics" });
  for (const [name, text] of rows) list.append(make("div", {}, make("dt", { text: name }), make("dd", { text })));
  const counts = histogramOf(values, found.smallest, found.largest);
  return make(
    "div",
    {},
    list,
    found.finite > 0 && tensor.dtype !== "bool" && histogramView(counts, found.smallest, found.largest, kind),
  );
}

/** @param {Node} name @param {string} about @param {string} also */
function heading(name, about, also = "") {
  return make(
    "header",
    {},
    make("h2", {}, name, also && make("span", { class: "also", text: also })),
    make("p", { class: "quiet", text: about }),
  );
}

/** @param {...import("./equation_parts.js").Part} parts */
function line(...parts) {
  return make("p", { class: "formula-line" }, ...parts.flatMap((part) => [part, " "]));
}

/** @param {import("../contract.js").Node} node */
function source(node) {
  if (!node.line) return make("span");
  return make(
    "p",
    { class: "source" },
    make("code", { text: node.line.text }),
    make("span", { class: "quiet", text: `${node.line.file}:${node.line.number}` }),
  );
}
