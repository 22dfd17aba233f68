import { byId } from "../../page/js/dom.js";

/** How long a step is shown while the way is played, in milliseconds. */
const MOMENT = 1700;
/** A frame takes so many milliseconds at most and at least, or else fewer or more training steps are asked for at once. */
const SLOW = 40;
const FAST = 20;
const MOST_STEPS = 64;

/**
 * The player for all networks. Where they have different numbers of steps, the others go to the step that is as far
 * on their way as the step of the longest one.
 */
export class Lead {
  /** @param {import("./side.js").Side[]} sides */
  constructor(sides) {
    this.sides = sides;
    this.at = 0;
    this.timer = 0;
    /** How many training steps are asked for at once while it runs. */
    this.steps = 1;
    this.isRunning = false;
    /** How many sides have yet to answer. */
    this.waiting = 0;
    this.asked = 0;
    const stopped = (/** @type {() => void} */ act) => () => {
      this.play(false);
      act();
    };
    /** @type {Record<string, () => void>} */
    this.keys = {
      Home: stopped(() => this.go(0)),
      ArrowLeft: stopped(() => this.go(this.at - 1)),
      ArrowRight: stopped(() => this.go(this.at + 1, true)),
      End: stopped(() => this.go(this.last)),
      " ": () => this.play(!this.timer),
    };
    for (const [id, key] of Object.entries({
      first: "Home",
      back: "ArrowLeft",
      play: " ",
      next: "ArrowRight",
      last: "End",
    }))
      byId(id).addEventListener("click", this.keys[key]);
    document.addEventListener("keydown", (event) => {
      const { target, key, ctrlKey, metaKey, altKey } = event;
      const controls = key === " " ? "button, input, pre, .table" : "input, pre, .table";
      const isOfControl = target instanceof Element && target.closest(controls);
      if (isOfControl || ctrlKey || metaKey || altKey || !this.keys[key]) return;
      event.preventDefault();
      this.keys[key]();
    });
    byId("scrub").addEventListener("input", () => {
      this.play(false);
      this.go(Number(byId("scrub").value));
    });
    byId("train1").addEventListener("click", () => this.#train(1));
    byId("train10").addEventListener("click", () => this.#train(10));
    byId("run").addEventListener("click", () => this.run(!this.isRunning));
    byId("reset").addEventListener("click", () => {
      this.run(false);
      this.#ask({ kind: "reset" });
    });
  }

  /** How many steps each phase has, in the side that has most of them. */
  get counts() {
    return [0, 1, 2].map((phase) => Math.max(0, ...this.sides.map(({ shown }) => shown?.counts[phase] ?? 0)));
  }

  get last() {
    return Math.max(0, this.counts.reduce((sum, count) => sum + count, 0) - 1);
  }

  /** @param {import("../../page/contract.js").Order} order */
  #ask(order) {
    for (const side of this.sides) side.ask(order);
  }

  /** The phase of a step, and which of its steps it is. @param {number} step */
  #place(step) {
    let at = step;
    let phase = 0;
    const { counts } = this;
    while (phase < 2 && at >= counts[phase]) {
      at -= counts[phase];
      phase += 1;
    }
    return { phase, at };
  }

  /** Goes to a step in all networks. @param {number} to */
  go(to, animated = false) {
    const last = this.last;
    this.at = Math.max(0, Math.min(last, to));
    this.#lead(this.sides, animated);
  }

  /** Leads some networks to the present step. @param {import("./side.js").Side[]} sides @param {boolean} animated */
  #lead(sides, animated) {
    const { phase, at } = this.#place(this.at);
    for (const side of sides) side.ask({ kind: "go", phase, at: this.#stepIn(side, phase, at), animated });
    this.refresh();
  }

  /** Which step of a phase a network is led to. @param {import("./side.js").Side} side @param {number} phase @param {number} at */
  #stepIn({ shown }, phase, at) {
    const count = this.counts[phase];
    const own = shown?.counts[phase] ?? count;
    return own === count || count < 2 ? Math.min(at, own - 1) : Math.round((at * (own - 1)) / (count - 1));
  }

  /** Goes to where the gradient ends in the first network in which it does. */
  showEnd() {
    const side = this.sides.find(({ shown }) => shown?.end);
    const { counts } = this;
    const own = side?.shown?.counts[1];
    if (!side?.shown?.end || !own) return;
    this.go(counts[0] + Math.round((side.shown.end.at * (counts[1] - 1)) / Math.max(1, own - 1)));
  }

  /** @param {boolean} on */
  play(on) {
    clearInterval(this.timer);
    this.timer = 0;
    byId("play").setAttribute("aria-label", on ? "pause" : "play");
    byId("page").classList.toggle("playing", on);
    if (!on) return;
    if (this.at >= this.last) this.go(0);
    this.timer = window.setInterval(() => {
      if (this.at >= this.last) this.play(false);
      else this.go(this.at + 1, true);
    }, MOMENT);
  }

  /** @param {number} steps */
  #train(steps) {
    this.run(false);
    this.#ask({ kind: "train", steps });
  }

  /** Trains all networks frame by frame, until it is stopped. @param {boolean} on */
  run(on) {
    this.isRunning = on;
    byId("run").textContent = on ? "Stop" : "Run";
    byId("run").setAttribute("aria-pressed", String(on));
    if (on) this.#more();
  }

  #more() {
    this.waiting = this.sides.length;
    this.asked = performance.now();
    this.#ask({ kind: "train", steps: this.steps });
  }

  /** A network has reported what it shows. */
  refresh() {
    const { last } = this;
    const scrub = byId("scrub");
    scrub.max = String(last);
    scrub.value = String(this.at);
    const { phase } = this.#place(this.at);
    const name = ["forward", "backward", "update"][phase];
    scrub.setAttribute("aria-valuetext", `step ${this.at} of ${last}, ${name}`);
    byId("count").textContent = `Step ${this.at} of ${last}`;
    byId("page").dataset.phase = name;
    byId("back").disabled = byId("first").disabled = this.at === 0;
    byId("next").disabled = byId("last").disabled = this.at === last;
    const isOver = this.sides.every(({ shown }) => shown && !Number.isFinite(shown.loss));
    for (const id of ["train1", "train10", "run"]) byId(id).disabled = isOver;
    if (isOver && this.isRunning) this.run(false);
  }

  /** Follows a network that its reader has led to another step. @param {import("./side.js").Side} side */
  follow(side) {
    const { shown, orders } = side;
    if (!shown || shown.orders !== orders) return;
    const { phase, at } = this.#place(this.at);
    const own = this.#stepIn(side, phase, at);
    if (shown.phase === phase && shown.at === own) return;
    const { counts } = this;
    const before = counts.slice(0, shown.phase).reduce((sum, count) => sum + count, 0);
    const share = (shown.at * (counts[shown.phase] - 1)) / Math.max(1, shown.counts[shown.phase] - 1);
    this.at = before + Math.round(share);
    this.#lead(
      this.sides.filter((other) => other !== side),
      false,
    );
  }

  /** Notes that a network has answered; when all have, and it runs, more is asked for. */
  answered() {
    if (!this.isRunning || this.waiting === 0) return;
    this.waiting -= 1;
    if (this.waiting > 0) return;
    const took = performance.now() - this.asked;
    if (took > SLOW) this.steps = Math.max(1, Math.floor(this.steps / 2));
    if (took < FAST) this.steps = Math.min(MOST_STEPS, this.steps * 2);
    requestAnimationFrame(() => {
      if (this.isRunning) this.#more();
    });
  }
}
