import { stepsTo } from "./model.js";
import { kindOf, unpackedAll } from "./unpacking.js";

/**
 * @typedef {import("../contract.js").Numbers} Numbers
 *
 * @typedef {object} Source a batch of images: of which set, and which of its batches
 * @property {number} set
 * @property {number} batch
 *
 * @typedef {object} Verdict on one image
 * @property {number} set
 * @property {number} batch
 * @property {number} index
 * @property {number} truth the class that it is
 * @property {number} guess the class that it is taken for
 * @property {number} sure how likely that is to the network
 */

/** So many milliseconds are worked at a time. */
const PIECE = 8;

/** What the network makes of images, in a run of its own that leaves the training as it is. */
export class Evaluator {
  /**
   * @param {import("../contract.js").Graph} graph
   * @param {import("../contract.js").GalleryData} gallery
   * @param {import("./model.js").Model} model
   * @param {import("../contract.js").Program} program another one of the network
   */
  constructor(graph, gallery, model, program) {
    this.graph = graph;
    this.gallery = gallery;
    this.model = model;
    this.program = program;
    this.count = graph.tensors[gallery.predictions].shape[0];
    this.pixels = this.#array(gallery.images).length / this.count;
    // What comes after the predictions is of no interest here.
    this.steps = stepsTo(program, graph.values[gallery.predictions]);
    /** Of each set what the leaves hold in turn. */
    this.batches = [graph.batches, gallery.unseen]
      .map((given) => this.#unpacked(given))
      .filter((arrays, i) => !i || arrays.length);
    /** How many batches and images each set has: those that it trains on, and those that it never saw. */
    this.sets = this.batches.map((arrays) => {
      const batches = arrays[0]?.[1].length ?? 1;
      return { batches, images: batches * this.count };
    });
  }

  /** The present numbers of a tensor. @param {number} id */
  #array(id) {
    return this.program.values[this.graph.values[id]].data;
  }

  /** @param {Record<number, import("../contract.js").BatchData> | undefined} given @returns {[number, Numbers[]][]} */
  #unpacked(given) {
    return Object.entries(given ?? {}).map(([id, packed]) => {
      const leaf = this.#array(Number(id));
      return [Number(id), unpackedAll(packed, kindOf(leaf), leaf.length)];
    });
  }

  /** Everything that the network is given now. */
  #given() {
    return this.graph.leaves.map((id) => this.model.value(id));
  }

  /** @param {Numbers[]} values @param {Source} source @param {number} present the batch that these values are of */
  #load(values, { set, batch }, present = this.model.batch) {
    this.graph.leaves.forEach((id, i) => this.#array(id).set(values[i]));
    // The present batch is taken as it is: the reader may have changed it.
    if (set === 0 && batch === present) return;
    for (const [id, arrays] of this.batches[set]) this.#array(id).set(arrays[batch]);
  }

  #run() {
    for (const step of this.steps) step();
  }

  /** How likely each class is to the network. @param {number} index @returns {number[]} */
  #likely(index) {
    const width = this.gallery.classes.length;
    const scores = Array.from(this.#array(this.gallery.predictions).subarray(index * width, (index + 1) * width));
    if (this.gallery.isProbability) return scores;
    const most = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - most));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  }

  /** The class that an image is. @param {number} index */
  #truth(index) {
    const known = this.#array(this.gallery.labels);
    const width = this.gallery.classes.length;
    return known.length === this.count ? known[index] : highest(known.subarray(index * width, (index + 1) * width));
  }

  /** @param {Source} source @returns {Verdict[]} */
  #verdicts({ set, batch }) {
    return Array.from({ length: this.count }, (_, index) => {
      const all = this.#likely(index);
      const guess = highest(all);
      return { set, batch, index, truth: this.#truth(index), guess, sure: all[guess] };
    });
  }

  /** The numbers of a batch of images, as long as nothing else runs. @param {Source} source */
  look(source) {
    this.#load(this.#given(), source);
    return { values: this.#array(this.gallery.images), pixels: this.pixels };
  }

  /** What the network makes of a batch now. @param {Source} source */
  judge(source) {
    this.#load(this.#given(), source);
    this.#run();
    return this.#verdicts(source);
  }

  /**
   * How likely each class is for one image, or for another one in its place.
   *
   * @param {Source & { index: number }} one
   * @param {ArrayLike<number> | null} instead
   */
  ask(one, instead) {
    this.#load(this.#given(), one);
    if (instead) this.#array(this.gallery.images).set(instead, one.index * this.pixels);
    this.#run();
    return { all: this.#likely(one.index), truth: this.#truth(one.index) };
  }

  /**
   * Everything, in pieces of a few milliseconds: each `next` does one, with the weights that it began with.
   *
   * @returns {Generator<undefined, Verdict[]>}
   */
  *judgeAll() {
    const values = this.#given().map((one) => one.slice());
    const present = this.model.batch;
    const found = [];
    let began = performance.now();
    for (let set = 0; set < this.sets.length; set++) {
      for (let batch = 0; batch < this.sets[set].batches; batch++) {
        if (performance.now() - began > PIECE) {
          yield;
          began = performance.now();
        }
        this.#load(values, { set, batch }, present);
        this.#run();
        found.push(...this.#verdicts({ set, batch }));
      }
    }
    return found;
  }
}

/** Where the largest number is. @param {ArrayLike<number>} values */
function highest(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
