import { exact } from "./figures.js";

/**
 * What was done to the numbers of a network since they were as at first, in order: doing it again gives the same ones.
 *
 * What later acts make void is left out, so that it stays short: of several edits of one number the last one counts,
 * and of a training that was gone back in, the part until there.
 *
 * @typedef {{ kind: "edit", what: number | "rate", index: number, to: number }} Edit a number, or the learning rate
 * @typedef {{ kind: "train", steps: number }} Trained
 * @typedef {{ kind: "seek", step: number }} Sought a step of the run that was gone back or forward to
 * @typedef {{ kind: "turn", batch: number }} Turned
 * @typedef {{ kind: "part", part: number }} PartApplied a part of the page's story
 * @typedef {Edit | Trained | Sought | Turned | PartApplied} Act
 */

/** What acts of each kind but edits begin with in a text. */
const ACT_LETTERS = /** @type {const} */ ({ t: "train", s: "seek", b: "turn", p: "part" });
/** What else each such act says. */
const ACT_FIELDS = /** @type {const} */ ({ train: "steps", seek: "step", turn: "batch", part: "part" });

export class Acts {
  /** @type {Act[]} */
  list = [];
  /** How many there were. It has changed if something was done since. */
  count = 0;
  #isPart = false;

  /**
   * @param {object} given
   * @param {(what: number | "rate", index: number) => number} given.firstOf what a number was at first
   * @param {(id: number) => boolean} given.isSingle whether a leaf has numbers of single precision
   * @param {number[]} given.trained the leaves that going back in a training restores
   * @param {number[]} given.replaced those that it may replace: batches and masks
   */
  constructor(given) {
    this.given = given;
  }

  clear() {
    this.list = [];
    this.count += 1;
  }

  /** @param {Act} act */
  #add(act) {
    this.count += 1;
    if (!this.#isPart) this.list.push(act);
  }

  get #last() {
    return this.list[this.list.length - 1];
  }

  /** @param {number | "rate"} what @param {number} index @param {number} to */
  edit(what, index, to) {
    // Another learning rate leaves the run as it is, as far as it goes.
    if (what !== "rate") this.#fold();
    const { list } = this;
    let begin = list.length; // of the edits since the last other act
    while (begin > 0 && list[begin - 1].kind === "edit") begin -= 1;
    const same = list.findIndex(
      (act, i) => i >= begin && act.kind === "edit" && act.what === what && act.index === index,
    );
    if (same >= 0 && !this.#isPart) list.splice(same, 1);
    if (begin === 0 && Object.is(to, this.given.firstOf(what, index))) this.count += 1;
    else this.#add({ kind: "edit", what, index, to });
  }

  /** A step of training. */
  train() {
    this.#fold();
    const last = this.#last;
    if (last?.kind === "train" && !this.#isPart) {
      last.steps += 1;
      this.count += 1;
    } else this.#add({ kind: "train", steps: 1 });
  }

  /** @param {number} step */
  seek(step) {
    if (this.#last?.kind === "seek" && !this.#isPart) this.list.pop();
    this.#add({ kind: "seek", step });
  }

  /** @param {number} batch */
  turn(batch) {
    this.#fold();
    if (this.#last?.kind === "turn" && !this.#isPart) this.list.pop();
    this.#add({ kind: "turn", batch });
  }

  /** A part of the story, and what it does. @param {number} part @param {() => void} act */
  part(part, act) {
    this.#isPart = true;
    act();
    this.#isPart = false;
    this.#add({ kind: "part", part });
  }

  /** Leaves out what was trained beyond the step that was gone back to, before something else makes that void. */
  #fold() {
    const last = this.#last;
    if (last?.kind !== "seek" || this.#isPart) return;
    const { list } = this;
    /** @type {Edit[]} */
    const edits = [];
    const begins = this.#begins();
    for (let i = list.length - 2; i >= 0; i--) {
      const act = list[i];
      if (act.kind === "edit") {
        const isOf = (/** @type {number[]} */ leaves) => act.what !== "rate" && leaves.includes(act.what);
        if (isOf(this.given.replaced)) return;
        const isAgain = edits.some(({ what, index }) => what === act.what && index === act.index);
        if (!isOf(this.given.trained) && !isAgain) edits.unshift(act);
        continue;
      }
      if (act.kind !== "train") return;
      if (begins[i] > last.step) continue;
      const steps = last.step - begins[i];
      if (steps > act.steps) return;
      this.list = [...list.slice(0, i), ...(steps ? [{ ...act, steps }] : []), ...edits];
      return;
    }
  }

  /** At which step each act begins. */
  #begins() {
    let step = 0;
    return this.list.map((act) => {
      const begin = step;
      if (act.kind === "train") step += act.steps;
      if (act.kind === "seek") step = act.step;
      return begin;
    });
  }

  /** How many steps of training there are in it. */
  get steps() {
    return stepsIn(this.list);
  }

  /** All of it, in few letters. */
  text() {
    return this.list.map((act) => this.#textOf(act)).join(",");
  }

  /** @param {Act} act */
  #textOf(act) {
    if (act.kind === "edit") {
      const { what, index, to } = act;
      // A plus would be read as a space.
      return `${what}${index ? `.${index}` : ""}:${exact(to, what !== "rate" && this.given.isSingle(what)).replace("+", "")}`;
    }
    const letter = Object.entries(ACT_LETTERS).find(([, kind]) => kind === act.kind)?.[0];
    return `${letter}${Object.entries(act).find(([field]) => field === ACT_FIELDS[act.kind])?.[1]}`;
  }
}

/** @param {Act[]} acts */
export function stepsIn(acts) {
  return acts.reduce((sum, act) => sum + (act.kind === "train" ? act.steps : 0), 0);
}

/**
 * The acts that a text means, and its parts that mean none.
 *
 * @param {string} text
 * @param {(act: Act) => boolean} isPossible whether the network has what an act is about
 * @returns {{ acts: Act[], wrong: string[] }}
 */
export function readActs(text, isPossible) {
  /** @type {Act[]} */
  const acts = [];
  /** @type {string[]} */
  const wrong = [];
  for (const part of text.split(",").filter(Boolean)) {
    const act = readAct(part);
    if (act && isPossible(act)) acts.push(act);
    else wrong.push(part);
  }
  return { acts, wrong };
}

/** @param {string} text @returns {Act | undefined} */
function readAct(text) {
  const [, letter, count] = text.match(/^([tsbp])(\d{1,9})$/) ?? [];
  if (letter) {
    const kind = ACT_LETTERS[/** @type {keyof typeof ACT_LETTERS} */ (letter)];
    return /** @type {Act} */ ({ kind, [ACT_FIELDS[kind]]: Number(count) });
  }
  const [, what, index = "0", number] =
    text.match(/^(rate|\d{1,7})(?:\.(\d{1,9}))?:(-?(?:\d+(?:\.\d+)?(?:e-?\d+)?|Infinity)|NaN)$/) ?? [];
  if (!what) return undefined;
  return { kind: "edit", what: what === "rate" ? what : Number(what), index: Number(index), to: Number(number) };
}
