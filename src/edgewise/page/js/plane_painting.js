import { byId } from "./dom.js";

/**
 * Colours of the plane of the inputs.
 *
 * @typedef {number[]} Colour red, green and blue
 * @typedef {(point: number) => Colour} Painter the colour of each point of a grid
 */

/** Colours of classes: the palette of Okabe and Ito, safe for colour-blind readers. */
export const CLASSES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8a7a00", "#777777"];

/** A colour of the style sheet. @param {string} variable */
export const colourOf = (variable) => getComputedStyle(byId("page")).getPropertyValue(variable).trim();

/** Colours the points of a grid. @param {HTMLCanvasElement} canvas @param {number} wide @param {number} high @param {Painter} painter */
export function paintGrid(canvas, wide, high, painter) {
  [canvas.width, canvas.height] = [wide, high];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(wide, high);
  for (let point = 0; point < wide * high; point++) {
    const [red, green, blue] = painter(point);
    image.data.set([red, green, blue, 255], 4 * point);
  }
  context.putImageData(image, 0, 0);
}

/** From the colour of what is less to that of what is more. @param {Float32Array} values @param {number} centre @param {number} full 0 for as far as they go @returns {Painter} */
export function signedPainter(values, centre, full) {
  const [paper, plus, minus, nan] = ["--paper", "--plus", "--minus", "--nan"].map((one) => parseParts(colourOf(one)));
  let most = full;
  if (!most) for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value - centre));
  return (point) => {
    const value = values[point];
    if (Number.isNaN(value)) return nan;
    const share = most ? Math.max(-1, Math.min(1, (value - centre) / most)) : 0;
    return mixed(paper, share < 0 ? minus : plus, 0.85 * Math.abs(share) ** 0.8);
  };
}

/** Each class in its colour, as strong as it is likely. @param {Float32Array[]} scores @returns {Painter} */
export function classPainter(scores) {
  const [paper, nan] = ["--paper", "--nan"].map((one) => parseParts(colourOf(one)));
  const colours = CLASSES.map(parseParts);
  return (point) => {
    const all = scores.map((one) => one[point]);
    const most = Math.max(...all);
    const powers = all.map((score) => Math.exp(score - most));
    const sum = powers.reduce((a, b) => a + b, 0);
    const best = all.indexOf(most);
    if (best < 0) return nan;
    const chance = powers[best] / sum;
    return mixed(paper, colours[best], 0.12 + (0.6 * Math.max(0, chance - 1 / all.length)) / (1 - 1 / all.length));
  };
}

/**
 * Draws the line on which the values of a grid have a level.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Float32Array} values
 * @param {{ wide: number, high: number }} grid
 * @param {number} level
 * @param {number} side of the picture
 */
export function drawContour(context, values, { wide, high }, level, side) {
  const scale = side / wide;
  context.beginPath();
  for (let row = 0; row + 1 < high; row++) {
    for (let column = 0; column + 1 < wide; column++) {
      const crossed = crossings((x, y) => values[(row + y) * wide + column + x] - level);
      const points = crossed.map(([x, y]) => [(column + 0.5 + x) * scale, (row + 0.5 + y) * scale]);
      for (let k = 0; k + 1 < points.length; k += 2) {
        context.moveTo(points[k][0], points[k][1]);
        context.lineTo(points[k + 1][0], points[k + 1][1]);
      }
    }
  }
  context.strokeStyle = colourOf("--ink");
  context.lineWidth = 1.4;
  context.stroke();
}

const CORNERS = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

/** Where on the sides of a square a function changes its sign. @param {(x: number, y: number) => number} at one of its corners */
function crossings(at) {
  const levels = CORNERS.map(([x, y]) => at(x, y));
  return CORNERS.flatMap(([x, y], k) => {
    const [[endX, endY], from, to] = [CORNERS[(k + 1) % 4], levels[k], levels[(k + 1) % 4]];
    if (from < 0 === to < 0) return [];
    const share = from / (from - to);
    return [[x + share * (endX - x), y + share * (endY - y)]];
  });
}

/** Red, green and blue of a colour as style sheets write it. @param {string} text @returns {Colour} */
function parseParts(text) {
  const digits = text.replace("#", "");
  const all = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  return [0, 2, 4].map((at) => parseInt(all.slice(at, at + 2), 16));
}

/** @param {Colour} from @param {Colour} to @param {number} share */
function mixed(from, to, share) {
  return from.map((part, i) => part + (to[i] - part) * share);
}
