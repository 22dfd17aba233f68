import { make } from "./dom.js";
import { paintImage } from "./images.js";

/**
 * One image large, which can be drawn on, with how likely each class is.
 *
 * @typedef {{ set: number, batch: number, index: number }} Chosen an image
 */
export class Enlarged {
  /**
   * @param {import("../contract.js").GalleryData} data
   * @param {import("./evaluating.js").Evaluator} evaluator
   * @param {ReturnType<typeof import("./images.js").lookOf>} look
   * @param {Chosen} chosen
   */
  constructor({ classes, shape }, evaluator, look, chosen) {
    this.classes = classes;
    this.shape = shape;
    this.evaluator = evaluator;
    this.look = look;
    this.chosen = chosen;
    /** @type {Float32Array | null} what the reader drew in its place */
    this.drawn = null;
    /** Whether the story has yet to come to what the network makes of it. */
    this.isEarly = true;
    const isWordy = classes.some((name) => name.length > 2);
    this.canvas = make("canvas", { class: "image", role: "img" });
    this.said = make("p", { class: "said" });
    const onclick = () => this.#draw(null);
    this.again = make("button", { type: "button", class: "jump", text: "as it was", hidden: true, onclick });
    this.hint = make("span", { class: "quiet", text: "Draw on it" });
    this.bars = classes.map(makeBar);
    const isGrey = shape[0] === 1;
    const image = make("span", { class: "sheet" }, this.canvas);
    const names = make(
      "div",
      { class: `one-classes${isWordy ? " is-wordy" : ""}` },
      this.said,
      ...this.bars.map(({ row }) => row),
    );
    this.element = make(
      "div",
      { class: "one" },
      make("div", { class: "one-image" }, image, make("p", {}, isGrey && this.hint, " ", this.again)),
      names,
    );
    if (isGrey) this.#setUpDrawing();
  }

  /** Whether it is this image. @param {Chosen} one */
  shows({ set, batch, index }) {
    return this.chosen.set === set && this.chosen.batch === batch && this.chosen.index === index;
  }

  /** @param {Chosen} one */
  choose(one) {
    this.chosen = { ...one };
    this.#draw(null);
  }

  /** Writes what the network makes of it now. */
  update() {
    const { chosen, drawn, classes, said, canvas } = this;
    const { all, truth } = this.evaluator.ask(chosen, drawn);
    const { values, pixels } = this.evaluator.look(chosen);
    paintImage(canvas, drawn ?? values, drawn ? 0 : chosen.index * pixels, this.look);
    const guess = all.indexOf(Math.max(...all));
    const isWrong = guess !== truth && !drawn;
    const read = make("b", { class: drawn ? "" : isWrong ? "is-wrong" : "is-right", text: classes[guess] });
    const subject = drawn ? "Your drawing" : make("b", { text: classes[truth] });
    said.replaceChildren(subject, ...(this.isEarly ? [] : [", taken for ", read]));
    canvas.setAttribute("aria-label", said.textContent);
    this.bars.forEach(({ row, fill, text }, i) => {
      const { isEarly } = this;
      fill.style.width = `${isEarly ? 0 : 100 * all[i]}%`;
      text.textContent = isEarly ? "" : percent(all[i]);
      row.classList.toggle("is-true", i === truth && !drawn && !isEarly);
      row.classList.toggle("is-wrong", i === guess && isWrong && !isEarly);
    });
    this.again.hidden = !drawn;
    this.hint.hidden = Boolean(drawn);
  }

  /** @param {Float32Array | null} pixels */
  #draw(pixels) {
    this.drawn = pixels;
    this.update();
  }

  /** The image is a sheet to draw on: with the pointer ink, with Shift or the other button none. */
  #setUpDrawing() {
    const { canvas, look } = this;
    canvas.addEventListener("contextmenu", (/** @type {Event} */ event) => event.preventDefault());
    canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      const ink = event.shiftKey || event.button === 2 ? look.low : look.high;
      this.#stroke(event, ink);
      canvas.onpointermove = (/** @type {PointerEvent} */ move) => this.#stroke(move, ink);
      canvas.onpointerup = canvas.onpointercancel = () => {
        canvas.onpointermove = null;
      };
    });
  }

  /** @param {PointerEvent} event @param {number} ink */
  #stroke(event, ink) {
    const [, rows, columns] = this.shape;
    const radius = Math.max(0.6, columns / 20);
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * columns - 0.5;
    const y = ((event.clientY - box.top) / box.height) * rows - 0.5;
    const { values, pixels } = this.evaluator.look(this.chosen);
    const from = this.chosen.index * pixels;
    const sheet = this.drawn ?? Float32Array.from(values.subarray(from, from + pixels));
    for (let i = 0; i < pixels; i++) {
      const far = Math.hypot((i % columns) - x, Math.floor(i / columns) - y);
      const share = Math.max(0, Math.min(1, 1.3 - far / radius));
      const wanted = sheet[i] + share * (ink - sheet[i]);
      sheet[i] = ink === this.look.high ? Math.max(sheet[i], wanted) : Math.min(sheet[i], wanted);
    }
    this.#draw(sheet);
  }
}

/** How likely a class is. @param {string} name */
function makeBar(name) {
  const [fill, text] = [make("span", { class: "bar-fill" }), make("span", { class: "bar-share" })];
  const [label, track] = [make("span", { class: "bar-name", text: name }), make("span", { class: "bar-track" }, fill)];
  return { fill, text, row: make("div", { class: "bar" }, label, track, text) };
}

/** @param {number} share */
export function percent(share) {
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}
