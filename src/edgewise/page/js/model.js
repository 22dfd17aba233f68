import { drawMask } from "./masks.js";
import { setStatistics } from "./statistics.js";
import { kindOf, unpacked, unpackedAll } from "./unpacking.js";

/**
 * The network as numbers: the leaves, which may be changed, and all that follows from them.
 *
 * @typedef {import("../contract.js").Numbers} Numbers
 *
 * @typedef {object} Change something that can be undone
 * @property {number | "rate"} what a leaf, or the learning rate
 * @property {number} index
 * @property {number} before
 * @property {number} after
 *
 * @typedef {object} Point of a training run
 * @property {number} step how many steps were taken until then
 * @property {number} loss
 * @property {Numbers[]} parameters
 * @property {Numbers[]} state what the optimiser remembers
 * @property {number} batch which of the batches was used
 * @property {number} draw which of the draws of masks was used; 0 are those that the network came with
 */

/**
 * How much of a run is there to go back to; of a longer one every other point is let go. An array takes more than its
 * numbers, so that the points of small networks are counted as well.
 */
const MOST_KEPT = { bytes: 48e6, points: 5000 };

/** @type {Record<string, import("../contract.js").NumbersKind>} */
const KINDS = { Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array, Uint32Array };

/**
 * What stands for the Program of a network that can't run here: its numbers as they were.
 *
 * @param {import("../contract.js").Recorded[]} recorded
 */
export function recordingOf(recorded) {
  const values = recorded.map(([kind, packed, statistics]) => {
    const data = unpacked(packed, KINDS[kind]);
    if (statistics) setStatistics(data, statistics);
    return { name: "", data, dtype: "" };
  });
  return { values, steps: [], run: () => undefined };
}

/**
 * The update, as a Program with inputs of its own.
 *
 * @param {import("../contract.js").UpdateData} places where in it parameters, gradients, results, the learning rate and the optimiser's state are
 * @param {import("../contract.js").Program} program
 */
function optimiserOf(places, program) {
  const array = (/** @type {number} */ place) => program.values[place].data;
  const { states } = places;
  const ids = Object.keys(places.results).map(Number);
  const first = states.map(([input]) => {
    const packed = places.start[input];
    return packed ? unpacked(packed, kindOf(array(input))) : array(input).slice();
  });
  return {
    /** @param {number} rate @param {(id: number) => Numbers} value @param {(id: number) => Numbers} gradient */
    run(rate, value, gradient) {
      array(places.rate)[0] = rate;
      for (const id of ids) {
        array(places.values[id]).set(value(id));
        array(places.gradients[id]).set(gradient(id));
      }
      program.run();
    },
    /** @param {number} id */
    after: (id) => array(places.results[id]),
    /** @param {number} state */
    remembered: (state) => states[state].map(array),
    /** What it remembers after the step becomes what it knows in the next one. */
    keep() {
      for (const [input, output] of states) array(input).set(array(output).slice());
    },
    state: () => states.map(([input]) => array(input).slice()),
    restore(state = first) {
      states.forEach(([input], i) => array(input).set(state[i]));
    },
  };
}

/**
 * @param {import("../contract.js").Graph} data
 * @param {import("../contract.js").Program} program
 * @param {import("../contract.js").Program} [updating] what the update makes of parameters and gradients; none in a recording
 * @param {{ bytes: number, points: number }} [most] of a run to go back to
 */
