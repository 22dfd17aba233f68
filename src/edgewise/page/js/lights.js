import { makeSvg, make } from "./dom.js";
import { IN_PICTURE, layOutSheet } from "./heat.js";
import { shownArrays } from "./tiles.js";

/**
 * Marks single elements wherever the page shows them: in the picture, in the equation, and in cards.
 *
 * @typedef {import("./element_names.js").Target} Target
 * @typedef {import("./element_names.js").ElementNames} ElementNames
 */

/** Rectangles of neighbouring cells of a map, in its own pixels. @param {import("./heat.js").Sheet} sheet @param {Set<number>} lit */
function cellsOf({ width, height, at }, lit) {
  /** @type {{ x: number, y: number, width: number, height: number }[]} */
  const found = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!lit.has(at(x, y))) continue;
      const from = x;
      while (x + 1 < width && lit.has(at(x + 1, y))) x += 1;
      const row = { x: from, y, width: x - from + 1, height: 1 };
      const above = found.find((one) => one.x === row.x && one.width === row.width && one.y + one.height === y);
      if (above) above.height += 1;
      else found.push(row);
    }
  }
  return found;
}

export class Lights {
  /** @param {ElementNames} names @param {import("./model.js").Model} model */
  constructor(names, model) {
    this.names = names;
    this.model = model;
    /** @type {(() => void)[]} what takes the marks away */
    this.undo = [];
  }

  clear() {
    for (const act of this.undo) act();
    this.undo = [];
  }

  /** Marks an element, and those that it comes from or goes to. @param {Target} target @param {Target[]} others */
  show(target, others) {
    this.clear();
    /** @type {Map<string, { target: Target, lit: Set<number> }>} */
    const arrays = new Map();
    for (const one of others) {
      const key = `${one.kind} ${one.id}`;
      if (!arrays.has(key)) arrays.set(key, { target: one, lit: new Set() });
      arrays.get(key)?.lit.add(one.at);
    }
    for (const array of arrays.values()) this.#light(array.target, array.lit, "is-lit");
    this.#light(target, new Set([target.at]), "is-looked-at");
  }

  /** @param {Target} target @param {Set<number>} lit @param {string} name of the mark */
  #light(target, lit, name) {
    this.#inPicture(target, lit, name);
    const place = /** @type {number} */ (this.names.placeOf(target));
    const { data } = this.model.program.values[place];
    const tensor = this.names.tensorOf(target);
    for (const view of document.querySelectorAll(".numbers, .map, .figure")) {
      const shown = shownArrays.get(view);
      if (!shown || shown.values !== data || shown.array !== tensor) continue;
      if (shown.sheet) this.#overMap(/** @type {HTMLCanvasElement} */ (view), shown.sheet, lit, name);
      else if (view.localName === "table")
        for (const at of lit) this.#mark(view.querySelector(`[data-at="${at}"]`), name);
      else this.#mark(view, name);
    }
  }

  /** @param {Element | null | undefined} element @param {string} name */
  #mark(element, name) {
    if (!element) return;
    element.classList.add(name);
    this.undo.push(() => element.classList.remove(name));
  }

  /** @param {Element} element */
  #added(element) {
    this.undo.push(() => element.remove());
  }

  /** @param {HTMLCanvasElement} map @param {import("./heat.js").Sheet} sheet @param {Set<number>} lit @param {string} name */
  #overMap(map, sheet, lit, name) {
    const [wide, high] = [map.offsetWidth / sheet.width, map.offsetHeight / sheet.height];
    for (const { x, y, width, height } of cellsOf(sheet, lit)) {
      const cell = make("span", { class: `cell ${name}` });
      cell.style.left = `${map.offsetLeft + x * wide}px`;
      cell.style.top = `${map.offsetTop + y * high}px`;
      cell.style.width = `${width * wide}px`;
      cell.style.height = `${height * high}px`;
      map.after(cell);
      this.#added(cell);
    }
  }

  /** @param {Target} target @param {Set<number>} lit @param {string} name */
  #inPicture(target, lit, name) {
    const kind = target.kind === "part" ? "edge" : "tensor";
    const group = document.querySelector(`#picture g[data-kind="${kind}"][data-id="${target.id}"]`);
    if (!group) return;
    this.#mark(group, name);
    const way = target.kind === "value" ? "value" : "gradient";
    const texts = group.querySelectorAll(`text.grid.${way}`);
    for (const at of lit) this.#mark(texts[at], name);
    const image = /** @type {SVGImageElement | null} */ (
      group.querySelector(way === "value" ? "image:not(.of-gradient)" : "image.of-gradient")
    );
    if (!image) return;
    const sheet = layOutSheet(this.names.tensorOf(target), IN_PICTURE);
    const box = image.getBBox();
    const [wide, high] = [box.width / sheet.width, box.height / sheet.height];
    for (const { x, y, width, height } of cellsOf(sheet, lit)) {
      const place = { x: box.x + x * wide, y: box.y + y * high, width: width * wide, height: height * high };
      const cell = makeSvg("rect", { class: `cell ${name}`, ...place });
      image.after(cell);
      this.#added(cell);
    }
  }
}
