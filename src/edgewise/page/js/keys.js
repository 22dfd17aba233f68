import { byId } from "./dom.js";
import { listenTo } from "./outside.js";

/**
 * What keys do, where nothing is being typed.
 *
 * @param {import("./main.js").Page} page
 */
export function setUpKeys(page) {
  const { model } = page;
  /** What is on top, or selected, is let go first. */
  const out = () => {
    byId("folded").hidePopover?.();
    if (page.looking?.out() || page.presenting.out()) return;
    if (page.selection.selected) page.select(null);
    else page.picture.out();
  };
  /** What keys do; false where there was nothing to do. @type {Record<string, () => unknown>} */
  const keys = {
    ...page.player.keys,
    ...page.picture.keys,
    ...page.predicting.keys,
    ...page.presenting.keys,
    ...page.help.keys,
    "/": () => byId("query").focus(),
    Escape: out,
    Backspace: () => page.picture.out(),
  };
  page.help.list(Object.keys(keys));
  // Large pictures have hundreds of things on the way to the buttons of the story.
  byId("skip").addEventListener("click", () => byId("play").focus());
  for (const end of ["change", "focusout", "pointerup"]) listenTo(document, end, () => model.settle());
  listenTo(document, "keydown", (/** @type {KeyboardEvent} */ event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches("input[type=text], select, textarea") || target.closest("dialog")) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      event.preventDefault();
      if (event.shiftKey) model.redo();
      else model.undo();
      page.refresh();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.matches("input[type=range]") && ![" ", "/"].includes(event.key)) return;
    if (target.matches("button, summary") && event.key === " ") return;
    const act = (event.shiftKey && keys[`Shift+${event.key}`]) || (keys[event.key] ?? keys[event.key.toLowerCase()]);
    // Where there is nothing to go into, an arrow scrolls.
    if (act && act() !== false) event.preventDefault();
  });
}
