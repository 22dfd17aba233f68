/** Heat maps: arrays as images, coloured as heat.py does it. */

const POSITIVE = [16, 150, 105];
const NEGATIVE = [146, 68, 205];
const NOT_A_NUMBER = [255, 214, 10];
const INFINITE = [230, 30, 50];

/** At most so many rows and columns of an array are drawn. */
export const SAMPLED = 64;

/**
 * The rows and columns that a map of an array shows: a vector is one row, axes before the last two are stacked.
 *
 * @param {number[]} shape
 */
export function gridOf(shape) {
  const columns = shape.length ? shape[shape.length - 1] : 1;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return { rows, columns };
}

/** @param {number} size @param {number} most @returns {number[]} which of so many rows are drawn */
export function spaced(size, most = SAMPLED) {
  if (size <= most) return Array.from({ length: size }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (size - 1)) / (most - 1)));
}

/** @param {ArrayLike<number>} values the size of number that is drawn in full colour: never 0 */
export function scaleOf(values) {
  return largestOf(values) || 1;
}

/** @param {ArrayLike<number>} values the size of the largest finite number */
export function largestOf(values) {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (size > largest && size < Infinity) largest = size;
  }
  return largest;
}

/**
 * Draws an array, one pixel for each number.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number[]} shape
 * @param {number} scale
 * @param {number} most
 */
export function paintMap(canvas, values, shape, scale, most = SAMPLED) {
  const { rows, columns } = gridOf(shape);
  const ys = spaced(rows, most);
  const xs = spaced(columns, most);
  canvas.width = xs.length;
  canvas.height = ys.length;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(xs.length, ys.length);
  let at = 0;
  for (const y of ys) {
    for (const x of xs) {
      const value = values[y * columns + x];
      const colour = Number.isNaN(value)
        ? NOT_A_NUMBER
        : !Number.isFinite(value) ? INFINITE : value > 0 ? POSITIVE : NEGATIVE;
      image.data.set(colour, at);
      const size = Number.isFinite(value) ? Math.min(Math.abs(value) / scale, 1) ** 0.4 : 1;
      image.data[at + 3] = Math.round(size * 255);
      at += 4;
    }
  }
  context.putImageData(image, 0, 0);
}

/** @type {HTMLCanvasElement | undefined} */
let sheet;

/**
 * The same as an address that an image takes.
 *
 * @param {ArrayLike<number>} values
 * @param {number[]} shape
 * @param {number} scale
 */
export function mapAddress(values, shape, scale) {
  sheet ??= document.createElement("canvas");
  paintMap(sheet, values, shape, scale, 32);
  return sheet.toDataURL();
}
