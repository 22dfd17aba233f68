import { emptyPart, writePart } from "./drawing.js";
import { figure } from "./figures.js";
import { scaleOf } from "./heat.js";
import { edgesAt, workAt } from "./scene.js";
import { sumSquares } from "./statistics.js";

/**
 * Which parts of the picture are there at a moment of the story, and which are at work.
 *
 * @param {import("./drawing.js").Drawing} drawing
 * @param {import("./main.js").Page} page
 * @param {import("./modules.js").Modules} modules
 */
export function highlight(drawing, { graph, timeline, story, step, known }, modules) {
  const { valueAt, gradientAt, contributionAt, updateAt } = timeline;
  const { moment } = story.stopAt(step);
  const { kind: way, things } = workAt(graph, moment, (key) => drawing.shownAs(key));
  const now = new Set(things);
  const arriving = arrivalsAt(moment);

  for (const [key, group] of drawing.groups) {
    const [kind, id] = key.split(" ");
    const number = Number(id);
    let seen = true;
    // Closed modules begin with the first of their operations.
    if (kind === "module") seen = modules.nodesIn(number).some((node) => valueAt[graph.nodes[node].output] <= step);
    if (kind === "node") seen = valueAt[graph.nodes[number].output] <= step;
    if (kind === "tensor") seen = valueAt[number] <= step;
    if (kind === "edge") seen = valueAt[graph.edges[number].tensor] <= step;
    group.classList.toggle("waits", !seen);
    group.classList.toggle("now", now.has(key));
    group.classList.toggle("forward-now", now.has(key) && way === "forward");
    group.classList.toggle("backward-now", now.has(key) && ["backward", "seed", "sum"].includes(way));
    group.classList.toggle("update-now", now.has(key) && way === "update");
    if (kind === "module")
      group.classList.toggle("no-gradient", !modules.learntIn(number).every((id) => (gradientAt[id] ?? 0) <= known));
    if (kind === "tensor" || kind === "edge") {
      const arrives = kind === "tensor" ? gradientAt[number] : contributionAt[number];
      group.classList.toggle("no-gradient", arrives === undefined || arrives > known);
      group.classList.toggle("is-updated", kind === "tensor" && updateAt[number] <= step);
      group.classList.toggle("arrives", arriving.has(key));
    }
  }

  const working = new Set();
  if (way === "forward" || way === "backward") {
    const { edges, nodes } = edgesAt(graph, moment);
    for (const edge of edges) drawing.linesOfEdge(edge).forEach((line) => working.add(line[way]));
    for (const node of nodes) working.add(drawing.lineFromNode(node)?.[way]);
  }
  for (const line of drawing.lines) {
    if (!line.group) continue;
    const [from, fromId] = line.source.split(" ");
    const [to, toId] = line.target.split(" ");
    const node = from === "node" ? Number(fromId) : to === "node" ? Number(toId) : undefined;
    const reached = node === undefined ? valueAt[line.tensor] : valueAt[graph.nodes[node].output];
    show(line, "forward", reached > step, working);
    if (!line.backward) continue;
    const comesOut = from === "node" || (from === "module" && line.target === `tensor ${line.tensor}`);
    const back = comesOut ? gradientAt[line.tensor] : returns(line, graph, timeline, (one) => drawing.keyOf(one));
    show(line, "backward", back === undefined || back > known, working);
  }
}

/** What numbers arrive at, by keys. @param {import("./story.js").Stop["moment"]} moment */
function arrivalsAt(moment) {
  if (moment.kind === "module") {
    const { inputs, parameters, outputs, edges } = moment.boundary;
    const tensors = moment.phase === "forward" ? outputs : [...inputs, ...parameters];
    return new Set([...tensors.map((id) => `tensor ${id}`), ...edges.map((id) => `edge ${id}`)]);
  }
  return new Set([`tensor ${moment.tensor}`, `edge ${moment.edge}`]);
}

/**
 * A line and its arrowhead.
 *
 * @param {import("./drawing.js").Line} line
 * @param {"forward" | "backward"} way
 * @param {boolean} waits
 * @param {Set<unknown>} working
 */
