import { Acts } from "./acts.js";
import { drawMask } from "./masks.js";
import { OptimiserProgram } from "./optimiser_program.js";
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

/** The network as numbers: the leaves, which may be changed, and all that follows from them. */
export class Model {
  /** @type {Point[]} of the run */
  points = [];
  /** At which of them it is. */
  at = 0;
  /** Each so many steps have a point. */
  #stride = 1;
  /** @type {Change[]} */
  #done = [];
  /** @type {Change[]} */
  #undone = [];
  /** Whether a further change of the same number belongs to the last one. */
  #isOpen = false;
  /** Which batch it has. */
  batch = 0;
  /** Which draw of masks. */
  #draw = 0;
  /** Of all numbers. */
  version = 0;
  /** The version for which the update was run. */
  #updated = -1;
  /** What the loss is after it, and for which version. */
  #later = { version: -1, loss: NaN };
  /** The other passes of the training step, if it has several. @type {import("./passes.js").Passes | null} */
  passes = null;

  /**
   * @param {import("../contract.js").Graph} data
   * @param {import("../contract.js").Program} program
   * @param {import("../contract.js").Program} [updating] what the update makes of parameters and gradients; none in a recording
   * @param {{ bytes: number, points: number }} [most] of a run to go back to
   */
  constructor(data, program, updating, most = MOST_KEPT) {
    this.data = data;
    this.program = program;
    this.most = most;
    this.isLive = Boolean(updating);
    /** The parameters that are trained. */
    this.trained = Object.keys(data.rules).map(Number);
    this.optimiser = updating && data.update ? new OptimiserProgram(data.update, updating) : null;
    /** @type {Map<number, Numbers>} */
    this.leaves = new Map(data.leaves.map((id) => [id, this.value(id)]));
    /** What these hold at first. */
    this.start = data.leaves.map((id, i) => unpacked(data.start[i], kindOf(this.value(id))));
    this.firstRate = data.learningRate ?? 0; // a recording has none
    this.rate = this.firstRate;
    /** What some leaves hold in turn, while it is trained. @type {[number, Numbers[]][]} */
    this.batches = Object.entries(data.batches ?? {}).map(([id, packed]) => {
      const leaf = this.value(Number(id));
      return [Number(id), unpackedAll(packed, kindOf(leaf), leaf.length)];
    });
    this.batchCount = this.batches.length ? this.batches[0][1].length : 1;
    /** The masks of dropout, and with what probability they are 0. @type {[number, number][]} */
    this.masks = Object.entries(data.masks ?? {}).map(([id, p]) => [Number(id), Number(p)]);
    /** What was done since the numbers were as at first. */
    this.acts = new Acts({
      firstOf: (what, index) => this.firstOf(what, index),
      isSingle: (id) => this.isSingle(id),
      trained: this.trained,
      replaced: [...this.batches, ...this.masks].map(([id]) => id),
    });
    this.reset();
  }

  // Numbers ----------------------------------------------------------------------------------------------------------

