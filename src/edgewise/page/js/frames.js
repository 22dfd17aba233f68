import { makeSvg } from "./dom.js";

/** What stands in the corners of modules, and opens, closes or enters them. */

const SIGNS = {
  open: "M-3.2 0H3.2M0-3.2V3.2",
  close: "M-3.2 0H3.2",
  enter: "M-.8-3.3H-3.3V-.8M.8 3.3H3.3V.8M-3.3-3.3L-1-1M3.3 3.3L1 1",
};

/**
 * A small round button.
 *
 * @param {keyof typeof SIGNS} what
 * @param {string} label
 * @param {number} x
 * @param {number} y
 * @param {() => void} act
 */
export function roundButton(what, label, x, y, act) {
  const button = makeSvg(
    "g",
    { class: `round ${what}`, transform: `translate(${x} ${y})`, role: "button", tabindex: 0, "aria-label": label },
    makeSvg("circle", { class: "around", r: 10 }),
    makeSvg("circle", { r: 7 }),
    makeSvg("path", { d: SIGNS[what] }),
    makeSvg("title", { text: label }),
  );
  button.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    event.stopPropagation();
    act();
  });
  button.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  return button;
}

/**
 * The frame of an open module.
 *
 * @param {import("./arrangement.js").Frame} frame
 * @param {string} title
 * @param {{ close: () => void, enter: () => void } | null} act none, if it stays open
 * @returns {SVGGElement}
 */
export function frameElement({ scope, x, y, width, height }, title, act) {
  const most = Math.max(2, Math.floor((width - 20) / 6.4));
  const shown = title.length > most ? `${title.slice(0, most - 1)}…` : title;
  const group = makeSvg(
    "g",
    { "data-kind": "frame", "data-id": scope },
    makeSvg("rect", { class: "module", x, y, width, height, rx: 10 }),
    makeSvg("text", { class: "title", x: x + 12, y: y + 18, text: shown }),
  );
  // On the border, where they leave the title its room; at its beginning, which is in sight once it is opened.
  if (act) {
    group.append(
      roundButton("enter", `Show ${title} alone`, x + 34, y, act.enter),
      roundButton("close", `Close ${title}`, x + 15, y, act.close),
    );
  }
  return group;
}
