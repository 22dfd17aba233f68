/** Small pictures of a measure over time: histograms as heat, and lines, on canvases as wide as their place. */

/** @typedef {import("./replay.js").Replay} Replay */

/** @type {Map<string, number[]>} */
const colours = new Map();

/** Forgets the colours, as after a switch between light and dark. */
export function forgetColours() {
  colours.clear();
}

/** A colour of the style sheet. @param {string} name @returns {number[]} red, green and blue */
export function colourOf(name) {
  let found = colours.get(name);
  if (!found) {
    const text = getComputedStyle(/** @type {Element} */ (document.getElementById("page")))
      .getPropertyValue(`--${name}`)
      .trim();
    const digits = text.replace("#", "");
    const wide = digits.length === 3 ? [...digits].map((d) => d + d).join("") : digits;
    found = [0, 2, 4].map((at) => parseInt(wide.slice(at, at + 2), 16) || 0);
    colours.set(name, found);
  }
  return found;
}

/** @param {number[]} colour @param {number} opacity */
export function rgba(colour, opacity = 1) {
  return `rgba(${colour.join(",")},${opacity})`;
}

/** Where a step is, from 0 to 1. @param {Replay} replay @param {number} step */
export function placeOf(replay, step) {
  const first = replay.moments[0].step;
  return replay.steps > first ? (step - first) / (replay.steps - first) : 0.5;
}

/** The step at a place. @param {Replay} replay @param {number} place */
export function stepAt(replay, place) {
  const first = replay.moments[0].step;
  return Math.round(first + Math.max(0, Math.min(1, place)) * (replay.steps - first));
}

/**
 * What range of numbers a strip of histograms shows: all but a little at the ends.
 *
 * @param {Replay} replay
 * @param {number} row
 */
export function rangeOf(replay, row) {
  const { at, values: from } = replay.column(row, "from");
  const { values: to } = replay.column(row, "to");
  let low = Infinity;
  let high = -Infinity;
  at.forEach((moment, i) => {
    if (!(to[i] >= from[i])) return;
    const counts = replay.histogram(row, moment);
    const width = (to[i] - from[i]) / replay.bins;
    const total = counts.reduce((sum, count) => sum + count, 0);
    let first = 0;
    let last = replay.bins - 1;
    for (let left = total * 0.005; first < last && (left -= counts[first]) > 0; ) first++;
    for (let left = total * 0.002; last > first && (left -= counts[last]) > 0; ) last--;
    low = Math.min(low, from[i] + first * width);
    high = Math.max(high, from[i] + (last + 1) * width);
  });
  if (!(high >= low)) return { low: -1, high: 1 };
  if (high === low) {
    const around = Math.abs(low) / 10 || 1;
    return { low: low - around, high: high + around };
  }
  return { low, high };
}

/** @param {HTMLCanvasElement} canvas @param {number} [rows] */
function sized(canvas, rows) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = Math.max(8, Math.round(canvas.clientWidth * ratio));
  canvas.height = rows ?? Math.max(8, Math.round(canvas.clientHeight * ratio));
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/**
 * Histograms over time: a column for each recorded step, which lasts until the next.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Replay} replay
 * @param {number} row
 * @param {string} colour
 * @param {{ low: number, high: number }} range
 */
