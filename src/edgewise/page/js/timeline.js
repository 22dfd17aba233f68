/**
 * The story of a training step, as a list of moments: forward through each operation, back along each edge, and the
 * update of each parameter.
 *
 * @typedef {object} Moment
 * @property {"start" | "forward" | "seed" | "backward" | "sum" | "update"} kind
 * @property {number} [node]
 * @property {number} [edge]
 * @property {number} [tensor]
 * @property {number} [before] at which moment the incoming gradient was used first, if it was
 *
 * @typedef {object} Timeline
 * @property {Moment[]} moments
 * @property {number[]} valueAt at which moment the value of each tensor is there
 * @property {(number | undefined)[]} gradientAt likewise its gradient
 * @property {(number | undefined)[]} contributionAt likewise what comes back along each edge
 * @property {Record<string, number>} updateAt at which moment a parameter is changed
 * @property {number} forwardEnd the last moment of the way forward
 * @property {number} backwardEnd the last moment of the way back
 * @property {{ once: number, paths: number }} work products that were made, and those that path by path would be
 */

/** Stands for no module. */
const NOWHERE = -1;

/**
 * @param {import("../contract.js").Graph} graph
 * @param {(key: string) => number[]} pathOf the module that a thing stands in and those around it, innermost first
 * @returns {Timeline}
 */
export function makeTimeline(graph, pathOf = () => []) {
  const { tensors, edges, nodes, outputs } = graph;
  /** @type {Moment[]} */
  const moments = [{ kind: "start" }];
  const valueAt = tensors.map(() => 0);
  /** @type {(number | undefined)[]} */
  const gradientAt = valueAt.map(() => undefined);
  /** @type {(number | undefined)[]} */
  const contributionAt = edges.map(() => undefined);
  /** @type {Record<string, number>} */
  const updateAt = {};
  nodes.forEach((node, id) => {
    valueAt[node.output] = moments.length;
    moments.push({ kind: "forward", node: id, tensor: node.output });
  });
  const forwardEnd = moments.length - 1;

  const missing = tensors.map((tensor) => tensor.edges.filter((id) => edges[id].hasGradient).length);
  const several = missing.map((count, id) => count + Number(outputs.includes(id)) > 1);
  // What was stopped before any backward pass has no way back.
  for (const output of graph.gradients && Object.keys(graph.gradients).length === 0 ? [] : outputs) {
    if (!missing[output]) gradientAt[output] = moments.length;
    moments.push({ kind: "seed", tensor: output });
  }
  /** Tensors whose parts are all there, and the module that is finished before they are added up. @type {{ tensor: number, scope: number }[]} */
  let waiting = [];
  /** @param {number[]} path of the module that comes next */
  const addUp = (path) => {
    for (const { tensor, scope } of waiting) {
      if (path.includes(scope)) continue;
      moments.push({ kind: "sum", tensor });
      gradientAt[tensor] = moments.length - 1;
    }
    waiting = waiting.filter(({ scope }) => path.includes(scope));
  };
  for (let id = nodes.length - 1; id >= 0; id--) {
    const path = pathOf(`node ${id}`);
    if (waiting.length) addUp(path);
    /** @type {number | undefined} */
    let first;
    for (const edge of nodes[id].inputs) {
      if (!edges[edge].hasGradient) continue;
      const { tensor } = edges[edge];
      contributionAt[edge] = moments.length;
      moments.push({ kind: "backward", edge, node: id, tensor, before: first });
      first ??= moments.length - 1;
      missing[tensor] -= 1;
      if (missing[tensor]) continue;
      gradientAt[tensor] = moments.length - 1;
      if (!several[tensor]) continue;
      // The parts of what stands around a module are added up after it, so that it can be one step.
      const home = pathOf(`tensor ${tensor}`);
      const inside = path.filter((scope) => !home.includes(scope));
      waiting.push({ tensor, scope: inside[inside.length - 1] ?? NOWHERE });
      if (!inside.length) addUp(path);
    }
  }
  addUp([]);
  const backwardEnd = moments.length - 1;
  for (const id of Object.keys(graph.rules).map(Number)) {
    updateAt[id] = moments.length;
    moments.push({ kind: "update", tensor: id });
  }
  return { moments, valueAt, gradientAt, contributionAt, updateAt, forwardEnd, backwardEnd, work: countWork(graph) };
}

/**
 * How many products the chain rule takes: one on each edge; or, for each path from the loss to a parameter by itself,
 * one on each of its edges.
 *
 * @param {import("../contract.js").Graph} graph
 */
function countWork({ tensors, edges, nodes, outputs, gradients }) {
  const paths = tensors.map((_, id) => Number(outputs.includes(id)));
  const lengths = tensors.map(() => 0);
  let once = 0;
  for (let id = nodes.length - 1; id >= 0; id--) {
    const { output, inputs } = nodes[id];
    for (const edge of inputs) {
      if (!edges[edge].hasGradient) continue;
      once += 1;
      const { tensor } = edges[edge];
      paths[tensor] += paths[output];
      lengths[tensor] += lengths[output] + paths[output];
    }
  }
  const leaves = tensors.map((tensor, id) => (tensor.kind === "parameter" && gradients[id] !== undefined ? id : -1));
  return { once, paths: leaves.reduce((sum, id) => sum + (id < 0 ? 0 : lengths[id]), 0) };
}

/**
 * In which part of the story a moment is.
 *
 * @param {Timeline} timeline
 * @param {number} step
 * @returns {"forward" | "backward" | "update"}
 */
export function phaseAt(timeline, step) {
  return step <= timeline.forwardEnd ? "forward" : step <= timeline.backwardEnd ? "backward" : "update";
}

/** A step of an address: its number, or the end of a phase. @param {Timeline} timeline @param {number | string} step */
export function stepOf({ moments, forwardEnd, backwardEnd }, step) {
  if (typeof step === "number") return step;
  return step === "forward" ? forwardEnd : step === "backward" ? backwardEnd : moments.length - 1;
}

/** A chain of more factors is not drawn. */
export const MOST_FACTORS = 12;

/**
 * The factors of a gradient, from the loss to an edge, as far as there is one path only: the edges along it, and the
 * tensor whose gradient stands for all beyond where paths part. Of a chain that is longer than `most`, only the end.
 *
 * @param {import("../contract.js").Graph} graph
 * @param {number} edge
 * @param {number} [most]
 * @returns {{ from: number, edges: number[] }}
 */
export function chainTo({ tensors, edges, nodes, outputs }, edge, most = Infinity) {
  const found = [edge];
  for (;;) {
    const { output } = nodes[edges[found[0]].node];
    const uses = tensors[output].edges.filter((id) => edges[id].hasGradient);
    if (outputs.includes(output) || uses.length !== 1 || found.length > most) return { from: output, edges: found };
    found.unshift(uses[0]);
  }
}
