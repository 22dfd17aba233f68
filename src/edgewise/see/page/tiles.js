import { make } from "./dom.js";
import { textsOf } from "./drawing.js";
import { exact, figure } from "./figures.js";
import { gridOf, largestOf, paintMap, scaleOf, sheetOf } from "./heat.js";

/** Arrays of at most so many rows and columns are shown as numbers. */
export const GRID = 8;

/**
 * An array as whoever reads sees it: one number, a grid of them, or a heat map with the number under the pointer.
 *
 * @param {ArrayLike<number>} values
 * @param {import("./heat.js").Mapped & { dtype: string, whole?: number[] }} array
 * @param {string} kind value, gradient, or after
 * @param {number} most rows and columns of a grid
 * @param {number} width of a heat map, at most
 * @param {number} height likewise
 */
export function arrayView(values, array, kind, most = GRID, width = 280, height = 170) {
  const { shape, dtype } = array;
  const { rows, columns } = gridOf(shape);
  if (values.length === 1) {
    return make("span", { class: `figure is-${kind}`, title: exactly(values[0], dtype), text: textsOf(values, dtype)[0] });
  }
  if (rows > most || columns > most || !values.length) return mapView(values, array, kind, width, height);
  const texts = textsOf(values, dtype);
  const table = make("table", { class: `numbers is-${kind}` });
  // Which row and column a number is in, for whoever goes through them without seeing them.
  const isGrid = rows > 1 && columns > 1;
  const head = (/** @type {string} */ text, /** @type {string} */ scope) => make("th", { class: "ew-said", scope, text });
  if (isGrid) table.append(make("tr", {}, head("row", "col"), ...Array.from({ length: columns }, (_, j) => head(`column ${j}`, "col"))));
  for (let i = 0; i < rows; i++) {
    const row = make("tr");
    if (isGrid) row.append(head(`row ${i}`, "row"));
    for (let j = 0; j < columns; j++) {
      const at = i * columns + j;
      row.append(make("td", { title: exactly(values[at], dtype), text: texts[at] }));
    }
    table.append(row);
  }
  return make("div", { class: "numbers-frame" }, table);
}

/** @param {number} value @param {string} dtype */
export function exactly(value, dtype) {
  return exact(value, dtype === "float32");
}

/**
 * @param {ArrayLike<number>} values
 * @param {import("./heat.js").Mapped & { dtype: string, whole?: number[] }} array
 * @param {string} kind
 * @param {number} width
 * @param {number} height
 */
function mapView(values, array, kind, width, height) {
  const { shape, dtype } = array;
  const sheet = sheetOf(array);
  const said = (array.whole ?? shape).join(" × ");
  const told = make("span", { class: "map-told", text: said });
  const canvas = make("canvas", {
    class: "map", role: "img", "aria-label": `heat map of ${(array.whole ?? shape).join(" by ")} numbers, largest ${figure(largestOf(values))}`,
  });
  if (values.length) paintMap(canvas, values, sheet, scaleOf(values));
  const size = Math.min(width / sheet.width, height / sheet.height, 24);
  canvas.style.width = `${Math.max(16, sheet.width * size)}px`;
  canvas.style.height = `${Math.max(10, sheet.height * size)}px`;
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const at = elementAt(sheet, canvas, event);
    const place = array.whole ? "one of a sample:" : `[${indicesOf(at, shape).join(", ")}]`;
    told.textContent = at < 0 ? said : `${place} ${exactly(values[at], dtype)}`;
  });
  canvas.addEventListener("pointerleave", () => {
    told.textContent = said;
  });
  return make("div", { class: `map-frame is-${kind}` }, canvas, told);
}

/** The place in its array of what is under the pointer; -1 between maps. @param {import("./heat.js").Sheet} sheet @param {Element} map @param {PointerEvent} event */
export function elementAt({ width, height, at }, map, { clientX, clientY }) {
  const box = map.getBoundingClientRect();
  /** @param {number} part @param {number} size */
  const pixel = (part, size) => Math.max(0, Math.min(size - 1, Math.floor(part * size)));
  return at(pixel((clientX - box.left) / box.width, width), pixel((clientY - box.top) / box.height, height));
}

/** @param {number} at @param {number[]} shape the indices of the element at a place of the flat array */
export function indicesOf(at, shape) {
  const indices = [];
  for (let i = shape.length - 1; i >= 0; i--) {
    indices.unshift(at % shape[i]);
    at = Math.floor(at / shape[i]);
  }
  return indices;
}
