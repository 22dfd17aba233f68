import { mathOr } from "./equation_parts.js";
import { histogramView } from "./chart.js";
import { make } from "./dom.js";
import { numberField } from "./field.js";
import { figure } from "./figures.js";
import { gridOf } from "./heat.js";
import { formula } from "./mathml.js";
import { countHistogram, statisticsOf } from "./statistics.js";
import { arrayView, IN_CARD } from "./tiles.js";

/** What is said of a gradient that a hook may change. */
export const HOOKED =
  "A hook may change this gradient in backward(): it is shown as it was before the hook, and so is what follows.";

/** More numbers have statistics. */
const FEW_NUMBERS = 8;

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
export function createEditor(graph, model, id, edit) {
  const tensor = graph.tensors[id];
  const { rows, columns } = gridOf(tensor.shape);
  const values = model.value(id);
  // A long vector goes on in further rows.
  const across = rows === 1 ? Math.min(columns, IN_CARD.cells) : columns;
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
    { class: `editor${values.length / across > IN_CARD.cells ? " is-high" : ""}${isNarrow ? " is-narrow" : ""}` },
    ...fields.map(({ element }) => element),
  );
  // As wide as its numbers are, in whatever font.
  grid.style.gridTemplateColumns = `repeat(${across}, minmax(max-content, 1fr))`;
  grid.classList.toggle("is-vector", rows === 1 && !isShort(tensor.shape));
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
 * The card with all that is known of a thing.
 *
 * @typedef {{ kind: string, id: number }} Thing
 * @typedef {import("./main.js").Page} Page
 *
 * @param {Page} page
 * @param {Thing} thing
 */
export function createDetails(page, { kind, id }) {
  if (kind === "node") return new NodeDetails(page, id);
  return new TensorDetails(page, kind === "edge" ? page.graph.edges[id].tensor : id);
}

/** A card whose numbers are written again without touching what is being typed. @param {Page} page @param {...import("./equation_parts.js").Part} parts */
export function makeCard(page, ...parts) {
  const onclick = () => page.select(null);
  const close = make("button", { type: "button", class: "close", "aria-label": "close", text: "×", onclick });
  return make("section", { class: "card details" }, close, ...parts);
}

/** The details of an operation. */
class NodeDetails {
  /** @param {Page} page @param {number} id */
  constructor(page, id) {
    const { name, label } = page.graph.nodes[id];
    this.page = page;
    this.id = id;
    this.live = make("div", { class: "live" });
    this.element = makeCard(page, heading(mathOr(name, label), "operation"), this.live);
  }

  refresh() {
    const { graph, timeline } = this.page;
    const node = graph.nodes[this.id];
    const params = Object.entries(node.params);
    this.live.replaceChildren(
      formulaOfNode(graph, this.id),
      source(node),
      ...this.page.warnings.about("node", this.id),
      ...params.map(([name, value]) => make("p", { class: "quiet", text: `${name} = ${value}` })),
      make("p", {}, jumpTo(this.page, timeline.valueAt[node.output], "forward: step")),
      make("h3", { text: "Derivatives" }),
      ...node.inputs.filter((one) => graph.edges[one].hasGradient).map((one) => describeUse(this.page, one)),
    );
  }
}

/** The details of a tensor. */
class TensorDetails {
  /** @param {Page} page @param {number} id */
  constructor(page, id) {
    const { graph, model } = page;
    const tensor = graph.tensors[id];
    const shape = tensor.wholeShape ?? tensor.shape;
    const facts = [tensor.kind, shape.length ? shape.join(" × ") : "scalar", tensor.dtype];
    if (tensor.wholeShape) facts.push("numbers of a sample, statistics of all");
    this.page = page;
    this.id = id;
    this.editor = isEditable(graph, model, id) ? createEditor(graph, model, id, page.edit) : null;
    this.live = make("div", { class: "live" });
    this.element = makeCard(
      page,
      heading(mathOr(tensor.math, tensor.name), facts.join(" · "), tensor.name === tensor.symbol ? "" : tensor.name),
      this.editor &&
        make("div", { class: "block" }, make("h3", { text: "Value", class: "is-value" }), this.editor.element),
      this.live,
    );
  }

