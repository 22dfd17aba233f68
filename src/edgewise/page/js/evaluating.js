import { kindOf, unpackedAll } from "./unpacking.js";

/**
 * What the network makes of images, in a run of its own that leaves the training as it is.
 *
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
 *
 * @param {import("../contract.js").Graph} graph
 * @param {import("./model.js").Model} model
 * @param {import("../contract.js").Program} program another one of the network
 */
export function evaluatorOf(graph, model, program) {
  const { images, predictions, labels, isProbability, classes, unseen } =
    /** @type {import("../contract.js").GalleryData} */ (graph.gallery);
  /** @param {number} id */
  const array = (id) => program.values[graph.values[id]].data;
  const count = graph.tensors[predictions].shape[0];
  const width = classes.length;
  const pixels = array(images).length / count;
  // What comes after the predictions is of no interest here.
  const last = program.steps.findIndex(({ name }) => name === `step_${program.values[graph.values[predictions]].name}`);
  const steps = last < 0 ? program.steps : program.steps.slice(0, last + 1);

  /** @param {Record<number, import("../contract.js").BatchData> | undefined} given @returns {[number, Numbers[]][]} */
  const arraysOf = (given) =>
    Object.entries(given ?? {}).map(([id, packed]) => {
      const leaf = array(Number(id));
      return [Number(id), unpackedAll(packed, kindOf(leaf), leaf.length)];
    });
  const sets = [graph.batches, unseen].map(arraysOf).filter((arrays, i) => !i || arrays.length);
  const batchesOf = (/** @type {number} */ set) => sets[set][0]?.[1].length ?? 1;

  /** @returns {Numbers[]} everything that the network is given now */
  const given = () => graph.leaves.map((id) => model.value(id));

  /** @param {Numbers[]} values @param {Source} source @param {number} present the batch that these values are of */
  function load(values, { set, batch }, present = model.batch) {
    graph.leaves.forEach((id, i) => array(id).set(values[i]));
    // The present batch is taken as it is: the reader may have changed it.
    if (set === 0 && batch === present) return;
    for (const [id, arrays] of sets[set]) array(id).set(arrays[batch]);
  }

  function run() {
    for (const step of steps) step();
  }

  /** @param {number} index @returns {number[]} how likely each class is to the network */
  function likely(index) {
    const scores = array(predictions).subarray(index * width, (index + 1) * width);
    if (isProbability) return Array.from(scores);
    const most = Math.max(...scores);
    const powers = Array.from(scores, (/** @type {number} */ score) => Math.exp(score - most));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  }

  /** @param {number} index */
  function truth(index) {
    const known = array(labels);
    return known.length === count ? known[index] : highest(known.subarray(index * width, (index + 1) * width));
  }

  /** @param {Source} source @returns {Verdict[]} */
  function verdicts({ set, batch }) {
    return Array.from({ length: count }, (_, index) => {
      const all = likely(index);
      const guess = highest(all);
      return { set, batch, index, truth: truth(index), guess, sure: all[guess] };
    });
  }

  return {
    count,
    sets: sets.map((_, set) => ({ batches: batchesOf(set), images: batchesOf(set) * count })),
    /** The numbers of a batch of images, as long as nothing else runs. @param {Source} source */
    look(source) {
      load(given(), source);
      return { values: array(images), pixels };
    },
    /** What the network makes of a batch now. @param {Source} source */
    judge(source) {
      load(given(), source);
      run();
      return verdicts(source);
    },
    /**
     * How likely each class is for one image, or for another one in its place.
     *
     * @param {Source & { index: number }} one
     * @param {ArrayLike<number> | null} instead
     */
    ask(one, instead) {
      load(given(), one);
      if (instead) array(images).set(instead, one.index * pixels);
      run();
      return { all: likely(one.index), truth: truth(one.index) };
    },
    /**
     * Everything, in pieces of a few milliseconds: each `next` does one, with the weights that it began with.
     *
     * @returns {Generator<undefined, Verdict[]>}
     */
    *judgeAll() {
      const values = given().map((one) => one.slice());
      const present = model.batch;
      const found = [];
      let began = performance.now();
      for (let set = 0; set < sets.length; set++) {
        for (let batch = 0; batch < batchesOf(set); batch++) {
          if (performance.now() - began > 8) {
            yield;
            began = performance.now();
          }
          load(values, { set, batch }, present);
          run();
          found.push(...verdicts({ set, batch }));
        }
      }
      return found;
    },
  };
}

/** @param {ArrayLike<number>} values @returns {number} where the largest is */
function highest(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
