import { readClusters } from "./clusters.js";
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
/** A picture that is drawn at this scale need not be larger. */
const LARGE_ENOUGH = 1.25;
/** What takes this many times the room of the frame will not fit, however it is arranged. */
const MOST_HOPED = 1.5;
/** Of more things no other arrangement is tried before all of them are asked for: a page should open at once. */
const MOST_WEIGHED = 400;

/** The least scale at which a picture is shown as a whole at first, */
export const STILL_READ = 0.7;
/** and that of one that is larger than its frame. */
export const LEAST_PANNED = 0.85;

/** @typedef {{ width: number, height: number }} Size */

/**
 * Which modules are open, and which of them is shown alone.
 *
 * @param {import("../contract.js").Graph} graph
 */
export function modulesOf(graph) {
  const clusters = readClusters(graph.places);
  /** @type {Map<string, number>} the cluster that each thing stands in */
  const homes = new Map();
  for (const cluster of clusters.values()) for (const key of cluster.things) homes.set(key, cluster.scope);
  /** @type {Map<number, number[]>} */
  const nodes = new Map();
  /** @type {Map<number, number[]>} */
  const learnt = new Map();
  /** @type {Set<number>} */
  const first = new Set(graph.places.open);
  let open = new Set(first);
  let top = -1;

  /** @param {number} scope */
  const clusterAt = (scope) => /** @type {import("./arrangement.js").Cluster} */ (clusters.get(scope));

  /** The module and those around it, innermost first. @param {number} scope @returns {number[]} */
  function pathOf(scope) {
    const path = [];
    for (let at = scope; at !== -1; at = clusterAt(at).parent) path.push(at);
    return path;
  }

  /** The operations in a module and in those inside it. @param {number} scope @returns {number[]} */
  function nodesIn(scope) {
    let found = nodes.get(scope);
    if (!found) {
      found = [];
      for (const key of clusters.get(scope)?.things ?? []) {
        if (key.startsWith("node")) found.push(Number(key.slice(5)));
        else if (key.startsWith("module")) for (const node of nodesIn(Number(key.slice(7)))) found.push(node);
      }
      nodes.set(scope, found);
    }
    return found;
  }

  /** What a tensor's chip looks like in its own cluster. @param {number} tensor */
  function lookOfTensor(tensor) {
    const { things, looks } = clusterAt(/** @type {number} */ (homes.get(`tensor ${tensor}`)));
    return looks[things.indexOf(`tensor ${tensor}`)];
  }

  /** @param {Size} size */
  const areaOf = ({ width, height }) => width * height;

  /** @param {Size} frame @param {Size} size */
  const scaleIn = (frame, { width, height }) => Math.min(frame.width / width, frame.height / height);

  /** Those whose state is not as at first. */
  const changed = () => [...clusters.keys()].filter((scope) => scope !== -1 && open.has(scope) !== first.has(scope));

  /** What is shown, at most so wide if that can be. @param {number} limit */
  const composed = (limit) => compose(clusters, top, open, lookOfTensor, limit);

  /** How wide pictures come to be for a wide screen and for a phone, as it is at first. @type {number[]} */
  const widths = WIDTHS_OF_PICTURES.map((limit) => compose(clusters, -1, first, lookOfTensor, limit).width);

  return {
    clusters,
    homes,
    pathOf,
    /** Whether there is anything to open. */
    get any() {
      return clusters.size > 1;
    },
    get top() {
      return top;
    },
    get isFirst() {
      return top === -1 && !changed().length;
    },
    isOpen: (/** @type {number} */ scope) => open.has(scope),
    has: (/** @type {number} */ scope) => scope !== -1 && clusters.has(scope),
    /** @param {number} scope */
    titleOf: (scope) => clusters.get(scope)?.title ?? "",
    nodesIn,
    /** @param {number} scope @returns {number[]} the parameters in it and in what is inside it */
    learntIn(scope) {
      const known = learnt.get(scope);
      if (known) return known;
      const cluster = clusters.get(scope);
      if (!cluster) return []; // one that can't stand by itself
      const inner = cluster.things.filter((key) => key.startsWith("module"));
      const found = [
        ...cluster.learnt,
        ...inner.flatMap((/** @type {string} */ key) => this.learntIn(Number(key.slice(7)))),
      ];
      learnt.set(scope, found);
      return found;
    },

    /** @param {number} scope */
    toggle(scope) {
      if (!open.delete(scope)) open.add(scope);
    },
    /** Shows a module alone, or the whole. @param {number} scope */
    enter(scope) {
      top = clusters.has(scope) ? scope : -1;
    },
    asAtFirst() {
      open = new Set(first);
      top = -1;
    },
    /** Opens all around a thing. @param {string} key */
    show(key) {
      const home = homes.get(key);
      if (home === undefined) return;
      const path = pathOf(home);
      if (top !== -1 && !path.includes(top)) top = -1;
      for (const scope of path) if (scope !== top) open.add(scope);
    },

    /** The closed module that hides a thing; an empty text if it is not in the module that is shown. @param {string} key */
    hiderOf(key) {
      const path = pathOf(homes.get(key) ?? -1);
      const end = top === -1 ? path.length : path.indexOf(top);
      if (end < 0) return "";
      for (let i = end - 1; i >= 0; i--) if (!open.has(path[i])) return `module ${path[i]}`;
      return "";
    },

    /** Which picture a frame of this width has: that for a wide screen, or that for a phone. @param {number} width */
    pictureFor: (width) => (widths[1] < widths[0] - 1 && width < LEAST_SHARE * widths[0] ? 1 : 0),

    /**
     * What stands where, with room for so much in the frame.
     *
     * @param {number} which picture: that for a wide screen, or that for a phone
     * @param {Size} frame in pixels
     */
    arrangement(which, frame) {
      const limit = WIDTHS_OF_PICTURES[which];
      const usual = composed(limit);
      // A frame between those of a phone and of a wide screen has rows of its own width.
      if (which && frame.width > WIDER_THAN_PHONES && usual.things.length <= MOST_WEIGHED) {
        const own = composed(frame.width / LEAST_PANNED);
        return STILL_READ * own.width <= frame.width ? own : usual;
      }
      if (which || usual.things.length > MOST_WEIGHED) return usual;
      if (LEAST_PANNED * usual.height <= frame.height) {
        // Where its height is what keeps it small, and there is room beside it, fewer rows may be larger.
        const scale = scaleIn(frame, usual);
        return scale < LARGE_ENOUGH && frame.width > (usual.width * scale) / WORTH_IT ? this.overview(frame) : usual;
      }
      // All of it, where that can still be read.
      if (STILL_READ ** 2 * areaOf(usual) < MOST_HOPED * areaOf(frame)) {
        const all = this.overview(frame);
        if (scaleIn(frame, all) >= STILL_READ) return all;
      }
      // In a wider frame rows may be longer, where that makes fewer of them.
      if (frame.width <= LEAST_PANNED * limit) return usual;
      const wide = composed(frame.width / LEAST_PANNED);
      return wide.height < WORTH_IT * usual.height ? wide : usual;
    },

    /**
     * The arrangement in which all of it is largest in a frame.
     *
     * @param {Size} frame
     */
    overview(frame) {
      let best = composed(WIDTHS_OF_PICTURES[0]);
      const longest = Math.min(LONGEST_ROW, composed(Infinity).width);
      for (let limit = 1.3 * WIDTHS_OF_PICTURES[0]; limit < 1.3 * longest; limit *= 1.3) {
        const other = composed(limit);
        if (WORTH_IT * scaleIn(frame, other) > scaleIn(frame, best)) best = other;
      }
      return best;
    },

    /** For the address. @returns {Record<string, string>} */
    kept: () => ({ turned: changed().join("."), in: top === -1 ? "" : String(top) }),
    /** @param {{ turned?: string, in?: string }} state */
    restore(state) {
      open = new Set(first);
      for (const text of (state.turned ?? "").split(".")) {
        const scope = /^\d{1,7}$/.test(text) ? Number(text) : -1;
        if (clusters.has(scope) && scope !== -1) this.toggle(scope);
      }
      this.enter(/^\d{1,7}$/.test(state.in ?? "") ? Number(state.in) : -1);
    },
  };
}

/** @typedef {ReturnType<typeof modulesOf>} Modules */
