/**
 * Colours for sizes: a scale whose lightness goes one way all along, so that it can be read with any kind of colour
 * vision, and far from the yellow and the red that NaN and ∞ have. What is small is near the ground's own colour.
 */

const LEVELS = 48;

/** Of a scale's two ends: how light, how colourful, and which hue in degrees (OKLCH). */
const ENDS = {
  light: [
    [0.955, 0.035, 170],
    [0.3, 0.15, 305],
  ],
  dark: [
    [0.27, 0.075, 305],
    [0.94, 0.07, 165],
  ],
};

/**
 * @typedef {object} Shade
 * @property {string} fill
 * @property {string} ink what can be read on it
 */

/**
 * The shades from small to large.
 *
 * @param {boolean} dark whether they stand on a dark ground
 * @returns {Shade[]}
 */
export function colourScale(dark) {
  const [from, to] = dark ? ENDS.dark : ENDS.light;
  return Array.from({ length: LEVELS }, (_, i) => {
    const part = i / (LEVELS - 1);
    const [lightness, colour, hue] = from.map((start, k) => start + part * (to[k] - start));
    // In the middle there is room for more colour than at the ends.
    const [red, green, blue] = fromOklch(lightness, colour + 0.05 * Math.sin(Math.PI * part), hue);
    return {
      fill: `rgb(${red} ${green} ${blue})`,
      ink: luminanceOf([red, green, blue]) > 0.183 ? "#04070d" : "#ffffff",
    };
  });
}

/** How light a colour is beside others (WCAG 2). @param {number[]} colour */
function luminanceOf(colour) {
  const [red, green, blue] = colour.map((part) =>
    part <= 10.3 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {number} lightness @param {number} colour @param {number} hue in degrees @returns {number[]} red, green and blue up to 255 (Ottosson's OKLab) */
function fromOklch(lightness, colour, hue) {
  const [a, b] = [colour * Math.cos((hue * Math.PI) / 180), colour * Math.sin((hue * Math.PI) / 180)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((linear) => {
    const part = Math.max(0, Math.min(1, linear));
    return Math.round(255 * (part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055));
  });
}

/**
 * The powers of ten between which sizes lie, at least one apart.
 *
 * @param {number} smallest
 * @param {number} largest
 * @returns {[number, number]} exponents
 */
export function listDecades(smallest, largest) {
  if (!(smallest > 0)) return [-1, 0];
  const [low, high] = [Math.floor(Math.log10(smallest) + 1e-9), Math.ceil(Math.log10(largest) - 1e-9)];
  return low < high ? [low, high] : [low - 1, low + 1];
}

/**
 * Which of the levels a size has.
 *
 * @param {number} size more than zero
 * @param {[number, number]} decades
 */
export function levelOf(size, [low, high]) {
  const part = (Math.log10(size) - low) / (high - low);
  return Math.round(Math.max(0, Math.min(1, part)) * (LEVELS - 1));
}
