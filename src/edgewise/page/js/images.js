/**
 * Images as a network has them: rows of numbers.
 *
 * @typedef {object} Look
 * @property {number[]} shape channels, rows, columns
 * @property {number} low the number of the darkest, or of no ink
 * @property {number} high
 * @property {boolean} isInk whether it is ink on paper, which follows light and dark, and not a photograph
 */

/**
 * How images are drawn, from the numbers of some of them.
 *
 * @param {ArrayLike<number>[]} arrays
 * @param {number[]} shape
 * @returns {Look}
 */
export function lookOf(arrays, shape) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++) {
      if (values[i] < low) low = values[i];
      if (values[i] > high) high = values[i];
    }
  }
  if (!(high > low)) [low, high] = [Math.min(low, 0) || 0, Math.min(low, 0) + 1 || 1];
  let empty = 0;
  const some = arrays[0];
  for (let i = 0; i < some.length; i++) empty += Number(some[i] <= low + 0.05 * (high - low));
  return { shape, low, high, isInk: shape[0] === 1 && empty > 0.3 * some.length };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number} from where in them the image begins
 * @param {Look} look
 */
export function paintImage(canvas, values, from, { shape, low, high, isInk }) {
  const [channels, rows, columns] = shape;
  const size = rows * columns;
  if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < size; i++) {
    for (let colour = 0; colour < 3; colour++) {
      const value = values[from + (channels === 3 ? colour * size : 0) + i];
      image.data[4 * i + colour] = isInk ? 0 : (255 * (value - low)) / (high - low);
    }
    image.data[4 * i + 3] = isInk ? (255 * (values[from + i] - low)) / (high - low) : 255;
  }
  context.putImageData(image, 0, 0);
}