export function modelOf(data, program, updating, most = MOST_KEPT) {
  /** @param {Record<string, number>} places @param {number} id */
  const found = (places, id) => (places[id] === undefined ? undefined : program.values[places[id]].data);
  /** @type {Map<number, Numbers>} */
  const leaves = new Map(data.leaves.map((id) => [id, /** @type {Numbers} */ (found(data.values, id))]));
  /** @type {Numbers[]} */
  const start = data.leaves.map((id, i) => unpacked(data.start[i], kindOf(/** @type {Numbers} */ (leaves.get(id)))));
  const trained = Object.keys(data.rules).map(Number);
  const optimiser = updating
    ? optimiserOf(/** @type {import("../contract.js").UpdateData} */ (data.update), updating)
    : null;
  const firstRate = data.learningRate ?? 0; // a recording has none
  let rate = firstRate;
  /** @type {Point[]} */
  let points = [];
  let at = 0;
  let stride = 1;
  /** @type {Change[]} */
  let done = [];
  /** @type {Change[]} */
  let undone = [];
  let isOpen = false; // whether a further change of the same number belongs to the last one

  const value = (/** @type {number} */ id) => /** @type {Numbers} */ (found(data.values, id));
  const gradient = (/** @type {number} */ id) => found(data.gradients, id);
  const loss = () => data.outputs.reduce((sum, id) => sum + value(id)[0], 0);
  const point = (/** @type {number} */ step) => ({
    step,
    loss: loss(),
    parameters: trained.map((id) => value(id).slice()),
    state: optimiser?.state() ?? [],
    batch,
    draw,
  });

  /** @type {[number, Numbers[]][]} what some leaves hold in turn, while it is trained */
  const batches = Object.entries(data.batches ?? {}).map(([id, packed]) => {
    const leaf = /** @type {Numbers} */ (leaves.get(Number(id)));
    return [Number(id), unpackedAll(packed, kindOf(leaf), leaf.length)];
  });
  const batchCount = batches.length ? batches[0][1].length : 1;
  let batch = 0;
  /** @type {[number, number][]} the masks of dropout, and with what probability they are 0 */
  const masks = Object.entries(data.masks ?? {}).map(([id, p]) => [Number(id), Number(p)]);
  let draw = 0;
  let version = 0; // of all numbers
  let advanced = -1; // the version for which the update was run

  function run() {
    program.run();
    version += 1;
  }

  /** @param {number} which Takes another batch for the leaves that have some. */
  function load(which) {
    if (!batches.length) return;
    batch = ((which % batchCount) + batchCount) % batchCount;
    for (const [id, arrays] of batches) leaves.get(id)?.set(arrays[batch]);
    const isOther = (/** @type {Change} */ { what }) => !batches.some(([id]) => id === what);
    done = done.filter(isOther);
    undone = undone.filter(isOther);
  }

  /** @param {number} which Takes other masks: each step of a training has some of its own. */
  function drawMasks(which) {
    draw = which;
    masks.forEach(([id, p], i) => {
      const mask = /** @type {Numbers} */ (leaves.get(id));
      if (draw) drawMask(mask, p, draw * masks.length + i);
      else mask.set(start[data.leaves.indexOf(id)]);
    });
  }

  /** Runs, and takes what it gives for the present point; those behind it are no longer true. */
  function changed(step = points[at].step) {
    run();
    points.length = at;
    points.push(point(step));
  }

  /** @param {number} id What the update makes of a parameter. */
  function after(id) {
    if (!optimiser) return /** @type {Numbers} */ (found(data.updated ?? {}, id));
    if (advanced !== version) {
      optimiser.run(rate, value, /** @type {(id: number) => Numbers} */ (gradient));
      advanced = version;
    }
    return optimiser.after(id);
  }

  /** @param {number} state What the optimiser remembers, before the update and after it. */
  function remembered(state) {
    after(trained[0]);
    return /** @type {NonNullable<typeof optimiser>} */ (optimiser).remembered(state);
  }

  function reset() {
    data.leaves.forEach((id, i) => leaves.get(id)?.set(start[i]));
    rate = firstRate;
    optimiser?.restore();
    load(0);
    draw = 0;
    at = 0;
    stride = 1;
    points = [];
    done = [];
    undone = [];
    changed(0);
  }

  function train() {
    for (const id of trained) value(id).set(after(id));
    optimiser?.keep();
    if (batchCount > 1) load(batch + 1);
    drawMasks(draw + 1);
    const { step } = points[at];
    // Of a long run only each so many steps have a point, and the present one.
    if (step % stride === 0) at += 1;
    changed(step + 1);
    const bytes = [...points[0].parameters, ...points[0].state].reduce((sum, array) => sum + array.byteLength, 64);
    if (points.length > 3 && (points.length > most.points || points.length * bytes > most.bytes)) thin();
  }

  function thin() {
    stride *= 2;
    points = points.filter(({ step }, i) => step % stride === 0 || i === points.length - 1);
    at = points.length - 1;
  }

  /** @param {number} index Goes back, or forward again, to a point of the run. */
  function seek(index) {
    at = Math.max(0, Math.min(points.length - 1, index));
    trained.forEach((id, i) => value(id).set(points[at].parameters[i]));
    optimiser?.restore(points[at].state);
    if (points[at].batch !== batch) load(points[at].batch);
    if (points[at].draw !== draw) drawMasks(points[at].draw);
    run();
    points[at].loss = loss();
  }

  /** The number that a change is of. @param {Change} change */
  function read({ what, index }) {
    return what === "rate" ? rate : /** @type {Numbers} */ (leaves.get(what))[index];
  }

  /** @param {Change} change @param {number} to */
  function put({ what, index }, to) {
    if (what === "rate") {
      rate = to;
      version += 1; // of what parameters become
      return;
    }
    /** @type {Numbers} */ (leaves.get(what))[index] = to;
    changed();
  }

  /**
   * Changes one number. Several changes of the same one, as while it is dragged, are undone together.
   *
   * @param {number | "rate"} what
   * @param {number} index
   * @param {number} to
   * @param {boolean} together
   */
  function edit(what, index, to, together = false) {
    const last = done[done.length - 1];
    const change = { what, index, before: 0, after: to };
    change.before = read(change);
    put(change, to);
    change.after = read(change);
    undone = [];
    if (together && isOpen && last && last.what === what && last.index === index) last.after = change.after;
    else done.push(change);
    isOpen = true;
  }

  function undo() {
    const change = done.pop();
    if (!change) return;
    change.after = read(change); // a training since then has changed it too
    put(change, change.before);
    undone.push(change);
  }

  function redo() {
    const change = undone.pop();
    if (!change) return;
    put(change, change.after);
    done.push(change);
  }

  reset();
  return {
    value,
    gradient,
    after,
    remembered,
    train,
    seek,
    edit,
    undo,
    redo,
    reset,
    loss,
    contribution: (/** @type {number} */ id) => found(data.contributions, id),
    local: (/** @type {number} */ id) => found(data.locals, id),
    /** @param {number} by Looks at another batch. */
    turn(by) {
      load(batch + by);
      changed();
    },
    get batch() {
      return batch;
    },
    batchCount,
    /** What is changed from now on is undone by itself. */
    settle() {
      isOpen = false;
    },
    isLeaf: (/** @type {number} */ id) => leaves.has(id),
    isFloat: (/** @type {number} */ id) => data.tensors[id].dtype.startsWith("float"),
    isSingle: (/** @type {number} */ id) => value(id) instanceof Float32Array,
    get rate() {
      return rate;
    },
    get version() {
      return version;
    },
    get points() {
      return points;
    },
    get at() {
      return at;
    },
    /** How many steps were taken until now. */
    get steps() {
      return points[at].step;
    },
    get canUndo() {
      return done.length > 0;
    },
    get canRedo() {
      return undone.length > 0;
    },
    isLive: Boolean(updating),
    /** Whether each step of a training draws something. */
    draws: masks.length > 0,
    get trained() {
      return trained;
    },
  };
}

/** @typedef {ReturnType<typeof modelOf>} Model */
