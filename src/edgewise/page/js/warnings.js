import { make, makeSvg } from "./dom.js";
import { figure } from "./figures.js";
import { countUnits, unitsOf } from "./units.js";

/**
 * What goes wrong in a network: where the first number is not finite, where a gradient ends, and where almost nothing of
 * it comes through. All of it is seen from values, gradients and local derivatives, whatever the operations are.
 *
 * @typedef {"begins" | "ends" | "flat" | "units"} WarningKind
 *
 * @typedef {object} Warning
 * @property {WarningKind} kind
 * @property {number} step at which it can be seen
 * @property {number | undefined} node where it is marked
 * @property {number} tensor that it is about: the result of the node, or a leaf
 * @property {string} text
 */

/** Where all local derivatives are smaller, almost nothing of a gradient comes through. */
const FLAT = 0.01;

/** @param {ArrayLike<number> | undefined} values @param {(value: number) => boolean} test */
function isEach(values, test) {
  if (!values?.length) return false;
  for (let i = 0; i < values.length; i++) if (!test(values[i])) return false;
  return true;
}

const isZero = (/** @type {number} */ value) => value === 0;
const isFlat = (/** @type {number} */ value) => Math.abs(value) < Math.fround(FLAT); // a slope of 0.01, as leaky relu has, is not smaller
/** @param {ArrayLike<number> | undefined} values */
const isFiniteArray = (values) => !values || isEach(values, Number.isFinite) || values.length === 0;

/**
 * All that goes wrong, in the order of the story.
 *
 * @param {import("../contract.js").Graph} graph
 * @param {import("./model.js").Model} model
 * @param {import("./timeline.js").Timeline} timeline
 * @returns {Warning[]}
 */
export function findWarnings(graph, model, timeline) {
  /** @type {Warning[]} */
  const found = [];
  const begins = beginOf(graph, model, timeline);
  if (begins) found.push(begins);
  timeline.moments.forEach(({ kind, edge }, step) => {
    if (kind !== "backward" || edge === undefined) return;
    const warning = warningOfEdge(graph, model, edge, step);
    if (warning) found.push(warning);
  });
  return found.sort((one, other) => one.step - other.step);
}

/** Where the first number that is not finite comes from. @param {import("../contract.js").Graph} graph @param {import("./model.js").Model} model @param {import("./timeline.js").Timeline} timeline @returns {Warning | null} */
function beginOf(graph, model, { moments, valueAt }) {
  const given = graph.tensors.findIndex((tensor, id) => tensor.node === null && isBadLeaf(tensor, model.value(id)));
  if (given >= 0) {
    const { symbol, edges } = graph.tensors[given];
    const text = `Here it began: ${symbol} is given with ${badText(model.value(given))}.`;
    const node = edges.length ? graph.edges[edges[0]].node : undefined;
    return { kind: "begins", step: valueAt[given], node, tensor: given, text };
  }
  for (let step = 0; step < moments.length; step++) {
    const { kind, node, edge, tensor } = moments[step];
    if (kind === "forward" && node !== undefined) {
      const { output, inputs, label, text: formula } = graph.nodes[node];
      // An infinity that the program wrote is meant, as that of a mask is.
      if (formula?.includes("∞") && !Array.from(model.value(output)).some(Number.isNaN)) continue;
      const given = inputs.map((one) => model.value(graph.edges[one].tensor));
      if (!isBadResult(model.value(output), given)) continue;
      const numbers = inputs.map((one) => {
        const id = graph.edges[one].tensor;
        const values = model.value(id);
        return values.length === 1 ? `${graph.tensors[id].symbol} = ${figure(values[0])}` : graph.tensors[id].symbol;
      });
      const from = numbers.length ? ` from ${numbers.join(" and ")}` : "";
      const text = `Here it began: ${label} makes ${badText(model.value(output))}${from}.`;
      return { kind: "begins", step, node, tensor: output, text };
    }
    if (kind === "backward" && edge !== undefined && !isFiniteArray(model.contribution(edge))) {
      const { output, label } = graph.nodes[/** @type {number} */ (node)];
      const bad = badText(model.contribution(edge) ?? []);
      const text = `Here it began: on the way forward all is well, but back through ${label} to ${graph.tensors[/** @type {number} */ (tensor)].symbol} comes ${bad}.`;
      return { kind: "begins", step, node, tensor: output, text };
    }
  }
  return null;
}

/** Whether a leaf is given with what no number follows from. An input of −∞ is a mask. @param {import("../contract.js").Tensor} tensor @param {ArrayLike<number>} values */
function isBadLeaf({ kind }, values) {
  const isFine = (/** @type {number} */ value) =>
    Number.isFinite(value) || (value === -Infinity && kind !== "parameter");
  return !isEach(values, isFine) && values.length > 0;
}

/** Whether a result has NaN, or an infinity that was in none of its operands. @param {ArrayLike<number>} values @param {ArrayLike<number>[]} operands */
function isBadResult(values, operands) {
  if (isFiniteArray(values)) return false;
  return Array.from(values).some(Number.isNaN) || operands.every(isFiniteArray);
}

/** @param {ArrayLike<number>} values */
function badText(values) {
  const bad = Array.from(values).filter((value) => !Number.isFinite(value));
  return values.length === 1 ? figure(bad[0]) : `${figure(bad[0])} in ${bad.length} of ${values.length} elements`;
}

