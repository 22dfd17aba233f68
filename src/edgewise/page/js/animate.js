import { isStill, make } from "./dom.js";

const LONG = 320;
/** More would not be smooth. */
const MOST_GLIDING = 700;

/**
 * Remembers where things are in the window, so that they can glide from there to where they are next.
 *
 * @param {import("./drawing.js").Drawing} drawing
 * @param {import("./view.js").View} view
 */
export function createAnimation(drawing, view) {
  /** @type {Map<string, number[]>} the middles of things and frames */
  const before = new Map();
  if (!isStill()) {
    const { x: left, y: top } = view.origin();
    const { scale } = view;
    for (const key of drawing.groups.keys()) {
      const thing = drawing.placeOf(key);
      if (thing)
        before.set(key, [left + scale * (thing.x + thing.width / 2), top + scale * (thing.y + thing.height / 2)]);
    }
    for (const { scope, x, y, width, height } of drawing.arrangement.frames) {
      before.set(`frame ${scope}`, [left + scale * (x + width / 2), top + scale * (y + height / 2)]);
    }
  }

  /** Lets them glide. @param {(key: string) => string[]} from what a new thing comes out of */
  return function glide(from) {
    if (isStill() || !before.size || drawing.groups.size > MOST_GLIDING) return;
    const { x: left, y: top } = view.origin();
    const { scale } = view;
    const timing = { duration: LONG, easing: "cubic-bezier(0.3, 0, 0.15, 1)" };
    for (const [key, group] of drawing.groups) {
      const thing = drawing.placeOf(key);
      if (!thing) continue;
      const own = before.get(key);
      const start =
        own ??
        from(key)
          .map((other) => before.get(other))
          .find(Boolean);
      if (!start) continue;
      const x = (start[0] - left) / scale - thing.width / 2;
      const y = (start[1] - top) / scale - thing.height / 2;
      const [first, last] = [`translate(${x}px, ${y}px)`, `translate(${thing.x}px, ${thing.y}px)`];
      group.animate(
        [
          { transform: first, opacity: own ? 1 : 0 },
          { transform: last, opacity: 1 },
        ],
        timing,
      );
    }
    for (const layer of [drawing.wires, drawing.frames])
      layer.animate([{ opacity: 0 }, { opacity: 0, offset: 0.5 }, { opacity: 1 }], { duration: LONG });
  };
}

/**
 * Goes from one picture to another: what shows the same thing in both flies from its place in one to that in the other.
 *
 * @param {HTMLElement} frame
 * @param {SVGSVGElement} from
 * @param {SVGSVGElement} to
 */
export function switchPictures(frame, from, to) {
  const before = placesIn(from);
  frame.replaceChildren(to);
  if (isStill()) return;
  const outside = frame.getBoundingClientRect();
  const ghosts = make("div", { class: "ghosts", "aria-hidden": "true" });
  for (const [id, end] of placesIn(to)) {
    const start = before.get(id);
    if (!start) continue;
    const ghost = make("div", { class: "ghost" });
    /** @param {DOMRect} box */
    const at = (box) => ({
      left: `${box.left - outside.left}px`,
      top: `${box.top - outside.top}px`,
      width: `${box.width}px`,
      height: `${box.height}px`,
    });
    ghosts.append(ghost);
    ghost.animate(
      [
        { ...at(start), opacity: 0.9 },
        { ...at(end), opacity: 0.9, offset: 0.8 },
        { ...at(end), opacity: 0 },
      ],
      { duration: 700, easing: "cubic-bezier(0.5, 0, 0.2, 1)", fill: "both" },
    );
  }
  to.animate([{ opacity: 0 }, { opacity: 0, offset: 0.45 }, { opacity: 1 }], { duration: 700 });
  frame.parentElement?.append(ghosts);
  setTimeout(() => ghosts.remove(), 750);
}

/** @param {SVGSVGElement} svg @returns {Map<string, DOMRect>} where each tensor is */
function placesIn(svg) {
  const found = new Map();
  for (const group of svg.querySelectorAll("g[data-kind=tensor]")) {
    const shape = group.querySelector(".chip") ? group : null;
    if (shape)
      found.set(
        group.getAttribute("data-id") ?? "",
        (group.querySelector("rect.chip") ?? group).getBoundingClientRect(),
      );
  }
  return found;
}