  /** @param {Record<number, number> | undefined} places @param {number} id */
  #found(places, id) {
    const place = places?.[id];
    return place === undefined ? undefined : this.program.values[place].data;
  }

  /** @param {number} id of a tensor @returns {Numbers} */
  value(id) {
    return this.program.values[this.data.values[id]].data;
  }

  /** @param {number} id of a tensor */
  gradient(id) {
    return this.#found(this.data.gradients, id);
  }

  /** The gradient that moves a parameter, which may be the sum of those of several passes. @param {number} id of a tensor */
  usedGradient(id) {
    return this.passes ? this.passes.usedGradient(this, id) : this.gradient(id);
  }

  /** What comes back along an edge. @param {number} id */
  contribution(id) {
    return this.#found(this.data.contributions, id);
  }

  /** What comes back along several edges from the same tensor, added up. @param {number[]} ids */
  contributions(ids) {
    const parts = ids.flatMap((id) => this.contribution(id) ?? []);
    if (parts.length < 2) return parts[0];
    const sum = parts[0].slice();
    for (const part of parts.slice(1)) for (let i = 0; i < sum.length; i++) sum[i] += part[i];
    return sum;
  }

  /** The local derivative of an edge. @param {number} id */
  local(id) {
    return this.#found(this.data.locals, id);
  }

  /** What the update makes of a parameter. @param {number} id @returns {Numbers} */
  after(id) {
    if (!this.optimiser) return /** @type {Numbers} */ (this.#found(this.data.updated, id));
    this.#update(this.optimiser);
    return this.optimiser.after(id);
  }

  /** What the optimiser remembers, before the update and after it. @param {number} state */
  remembered(state) {
    const optimiser = /** @type {OptimiserProgram} */ (this.optimiser);
    this.#update(optimiser);
    return optimiser.remembered(state);
  }

  /** Runs the update for the present numbers, once. @param {OptimiserProgram} optimiser */
  #update(optimiser) {
    if (this.#updated === this.version) return;
    optimiser.run(
      this.rate,
      (id) => this.value(id),
      (id) => /** @type {Numbers} */ (this.usedGradient(id)),
    );
    this.#updated = this.version;
  }

  loss() {
    return this.data.outputs.reduce((sum, id) => sum + this.value(id)[0], 0);
  }

  /** What the loss is for the same inputs after the update; null where nothing is trained. */
  lossAfter() {
    if (!this.optimiser || !this.trained.length) return null;
    if (this.#later.version !== this.version) {
      const before = this.trained.map((id) => this.value(id).slice());
      for (const id of this.trained) this.value(id).set(this.after(id));
      this.program.run();
      this.#later = { version: this.version, loss: this.loss() };
      this.trained.forEach((id, i) => this.value(id).set(before[i]));
      this.program.run();
    }
    return this.#later.loss;
  }

  /** @param {number} id of a tensor */
  isLeaf(id) {
    return this.leaves.has(id);
  }

  /** @param {number} id of a tensor */
  isFloat(id) {
    return this.data.tensors[id].dtype.startsWith("float");
  }

  /** Whether a tensor has numbers of single precision. @param {number} id */
  isSingle(id) {
    return this.value(id) instanceof Float32Array;
  }

  /** What a number was at first. @param {number | "rate"} what @param {number} index */
  firstOf(what, index) {
    return what === "rate" ? this.firstRate : this.start[this.data.leaves.indexOf(what)][index];
  }

  // Training ---------------------------------------------------------------------------------------------------------

  /** How many steps were taken until now. */
  get steps() {
    return this.points[this.at].step;
  }

  /** Whether each step of a training draws something. */
  get draws() {
    return this.masks.length > 0;
  }

  #run() {
    this.program.run();
    this.version += 1;
  }

  /** @param {number} step @returns {Point} */
  #point(step) {
    return {
      step,
      loss: this.loss(),
      parameters: this.trained.map((id) => this.value(id).slice()),
      state: this.optimiser?.state() ?? [],
      batch: this.batch,
      draw: this.#draw,
    };
  }

  /** Runs, and takes what it gives for the present point; those after it are no longer true. */
  #changed(step = this.steps) {
    this.#run();
    this.points.length = this.at;
    this.points.push(this.#point(step));
  }

  /** Takes another batch for the leaves that have some. @param {number} which */
  #load(which) {
    if (!this.batches.length) return;
    this.batch = ((which % this.batchCount) + this.batchCount) % this.batchCount;
    for (const [id, arrays] of this.batches) this.value(id).set(arrays[this.batch]);
    const isOther = (/** @type {Change} */ { what }) => !this.batches.some(([id]) => id === what);
    this.#done = this.#done.filter(isOther);
    this.#undone = this.#undone.filter(isOther);
  }

  /** Takes other masks: each step of a training has some of its own. @param {number} which */
  #drawMasks(which) {
    this.#draw = which;
    this.masks.forEach(([id, p], i) => {
      if (which) drawMask(this.value(id), p, which * this.masks.length + i);
      else this.value(id).set(this.start[this.data.leaves.indexOf(id)]);
    });
  }

  reset() {
    if (this.passes) this.passes.reset();
    else this.resetAlone();
  }

  /** Likewise, in this pass alone. */
  resetAlone() {
    this.data.leaves.forEach((id, i) => this.value(id).set(this.start[i]));
    this.rate = this.firstRate;
    this.optimiser?.restore();
    this.#load(0);
    this.#draw = 0;
    this.at = 0;
    this.#stride = 1;
    this.points = [];
    this.#done = [];
    this.#undone = [];
    this.acts.clear();
    this.#changed(0);
  }

  /** Takes a step. */
  train() {
    this.acts.train();
    if (this.passes) this.passes.train();
    else this.trainAlone();
  }

  /** Likewise, in this pass alone. */
  trainAlone() {
    for (const id of this.trained) this.value(id).set(this.after(id));
    this.optimiser?.keep();
    if (this.batchCount > 1) this.#load(this.batch + 1);
    this.#drawMasks(this.#draw + 1);
    const { steps, points, most } = this;
    // Of a long run only each so many steps have a point, and the present one.
    if (steps % this.#stride === 0) this.at += 1;
    this.#changed(steps + 1);
    const bytes = [...points[0].parameters, ...points[0].state].reduce((sum, array) => sum + array.byteLength, 64);
    if (points.length > 3 && (points.length > most.points || points.length * bytes > most.bytes)) this.#thin();
  }

  #thin() {
    this.#stride *= 2;
    this.points = this.points.filter(({ step }, i) => step % this.#stride === 0 || i === this.points.length - 1);
    this.at = this.points.length - 1;
  }

  /** Goes back, or forward again, to a point of the run. @param {number} index */
  seek(index) {
    this.acts.seek(this.points[Math.max(0, Math.min(this.points.length - 1, index))].step);
    if (this.passes) this.passes.seek(index);
    else this.seekAlone(index);
  }

  /** Likewise, in this pass alone. @param {number} index */
  seekAlone(index) {
    this.at = Math.max(0, Math.min(this.points.length - 1, index));
    const point = this.points[this.at];
    this.trained.forEach((id, i) => this.value(id).set(point.parameters[i]));
    this.optimiser?.restore(point.state);
    if (this.batchCount > 1) this.#load(point.batch);
    if (point.draw !== this.#draw) this.#drawMasks(point.draw);
    this.rerun();
  }

  /** Runs for leaves that were changed from outside; what was trained beyond this point stays. */
  rerun() {
    this.#run();
    this.points[this.at].loss = this.loss();
  }

  /** Likewise, which makes what was trained beyond this point void. */
  renew() {
    this.#changed();
  }

  /** Looks at another batch. @param {number} by */
  turn(by) {
    this.#load(this.batch + by);
    this.acts.turn(this.batch);
    this.#changed();
  }

  // Changes ----------------------------------------------------------------------------------------------------------

  /** The number that a change is of. @param {Change} change */
  #read({ what, index }) {
    return what === "rate" ? this.rate : this.value(what)[index];
  }

  /** @param {Change} change @param {number} to */
  #put({ what, index }, to) {
    if (what === "rate") {
      this.rate = to;
      this.version += 1; // of what parameters become
      return;
    }
    this.value(what)[index] = to;
    this.#changed();
  }

  /**
   * Changes one number. Several changes of the same one, as while it is dragged, are undone together.
   *
   * @param {number | "rate"} what
   * @param {number} index
   * @param {number} to
   * @param {boolean} together
   */
  edit(what, index, to, together = false) {
    const last = this.#done[this.#done.length - 1];
    const change = { what, index, before: 0, after: to };
    change.before = this.#read(change);
    this.#put(change, to);
    change.after = this.#read(change);
    this.#note(change);
    this.#undone = [];
    if (together && this.#isOpen && last && last.what === what && last.index === index) last.after = change.after;
    else this.#done.push(change);
    this.#isOpen = true;
  }

  /** Gives a leaf other numbers, or one number to all of its elements, as parts of a story do; this is not undone. @param {number} id @param {number[]} numbers */
  assign(id, numbers) {
    const leaf = this.value(id);
    if (numbers.length === 1) leaf.fill(numbers[0]);
    else leaf.set(numbers);
    this.#changed();
  }

  /** What is changed from now on is undone by itself. */
  settle() {
    this.#isOpen = false;
  }

  undo() {
    const change = this.#done.pop();
    if (!change) return;
    change.after = this.#read(change); // a training since then has changed it too
    this.#putAgain(change, change.before);
    this.#undone.push(change);
  }

  redo() {
    const change = this.#undone.pop();
    if (!change) return;
    this.#putAgain(change, change.after);
    this.#done.push(change);
  }

  /** @param {Change} change @param {number} to */
  #putAgain(change, to) {
    this.#put(change, to);
    this.#note(change);
  }

  /** Notes that a number was changed. @param {Change} change */
  #note(change) {
    const { what, index } = change;
    this.acts.edit(this.passes ? this.passes.keyOf(this, what) : what, index, this.#read(change));
    this.passes?.spread(this);
  }

  /** How many numbers there are to change of a leaf, or of the learning rate. @param {number | "rate"} what */
  lengthOf(what) {
    return what === "rate" ? 1 : (this.leaves.get(what)?.length ?? 0);
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }
}

/** The steps of a Program as far as one of its values. @param {import("../contract.js").Program} program @param {number} place */
export function stepsTo({ values, steps }, place) {
  const last = steps.findIndex(({ name }) => name === `step_${values[place].name}`);
  return last < 0 ? steps : steps.slice(0, last + 1);
}
