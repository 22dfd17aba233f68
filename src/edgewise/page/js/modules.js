import { compose } from "./compose.js";

/** How wide pictures should be, for a wide screen and for a phone. */
const WIDTHS_OF_PICTURES = [1060, 400];
/** A picture for a wide screen that has less than this share of its width gives way to that for a phone. */
const LEAST_SHARE = 0.72;
/** A frame that is wider than this has room for more than a phone. */
const WIDER_THAN_PHONES = 470;
/** Another arrangement than the usual one has at most so much of its height. */
const WORTH_IT = 0.85;
const LONGEST_ROW = 30_000;
/** Scales are tried in steps of this factor: */
const FINER = 0.92;
/** for fewer rows, a picture may be smaller by two of them. */
const FOR_FEWER_ROWS = FINER ** 2;
/** What takes this many times the room of the frame will not fit, however it is arranged. */
const MOST_HOPED = 1.5;
/** Of more things no other arrangement is tried before all of them are asked for: a page should open at once. */
const MOST_WEIGHED = 400;

/** The least scale at which a picture is shown as a whole at first, */
export const STILL_READ = 0.7;
/** and that of one that is larger than its frame. */
export const LEAST_PANNED = 0.85;

/** Instead of the number of a closed module that hides a thing: it can be seen, or is outside the module that is shown. */
export const SEEN = -1;
export const ELSEWHERE = -2;

/** The kind of a cluster around the repeats of a loop, which has nothing but these for modules. */
const LOOP = "loop";

/** @typedef {{ width: number, height: number }} Size */

/** @param {Size} size */
const areaOf = ({ width, height }) => width * height;

/** @param {Size} frame @param {Size} size */
const scaleIn = (frame, { width, height }) => Math.min(frame.width / width, frame.height / height);

/** Which modules are open, and which of them is shown alone. */
export class Modules {
  /** @type {Map<string, number>} the cluster that each thing stands in */
  homes = new Map();
  /** The module that is shown alone; -1 for the whole. */
  top = -1;
  /** @type {Map<number, number[]>} */
  #nodes = new Map();
  /** @type {Map<number, number[]>} */
  #learnt = new Map();
  /** @type {Set<number>} */
  #first;
  /** @type {Set<number>} */
  #open;

  /** @param {import("../contract.js").Graph} graph */
  constructor(graph) {
    this.clusters = readClusters(graph.places);
    for (const cluster of this.clusters.values()) {
      for (const key of cluster.things) this.homes.set(key, cluster.scope);
    }
    /** The repeats of each loop, in their order. @type {Map<number, number[]>} */
    this.repeats = new Map();
    for (const { scope, parent } of this.clusters.values()) {
      if (parent === -1 || this.clusters.get(parent)?.kind !== LOOP) continue;
      this.repeats.set(parent, [...(this.repeats.get(parent) ?? []), scope]);
    }
    this.#first = new Set(graph.places.open);
    this.#open = new Set(this.#first);
    /** @type {number[]} how wide pictures are for a wide screen and for a phone, as they are at first */
    this.widths = WIDTHS_OF_PICTURES.map((limit) => this.#composed(limit).width);
  }

  /** @param {number} scope */
  #clusterAt(scope) {
    return /** @type {import("./arrangement.js").Cluster} */ (this.clusters.get(scope));
  }

  /** Those whose state is not as at first. */
  #changed() {
    const scopes = [...this.clusters.keys()];
    return scopes.filter((scope) => scope !== -1 && this.#open.has(scope) !== this.#first.has(scope));
  }

  /** What is shown, at most this wide if that can be. @param {number} limit */
  #composed(limit) {
    return compose(this.clusters, this.top, this.#open, (tensor) => this.#lookOfTensor(tensor), limit);
  }