function show(line, way, waits, working) {
  const path = /** @type {SVGPathElement} */ (line[way]);
  const parts = [path, ...line.heads.filter((head) => head.classList.contains(way === "forward" ? "to" : "fro"))];
  for (const part of parts) {
    part.classList.toggle("waits", waits);
    part.classList.toggle("works", working.has(path));
  }
}

/** When something comes back along a line to a tensor. @param {import("./drawing.js").Line} line @param {import("../contract.js").Graph} graph @param {import("./timeline.js").Timeline} timeline @param {(node: number) => string} keyOf */
function returns(line, graph, timeline, keyOf) {
  const [to, id] = line.target.split(" ");
  if (to === "edge") return timeline.contributionAt[Number(id)];
  const [from, own] = line.source.split(" ");
  if (from === "edge") return timeline.contributionAt[Number(own)];
  const edge = graph.tensors[line.tensor].edges.find(
    (one) => graph.edges[one].hasGradient && keyOf(graph.edges[one].node) === `${to} ${id}`,
  );
  return edge === undefined ? undefined : timeline.contributionAt[edge];
}

/**
 * Writes the numbers of what can be seen into the picture, those that have changed.
 *
 * @param {import("./drawing.js").Drawing} drawing
 * @param {import("./main.js").Page} page
 * @param {import("./modules.js").Modules} modules
 * @param {(tensor: number) => boolean} isUpdated whether a parameter has been changed at this moment
 * @param {number[]} seen left, top, right and bottom of what can be seen
 */
export function writeNumbers(drawing, { graph, model, predicting }, modules, isUpdated, [left, top, right, bottom]) {
  if (drawing.scales.version !== model.version) drawing.scales = findScales(drawing, graph, model);
  const { values, gradients } = drawing.scales;
  for (const [key, chip] of drawing.chips) {
    const { x, y, width, height } = /** @type {import("./arrangement.js").Thing} */ (drawing.placeOf(key));
    if (x + width < left || x > right || y + height < top || y > bottom) continue;
    const [kind, text] = key.split(" ");
    const id = Number(text);
    const updated = kind === "tensor" && isUpdated(id);
    const learnt = kind === "module" ? modules.learntIn(id) : [];
    const hidden =
      kind === "module"
        ? learnt.some((one) => predicting.hidesGradient("gradient", one))
        : predicting.hidesGradient(kind === "edge" ? "part" : "gradient", id);
    const written = `${model.version} ${updated} ${hidden}`;
    if (chip.written === written) continue;
    chip.written = written;
    if (kind === "module") {
      const gradients = learnt.map((one) => model.gradient(one));
      writeNorm(chip.group, hidden ? null : gradients);
      continue;
    }
    const isPart = kind === "edge";
    const tensor = graph.tensors[isPart ? graph.edges[id].tensor : id];
    if (!isPart) writePart(chip.value, updated ? model.after(id) : model.value(id), tensor, values);
    if (hidden) emptyPart(chip.gradient);
    else writePart(chip.gradient, isPart ? model.contribution(id) : model.gradient(id), tensor, gradients);
  }
}

/** The norm of all gradients in a closed module. @param {SVGGElement} group @param {(ArrayLike<number> | undefined)[] | null} gradients null if they are hidden */
function writeNorm(group, gradients) {
  const text = group.querySelector(".learnt");
  if (!text) return;
  if (!gradients) {
    text.textContent = "";
    return;
  }
  let squares = 0;
  for (const gradient of gradients) if (gradient) squares += sumSquares(gradient);
  text.textContent = `‖∂·‖ ${figure(Math.sqrt(squares))}`;
}

/** The sizes of numbers that heat maps show in full colour. @param {import("./drawing.js").Drawing} drawing @param {import("../contract.js").Graph} graph @param {import("./model.js").Model} model */
function findScales(drawing, graph, model) {
  let values = 0;
  let gradients = 0;
  const { templates, forms } = graph.places;
  for (const { key, form } of drawing.things) {
    const [kind, id] = key.split(" ");
    if (kind !== "tensor" || !templates[forms[form][0]][0].includes("<image")) continue;
    values = Math.max(values, scaleOf(model.value(Number(id))));
    const gradient = model.gradient(Number(id));
    if (gradient) gradients = Math.max(gradients, scaleOf(gradient));
  }
  return { version: model.version, values: values || 1, gradients: gradients || 1 };
}
