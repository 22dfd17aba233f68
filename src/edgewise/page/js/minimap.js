import { paintThumbnail } from "./canvas.js";
import { make } from "./dom.js";
import { within } from "./scene.js";

/** It is shown where the picture is so many times larger than its frame. */
const MAP_FROM = 1.5;
const MAP_WIDE = 196;
const MAP_HIGH = 112;
/** Of very long pictures it is stretched, so that there is something to take hold of. */
const MAP_LEAST = 34;
/** How far it is from the corner of the frame. */
const MAP_EDGE = 10;

/** A small picture of all, in the corner of the frame, with what of it is in sight. */
export class Minimap {
  /**
   * @param {HTMLElement} frame
   * @param {import("./view.js").View} view
   */
  constructor(frame, view) {
    this.frame = frame;
    this.view = view;
    this.canvas = /** @type {HTMLCanvasElement} */ (make("canvas"));
    this.part = /** @type {HTMLElement} */ (make("div", { class: "part" }));
    this.element = /** @type {HTMLElement} */ (
      make("div", { id: "minimap", "aria-hidden": "true" }, this.canvas, this.part)
    );
    this.element.hidden = true;
    this.width = 0;
    this.height = 0;
    /** @type {import("./scene.js").Picture | null} */
    this.picture = null;
    /** In which corner it is. */
    this.corner = 0;
    this.element.addEventListener("pointerdown", (event) => this.#drag(event));
  }

  /** Whether it is of use, and covers little. */
  #isWanted() {
    return this.view.exceeds(MAP_FROM) && this.frame.clientWidth > 560 && this.frame.clientHeight > 200;
  }

  hide() {
    this.element.hidden = true;
  }

  /**
   * @param {import("./scene.js").Picture} scene
   * @param {import("./canvas.js").Look} look
   * @param {Record<string, string>} colours
   * @param {boolean} isNew whether more than what is in sight has changed
   */
  draw(scene, look, colours, isNew) {
    const { element, part, view } = this;
    const wasHidden = element.hidden;
    element.hidden = !this.#isWanted();
    if (element.hidden) return;
    if (isNew || wasHidden || this.picture !== scene) this.#paint(scene, look, colours);
    this.#stand(scene, look.work.things);
    const [left, top, right, bottom] = view.seen();
    /** @param {number} at @param {number} whole @param {number} size */
    const place = (at, whole, size) => (Math.max(0, Math.min(whole, at)) / whole) * size;
    const [x, y] = [place(left, scene.width, this.width), place(top, scene.height, this.height)];
    part.style.transform = `translate(${x}px, ${y}px)`;
    part.style.width = `${Math.max(7, place(right, scene.width, this.width) - x)}px`;
    part.style.height = `${Math.max(7, place(bottom, scene.height, this.height) - y)}px`;
  }

  /** @param {import("./scene.js").Picture} scene @param {import("./canvas.js").Look} look @param {Record<string, string>} colours */
  #paint(scene, look, colours) {
    const { canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    const scale = Math.min(MAP_WIDE / scene.width, MAP_HIGH / scene.height);
    const width = (this.width = Math.max(MAP_LEAST, scene.width * scale));
    const height = (this.height = Math.max(MAP_LEAST, scene.height * scale));
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.setTransform((width * ratio) / scene.width, 0, 0, (height * ratio) / scene.height, 0, 0);
    paintThumbnail(context, scene, look, colours, width / scene.width, height / scene.height);
    this.picture = scene;
  }

  /**
   * Puts it where it covers nothing, if there is such a corner, and else little, and nothing at work; it stays where it
   * is as long as it does. What it covers shows through.
   *
   * @param {import("./scene.js").Picture} scene
   * @param {string[]} working what is at work
   */
  #stand(scene, working) {
    const { element, frame } = this;
    const [wide, high] = [element.offsetWidth, element.offsetHeight];
    const [right, bottom] = [frame.clientWidth - wide - MAP_EDGE, frame.clientHeight - high - MAP_EDGE];
    /** @type {[number, number][]} from the left and from the top of the frame */
    const corners = [
      [right, bottom],
      [MAP_EDGE, bottom],
      [right, MAP_EDGE],
      [MAP_EDGE, MAP_EDGE],
    ];
    if (!element.onpointermove) {
      const busy = new Set(working.map((key) => scene.places.get(key)));
      const found = new Uint32Array(scene.count);
      const covered = corners.map(([left, top]) => {
        const count = within(scene.boxes, this.#boxAt(left, top, wide, high), found);
        return count + (found.subarray(0, count).some((place) => busy.has(place)) ? scene.count : 0);
      });
      if (covered[this.corner]) this.corner = covered.indexOf(Math.min(...covered));
      element.classList.toggle("covers", covered[this.corner] > 0);
    }
    const [left, top] = corners[this.corner];
    element.style.left = `${frame.offsetLeft + frame.clientLeft + left}px`;
    element.style.top = `${frame.offsetTop + frame.clientTop + top}px`;
  }

  /** What of the picture a box of the frame covers. @param {number} left @param {number} top @param {number} wide @param {number} high */
  #boxAt(left, top, wide, high) {
    const { x, y } = this.view.origin();
    return [left - x, top - y, left + wide - x, top + high - y].map((at) => at / this.view.scale);
  }

  /** Who takes hold of the part in sight drags it; who presses elsewhere goes there. @param {PointerEvent} event */
  #drag(event) {
    const { picture, element, canvas, view } = this;
    if (!picture) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    const box = canvas.getBoundingClientRect();
    const { left, right, top, bottom } = this.part.getBoundingClientRect();
    const { clientX, clientY } = event;
    const isHeld = clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
    const [dx, dy] = isHeld ? [clientX - (left + right) / 2, clientY - (top + bottom) / 2] : [0, 0];
    /** @param {PointerEvent} move */
    const go = (move) => {
      view.centre(
        ((move.clientX - dx - box.left) / box.width) * picture.width,
        ((move.clientY - dy - box.top) / box.height) * picture.height,
      );
    };
    go(event);
    element.onpointermove = go;
    element.onpointerup = element.onpointercancel = () => {
      element.onpointermove = null;
    };
  }
}
