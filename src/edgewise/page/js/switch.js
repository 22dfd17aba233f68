import { isStill, make } from "./dom.js";

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