/** @param {import("../contract.js").Graph} graph @param {import("./model.js").Model} model @param {number} id of an edge @param {number} step @returns {Warning | null} */
function warningOfEdge(graph, model, id, step) {
  const edge = graph.edges[id];
  const { output, label, inputs } = graph.nodes[edge.node];
  const arrives = model.gradient(output);
  if (!arrives || isEach(arrives, isZero) || !isFiniteArray(arrives)) return null;
  const { symbol } = graph.tensors[edge.tensor];
  const local = edge.isLocal ? model.local(id) : undefined;
  const place = { step, node: edge.node, tensor: output };
  if (isEach(model.contribution(id), isZero)) {
    const why = isEach(local, isZero) ? `, as its derivative is 0${local?.length === 1 ? "" : " at all elements"}` : "";
    const text = `The gradient ends here: ${label} lets nothing through to ${symbol}${why}, though a gradient arrives.`;
    return { kind: "ends", ...place, text };
  }
  // A derivative that is always the same number says nothing of the present one.
  const varies = inputs.length === 1 && !/^[−-]?[\d.]+$/.test(edge.text ?? "");
  if (!varies) return null;
  if (!isEach(local, isFlat)) {
    const text = graph.nodes[edge.node].isActivation ? unitsText(label, graph.tensors[output].shape, local ?? []) : "";
    return text ? { kind: "units", ...place, text } : null;
  }
  const most = Array.from(local ?? []).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const extent = local?.length === 1 ? `is only ${figure(most)}` : `is at most ${figure(most)} at all elements`;
  const text = `${label} is nearly flat here: its derivative ${extent}, so almost nothing of the gradient comes through.`;
  return { kind: "flat", ...place, text };
}

/** Of how many units an activation lets nothing through, or almost nothing. @param {string} label @param {number[]} shape @param {ArrayLike<number>} local */
function unitsText(label, shape, local) {
  const units = unitsOf(shape);
  if (!units) return "";
  const { count, name, places } = units;
  const shut = countUnits(local, units, isZero);
  const flat = countUnits(local, units, isFlat) - shut;
  /** @param {number} found @param {string} what */
  const tell = (found, what) =>
    found ? [`${found} of ${count} ${name} ${found === 1 ? "is" : "are"} ${what} for all ${places}`] : [];
  const found = [...tell(shut, "shut"), ...tell(flat, "saturated")].join(", ");
  const why = shut ? "no gradient comes through them" : `their derivative is below ${FLAT}`;
  return (
    found && `${found}: ${shut + flat === 1 ? why.replace("them", "it").replace("their", "its") : why} at ${label}.`
  );
}

/** Marks and sentences where something goes wrong. */
export class Warnings {
  /** @param {import("./main.js").Page} page */
  constructor(page) {
    this.page = page;
    this.version = -1;
    /** @type {Warning[]} */
    this.found = [];
  }

  /** Those of all steps. While the network trains they are those of before. */
  get all() {
    const { graph, model, timeline, training } = this.page;
    if (this.version !== model.version && !training?.isRunning()) {
      this.version = model.version;
      this.found = findWarnings(graph, model, timeline);
    }
    return this.found;
  }

  /** Those that the story has come to. */
  get now() {
    return this.all.filter(({ step }) => step <= this.page.known);
  }

  /** Marks operations, or the closed modules that hide them. @param {import("./drawing.js").Drawing} drawing */
  mark(drawing) {
    /** @type {Map<string, string[]>} */
    const texts = new Map();
    for (const { node, text } of this.now) {
      if (node === undefined) continue;
      const key = drawing.keyOf(node);
      texts.set(key, [...(texts.get(key) ?? []), text]);
    }
    for (const [key, group] of drawing.groups) {
      const text = texts.get(key)?.join("\n") ?? "";
      const before = group.querySelector(".warning-mark");
      if ((before?.getAttribute("data-text") ?? "") === text) continue;
      before?.remove();
      if (text) group.append(makeMark(text, /** @type {import("./arrangement.js").Thing} */ (drawing.placeOf(key))));
    }
  }

  /** What is said of an operation or a tensor. @param {"node" | "tensor"} kind @param {number} id */
  about(kind, id) {
    return this.now.filter((one) => one[kind] === id).map(({ text }) => make("p", { class: "warning", text }));
  }

  /**
   * The equation of a step with what goes wrong there, and the way to where it began.
   *
   * @param {import("./equation_parts.js").Content} content
   * @param {import("./story.js").Stop} stop
   */
  noted(content, { from, to, moment }) {
    const here = this.now.filter(
      ({ step, node }) => (step >= from && step <= to) || (node !== undefined && node === moment.node),
    );
    const begins = this.now.find(({ kind }) => kind === "begins");
    const parts = here.map(({ text }) => make("span", { class: "warning", text }));
    if (begins && !here.includes(begins)) {
      const { step } = begins;
      const { player, story } = this.page;
      const text = `not all numbers are finite: it began at step ${story.indexOf(step)}`;
      parts.push(make("button", { type: "button", class: "where warning", text, onclick: () => player.jump(step) }));
    }
    if (!parts.length) return content;
    const spoken = [content.spoken, ...here.map(({ text }) => text)].join(". ");
    return { ...content, note: [...content.note, ...parts], spoken };
  }
}

/** A mark at the upper right corner of a thing. @param {string} text @param {{ width: number }} thing */
function makeMark(text, { width }) {
  return makeSvg(
    "g",
    { class: "warning-mark", "data-text": text, transform: `translate(${width - 2} 1)` },
    makeSvg("title", { text }),
    makeSvg("circle", { r: 8 }),
    makeSvg("text", { y: 4, "text-anchor": "middle", text: "!" }),
  );
}