  /** What a tensor's chip looks like in its own cluster. @param {number} tensor */
  #lookOfTensor(tensor) {
    const { things, looks } = this.#clusterAt(/** @type {number} */ (this.homes.get(`tensor ${tensor}`)));
    return looks[things.indexOf(`tensor ${tensor}`)];
  }

  /** Whether there is anything to open. */
  get any() {
    return this.clusters.size > 1;
  }

  get isFirst() {
    return this.top === -1 && !this.#changed().length;
  }

  /** The module and those around it, innermost first. @param {number} scope @returns {number[]} */
  pathOf(scope) {
    const path = [];
    for (let at = scope; at !== -1; at = this.#clusterAt(at).parent) path.push(at);
    return path;
  }

  /** @param {number} scope */
  isOpen(scope) {
    return this.#open.has(scope);
  }

  /** @param {number} scope */
  has(scope) {
    return scope !== -1 && this.clusters.has(scope);
  }

  /** @param {number} scope */
  titleOf(scope) {
    return this.clusters.get(scope)?.title ?? "";
  }

  /** Its class, or that it is a derivative. @param {number} scope */
  kindOf(scope) {
    return this.clusters.get(scope)?.kind ?? "";
  }

  /** The operations in a module and in those inside it. @param {number} scope @returns {number[]} */
  nodesIn(scope) {
    let found = this.#nodes.get(scope);
    if (!found) {
      found = [];
      for (const key of this.clusters.get(scope)?.things ?? []) {
        if (key.startsWith("node")) found.push(Number(key.slice(5)));
        else if (key.startsWith("module")) for (const node of this.nodesIn(Number(key.slice(7)))) found.push(node);
      }
      this.#nodes.set(scope, found);
    }
    return found;
  }

  /** The parameters in a module and in what is inside it. @param {number} scope @returns {number[]} */
  learntIn(scope) {
    const known = this.#learnt.get(scope);
    if (known) return known;
    const cluster = this.clusters.get(scope);
    if (!cluster) return []; // one that can't stand by itself
    const inner = cluster.things.filter((key) => key.startsWith("module"));
    const found = [...cluster.learnt, ...inner.flatMap((key) => this.learntIn(Number(key.slice(7))))];
    this.#learnt.set(scope, found);
    return found;
  }

  /** @param {number} scope */
  close(scope) {
    for (const one of this.#alike(scope)) this.#open.delete(one);
  }

  /** @param {number} scope */
  toggle(scope) {
    const isOpen = this.#open.has(scope);
    for (const one of this.#alike(scope)) {
      if (isOpen) this.#open.delete(one);
      else this.#open.add(one);
    }
  }

  /** A module, and while one repeat of a loop is shown for all of them, those like it in the others. @param {number} scope */
  #alike(scope) {
    const repeats = this.repeats.get(this.loopOf(this.top) ?? -1) ?? [];
    /** @type {Map<number, number[]>} */
    const within = new Map(repeats.map((repeat) => [repeat, []]));
    for (const one of repeats.length ? this.clusters.keys() : []) {
      const repeat = this.pathOf(one).find((around) => around !== one && within.has(around));
      if (repeat !== undefined) within.get(repeat)?.push(one);
    }
    const all = [...within.values()];
    const place = all.map((scopes) => scopes.indexOf(scope)).find((at) => at >= 0);
    const found = place === undefined ? [] : all.flatMap((scopes) => scopes[place] ?? []);
    return found.length ? found : [scope];
  }

  /** Shows a module alone, or the whole. @param {number} scope */
  enter(scope) {
    this.top = this.clusters.has(scope) ? scope : -1;
  }

  asAtFirst() {
    this.#open = new Set(this.#first);
    this.top = -1;
  }

  /** Opens all around a thing. @param {string} key */
  show(key) {
    const home = this.homes.get(key);
    if (home === undefined) return;
    const path = this.pathOf(home);
    if (this.top !== -1 && !path.includes(this.top)) this.top = -1;
    for (const scope of path) if (scope !== this.top) this.#open.add(scope);
  }

  /** The closed module that hides a thing; an empty text if none does, or it is not in the module that is shown. @param {string} key */
  hiderOf(key) {
    const hider = this.#hiderIn(this.homes.get(key) ?? -1);
    return hider < 0 ? "" : `module ${hider}`;
  }

  /** The closed module that hides what stands in a module. @param {number} home @param {number[]} shown one of which is shown alone */
  #hiderIn(home, shown = [this.top]) {
    const path = this.pathOf(home);
    const end = this.top === -1 ? path.length : path.findIndex((scope) => shown.includes(scope));
    if (end < 0) return ELSEWHERE;
    for (let i = end - 1; i >= 0; i--) if (!this.#open.has(path[i])) return path[i];
    return SEEN;
  }

  /** What finds for any thing, as the modules are now, the closed one that hides it, `SEEN` or `ELSEWHERE`. Of a loop each repeat is shown in turn. */
  finder() {
    const shown = this.repeats.get(this.loopOf(this.top) ?? -1);
    /** @type {Map<number, number>} */
    const hiders = new Map();
    for (const scope of this.clusters.keys()) hiders.set(scope, this.#hiderIn(scope, shown));
    return (/** @type {string} */ key) => hiders.get(this.homes.get(key) ?? -1) ?? SEEN;
  }

  /** The loop that a module is a repeat of. @param {number} scope */
  loopOf(scope) {
    const parent = this.clusters.get(scope)?.parent ?? -1;
    return this.repeats.has(parent) ? parent : undefined;
  }

  /** The repeat of a loop that a thing stands in. @param {number} loop @param {string} key */
  repeatAt(loop, key) {
    return this.around(key).find((scope) => this.loopOf(scope) === loop);
  }

  /** The module that a thing stands in and those around it, innermost first. @param {string} key */
  around(key) {
    return this.pathOf(this.homes.get(key) ?? -1);
  }

  /** Which picture a frame of this width has: that for a wide screen, or that for a phone. @param {number} width */
  pictureFor(width) {
    const [wide, narrow] = this.widths;
    return narrow < wide - 1 && width < LEAST_SHARE * wide ? 1 : 0;
  }

  /**
   * What stands where, in a frame of this size.
   *
   * @param {number} which picture: that for a wide screen, or that for a phone
   * @param {Size} frame in pixels
   * @param {number} most the scale above which no picture is drawn
   */
  arrangement(which, frame, most) {
    const limit = WIDTHS_OF_PICTURES[which];
    const usual = this.#composed(limit);
    if (usual.things.length > MOST_WEIGHED) return usual;
    const whole = this.#whole(usual, frame, most);
    if (whole) return whole;
    // What is larger than its frame has rows as wide as that, where a phone has room for them, or where that makes fewer.
    if (which && frame.width <= WIDER_THAN_PHONES) return usual;
    const own = this.#composed(frame.width / LEAST_PANNED);
    if (which) return STILL_READ * own.width <= frame.width ? own : usual;
    return frame.width > LEAST_PANNED * limit && own.height < WORTH_IT * usual.height ? own : usual;
  }

  /**
   * The arrangement in rows of the frame's width in which all of it is in sight and largest, if it can be read then.
   *
   * @param {Size} usual how large another arrangement is
   * @param {Size} frame
   * @param {number} most
   */
  #whole(usual, frame, most) {
    if (STILL_READ ** 2 * areaOf(usual) > MOST_HOPED * areaOf(frame)) return null;
    const inRows = (/** @type {number} */ scale) => this.#composed(frame.width / scale);
    const fits = (/** @type {Size} */ size, /** @type {number} */ scale) => scaleIn(frame, size) >= scale * FINER;
    // The larger it is drawn, the shorter are its rows, and the more of them there are: at some scale they are too many.
    let found = inRows(STILL_READ);
    if (scaleIn(frame, found) < STILL_READ) return null;
    let [low, high] = [0, Math.ceil(Math.log(most / STILL_READ) / -Math.log(FINER))];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const scale = STILL_READ / FINER ** middle;
      const other = inRows(scale);
      if (fits(other, scale)) [found, low] = [other, middle];
      else high = middle - 1;
    }
    const own = Math.min(most, scaleIn(frame, found));
    const other = inRows(own * FOR_FEWER_ROWS);
    const hasFewerRows = other.height < WORTH_IT * found.height;
    return hasFewerRows && scaleIn(frame, other) >= Math.max(STILL_READ, own * FOR_FEWER_ROWS) ? other : found;
  }

  /**
   * The arrangement in which all of it is largest in a frame.
   *
   * @param {Size} frame
   */
  overview(frame) {
    const least = Math.min(WIDTHS_OF_PICTURES[0], frame.width / STILL_READ);
    let best = this.#composed(least);
    const longest = Math.min(LONGEST_ROW, this.#composed(Infinity).width);
    for (let limit = 1.3 * least; limit < 1.3 * longest; limit *= 1.3) {
      const other = this.#composed(limit);
      if (WORTH_IT * scaleIn(frame, other) > scaleIn(frame, best)) best = other;
    }
    return best;
  }

  /** For the address. @returns {Record<string, string>} */
  kept() {
    return { turned: this.#changed().join("."), in: this.top === -1 ? "" : String(this.top) };
  }

  /** @param {{ turned?: string, in?: string }} state */
  restore(state) {
    this.#open = new Set(this.#first);
    for (const text of (state.turned ?? "").split(".")) {
      const scope = /^\d{1,7}$/.test(text) ? Number(text) : -1;
      if (this.has(scope)) this.toggle(scope);
    }
    this.enter(/^\d{1,7}$/.test(state.in ?? "") ? Number(state.in) : -1);
  }
}

/** Clusters as they are given with the page, in few letters, made into what the page composes pictures of. */

/** @type {Record<string, string>} */
const KINDS_OF_THINGS = { t: "tensor", n: "node", e: "edge", m: "module" };

/**
 * The clusters as they are given with the page, by their scopes.
 *
 * @param {import("../contract.js").PlacesData} places
 * @returns {Map<number, import("./arrangement.js").Cluster>}
 */
export function readClusters({ clusters, layouts, templates, forms }) {
  /** @type {import("./arrangement.js").Look[]} */
  const known = [];
  /** @param {number} form */
  function lookOf(form) {
    if (!known[form]) {
      const [, width, height, port] = templates[forms[form][0]];
      known[form] = { form, width, height, port };
    }
    return known[form];
  }
  return new Map(
    clusters.map((cluster) => [
      cluster.scope,
      {
        ...cluster,
        layout: readLayout(layouts[cluster.layout]),
        things: cluster.things ? cluster.things.split(" ").map(keyOf) : [],
        looks: cluster.forms.map(lookOf),
        back: [...cluster.back].map((back) => back === "1"),
      },
    ]),
  );
}

/** @param {string} short the key of a thing as it is given */
const keyOf = (short) => `${KINDS_OF_THINGS[short[0]]} ${short.slice(1)}`;

/** @param {import("../contract.js").LayoutData} layout @returns {import("./arrangement.js").ClusterLayout} */
function readLayout(layout) {
  const routes = layout.lines.map(([source, target, ...flat]) => {
    /** @type {import("./arrangement.js").Point[]} */
    const points = [];
    for (let k = 0; k < flat.length; k += 2) points.push([flat[k], flat[k + 1]]);
    return { source, target, points };
  });
  return { ...layout, routes };
}
