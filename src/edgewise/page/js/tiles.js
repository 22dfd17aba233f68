import { fitLabels, sidesOf, widthOfLabels, withLabels } from "./axis_labels.js";
import { make } from "./dom.js";
import { writeTexts } from "./drawing.js";
import { cutLabel, namedIndices } from "./element_names.js";
import { indexAt } from "./elements.js";
import { exact, figure } from "./figures.js";
import { gridOf, inOrder, largestOf, layOutSheet, paintMap, scaleOf } from "./heat.js";

/** Where the arrow keys go in a map. @type {Record<string, [number, number] | undefined>} */
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * How much room there is for an array.
 *
 * @typedef {object} Room
 * @property {number} cells arrays of at most so many rows and columns are shown as numbers
 * @property {number} width of a heat map, at most
 * @property {number} height likewise
 * @property {boolean} [isFixed] whether it stays as it is when others become larger or smaller
 * @property {boolean} [isLabelled] whether its shape stands below a map
 */

/** The room in a card. @type {Room} */
export const IN_CARD = { cells: 8, width: 280, height: 170, isLabelled: true };

/**
 * The arrays that elements of the page show.
 *
 * @typedef {object} ShownArray
 * @property {ArrayLike<number>} values
 * @property {object} array the tensor, or another description of the array
 * @property {string} kind
 * @property {boolean} [isFixed] whether its room stays as it is
 * @property {number} extent the rows or columns, whichever are more
 * @property {import("./heat.js").Sheet} [sheet] how a map lays it out
 * @property {number} [beside] how wide the labels beside a map are
 *
 * @type {WeakMap<Element, ShownArray>}
 */
export const shownArrays = new WeakMap();

/** The event of keys that have come to an element in a map or table, with its position in the array. */
export const ELEMENT_REACHED = "element-reached";

/**
 * An array as whoever reads sees it: one number, a grid of them, or a heat map with the number under the pointer.
 *
 * @param {ArrayLike<number>} values
 * @param {import("./heat.js").Mapped & { dtype: string, wholeShape?: number[], labels?: import("./element_names.js").Labels }} array
 * @param {string} kind value, gradient, or after
 * @param {Room} room
 * @param {number[]} [order] of its axes, if it is not shown as it is: a transposed matrix
 */
export function arrayView(values, array, kind, room = IN_CARD, order) {
  const { shape, dtype } = array;
  const turned = order && inOrder(shape, order);
  const { rows, columns } = gridOf(turned?.shape ?? shape);
  const extent = Math.max(rows, columns);
  const shown = { values, array, kind, extent, isFixed: room.isFixed };
  if (values.length === 1) {
    const number = make("span", {
      class: `figure is-${kind}`,
      title: exactly(values[0], dtype),
      text: writeTexts(values, dtype)[0],
    });
    shownArrays.set(number, shown);
    return number;
  }
  if (extent > room.cells || !values.length) return mapView(values, array, kind, room, order);
  const texts = writeTexts(values, dtype);
  const table = make("table", {
    class: `numbers is-${kind}`,
    tabindex: 0,
    "aria-label": `${rows} by ${columns} numbers`,
  });
  shownArrays.set(table, shown);
  // Which row and column a number is in, for whoever goes through them without seeing them.
  /** @type {import("./axis_labels.js").Sides} */
  const sides = sidesOf?.(array, order) ?? {};
  const isGrid = (rows > 1 && columns > 1) || Boolean(sides.rows ?? sides.columns);
  /** @param {string} text @param {string} scope @param {string} [label] */
  const head = (text, scope, label) =>
    label
      ? make("th", { class: "axis-label", scope, title: label, text: cutLabel(label) })
      : make("th", { class: "ew-said", scope, text });
  if (isGrid)
    table.append(
      make(
        "tr",
        {},
        sides.rows ? make("td") : head("row", "col"),
        ...Array.from({ length: columns }, (_, j) => head(`column ${j}`, "col", sides.columns?.[j])),
      ),
    );
  for (let i = 0; i < rows; i++) {
    const row = make("tr");
    if (isGrid) row.append(head(`row ${i}`, "row", sides.rows?.[i % sides.rows.length]));
    for (let j = 0; j < columns; j++) {
      const place = i * columns + j;
      const at = turned?.at(place) ?? place;
      row.append(make("td", { title: exactly(values[at], dtype), text: texts[at], "data-at": at }));
    }
    table.append(row);
  }
  moveByKeys(table, rows, columns, (place) => turned?.at(place) ?? place);
  return make("div", { class: "numbers-frame" }, table);
}

/** Lets arrow keys go from number to number. @param {HTMLElement} table @param {number} rows @param {number} columns @param {(place: number) => number} at its position in the array */
function moveByKeys(table, rows, columns, at) {
  let [x, y] = [-1, 0];
  // Keys go on from the number that was clicked.
  table.addEventListener("click", ({ target }) => {
    const cell = /** @type {Element} */ (target).closest("td");
    const row = /** @type {HTMLTableRowElement | undefined} */ (cell?.parentElement);
    if (!cell || !row) return;
    const head = row.querySelectorAll("th").length;
    [x, y] = [cell.cellIndex - head, row.rowIndex - (table.querySelector("tr th[scope=col]") ? 1 : 0)];
  });
  table.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (x < 0) x = 0;
    else [x, y] = [Math.min(columns - 1, Math.max(0, x + move[0])), Math.min(rows - 1, Math.max(0, y + move[1]))];
    reached(table, at(y * columns + x));
  });
}

/** @param {Element} view @param {number} at */
function reached(view, at) {
  view.dispatchEvent(new CustomEvent(ELEMENT_REACHED, { detail: at, bubbles: true }));
}

