import { ElementNames } from "./element_names.js";
import { Elements } from "./elements.js";
import { sourcesOf, sumOf } from "./sums.js";
import { add, inFull, makeTerm } from "./terms.js";

/**
 * Where the elements of a network come from and go to, by their names in the page.
 *
 * @typedef {import("./elements.js").Source} Source
 * @typedef {import("./element_names.js").Target} Target
 */

/** At most so many elements are marked. */
const MOST_SOURCES = 20000;
/** So many terms of a sum can be read. */
const MOST_WRITTEN = 1000;
/** Of so many elements it is asked whether they come from another one, and not only decided by it, as the loser of a maximum does. */
const MOST_CHECKED = 9;
/** How far a sum of contributions may be from their gradient: else a hook, or a given gradient, is part of it. */
const ROUNDING = 1e-4;

export class ElementTrace {
  /** @param {import("../contract.js").Graph} graph @param {import("./model.js").Model} model @param {import("../contract.js").StepData[]} steps */
  constructor(graph, model, steps) {
    this.names = new ElementNames(graph);
    this.model = model;
    this.elements = new Elements(model.program, steps);
    this.version = model.version;
  }

  /** @param {Target} target */
  element(target) {
    if (this.version !== this.model.version) this.elements.renew();
    this.version = this.model.version;
    return this.elements.element(/** @type {number} */ (this.names.placeOf(target)), target.at);
  }

  /** @param {import("./element_names.js").Named} target */
  #data(target) {
    return this.model.program.values[/** @type {number} */ (this.names.placeOf(target))]?.data;
  }

  /** The arrays of the same shape that an element of this one is equal to, or is the sum of; null if steps made it. @param {Target} target */
  #direct(target) {
    const from = this.names.madeFrom(target);
    const element = this.element(target);
    if (from.length > 1 && from.every(({ kind }) => kind === "part")) {
      const parts = from.map((one) => this.element({ ...one, at: target.at }));
      const sum = parts.reduce((total, { number }) => total + number, 0);
      const size = parts.reduce((total, { number }) => total + Math.abs(number), 0);
      if (Math.abs(sum - element.number) <= ROUNDING * size) return from;
    }
    // A reshape shares the memory of what it reshapes.
    const same = from.find((one) => this.#data(one) === this.#data(target));
    return same ? [same] : null;
  }

  /** The sum of a target with all of its terms, or at least very many of them. @param {Target} target */
  wholeSum(target) {
    return inFull(MOST_WRITTEN, () => this.sum(target));
  }

  /** @param {Target} target */
  sum(target) {
    const element = this.element(target);
    const direct = this.#direct(target);
    if (!direct) return sumOf(this.elements, element, ({ place }) => this.#isNamed(place, element.place));
    const leaves = direct.map((one) => {
      const source = this.element({ ...one, at: target.at });
      return makeTerm("leaf", [], { element: source, value: source.number });
    });
    return { element, term: add(leaves), parts: [] };
  }

  /** @param {number} place @param {number} own */
  #isNamed(place, own) {
    return place !== own && this.names.named.has(place);
  }

  /** The elements that a target comes from. @param {Target} target @returns {Target[]} */
  sources(target) {
    const direct = this.#direct(target);
    if (direct) return direct.map((one) => ({ ...one, at: target.at }));
    const element = this.element(target);
    const isNamed = (/** @type {Source} */ { place }) => this.#isNamed(place, element.place);
    return sourcesOf(this.elements, element, isNamed, MOST_SOURCES).map((one) => this.names.targetOf(one, target));
  }

  /**
   * The elements that a target goes into: those that are not a number when it is none. What is computed between is put
   * back.
   *
   * @param {Target} target
   * @returns {Target[]}
   */
  goesTo(target) {
    const element = this.element(target);
    const { values, steps } = this.model.program;
    const { first } = this.elements;
    const { data } = values[element.place];
    if (!this.names.tensorOf(target).dtype.startsWith("float")) return [];
    return this.#users(target).flatMap((user) => {
      const end = /** @type {number} */ (this.names.placeOf(user));
      const { at } = target;
      if (values[end].data === data) return [{ ...user, at }];
      const before = values[end].data.slice();
      const reached = new Set([element.place]);
      /** @type {[import("../contract.js").Numbers, import("../contract.js").Numbers][]} */
      const kept = [];
      const whole = data[at];
      data[at] = NaN;
      for (let place = Math.max(first, element.place + 1); place <= end; place++) {
        const [, operands] = this.elements.steps[place - first];
        const isReached = operands.some((operand) => typeof operand === "number" && reached.has(operand));
        if (!isReached || (place !== end && this.names.named.has(place))) continue;
        reached.add(place);
        kept.push([values[place].data, values[place].data.slice()]);
        steps[place - first]();
      }
      /** @type {Target[]} */
      const found = [];
      values[end].data.forEach((/** @type {number} */ number, /** @type {number} */ i) => {
        if (Number.isNaN(number) && !Number.isNaN(before[i]) && found.length < MOST_SOURCES)
          found.push({ ...user, at: i });
      });
      for (const [array, numbers] of kept.reverse()) array.set(numbers);
      data[at] = whole;
      return found.length > MOST_CHECKED ? found : found.filter((one) => this.#comesFrom(one, element));
    });
  }

  /** @param {Target} target @param {Source} element */
  #comesFrom(target, { place, at }) {
    return this.sources(target).some((one) => this.names.placeOf(one) === place && one.at === at);
  }

  /** The arrays that are made from a target's array. @param {Target} target @returns {import("./element_names.js").Named[]} */
  #users({ kind, id }) {
    const { tensors, nodes, edges } = this.names.graph;
    if (kind === "value") return tensors[id].edges.map((edge) => ({ kind, id: nodes[edges[edge].node].output }));
    const tensor = kind === "part" ? edges[id].tensor : id;
    if (kind === "part" && this.names.partsOf(tensor).length > 1) return [{ kind: "gradient", id: tensor }];
    const { node } = tensors[tensor];
    if (node === null) return [];
    return nodes[node].inputs.filter((edge) => edges[edge].hasGradient).map((edge) => this.#contribution(edge));
  }

  /** What comes back along an edge: the gradient itself, where it is the only part. @param {number} edge @returns {import("./element_names.js").Named} */
  #contribution(edge) {
    const { tensor } = this.names.graph.edges[edge];
    return this.names.partsOf(tensor).length === 1 ? { kind: "gradient", id: tensor } : { kind: "part", id: edge };
  }
}
