import { byId, make } from "./dom.js";
import { listenTo } from "./outside.js";

/** How large an equation may be drawn before a class. */
const LARGE_SIZES = [1.7, 1.45, 1.2, 1, 0.9, 0.8];

/** Presenting: the picture and the equation are large, and a dot shows where the mouse is. */
export class Presenting {
  /** @param {import("./main.js").Page} page */
  constructor(page) {
    this.page = page;
    this.isOn = false;
    this.dot = make("div", { id: "pointer", "aria-hidden": "true", hidden: true });
    byId("page").append(this.dot);
    this.button = byId("present");
    this.button.addEventListener("click", () => this.turn(!this.isOn));
    listenTo(document, "pointermove", (/** @type {PointerEvent} */ event) => this.#point(event));
    /** The keys of the small remotes that lecturers use, while it is on. */
    this.keys = { p: () => this.turn(!this.isOn), PageDown: () => this.#go(1), PageUp: () => this.#go(-1) };
  }

  /** @param {boolean} on */
  turn(on) {
    const { page } = this;
    if (on === this.isOn) return;
    this.isOn = on;
    byId("page").classList.toggle("presenting", on);
    this.button.setAttribute("aria-pressed", String(on));
    this.dot.hidden = true;
    if (on) page.picture.enlarge(false);
    page.player.equation.sizes = on ? LARGE_SIZES : null;
    page.player.equation.reserve(page.story);
    page.refresh();
    page.picture.reveal();
  }

  /** Whether there was something to leave. */
  out() {
    const wasOn = this.isOn;
    this.turn(false);
    return wasOn;
  }

  /** One step while it is on, or one part of the story, which these keys lead through at any time. @param {number} by */
  #go(by) {
    const { player, lesson } = this.page;
    if (!this.isOn && !lesson) return false;
    if (lesson) lesson.go(lesson.at + by);
    else if (by > 0) player.keys.ArrowRight();
    else player.keys.ArrowLeft();
    return true;
  }

  /** @param {PointerEvent} event */
  #point({ pointerType, clientX, clientY }) {
    if (!this.isOn || pointerType === "touch") return;
    this.dot.hidden = false;
    this.dot.style.transform = `translate(${clientX}px, ${clientY}px)`;
  }
}