  refresh() {
    this.editor?.refresh();
    this.live.replaceChildren(...this.#parts().filter(Boolean));
  }

  #parts() {
    const { page, id } = this;
    const { graph, model, timeline } = page;
    const tensor = graph.tensors[id];
    const [value, gradient] = [model.value(id), model.gradient(id)];
    const node = tensor.node === null ? null : graph.nodes[tensor.node];
    const uses = tensor.edges.filter((one) => graph.edges[one].hasGradient);
    return [
      tensor.node !== null && formulaOfNode(graph, tensor.node),
      node && source(node),
      this.editor
        ? value.length > FEW_NUMBERS && statistics(value, tensor, "value")
        : numbersBlock(page, "Value", value, tensor, "value", timeline.valueAt[id]),
      gradient
        ? numbersBlock(page, "Gradient", gradient, tensor, "gradient", timeline.gradientAt[id])
        : make("p", { class: "quiet", text: "No gradient flows here." }),
      tensor.hooked && make("p", { class: "hooked", text: HOOKED }),
      ...page.warnings.about("tensor", id),
      uses.length > 0 &&
        make("h3", { text: uses.length > 1 ? "Its gradient is the sum of" : "Its gradient comes from" }),
      ...uses.map((one) => describeUse(page, one)),
    ];
  }
}

/** A button that goes to a step. @param {Page} page @param {number} step @param {string} text before its number */
export function jumpTo(page, step, text) {
  const onclick = () => page.player.jump(step);
  return make("button", { type: "button", class: "jump", text: `${text} ${page.story.indexOf(step)}`, onclick });
}

/** An edge's derivative, and its moment. @param {Page} page @param {number} id */
export function describeUse(page, id) {
  const { graph, model, timeline } = page;
  const edge = graph.edges[id];
  const local = edge.isLocal ? model.local(id) : undefined;
  const left = formula(edge.isLocal ? edge.localMath : graph.tensors[edge.tensor].gradientMath);
  const text = edge.text ?? "";
  const isKnown = /** @type {number} */ (timeline.contributionAt[id]) <= page.known;
  const hasNumber = isKnown && local?.length === 1 && !/^[\d.]+$/.test(text);
  const number = hasNumber && make("span", {}, " = ", make("span", { class: "is-gradient", text: figure(local[0]) }));
  return make(
    "div",
    { class: "use" },
    make("div", { class: "use-formula" }, left, " = ", mathOr(edge.math, text), number),
    jumpTo(page, /** @type {number} */ (timeline.contributionAt[id]), "backward: step"),
  );
}

/**
 * @param {Page} page
 * @param {string} title
 * @param {ArrayLike<number>} values
 * @param {import("../contract.js").Tensor} tensor
 * @param {string} kind
 * @param {number | undefined} step
 */
function numbersBlock(page, title, values, tensor, kind, step) {
  const head = make("h3", { text: title, class: `is-${kind}` });
  if (step !== undefined && step > page.known)
    return make("div", { class: "block" }, head, make("p", {}, jumpTo(page, step, "not there yet: step")));
  if (step !== undefined && step > 0) head.append(jumpTo(page, step, "step"));
  const about = values.length > FEW_NUMBERS && statistics(values, tensor, kind);
  return make("div", { class: "block" }, head, arrayView(values, tensor, kind), about);
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
  const counts = countHistogram(values, found.smallest, found.largest);
  return make(
    "div",
    {},
    list,
    found.finite > 0 && tensor.dtype !== "bool" && histogramView(counts, found.smallest, found.largest, kind),
  );
}

/** @param {Node} name @param {string} about @param {string} also */
export function heading(name, about, also = "") {
  return make(
    "header",
    {},
    make("h2", {}, name, also && make("span", { class: "also", text: also })),
    make("p", { class: "quiet", text: about }),
  );
}

/** What an operation makes. @param {import("../contract.js").Graph} graph @param {number} id */
export function formulaOfNode(graph, id) {
  const node = graph.nodes[id];
  const output = graph.tensors[node.output];
  return line(mathOr(output.math, output.name), "=", mathOr(node.math, node.text ?? node.label));
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
