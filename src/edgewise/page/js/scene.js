/**
 * An arrangement as flat arrays, which thousands of things can be drawn from quickly.
 *
 * @typedef {object} Arrangement
 * @property {number} width
 * @property {number} height
 * @property {{ key: string, x: number, y: number, width: number, height: number }[]} things a key is "tensor 3", "node 5", "edge 7", or "module 2" for a closed one
 * @property {{ tensor: number, source: string, target: string, points: number[][], back: boolean, bent?: boolean }[]} lines level at every point, with S-curves between; or bent at right angles
 * @property {{ scope: number, x: number, y: number, width: number, height: number }[]} frames open modules, outer ones first
 */

/** How things look: their ground, their border and what is written on them, as names of colours. */
export const LOOKS = [
  { name: "operation", fill: "operation", stroke: "", ink: "on" },
  { name: "module", fill: "operation", stroke: "", ink: "on" },
  { name: "value", fill: "chip", stroke: "edge", ink: "ink" },
  { name: "leaf", fill: "leaf", stroke: "dashed", ink: "ink" },
  { name: "parameter", fill: "parameter", stroke: "gold", ink: "ink" },
  { name: "output", fill: "chip", stroke: "ink", ink: "ink" },
  { name: "branch", fill: "chip", stroke: "backward", ink: "gradient" },
];

const NEVER = Infinity;

/** So far from a line's points something of it may be drawn. */
export const AROUND = 3;

/**
 * @param {Arrangement} arrangement
 * @param {import("../contract.js").Graph} graph
 * @param {import("./timeline.js").Timeline} timeline
 * @param {(node: number) => string} keyOf the thing that shows an operation
 */
export function makeScene(arrangement, graph, timeline, keyOf) {
  const { things, lines, frames } = arrangement;
  const count = things.length;
  const boxes = new Float32Array(4 * count);
  const looks = new Uint8Array(count);
  const seenAt = new Float64Array(count);
  /** @type {Map<string, number>} */
  const places = new Map();
  const { valueAt, gradientAt, contributionAt } = timeline;
  /** @type {Map<string, number>} */
  const begins = new Map();
  graph.nodes.forEach((node, id) => {
    const key = keyOf(id);
    begins.set(key, Math.min(begins.get(key) ?? NEVER, valueAt[node.output]));
  });
  const outputs = new Set(graph.outputs);
  things.forEach(({ key, x, y, width, height }, i) => {
    const kind = key.slice(0, key.indexOf(" "));
    const id = idOf(key);
    places.set(key, i);
    boxes[4 * i] = x;
    boxes[4 * i + 1] = y;
    boxes[4 * i + 2] = x + width;
    boxes[4 * i + 3] = y + height;
    const look = lookFor(kind, id, graph, outputs);
    looks[i] = LOOKS.findIndex(({ name }) => name === look);
    seenAt[i] =
      kind === "tensor" ? valueAt[id] : kind === "edge" ? valueAt[graph.edges[id].tensor] : (begins.get(key) ?? 0);
  });

  const starts = new Uint32Array(lines.length + 1);
  lines.forEach(({ points }, i) => {
    starts[i + 1] = starts[i] + 2 * points.length;
  });
  const points = new Float32Array(starts[lines.length]);
  const bounds = new Float32Array(4 * lines.length);
  const bent = new Uint8Array(lines.length);
  const forwardAt = new Float64Array(lines.length);
  const backwardAt = new Float64Array(lines.length).fill(NEVER);
  // Between which things they are, by their places.
  const [sources, targets] = [new Int32Array(lines.length), new Int32Array(lines.length)];
  lines.forEach((line, i) => {
    const { tensor, source, target } = line;
    bounds.fill(Infinity, 4 * i, 4 * i + 2);
    bounds.fill(-Infinity, 4 * i + 2, 4 * i + 4);
    let at = starts[i];
    for (const point of line.points) {
      for (let k = 0; k < 2; k++) {
        points[at++] = point[k];
        bounds[4 * i + k] = Math.min(bounds[4 * i + k], point[k] - AROUND);
        bounds[4 * i + k + 2] = Math.max(bounds[4 * i + k + 2], point[k] + AROUND);
      }
    }
    bent[i] = line.bent ? 1 : 0;
    sources[i] = places.get(source) ?? -1;
    targets[i] = places.get(target) ?? -1;
    const node = source.startsWith("node") ? idOf(source) : target.startsWith("node") ? idOf(target) : -1;
    forwardAt[i] = node < 0 ? valueAt[tensor] : valueAt[graph.nodes[node].output];
    if (!line.back) return;
    /** @type {number | undefined} */
    let back;
    if (source.startsWith("node") || (source.startsWith("module") && target === `tensor ${tensor}`))
      back = gradientAt[tensor];
    else if (target.startsWith("edge")) back = contributionAt[idOf(target)];
    else if (source.startsWith("edge")) back = contributionAt[idOf(source)];
    else {
      const edge = graph.tensors[tensor].edges.find(
        (one) => graph.edges[one].hasGradient && keyOf(graph.edges[one].node) === target,
      );
      back = edge === undefined ? undefined : contributionAt[edge];
    }
    backwardAt[i] = back ?? NEVER;
  });
  return {
    width: arrangement.width,
    height: arrangement.height,
    keys: things.map(({ key }) => key),
    count,
    boxes,
    looks,
    seenAt,
    places,
    lineCount: lines.length,
    starts,
    points,
    bounds,
    bent,
    forwardAt,
    backwardAt,
    sources,
    targets,
    frames,
  };
}

