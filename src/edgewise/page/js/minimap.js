import { paintThumbnail } from "./canvas.js";
import { make } from "./dom.js";
import { within } from "./scene.js";

/** It is shown where the picture is so many times larger than its frame. */
const MAP_FROM = 1.5;
const MAP_WIDE = 196;
const MAP_HIGH = 112;
/** Of very long pictures it is stretched, so that there is something to take hold of. */
const MAP_LEAST = 34;

/**
 * A small picture of all, in the corner of the frame, with what of it is in sight.
 *
 * @param {HTMLElement} frame
 * @param {import("./view.js").View} view
 */
export function minimapIn(frame, view) {
  const canvas = /** @type {HTMLCanvasElement} */ (make("canvas"));
  const part = make("div", { class: "part" });
  const element = make("div", { id: "minimap", "aria-hidden": "true" }, canvas, part);
  element.hidden = true;
  let width = 0;
  let height = 0;
  /** @type {import("./scene.js").Picture | null} */
  let picture = null;
  /** In which corner it is. */
  let corner = 0;

  /** Whether it is of use, and covers little. @param {boolean} possible */
  function isWanted(possible) {
    return possible && view.exceeds(MAP_FROM) && frame.clientWidth > 560 && frame.clientHeight > 200;
  }

  /**
   * @param {import("./scene.js").Picture} scene
   * @param {import("./canvas.js").Look} look
   * @param {Record<string, string>} colours
   * @param {boolean} isNew whether more than what is in sight has changed
   */
  function draw(scene, look, colours, isNew) {
    const wasHidden = element.hidden;
    element.hidden = !isWanted(true);
    if (element.hidden) return;
    if (isNew || wasHidden || picture !== scene) {
      const ratio = window.devicePixelRatio || 1;
      const scale = Math.min(MAP_WIDE / scene.width, MAP_HIGH / scene.height);
      width = Math.max(MAP_LEAST, scene.width * scale);
      height = Math.max(MAP_LEAST, scene.height * scale);
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
      context.setTransform((width * ratio) / scene.width, 0, 0, (height * ratio) / scene.height, 0, 0);
      paintThumbnail(context, scene, look, colours, width / scene.width, height / scene.height);
      picture = scene;
    }
    stand(scene, look.work.things);
    const [left, top, right, bottom] = view.seen();
    /** @param {number} at @param {number} whole @param {number} size */
    const place = (at, whole, size) => (Math.max(0, Math.min(whole, at)) / whole) * size;
    const [x, y] = [place(left, scene.width, width), place(top, scene.height, height)];
    part.style.transform = `translate(${x}px, ${y}px)`;
    part.style.width = `${Math.max(7, place(right, scene.width, width) - x)}px`;
    part.style.height = `${Math.max(7, place(bottom, scene.height, height) - y)}px`;
  }

  /**
   * Puts it where it covers nothing, if there is such a corner, and else little, and nothing at work; it stays where it
   * is as long as it does. What it covers shows through.
   *
   * @param {import("./scene.js").Picture} scene
   * @param {string[]} working what is at work
   */
  function stand(scene, working) {
    const [wide, high] = [element.offsetWidth, element.offsetHeight];
    /** @type {[number, number][]} from the left and from the top of the frame */
    const corners = [
      [frame.clientWidth - wide - 10, frame.clientHeight - high - 10],
      [10, frame.clientHeight - high - 10],
      [frame.clientWidth - wide - 10, 10],
      [10, 10],
    ];
    if (!element.onpointermove) {
      const { x, y } = view.origin();
      const found = new Uint32Array(scene.count);
      const covered = corners.map(([left, top]) => {
        const [from, to] = [
          [left - x, top - y],
          [left + wide - x, top + high - y],
        ].map((point) => point.map((at) => at / view.scale));
        const count = within(scene.boxes, [...from, ...to], found);
        const busy = new Set(working.map((key) => scene.places.get(key)));
        return count + (found.subarray(0, count).some((place) => busy.has(place)) ? scene.count : 0);
      });
      if (covered[corner] || picture !== scene) corner = covered.indexOf(Math.min(...covered));
      element.classList.toggle("covers", covered[corner] > 0);
    }
    const [left, top] = corners[corner];
    element.style.left = `${frame.offsetLeft + frame.clientLeft + left}px`;
    element.style.top = `${frame.offsetTop + frame.clientTop + top}px`;
  }

  element.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (!picture) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    const { width: whole, height: high } = picture;
    const box = canvas.getBoundingClientRect();
    const inside = part.getBoundingClientRect();
    const isHeld =
      event.clientX >= inside.left &&
      event.clientX <= inside.right &&
      event.clientY >= inside.top &&
      event.clientY <= inside.bottom;
    // Who takes hold of the part drags it; who presses elsewhere goes there.
    const [dx, dy] = isHeld
      ? [event.clientX - (inside.left + inside.right) / 2, event.clientY - (inside.top + inside.bottom) / 2]
      : [0, 0];
    /** @param {PointerEvent} move */
    const go = (move) => {
      view.centre(
        ((move.clientX - dx - box.left) / box.width) * whole,
        ((move.clientY - dy - box.top) / box.height) * high,
      );
    };
    go(event);
    element.onpointermove = go;
    element.onpointerup = element.onpointercancel = () => {
      element.onpointermove = null;
    };
  });

  return {
    element,
    draw,
    hide() {
      element.hidden = true;
    },
  };
}
