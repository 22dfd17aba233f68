import { stepsIn } from "./acts.js";
import { make } from "./dom.js";
import { Note } from "./note.js";
import { createRunner } from "./pace.js";

/** What takes longer than so many milliseconds is done frame by frame. */
const AT_ONCE = 60;

/**
 * Does again what was done to the numbers: at once, or frame by frame if that takes long, until something else is done.
 *
 * @typedef {import("./acts.js").Act} Act
 */
export class Replay {
  /**
   * @param {import("./main.js").Page} page
   * @param {Act[]} acts
   * @param {() => void} ended
   */
  constructor(page, acts, ended) {
    this.page = page;
    this.acts = acts;
    this.steps = stepsIn(acts);
    this.taken = 0;
    /** Which act is next, and how many of its steps were taken. */
    this.at = 0;
    this.inside = 0;
    this.count = page.model.acts.count;
    this.bar = make("progress", { max: this.steps, value: 0, "aria-label": "training steps" });
    this.note = new Note();
    this.runner = createRunner({
      train: () => {
        const isOver = this.#isOver();
        this.bar.value = this.taken;
        return !isOver && this.#next();
      },
      show: () => page.refresh(),
      turned: (on) => {
        if (on) return;
        this.note.element.remove();
        ended();
        page.refresh();
      },
    });
  }

  /** Whether all is done, or the reader has done something else. */
  #isOver() {
    return this.at >= this.acts.length || this.count !== this.page.model.acts.count;
  }

  /** Does the next bit. @returns {boolean} whether there is more */
  #next() {
    const { page, acts } = this;
    const act = acts[this.at];
    doAgain(page, act);
    if (act.kind === "train") this.taken += 1;
    this.inside += 1;
    if (act.kind !== "train" || this.inside >= act.steps) {
      this.at += 1;
      this.inside = 0;
    }
    this.count = page.model.acts.count;
    return !this.#isOver();
  }

  begin() {
    const end = performance.now() + AT_ONCE;
    while (!this.#isOver() && performance.now() < end) this.#next();
    if (this.#isOver()) {
      this.note.element.remove();
      return;
    }
    const stop = make("button", { type: "button", text: "Stop", onclick: () => this.stop() });
    this.note.show(`Repeating ${this.steps.toLocaleString("en")} training steps of the address.`, this.bar, stop);
    this.runner.turn(true);
  }

  stop() {
    this.runner.turn(false);
  }

  get isRunning() {
    return this.runner.isRunning();
  }
}

/** @param {import("./main.js").Page} page @param {Act} act */
function doAgain({ model, lesson, passes }, act) {
  if (act.kind === "edit") (passes ?? model).edit(act.what, act.index, act.to);
  else if (act.kind === "train") model.train();
  else if (act.kind === "turn") model.turn(act.batch - model.batch);
  else if (act.kind === "part") lesson?.apply(act.part);
  else model.seek(model.points.reduce((best, { step }, i) => (step <= act.step ? i : best), 0));
}
