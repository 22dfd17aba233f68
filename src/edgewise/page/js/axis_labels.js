import { make } from "./dom.js";
import { cutLabel } from "./element_names.js";

/**
 * Labels at the sides of arrays, such as tokens. A page without labels does not have this module.
 *
 * @typedef {import("./element_names.js").Labels} Labels
 *
 * @typedef {object} Sides
 * @property {string[]} [rows]
 * @property {string[]} [columns]
 */

/** Rows and columns of a map that are narrower, in pixels, have no labels. */
const NARROWEST_LABELLED = 9;
/** Sides with more rows or columns have no labels. */
const MOST_LABELLED = 160;
/** How wide a letter of a label is, about. */
const WIDTH_OF_LETTER = 5.6;

/**
 * The labels of rows and columns of an array that is shown with its axes in some order. Samples have none.
 *
 * @param {import("./heat.js").Mapped & { wholeShape?: number[], labels?: Labels }} array
 * @param {number[]} [order]
 * @returns {Sides}
 */
export function sidesOf({ shape, labels, tile, wholeShape }, order) {
  if (tile || wholeShape) return {};
  const axes = order ?? shape.map((_, axis) => axis);
  return { rows: labels?.[axes[axes.length - 2] ?? -1], columns: labels?.[axes[axes.length - 1] ?? -1] };
}

/** So much of the width of a map, in pixels, the labels of its rows take. @param {string[] | undefined} rows */
export function widthOfLabels(rows) {
  return rows ? WIDTH_OF_LETTER * cutLabel(longestOf(rows)).length + 8 : 0;
}

/** @param {string[]} texts */
const longestOf = (texts) => texts.reduce((longest, text) => (text.length > longest.length ? text : longest), "");

/**
 * Where along a side of a map its rows or columns are, which are several pixels wide, and may be those of several maps
 * beside each other.
 *
 * @param {number} length of the side, in the map's own pixels
 * @param {(along: number) => number} indexOf the row or column of a pixel; negative between maps
 */
function marksAlong(length, indexOf) {
  /** @type {{ index: number, from: number, to: number }[]} */
  const found = [];
  for (let along = 0; along < length; along++) {
    const index = indexOf(along);
    const last = found[found.length - 1];
    if (last?.index === index && last.to === along) last.to += 1;
    else if (index >= 0) found.push({ index, from: along, to: along + 1 });
  }
  return found;
}

/**
 * A map with labels at its sides, where there are some.
 *
 * @param {HTMLCanvasElement} map
 * @param {import("./heat.js").Sheet} sheet
 * @param {Sides} sides
 * @param {number[]} size rows and columns of the array, or of each of several in it
 */
export function withLabels(map, { width, height, at }, { rows, columns }, [down, across]) {
  if (!rows && !columns) return map;
  /** @param {string[]} texts @param {number} length @param {(along: number) => number} placeOf @param {(place: number) => number} indexOf @param {string} name @param {"top" | "left"} edge */
  const strip = (texts, length, placeOf, indexOf, name, edge) => {
    const marks = marksAlong(length, (along) => (placeOf(along) < 0 ? -1 : indexOf(placeOf(along))));
    if (marks.length > MOST_LABELLED) return undefined;
    const spans = marks.map(({ index, from, to }) => {
      const span = make("span", { title: texts[index], text: cutLabel(texts[index]) });
      span.style[edge] = `${(50 * (from + to)) / length}%`;
      return span;
    });
    // The longest one, which is not seen, makes the room.
    const room = make("i", { text: cutLabel(longestOf(texts)) });
    const part = Math.min(...marks.map(({ from, to }) => to - from)) / length;
    return make("div", { class: `axis-labels ${name}`, "aria-hidden": "true", "data-part": part }, room, ...spans);
  };
  const left =
    rows &&
    strip(
      rows,
      height,
      (y) => at(0, y),
      (place) => Math.floor(place / across) % down,
      "of-rows",
      "top",
    );
  const top =
    columns &&
    strip(
      columns,
      width,
      (x) => at(x, 0),
      (place) => place % across,
      "of-columns",
      "left",
    );
  const labelled = make("div", { class: "labelled-map" }, top, left, map);
  fitLabels(map);
  return labelled;
}

/** Hides labels for which a map has become too small. @param {HTMLElement} map */
export function fitLabels(map) {
  for (const strip of map.parentElement?.querySelectorAll(".axis-labels") ?? []) {
    const { classList, dataset } = /** @type {HTMLElement} */ (strip);
    const extent = parseFloat(classList.contains("of-rows") ? map.style.height : map.style.width);
    strip.toggleAttribute("hidden", Number(dataset.part) * extent < NARROWEST_LABELLED);
  }
}