/** @param {number} value @param {string} dtype */
export function exactly(value, dtype) {
  return exact(value, dtype === "float32");
}

/** @param {HTMLCanvasElement} canvas @param {import("./heat.js").Sheet} sheet @param {Room} room */
function sizeMap(canvas, sheet, { width, height }) {
  const beside = shownArrays.get(canvas)?.beside ?? 0;
  const size = Math.min(Math.max(width - beside, width / 2) / sheet.width, height / sheet.height, 24);
  canvas.style.width = `${Math.max(16, sheet.width * size)}px`;
  canvas.style.height = `${Math.max(10, sheet.height * size)}px`;
  fitLabels?.(canvas);
}

/**
 * Gives all arrays in an element other room, if numbers stay numbers and maps stay maps.
 *
 * @param {Element} element
 * @param {Room} room
 * @returns {boolean} whether they do
 */
export function resizeArrays(element, room) {
  /** @type {[HTMLCanvasElement, import("./heat.js").Sheet][]} */
  const maps = [];
  for (const view of element.querySelectorAll(".numbers, .map")) {
    const shown = shownArrays.get(view);
    if (shown?.isFixed) continue;
    if (!shown || shown.extent > room.cells !== Boolean(shown.sheet)) return false;
    if (shown.sheet) maps.push([/** @type {HTMLCanvasElement} */ (view), shown.sheet]);
  }
  for (const [canvas, sheet] of maps) sizeMap(canvas, sheet, room);
  return true;
}

/**
 * @param {ArrayLike<number>} values
 * @param {import("./heat.js").Mapped & { dtype: string, wholeShape?: number[], labels?: import("./element_names.js").Labels }} array
 * @param {string} kind
 * @param {Room} room
 * @param {number[]} [order]
 */
function mapView(values, array, kind, room, order) {
  const { shape, dtype } = array;
  const sheet = layOutSheet(array, undefined, order);
  const whole = array.wholeShape ?? shape;
  const shownShape = order ? order.map((axis) => whole[axis]) : whole;
  const said = room.isLabelled ? shownShape.join(" × ") : "";
  const reading = make("span", { class: "map-reading", "aria-live": "polite", text: said });
  const canvas = make("canvas", {
    class: "map",
    role: "img",
    tabindex: values.length ? 0 : undefined,
    "aria-description": "arrow keys read single numbers",
    "aria-label": `heat map of ${shownShape.join(" by ")} numbers, largest ${figure(largestOf(values))}`,
  });
  if (values.length) paintMap(canvas, values, sheet, scaleOf(values));
  const { rows, columns } = gridOf(shownShape);
  const extent = values.length ? Math.max(rows, columns) : Infinity;
  /** @type {import("./axis_labels.js").Sides} */
  const sides = sidesOf?.(array, order) ?? {};
  const beside = widthOfLabels?.(sides.rows) ?? 0;
  shownArrays.set(canvas, { values, array, kind, sheet, extent, isFixed: room.isFixed, beside });
  sizeMap(canvas, sheet, room);
  /** @param {number} at */
  const show = (at) => {
    const names = namedIndices(indexAt(at, shape), array.labels);
    const place = array.wholeShape
      ? "one of a sample:"
      : `[${(order ? order.map((axis) => names[axis]) : names).join(", ")}]`;
    reading.textContent = at < 0 ? said : `${place} ${exactly(values[at], dtype)}`;
  };
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => show(elementAt(sheet, canvas, event)));
  for (const end of ["pointerleave", "blur"]) canvas.addEventListener(end, () => show(-1));
  let [x, y] = [-1, 0];
  // Keys go on from the number that was clicked.
  canvas.addEventListener("click", (/** @type {PointerEvent} */ event) => {
    [x, y] = pixelAt(sheet, canvas, event);
  });
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const move = MOVES[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    // Elsewhere these keys go from step to step.
    event.stopPropagation();
    const first = sheet.at(Math.max(0, x), y);
    const [wasX, wasY] = [x, y];
    // Of a number that is drawn larger, and of the lines between maps, nothing is read twice.
    do [x, y] = x < 0 ? [0, 0] : [x + move[0], y + move[1]];
    while (
      x >= 0 &&
      y >= 0 &&
      x < sheet.width &&
      y < sheet.height &&
      (sheet.at(x, y) < 0 || (wasX >= 0 && sheet.at(x, y) === first))
    );
    if (x < 0 || y < 0 || x >= sheet.width || y >= sheet.height) [x, y] = [Math.max(0, wasX), wasY];
    show(sheet.at(x, y));
    reached(canvas, sheet.at(x, y));
  });
  const size = [shownShape[shownShape.length - 2] ?? 1, columns];
  const labelled = withLabels?.(canvas, sheet, sides, size) ?? canvas;
  return make("div", { class: `map-frame is-${kind}` }, labelled, reading);
}

/** The column and row of a map under the pointer. @param {import("./heat.js").Sheet} sheet @param {Element} map @param {PointerEvent} event */
function pixelAt({ width, height }, map, { clientX, clientY }) {
  const box = map.getBoundingClientRect();
  /** @param {number} part @param {number} size */
  const pixel = (part, size) => Math.max(0, Math.min(size - 1, Math.floor(part * size)));
  return [pixel((clientX - box.left) / box.width, width), pixel((clientY - box.top) / box.height, height)];
}

/** The place in its array of what is under the pointer; -1 between maps. @param {import("./heat.js").Sheet} sheet @param {Element} map @param {PointerEvent} event */
export function elementAt(sheet, map, event) {
  const [x, y] = pixelAt(sheet, map, event);
  return sheet.at(x, y);
}
