import { byId, make } from "./dom.js";
import { EquationPanel } from "./equation.js";
import { equationContent } from "./equation_content.js";
import { phaseAt } from "./timeline.js";

/** How long a moment is shown while the step plays, in milliseconds. */
const MOMENT = 1700;

/** Leads through a training step, moment by moment. */
export class Player {
  /** @param {import("./main.js").Page} page */
  constructor(page) {
    const { graph, model, timeline } = page;
    this.page = page;
    this.last = timeline.moments.length - 1;
    const go = (/** @type {number} */ to) => this.go(to);
    this.equation = new EquationPanel(graph, timeline, (step, isTight = false) =>
      equationContent({ graph, model, timeline, step, go, isTight }),
    );
    this.isPlaying = false;
    this.timer = 0;
    /** For which size of the window and of the equation there is room. */
    this.size = "";
    /** @param {() => void} act */
    const stopped = (act) => () => {
      this.play(false);
      act();
    };
    this.keys = {
      ArrowRight: stopped(() => this.next()),
      ArrowLeft: stopped(() => this.previous()),
      Home: stopped(() => this.go(0)),
      End: stopped(() => this.go(this.last)),
      " ": () => this.play(!this.isPlaying),
    };
    this.#setUpPhases();
    const scrub = byId("scrub");
    scrub.addEventListener(
      "input",
      stopped(() => this.go(Number(scrub.value))),
    );
    byId("first").addEventListener("click", this.keys.Home);
    byId("back").addEventListener("click", this.keys.ArrowLeft);
    byId("play").addEventListener("click", this.keys[" "]);
    byId("next").addEventListener("click", this.keys.ArrowRight);
    byId("last").addEventListener("click", this.keys.End);
    byId("remark").addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const { node } = /** @type {HTMLElement} */ (event.target).dataset;
      if (node) page.picture.revealThing(`node ${node}`);
    });
  }

  #setUpPhases() {
    const { forwardEnd, backwardEnd } = this.page.timeline;
    /** @type {[string, number, number][]} */
    const phases = [
      ["Forward", 0, forwardEnd],
      ["Backward", forwardEnd, backwardEnd],
      ["Update", backwardEnd, this.last],
    ];
    for (const [name, from, to] of phases) {
      if (to <= from) continue;
      const onclick = () => this.go(from + (from ? 1 : 0));
      const part = make("button", { type: "button", class: `phase ${name.toLowerCase()}`, text: name, onclick });
      part.style.flexGrow = String(to - from);
      byId("phases").append(part);
    }
    const scrub = byId("scrub");
    scrub.max = String(this.last);
    scrub.style.setProperty("--forward", String(forwardEnd / this.last));
    scrub.style.setProperty("--backward", String(backwardEnd / this.last));
  }

  /** Begins to follow the size of the window. What is to be seen at first is shown afterwards. */
  begin() {
    this.#makeRoom();
    new ResizeObserver(() => this.follow()).observe(byId("equation-panel"));
  }

  refresh() {
    const { page, equation, last } = this;
    const { step } = page;
    const { spoken } = equation.fill(step);
    if (byId("spoken").textContent !== spoken) byId("spoken").textContent = spoken;
    const scrub = byId("scrub");
    scrub.value = String(step);
    scrub.setAttribute("aria-valuetext", spoken);
    scrub.style.setProperty("--at", String(step / last));
    byId("count").textContent = `${step} / ${last}`;
    byId("page").dataset.phase = phaseAt(page.timeline, step);
    byId("page").dataset.step = String(step);
    // All is written before anything is measured.
    equation.show(step);
  }

  /** @param {number} to @param {boolean} animated */
  go(to, animated = false) {
    const { page } = this;
    page.step = this.nearest(to);
    page.refresh();
    page.keepSoon();
    page.picture.stop();
    page.picture.reveal();
    if (animated) page.picture.fly(Number(byId("speed").value));
  }

  /** Goes to a moment that the reader has chosen. @param {number} to */
  jump(to) {
    this.play(false);
    this.go(to, true);
  }

  next() {
    const { page } = this;
    if (page.step < this.last) this.go(page.step + 1, true);
    else if (page.isLive) {
      // The update has been made: the next way forward begins with what it gave.
      page.model.train();
      this.go(0);
    }
  }

  previous() {
    const { step, model } = this.page;
    if (step > 0) this.go(step - 1);
    else if (model.at > 0) {
      model.seek(model.at - 1);
      this.go(this.last);
    }
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
      if (page.step === this.last) {
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
      this.equation.reserve();
    this.size = now();
    return true;
  }

  /** Shows the equation at another size. */
  follow() {
    if (!this.#makeRoom()) return;
    this.equation.fill(this.page.step);
    this.equation.show(this.page.step);
  }
}