/** @typedef {ReturnType<typeof makeScene>} Picture */

/** @param {string} key */
function idOf(key) {
  return Number(key.slice(key.indexOf(" ") + 1));
}

/** @param {string} kind @param {number} id @param {import("../contract.js").Graph} graph @param {Set<number>} outputs */
function lookFor(kind, id, graph, outputs) {
  if (kind === "node") return "operation";
  if (kind === "module") return "module";
  if (kind === "edge") return "branch";
  const tensor = graph.tensors[id];
  if (outputs.has(id)) return "output";
  if (tensor.node !== null) return "value";
  return tensor.kind === "parameter" ? "parameter" : "leaf";
}

/**
 * Which of so many boxes meet a part of the picture.
 *
 * @param {Float32Array} boxes left, top, right and bottom of each
 * @param {number[]} part
 * @param {Uint32Array} found is filled with their places
 * @returns {number} how many
 */
export function within(boxes, [left, top, right, bottom], found) {
  let count = 0;
  for (let i = 0, at = 0; at < boxes.length; i++, at += 4) {
    if (boxes[at] < right && boxes[at + 2] > left && boxes[at + 1] < bottom && boxes[at + 3] > top) found[count++] = i;
  }
  return count;
}

/**
 * The thing at a point, or the nearest within reach.
 *
 * @param {Picture} scene
 * @param {number} x
 * @param {number} y
 * @param {number} reach
 * @returns {number} its place, or -1
 */
export function thingAt({ boxes, count }, x, y, reach) {
  let best = -1;
  let nearest = reach;
  for (let i = 0; i < count; i++) {
    const at = 4 * i;
    const away = Math.max(boxes[at] - x, x - boxes[at + 2], boxes[at + 1] - y, y - boxes[at + 3]);
    if (away <= nearest) [best, nearest] = [i, Math.max(0, away)];
  }
  return best;
}

/**
 * What is at work at a moment of the story.
 *
 * @param {import("../contract.js").Graph} graph
 * @param {import("./timeline.js").Moment | import("./module_moment.js").ModuleMoment} moment
 * @param {(key: string) => string} shownAs what shows a thing: itself, or the closed module that it is in
 * @returns {{ kind: string, things: string[], lines: [string, string][] }} things by their keys, the operation first, lines by their ends
 */
export function workAt(graph, moment, shownAs) {
  /** @type {Set<string>} */
  const things = new Set();
  /** @type {[string, string][]} */
  const lines = [];
  const { edges, nodes } = edgesAt(graph, moment);
  if (moment.kind === "module") {
    if (moment.scope >= 0) things.add(`module ${moment.scope}`);
    const { inputs, parameters, outputs } = moment.boundary;
    for (const id of [...outputs, ...inputs, ...parameters]) things.add(shownAs(`tensor ${id}`));
  }
  for (const node of nodes) {
    const [own, output] = [shownAs(`node ${node}`), shownAs(`tensor ${graph.nodes[node].output}`)];
    things.add(own);
    things.add(output);
    lines.push([own, output]);
  }
  const { kind, tensor } = moment;
  if (tensor !== undefined) things.add(shownAs(`tensor ${tensor}`));
  for (const id of edges) {
    const from = shownAs(`tensor ${graph.edges[id].tensor}`);
    const to = shownAs(`node ${graph.edges[id].node}`);
    if (kind !== "forward") things.add(`edge ${id}`);
    else things.add(from);
    lines.push([from, `edge ${id}`], [`edge ${id}`, to], [from, to]);
  }
  if (kind === "sum" && tensor !== undefined) for (const id of graph.tensors[tensor].edges) things.add(`edge ${id}`);
  things.delete("");
  return { kind: kind === "module" ? moment.phase : kind, things: [...things], lines };
}

/**
 * Along which edges something moves at a moment, and from which operations, or back to which.
 *
 * @param {import("../contract.js").Graph} graph
 * @param {import("./timeline.js").Moment | import("./module_moment.js").ModuleMoment} moment
 */
export function edgesAt(graph, moment) {
  if (moment.kind === "module") return moment.boundary;
  const { kind, node, edge } = moment;
  const nodes = node === undefined ? [] : [node];
  if (kind === "forward" && node !== undefined) return { edges: graph.nodes[node].inputs, nodes };
  return { edges: edge === undefined ? [] : [edge], nodes };
}
