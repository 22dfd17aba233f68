import { isStill } from "./dom.js";

const LONG = 320;
/** More would not be smooth. */
const MOST_GLIDING = 700;

/**
 * Remembers where things are in the window, so that they can glide from there to where they are next.
 *
 * @param {import("./drawing.js").Drawing} drawing
 * @param {import("./view.js").View} view
 */
export function glidesOf(drawing, view) {
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
