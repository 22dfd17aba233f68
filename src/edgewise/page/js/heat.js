/** Heat maps: arrays as images, coloured as heat.py does it. */

const POSITIVE = [16, 150, 105];
const NEGATIVE = [146, 68, 205];
const NOT_A_NUMBER = [255, 214, 10];
const INFINITE = [230, 30, 50];

const BETWEEN = [120, 134, 160, 150];

/** At most so many rows and columns of an array are drawn, */
export const SAMPLED = 64;
/** in the picture, */
export const IN_PICTURE = 32;
/** and in each of several maps, which as they stand there fill a box of this size. */
const IN_TILE = 32;
const MAP_WIDTH = 58;
const MAP_HEIGHT = 42;
const NOTHING = -2;

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
 * How the numbers of an array are laid out as a map.
 *
 * @typedef {object} Sheet
 * @property {number} width in pixels
 * @property {number} height
 * @property {(x: number, y: number) => number} at the place in the array of what a pixel shows; negative on a line between maps, and where there is none
 *
 * @typedef {object} Mapped
 * @property {number[]} shape
 * @property {number} [across] so many of its matrices stand beside each other, the others below; without it, all are one map
 * @property {number[]} [tile] rows and columns of each, where it is not of the last two axes that they are made
 */

/**
 * An array with its axes in another order, such as a transposed matrix: its shape, and where in the array an element of
 * it is.
 *
 * @param {number[]} shape
 * @param {number[]} order of its axes
 */
export function inOrder(shape, order) {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  return {
    shape: order.map((axis) => shape[axis]),
    /** @param {number} place among the elements in the new order */
    at(place) {
      let found = 0;
      for (const axis of [...order].reverse()) {
        found += (place % shape[axis]) * strides[axis];
        place = Math.floor(place / shape[axis]);
      }
      return found;
    },
  };
}

/**
 * @param {Mapped} array
 * @param {number} most rows and columns of one map
 * @param {number[]} [order] of its axes, if it is not drawn as it is
 * @returns {Sheet}
 */
export function layOutSheet(array, most = SAMPLED, order) {
  const { shape, across, tile } = array;
  if (order) {
    const turned = inOrder(shape, order);
    const sheet = layOutSheet({ shape: turned.shape, across: tile ? undefined : across }, most);
    return {
      ...sheet,
      at(x, y) {
        const place = sheet.at(x, y);
        return place < 0 ? place : turned.at(place);
      },
    };
  }
  if (!across) {
    const { rows, columns } = gridOf(shape);
    const [ys, xs] = [spaced(rows, most), spaced(columns, most)];
    return { width: xs.length, height: ys.length, at: (x, y) => ys[y] * columns + xs[x] };
  }
  // As heat.py does it.
  const [rows, columns] = tile ?? shape.slice(-2);
  const [ys, xs] = [spaced(rows, IN_TILE), spaced(columns, IN_TILE)];
  const count = shape.reduce((product, size) => product * size, 1) / (rows * columns);
  const down = Math.ceil(count / across);
  const fine = Math.max(
    1,
    Math.min(8, Math.round(Math.min(MAP_WIDTH / (across * xs.length), MAP_HEIGHT / (down * ys.length)))),
  );
  const line = 1 + (fine >> 2);
  const [wide, high] = [xs.length * fine + line, ys.length * fine + line];
  return {
    width: across * wide - line,
    height: down * high - line,
    at(x, y) {
      const which = Math.floor(y / high) * across + Math.floor(x / wide);
      const [i, j] = [Math.floor((y % high) / fine), Math.floor((x % wide) / fine)];
      if (which >= count) return NOTHING;
      return i < ys.length && j < xs.length ? (which * rows + ys[i]) * columns + xs[j] : -1;
    },
  };
}

/**
 * Draws an array, a pixel or a few for each number.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {Sheet} sheet
 * @param {number} scale
 */
export function paintMap(canvas, values, { width, height, at: placeOf }, scale) {
  canvas.width = width;
  canvas.height = height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const place = placeOf(x, y);
      if (place < 0) {
        if (place !== NOTHING) image.data.set(BETWEEN, at);
        continue;
      }
      const value = values[place];
      const colour = Number.isNaN(value)
        ? NOT_A_NUMBER
        : !Number.isFinite(value)
          ? INFINITE
          : value > 0
            ? POSITIVE
            : NEGATIVE;
      image.data.set(colour, at);
      const size = Number.isFinite(value) ? Math.min(Math.abs(value) / scale, 1) ** 0.4 : 1;
      image.data[at + 3] = Math.round(size * 255);
    }
  }
  context.putImageData(image, 0, 0);
}

/** @type {HTMLCanvasElement | undefined} */
let canvas;

/**
 * The same as an address that an image takes.
 *
 * @param {ArrayLike<number>} values
 * @param {Mapped} array
 * @param {number} scale
 */
export function mapAddress(values, array, scale) {
  canvas ??= document.createElement("canvas");
  paintMap(canvas, values, layOutSheet(array, IN_PICTURE), scale);
  return canvas.toDataURL();
}
