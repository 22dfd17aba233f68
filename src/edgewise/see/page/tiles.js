import { make } from "./dom.js";
import { textsOf } from "./drawing.js";
import { exact, figure } from "./figures.js";
import { gridOf, largestOf, paintMap, scaleOf, spaced } from "./heat.js";

/** Arrays of at most so many rows and columns are shown as numbers. */
export const GRID = 8;

/**
 * An array as whoever reads sees it: one number, a grid of them, or a heat map with the number under the pointer.
 *
 * @param {ArrayLike<number>} values
 * @param {number[]} shape
 * @param {string} dtype
 * @param {string} kind value, gradient, or after
 * @param {number} most rows and columns of a grid
 * @param {number} width of a heat map
 */
export function arrayView(values, shape, dtype, kind, most = GRID, width = 220) {
  const { rows, columns } = gridOf(shape);
  if (values.length === 1) {
    return make("span", { class: `figure is-${kind}`, title: exactly(values[0], dtype), text: textsOf(values, dtype)[0] });
  }
  if (rows > most || columns > most || !values.length) return mapView(values, shape, dtype, kind, width);
  const texts = textsOf(values, dtype);
  const table = make("table", { class: `numbers is-${kind}` });
  for (let i = 0; i < rows; i++) {
    const row = make("tr");
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
 * @param {number[]} shape
 * @param {string} dtype
 * @param {string} kind
 * @param {number} width
 */
function mapView(values, shape, dtype, kind, width) {
  const { rows, columns } = gridOf(shape);
  const told = make("span", { class: "map-told", text: `${shape.join(" × ")}` });
  const canvas = make("canvas", {
    class: "map", role: "img", "aria-label": `heat map of ${shape.join(" by ")} numbers, largest ${figure(largestOf(values))}`,
  });
  if (values.length) paintMap(canvas, values, shape, scaleOf(values));
  const shownRows = spaced(rows);
  const shownColumns = spaced(columns);
  const size = Math.min(width / shownColumns.length, (0.5 * width) / shownRows.length, 24);
  canvas.style.width = `${Math.max(16, shownColumns.length * size)}px`;
  canvas.style.height = `${Math.max(10, shownRows.length * size)}px`;
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    const y = shownRows[Math.min(shownRows.length - 1, Math.floor(((event.clientY - box.top) / box.height) * shownRows.length))];
    const x = shownColumns[Math.min(shownColumns.length - 1, Math.floor(((event.clientX - box.left) / box.width) * shownColumns.length))];
    told.textContent = `[${indicesOf(y * columns + x, shape).join(", ")}] ${exactly(values[y * columns + x], dtype)}`;
  });
  canvas.addEventListener("pointerleave", () => {
    told.textContent = shape.join(" × ");
  });
  return make("div", { class: `map-frame is-${kind}` }, canvas, told);
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