export function paintHeat(canvas, replay, row, colour, range) {
  const high = 64;
  const context = sized(canvas, high);
  const wide = canvas.width;
  const image = context.createImageData(wide, high);
  const { at, values: from } = replay.column(row, "from");
  const { values: to } = replay.column(row, "to");
  const { values: nan } = replay.column(row, "nan");
  const { values: infinite } = replay.column(row, "infinite");
  const [red, green, blue] = colourOf(colour);
  const notNumber = colourOf("nan");
  const endless = colourOf("infinite");
  let i = -1;
  for (let x = 0; x < wide; x++) {
    const step = stepAt(replay, x / (wide - 1));
    while (i + 1 < at.length && replay.moments[at[i + 1]].step <= step) i++;
    if (i < 0) continue;
    const counts = replay.histogram(row, at[i]);
    const scale = to[i] > from[i] ? replay.bins / (to[i] - from[i]) : 0;
    for (let y = 0; y < high; y++) {
      const value = range.low + ((high - y - 0.5) / high) * (range.high - range.low);
      let count = 0;
      if (scale) {
        const bin = Math.floor((value - from[i]) * scale);
        if (bin >= 0 && bin < replay.bins) count = counts[bin];
      } else if (Math.abs(value - from[i]) <= (range.high - range.low) / high) count = counts[0];
      const pixel = (y * wide + x) * 4;
      image.data[pixel] = red;
      image.data[pixel + 1] = green;
      image.data[pixel + 2] = blue;
      image.data[pixel + 3] = Math.round(Math.sqrt(count / 255) * 235);
    }
    const wrong = nan[i] > 0 ? notNumber : infinite[i] > 0 ? endless : null;
    if (wrong) {
      // Where nothing else is, a paler shade goes all the way down.
      const until = from[i] <= to[i] ? 8 : high;
      for (let y = 0; y < until; y++) image.data.set([...wrong, y < 8 ? 255 : 70], (y * wide + x) * 4);
    }
  }
  context.putImageData(image, 0, 0);
}

/**
 * @typedef {object} Line
 * @property {ArrayLike<number>} values
 * @property {number[]} at the moments that have them
 * @property {string} colour
 * @property {boolean} [log]
 * @property {[number, number]} [range] if it is not that of the values
 * @property {ArrayLike<number>} [spread] how far around the values a band goes
 */

/** Lines over time, each on a scale of its own. @param {HTMLCanvasElement} canvas @param {Replay} replay @param {Line[]} lines @param {[number, number]} [band] */
export function paintLines(canvas, replay, lines, band) {
  const context = sized(canvas);
  const { width, height } = canvas;
  const ratio = width / Math.max(1, canvas.clientWidth);
  for (const line of lines) {
    const scaled = Array.from(line.values, (value) => (line.log ? (value > 0 ? Math.log10(value) : NaN) : value));
    const spread = line.spread ? Array.from(line.spread) : null;
    const finite = scaled
      .flatMap((value, i) => (spread ? [value - spread[i], value + spread[i]] : [value]))
      .filter(Number.isFinite);
    if (!finite.length) continue;
    let [low, high] = line.range ?? [Math.min(...finite), Math.max(...finite)];
    if (line.range && line.log) [low, high] = [Math.min(low, ...finite), Math.max(high, ...finite)];
    if (!(high - low > 1e-6 * Math.abs(high)))
      [low, high] = [low - (Math.abs(low) * 0.05 || 1), high + (Math.abs(high) * 0.05 || 1)];
    const margin = 4 * ratio;
    const y = (/** @type {number} */ value) => height - margin - ((value - low) / (high - low)) * (height - 2 * margin);
    const x = (/** @type {number} */ i) => placeOf(replay, replay.moments[line.at[i]].step) * width;
    if (band) {
      context.fillStyle = rgba(colourOf("plus"), 0.16);
      context.fillRect(0, y(band[1]), width, y(band[0]) - y(band[1]));
    }
    if (spread) {
      context.fillStyle = rgba(colourOf(line.colour), 0.2);
      context.beginPath();
      scaled.forEach((value, i) => context.lineTo(x(i), y(value + spread[i])));
      for (let i = scaled.length - 1; i >= 0; i--) context.lineTo(x(i), y(scaled[i] - spread[i]));
      context.fill();
    }
    context.strokeStyle = rgba(colourOf(line.colour));
    context.lineWidth = 1.4 * ratio;
    context.lineJoin = "round";
    context.beginPath();
    let drawing = false;
    scaled.forEach((value, i) => {
      if (!Number.isFinite(value)) {
        drawing = false;
        return;
      }
      if (drawing) context.lineTo(x(i), y(value));
      else context.moveTo(x(i), y(value));
      if (scaled.length === 1) context.lineTo(x(i) + 2 * ratio, y(value));
      drawing = true;
    });
    context.stroke();
  }
}
