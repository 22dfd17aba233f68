import { ModuleMoment } from "./module_moment.js";
import { SEEN } from "./modules.js";
import { phaseAt } from "./timeline.js";

/**
 * The story while some modules are closed: each time that the run passes through a closed module, that
 * is one stop, and so is each moment outside of these. What is outside a module that is shown alone is passed at once.
 *
 * Moments keep their numbers, whatever is open: these are what the address keeps, and what is remembered as the place.
 *
 * @typedef {import("./timeline.js").Moment} Moment
 *
 * @typedef {object} Stop
 * @property {number} from the first of its moments
 * @property {number} to the last one
 * @property {number} scope the closed module, `SEEN` or `ELSEWHERE`
 * @property {Moment | ModuleMoment} moment what is shown of it
 *
 * @typedef {object} Chapter stops in a row that belong to one module
 * @property {number} scope -1 for those that belong to none
 * @property {"forward" | "backward" | "update"} phase
 * @property {number} first
 * @property {number} last
 */

export class Story {
  /**
   * @param {import("../contract.js").Graph} graph
   * @param {import("./timeline.js").Timeline} timeline
   * @param {import("./modules.js").Modules} modules
   * @param {boolean} isFolded whether closed modules are one step each
   */
  constructor(graph, timeline, modules, isFolded = true) {
    this.graph = graph;
    this.timeline = timeline;
    this.modules = modules;
    /** @type {Stop[]} */
    this.stops = [];
    /** For each moment its stop. */
    this.places = new Int32Array(timeline.moments.length);
    this.#tell(isFolded ? modules.finder() : () => SEEN);
  }

  /** @param {(key: string) => number} hiderOf */
  #tell(hiderOf) {
    const { graph, timeline, modules, stops, places } = this;
    /** @type {Map<string, ModuleMoment[]>} */
    const visits = new Map();
    const add = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ scope) => {
      places.fill(stops.length, from, to + 1);
      const phase = phaseAt(timeline, to);
      /** @type {Moment | ModuleMoment} */
      let moment = timeline.moments[from];
      if (from < to) {
        const passing = new ModuleMoment(graph, timeline, modules, { scope, phase, from, to });
        const key = `${scope} ${phase}`;
        const known = visits.get(key);
        if (known) known.push(passing);
        else visits.set(key, [passing]);
        moment = passing;
      }
      stops.push({ from, to, scope, moment });
    };
    let from = 0;
    let before = SEEN;
    timeline.moments.forEach((moment, at) => {
      const hider = moment.kind === "start" ? SEEN : hiderOf(subjectOf(moment));
      const goesOn = hider !== SEEN && hider === before && phaseAt(timeline, at) === phaseAt(timeline, from);
      if (!goesOn) {
        if (at) add(from, at - 1, before);
        from = at;
      }
      before = hider;
    });
    add(from, timeline.moments.length - 1, before);
    for (const several of visits.values()) several.forEach((one, i) => one.number(i + 1, several.length));
  }

  /** Which stop a moment belongs to. @param {number} moment */
  indexOf(moment) {
    return this.places[Math.max(0, Math.min(this.places.length - 1, moment))];
  }

  /** @param {number} moment */
  stopAt(moment) {
    return this.stops[this.indexOf(moment)];
  }

  get last() {
    return this.stops.length - 1;
  }

  /** The modules around what happens at a stop, innermost first, without that which is shown alone and those around it. @param {Stop} stop */
  around({ scope, moment, from }) {
    const { modules, timeline } = this;
    if (scope < SEEN || moment.kind === "start") return [];
    return scope === SEEN ? modules.around(subjectOf(timeline.moments[from])) : modules.pathOf(scope).slice(1);
  }

  /** The story in chapters: by the modules of the level at which there are several. @returns {Chapter[]} */
  chapters() {
    const { stops, timeline } = this;
    const base = this.#level();
    /** @type {Chapter[]} */
    const found = [];
    stops.forEach((stop, i) => {
      const path = stop.scope === SEEN ? this.around(stop) : stop.scope < 0 ? [] : [stop.scope, ...this.around(stop)];
      const scope = (base < 0 ? path : path.slice(0, Math.max(0, path.indexOf(base)))).pop() ?? -1;
      const phase = phaseAt(timeline, stop.to);
      const before = found[found.length - 1];
      if (before && before.scope === scope && before.phase === phase) before.last = i;
      else found.push({ scope, phase, first: i, last: i });
    });
    return found;
  }

  /** The innermost open module that has all others in it. */
  #level() {
    const { modules } = this;
    let base = modules.loopOf(modules.top) ?? modules.top;
    while (!modules.repeats.has(base)) {
      const inner = [...modules.clusters.values()].filter(({ scope, parent }) => parent === base && scope !== base);
      if (inner.length !== 1 || !modules.isOpen(inner[0].scope)) return base;
      base = inner[0].scope;
    }
    return base;
  }

  /** The repeat of a loop that a moment is in. @param {number} loop @param {number} at */
  repeatAt(loop, at) {
    return this.modules.repeatAt(loop, subjectOf(this.timeline.moments[at]));
  }

  /** The moment in another repeat of a loop in which the same happens; none if the moment is in none. @param {number} loop @param {number} at @param {number} repeat */
  likeness(loop, at, repeat) {
    const { timeline } = this;
    const phase = phaseAt(timeline, at);
    const own = this.repeatAt(loop, at);
    if (own === undefined) return undefined;
    const [here, there] = [own, repeat].map((one) =>
      Array.from(timeline.moments.keys()).filter(
        (moment) => phaseAt(timeline, moment) === phase && this.repeatAt(loop, moment) === one,
      ),
    );
    return there[Math.min(here.indexOf(at), there.length - 1)];
  }
}

/** What a moment is about. @param {Moment} moment */
export function subjectOf({ kind, node, tensor }) {
  return (kind === "forward" || kind === "backward") && node !== undefined ? `node ${node}` : `tensor ${tensor}`;
}
