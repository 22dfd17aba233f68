/**
 * A passage through a closed module, or through all that is outside the module that is shown, as one moment of the
 * story.
 *
 * @typedef {"forward" | "backward" | "update"} Phase
 *
 * @typedef {object} Boundary what goes into a module and what comes out, without what happens inside
 * @property {number[]} inputs the tensors that come in, without parameters
 * @property {number[]} parameters those that are used inside, or updated
 * @property {number[]} outputs the tensors that are used outside
 * @property {number[]} edges on which tensors come in, or gradients out
 * @property {number[]} nodes the operations that made the outputs
 * @property {Set<number>} inside all operations
 */
export class ModuleMoment {
  kind = /** @type {const} */ ("module");
  /** @type {undefined} */
  node;
  /** @type {undefined} */
  edge;
  /** @type {undefined} */
  tensor;
  /** @type {undefined} */
  before;
  /** Which of several passages through the module it is, and of how many. */
  visit = { number: 1, of: 1 };
  /** @type {Boundary | undefined} */
  #boundary;

  /**
   * @param {import("../contract.js").Graph} graph
   * @param {import("./timeline.js").Timeline} timeline
   * @param {import("./modules.js").Modules} modules
   * @param {{ scope: number, phase: Phase, from: number, to: number }} passage
   */
  constructor(graph, timeline, modules, { scope, phase, from, to }) {
    this.graph = graph;
    this.timeline = timeline;
    this.modules = modules;
    /** The closed module; less than 0 for what is outside the module that is shown. */
    this.scope = scope;
    this.phase = phase;
    this.from = from;
    this.to = to;
  }

  /** @param {number} number @param {number} of */
  number(number, of) {
    this.visit = { number, of };
  }

  /** What is inside of it at this passage. */
  #moments() {
    return this.timeline.moments.slice(this.from, this.to + 1);
  }

  /** It is gathered when it is first asked for: large graphs have thousands of modules. */
  get boundary() {
    this.#boundary ??= this.phase === "update" ? this.#updated() : this.#passed();
    return this.#boundary;
  }

  /** @returns {Boundary} */
  #updated() {
    const parameters = this.#moments().map(({ tensor }) => /** @type {number} */ (tensor));
    return { inputs: [], parameters, outputs: [], edges: [], nodes: [], inside: new Set() };
  }

  /** @returns {Boundary} */
  #passed() {
    const { graph, modules, scope } = this;
    const { tensors, edges, nodes, outputs } = graph;
    const isBack = this.phase === "backward";
    /** @type {Set<number>} */
    const inside = new Set();
    for (const { node } of this.#moments()) if (node !== undefined) inside.add(node);
    /** @type {Set<number>} */
    const entering = new Set();
    /** @type {number[]} */
    const crossing = [];
    /** @type {number[]} */
    const leaving = [];
    for (const id of inside) {
      for (const edge of nodes[id].inputs) {
        const { tensor, hasGradient } = edges[edge];
        const { node } = tensors[tensor];
        if ((node !== null && inside.has(node)) || (isBack && !hasGradient)) continue;
        entering.add(tensor);
        crossing.push(edge);
      }
      const { output } = nodes[id];
      const isUsed = tensors[output].edges.some((edge) => !inside.has(edges[edge].node));
      if (isUsed || !tensors[output].edges.length || outputs.includes(output)) leaving.push(output);
    }
    const all = [...entering].sort((a, b) => a - b);
    const isLearnt = (/** @type {number} */ id) => tensors[id].kind === "parameter";
    return {
      // A constant that is hidden in the module does not come from outside.
      inputs: all.filter((id) => !isLearnt(id) && !modules.around(`tensor ${id}`).includes(scope)),
      parameters: all.filter(isLearnt),
      outputs: leaving.sort((a, b) => a - b),
      edges: crossing,
      nodes: leaving.flatMap((id) => tensors[id].node ?? []),
      inside,
    };
  }
}
