import { byId } from "./dom.js";
import { EquationPanel } from "./equation.js";
import { equationContent } from "./equation_content.js";
import { ELSEWHERE } from "./modules.js";
import { saidLine } from "./spoken.js";
import { Track } from "./track.js";
import { followSize } from "./outside.js";

/** How long a moment is shown while the step plays, in milliseconds. */
const MOMENT = 1700;

/** Leads through a training step, moment by moment. */
export class Player {
  /** @param {import("./main.js").Page} page */
  constructor(page) {
    const { graph, model, timeline } = page;
    this.page = page;
    const go = (/** @type {number} */ to) => this.go(to);
    const numberOf = (/** @type {number} */ step) => page.story.indexOf(step);
    this.equation = new EquationPanel(graph, timeline, (stop, room) => {
      const { to, moment } = stop;
      const content = equationContent({ graph, model, timeline, step: to, moment, numberOf, go, room });
      return page.predicting.veiled(page.warnings.noted(content, stop), to);
    });
    this.track = new Track(page, (to) => {
      this.play(false);
      this.go(to);
    });
    this.isPlaying = false;
    this.timer = 0;
    /** For which size of the window and of the equation there is room. */
    this.size = "";
    /** @param {() => boolean | void} act */
    const stopped = (act) => () => {
      this.play(false);
      return act();
    };
    /** What keys do; false where there is nothing to do. @type {Record<string, () => boolean | void>} */
    this.keys = {
      ArrowRight: stopped(() => this.next()),
      ArrowLeft: stopped(() => this.previous()),
      ArrowDown: stopped(() => this.into()),
      ArrowUp: stopped(() => this.out()),
      "Shift+ArrowRight": stopped(() => this.go(this.track.beginOf(1))),
      "Shift+ArrowLeft": stopped(() => this.go(this.track.beginOf(-1))),
      Home: stopped(() => this.go(0)),
      End: stopped(() => this.go(this.last)),
      " ": () => this.play(!this.isPlaying),
    };
    byId("first").addEventListener("click", this.keys.Home);
    byId("back").addEventListener("click", this.keys.ArrowLeft);
    byId("play").addEventListener("click", this.keys[" "]);
    byId("next").addEventListener("click", this.keys.ArrowRight);
    byId("last").addEventListener("click", this.keys.End);
    byId("into").addEventListener("click", this.keys.ArrowDown);
    byId("out").addEventListener("click", this.keys.ArrowUp);
    byId("levels").hidden = !page.modules.any;
    byId("remark").addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const { node, way } = /** @type {HTMLElement} */ (event.target).dataset;
      if (node) page.picture.revealThing(`node ${node}`);
      if (way === "into") this.keys.ArrowDown();
      if (way === "out") this.keys.ArrowUp();
    });
  }

  /** The last moment. */
  get last() {
    return this.page.timeline.moments.length - 1;
  }

  /** Begins to follow the size of the window. What is to be seen at first is shown afterwards. */
  begin() {
    this.#makeRoom();
    followSize(byId("equation-panel"), () => this.follow());
  }

  refresh() {
    const { page, equation, track } = this;
    const { stop } = page;
    const { spoken: said, sentence = "" } = equation.fill(stop);
    const spoken = saidLine([said, sentence].filter(Boolean).join(". ").replaceAll("..", "."));
    if (byId("spoken").textContent !== spoken) byId("spoken").textContent = spoken;
    track.refresh();
    byId("into").disabled = !this.#canEnter();
    byId("out").disabled = this.#around() === undefined;
    // All is written before anything is measured.
    equation.show(stop);
  }

  /** @param {number} to @param {boolean} animated */
  go(to, animated = false) {
    const { page } = this;
    page.step = this.nearest(to);
    page.picture.opening.followLoop(page.place);
    page.refresh();
    page.keepSoon();
    page.picture.stop();
    page.picture.reveal();
    if (animated && page.known === page.step) page.picture.fly(Number(byId("speed").value));
  }

  /** Goes to a moment that the reader has chosen. @param {number} to */
  jump(to) {
    this.play(false);
    this.go(to, true);
  }

  next() {
    const { page } = this;
    const { story, step } = page;
    const at = story.indexOf(step);
    if (at < story.last) this.go(story.stops[at + 1].to, true);
    else if (page.passes) page.passes.next();
    else if (page.isLive) {
      // The update has been made: the next way forward begins with what it gave.
      page.model.train();
      this.go(0);
    }
  }

  previous() {
    const { story, step, model, passes } = this.page;
    const at = story.indexOf(step);
    if (at > 0) this.go(story.stops[at - 1].to);
    else if (passes) passes.previous();
    else if (model.at > 0) {
      model.seek(model.at - 1);
      this.go(this.last);
    }
  }

  #canEnter() {
    return this.page.stop.scope >= 0;
  }

  /** The innermost module that is open around the present step, or the one that is shown alone; a loop for its repeats. */
  #around() {
    const { story, stop, picture, modules } = this.page;
    if (picture.isNeurons) return undefined;
    const scope = stop.scope === ELSEWHERE ? modules.top : story.around(stop)[0];
    return modules.loopOf(modules.top) !== undefined ? (modules.loopOf(scope) ?? scope) : scope;
  }

  /** Goes into the closed module that the present step passes, to its first step. Whether there is one. */
  into() {
    const { page } = this;
    const { scope, from } = page.stop;
    if (!this.#canEnter()) return false;
    page.step = from;
    if (page.modules.repeats.has(scope)) page.picture.opening.enterLoop(scope);
    else page.picture.opening.open(scope);
    this.go(from);
    return true;
  }

  /** Goes out of the module that is open around the present step, which becomes one step again. Whether there is one. */
  out() {
    const { page } = this;
    const around = this.#around();
    if (around === undefined) return false;
    page.picture.opening.close(around);
    this.go(page.step);
    return true;
  }

  /** @param {boolean} on */
  play(on) {
    const { page } = this;
    this.isPlaying = on;
    clearTimeout(this.timer);
    byId("play").setAttribute("aria-label", on ? "pause" : "play");
    byId("page").classList.toggle("playing", on);
    // Hearing every step while it plays would be too much.
    byId("spoken").setAttribute("aria-live", on ? "off" : "polite");
    if (!on) return;
    if (page.step >= page.timeline.backwardEnd) this.go(0);
    const tick = () => {
      if (!this.isPlaying) return;
      if (page.step >= this.last) {
        this.play(false);
        return;
      }
      this.next();
      this.timer = window.setTimeout(tick, MOMENT / Number(byId("speed").value));
    };
    this.timer = window.setTimeout(tick, 500);
  }

  /** @param {number} step */
  nearest(step) {
    return Math.max(0, Math.min(this.last, step));
  }

  /** Gives the equation the room that it needs, if it has another size than before: whether it has. */
  #makeRoom() {
    const { size } = this;
    const panel = byId("equation-panel");
    const now = () => `${panel.offsetWidth} ${panel.offsetHeight} ${window.innerHeight}`;
    if (size && now() === size) return false;
    // At first nothing is asked before there is something in it: each question lays the page out.
    if (!size || !size.startsWith(`${panel.offsetWidth} `) || !size.endsWith(` ${window.innerHeight}`))
      this.equation.reserve(this.page.story);
    this.size = now();
    return true;
  }

  /** Shows the equation at another size. */
  follow() {
    if (!this.#makeRoom()) return;
    this.equation.fill(this.page.stop);
    this.equation.show(this.page.stop);
  }
}
