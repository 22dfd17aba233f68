import { byId, make } from "./dom.js";

/** What keys do, in words; several keys of one kind share a line. @type {[keys: string[], words: string, part: string][]} */
const KEY_WORDS = [
  [["ArrowRight", "ArrowLeft"], "one step forward or back", "Steps"],
  [["ArrowDown", "ArrowUp"], "into a closed module, and out of it", "Steps"],
  [["Shift+ArrowRight", "Shift+ArrowLeft"], "to the next chapter, or the one before", "Steps"],
  [["Home", "End"], "to the first or the last step", "Steps"],
  [[" "], "play, or pause", "Steps"],
  [["g"], "predict the gradients, or stop that", "Lesson"],
  [["p"], "present: picture and equation large, or back", "Lesson"],
  [["PageDown", "PageUp"], "forward or back in a story or while presenting, as a clicker does", "Lesson"],
  [["+", "=", "-"], "larger or smaller", "Picture"],
  [["0"], "all of the picture, or its usual size", "Picture"],
  [["f"], "the picture alone, or back", "Picture"],
  [["Backspace"], "out of a module that is shown alone", "Picture"],
  [["/"], "find a tensor, an operation or a line", "Page"],
  [["Escape"], "close, or let go of what is selected", "Page"],
  [["?"], "these keys", "Page"],
];

/** What works by other means than the page's own keys. @type {[string, string, string][]} */
const OTHER_WORDS = [
  ["Tab", "through the picture, in the order of the way forward", "Picture"],
  ["Enter", "select a box, or open a module; again: go to its step", "Picture"],
  ["Shift Enter", "show a module alone", "Picture"],
  ["Arrows", "in a table or map of numbers: from number to number, each with its sum", "Picture"],
  ["Ctrl Z", "undo; with Shift redo", "Page"],
];

/** @type {Record<string, string>} */
const KEY_NAMES = {
  ArrowRight: "→",
  ArrowLeft: "←",
  ArrowDown: "↓",
  ArrowUp: "↑",
  " ": "space",
  Escape: "Esc",
  "-": "−",
  PageDown: "Page ↓",
  PageUp: "Page ↑",
  "Shift+ArrowRight": "Shift →",
  "Shift+ArrowLeft": "Shift ←",
};

/** A dialog with the keys that a page has. */
export class KeysHelp {
  constructor() {
    this.dialog = make("dialog", { id: "keys", "aria-labelledby": "keys-title" });
    byId("page").append(this.dialog);
    for (const id of ["help", "all-keys"]) byId(id).addEventListener("click", () => this.show());
    // A click beside it closes it.
    this.dialog.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.legend = make("p", { class: "legend" });
    this.keys = { "?": () => this.show() };
  }

  /** Lists keys. @param {string[]} keys */
  list(keys) {
    const known = new Set(keys);
    /** @type {Map<string, HTMLElement[]>} */
    const parts = new Map();
    /** @param {string} part @param {string[]} names @param {string} words */
    const add = (part, names, words) => {
      const caps = names.map((text) => make("kbd", { text }));
      const row = make("div", {}, make("dt", {}, ...caps), make("dd", { text: words }));
      parts.set(part, [...(parts.get(part) ?? []), row]);
    };
    for (const [own, words, part] of KEY_WORDS) {
      const here = own.filter((key) => known.delete(key));
      if (here.length) add(part, here.map(keyName), words);
    }
    for (const [name, words, part] of OTHER_WORDS) add(part, name.split(" "), words);
    for (const key of known) add("Page", [keyName(key)], "");
    const close = make("button", { type: "button", class: "close", "aria-label": "close", text: "×" });
    close.addEventListener("click", () => this.dialog.close());
    this.dialog.replaceChildren(
      make("header", {}, make("h2", { id: "keys-title", text: "Keys, colours and signs" }), close),
      ...[...parts].map(([title, rows]) => make("section", {}, make("h3", { text: title }), make("dl", {}, ...rows))),
      make("section", {}, make("h3", { text: "In the picture" }), this.legend),
    );
  }

  show() {
    if (this.dialog.open) return;
    // In narrow windows there is no room for all of it below the picture.
    this.legend.replaceChildren(...[...byId("legend").children].map((key) => key.cloneNode(true)));
    this.dialog.showModal();
  }
}

/** @param {string} key */
function keyName(key) {
  return KEY_NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}
