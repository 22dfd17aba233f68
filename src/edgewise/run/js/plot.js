import { make, makeSvg } from "../../page/js/dom.js";
import { figure } from "../../page/js/figures.js";
import { placeOf, stepAt } from "./strips.js";
import { counted } from "./words.js";

/** @typedef {import("./replay.js").Replay} Replay */

const GUTTER = 52;
const RIGHT = 10;

/**
 * @typedef {object} PlotLine
 * @property {string} name
 * @property {string} colour a class: is-value, is-gradient, is-after, ...
 * @property {ArrayLike<number>} steps
 * @property {ArrayLike<number>} values
 * @property {boolean} [smooth] whether a smoothed line is drawn over it
 * @property {boolean} [dots]
 */

/**
 * Numbers that a scale is marked with.
 *
 * @param {number} low
 * @param {number} high
 * @param {boolean} log whether these are powers of ten
 * @param {number} most
 * @returns {number[]}
 */
function chooseTicks(low, high, log, most = 4) {
  if (log) {
    const every = Math.max(1, Math.ceil((high - low) / most));
    for (const times of high - low > 2 ? [[1]] : [[1], [1, 3], [1, 2, 5]]) {
      const marks = [];
      for (let power = Math.floor(low); power <= high; power++) {
        if (power % every === 0) marks.push(...times.map((size) => power + Math.log10(size)));
      }
      const within = marks.filter((mark) => mark >= low - 1e-9 && mark <= high + 1e-9);
      if (within.length > 1) return within;
    }
    return chooseTicks(10 ** low, 10 ** high, false, most)
      .filter((mark) => mark > 0)
      .map(Math.log10);
  }
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const every = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough) ?? rough;
  const marks = [];
  for (let at = Math.ceil(low / every - 1e-9); at * every <= high + every * 1e-9; at++) marks.push(at * every);
  return marks;
}

/** Each number's mean with those around it, as many before it as behind it. @param {number[]} values */
function smoothed(values) {
  const most = Math.max(2, Math.round(values.length / 120));
  return values.map((value, i) => {
    const reach = Math.min(most, i, values.length - 1 - i);
    const around = values.slice(i - reach, i + reach + 1).filter(Number.isFinite);
    return Number.isFinite(value) ? around.reduce((sum, one) => sum + one, 0) / around.length : NaN;
  });
}

/**
 * @typedef {object} PlotOptions
 * @property {string} label
 * @property {number} [height]
 * @property {Replay} replay
 * @property {() => PlotLine[]} lines
 * @property {() => boolean} [log]
 * @property {[number, number]} [band] as powers of ten
 * @property {boolean} [fromZero]
 * @property {(step: number) => void} seek
 */

/** A diagram over the steps with axes, whose numbers can be read with the pointer. */
export class Plot {
  /** @param {PlotOptions} options */
  constructor(options) {
    this.options = options;
    this.height = options.height ?? 170;
    this.width = 0;
    /** What the axis of numbers goes from and to. */
    this.range = [0, 1];
    this.svg = makeSvg("svg", { class: "diagram", role: "img", "aria-label": options.label, height: this.height });
    this.reading = make("p", { class: "reading quiet", "aria-hidden": "true" });
    this.cursor = makeSvg("path", { class: "at-line" });
    this.pointed = makeSvg("path", { class: "pointed" });
    this.element = make("div", { class: "plotted" }, this.svg, this.reading);
    this.svg.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      const step = this.#stepUnder(event);
      this.pointed.setAttribute("d", this.#lineAt(step));
      this.#read(step);
      if (event.buttons & 1) options.seek(step);
    });
    this.svg.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) =>
      options.seek(this.#stepUnder(event)),
    );
    this.svg.addEventListener("pointerleave", () => {
      this.pointed.removeAttribute("d");
      this.reading.textContent = "";
    });
  }

  #isLog() {
    return this.options.log?.() ?? false;
  }

  draw() {
    this.width = Math.max(160, this.element.clientWidth);
    const isLog = this.#isLog();
    const lines = this.options.lines();
    const shown = lines.map((line) =>
      Array.from(line.values, (value) => (isLog ? (value > 0 ? Math.log10(value) : NaN) : value)),
    );
    this.range = this.#rangeOf(shown.flat().filter(Number.isFinite), isLog);
    const parts = [
      ...this.#band(),
      ...this.#numbers(isLog),
      ...this.#steps(),
      ...lines.flatMap((line, i) => this.#line(line, shown[i])),
    ];
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.setAttribute("width", String(this.width));
    this.svg.replaceChildren(...parts, this.cursor, this.pointed);
  }

  /** @param {number[]} finite @param {boolean} isLog */
  #rangeOf(finite, isLog) {
    const { fromZero, band } = this.options;
    let [low, high] = finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
    if (fromZero && !isLog) low = Math.min(0, low);
    if (band) [low, high] = [Math.min(low, band[0] - 0.5), Math.max(high, band[1] + 0.5)];
    if (high - low > 1e-7 * Math.max(Math.abs(high), Math.abs(low))) return [low, high];
    return [low - (Math.abs(low) * 0.1 || 1), high + (Math.abs(high) * 0.1 || 1)];
  }

  /** How far across a step is. @param {number} step */
  #x(step) {
    return GUTTER + placeOf(this.options.replay, step) * (this.width - GUTTER - RIGHT);
  }

  /** How far down a number is. @param {number} value */
  #y(value) {
    const [low, high] = this.range;
    return 8 + (1 - (value - low) / (high - low)) * (this.height - 30);
  }

  /** Where numbers should be. */
  #band() {
    const { band } = this.options;
    if (!band) return [];
    const [bottom, top] = band.map((at) => this.#y(at));
    const width = this.width - GUTTER - RIGHT;
    return [makeSvg("rect", { class: "band", x: GUTTER, width, y: top, height: bottom - top })];
  }

  /** The axis of numbers. @param {boolean} isLog */
  #numbers(isLog) {
    const [low, high] = this.range;
    return chooseTicks(low, high, isLog).flatMap((mark) => {
      const y = this.#y(mark);
      const text = figure(isLog ? 10 ** mark : mark, 3);
      return [
        makeSvg("path", { class: "grid-line", d: `M${GUTTER} ${y.toFixed(1)}H${this.width - RIGHT}` }),
        makeSvg("text", { class: "tick", x: GUTTER - 7, y: y + 3.5, "text-anchor": "end", text }),
      ];
    });
  }

  /** The axis of steps. */
  #steps() {
    const { replay } = this.options;
    const first = replay.moments[0].step;
    const marks = chooseTicks(first, Math.max(replay.steps, first + 1), false, this.width > 700 ? 8 : 4);
    return marks
      .filter((mark) => Number.isInteger(mark) && mark >= first && mark <= replay.steps)
      .map((mark) => {
        const x = this.#x(mark);
        const anchor = x > this.width - 30 ? "end" : "middle";
        const place = { class: "tick", x: x.toFixed(1), y: this.height - 5, "text-anchor": anchor };
        return makeSvg("text", { ...place, text: counted(mark) });
      });
  }

  /** @param {PlotLine} line @param {number[]} values as they are drawn */
  #line(line, values) {
    const drawn = line.smooth && values.length > 60 ? smoothed(values) : null;
    const parts = [
      makeSvg("path", { class: `curve ${line.colour}${drawn ? " is-raw" : ""}`, d: this.#path(line, values) }),
    ];
    if (drawn) parts.push(makeSvg("path", { class: `curve ${line.colour}`, d: this.#path(line, drawn) }));
    values.forEach((value, i) => {
      const x = this.#x(line.steps[i]);
      if (line.dots && Number.isFinite(value)) {
        const place = { cx: x.toFixed(1), cy: this.#y(value).toFixed(1), r: 2.6 };
        parts.push(makeSvg("circle", { class: `dot-of ${line.colour}`, ...place }));
      }
      if (Number.isFinite(line.values[i])) return;
      const kind = Number.isNaN(line.values[i]) ? "nan" : "infinite";
      parts.push(makeSvg("rect", { class: kind, x: (x - 1).toFixed(1), y: 2, width: 2.4, height: 7 }));
    });
    return parts;
  }

  /** @param {PlotLine} line @param {number[]} values */
  #path(line, values) {
    let [text, isOn] = ["", false];
    values.forEach((value, i) => {
      if (Number.isFinite(value)) {
        text += `${isOn ? "L" : "M"}${this.#x(line.steps[i]).toFixed(1)} ${this.#y(value).toFixed(1)}`;
        if (values.length === 1) text += "h3";
      }
      isOn = Number.isFinite(value);
    });
    return text;
  }

  /** The line through a step. @param {number} step */
  #lineAt(step) {
    return `M${this.#x(step).toFixed(1)} 4V${this.height - 22}`;
  }

  /** @param {PointerEvent} event */
  #stepUnder(event) {
    const box = this.svg.getBoundingClientRect();
    return stepAt(this.options.replay, (event.clientX - box.left - GUTTER) / (this.width - GUTTER - RIGHT));
  }

  /** Writes the numbers of a step. @param {number} step */
  #read(step) {
    const parts = this.options.lines().map((line) => {
      let best = -1;
      for (let i = 0; i < line.steps.length; i++)
        if (best < 0 || Math.abs(line.steps[i] - step) < Math.abs(line.steps[best] - step)) best = i;
      return best < 0 ? "" : `${line.name} ${figure(line.values[best])}`;
    });
    this.reading.textContent = `step ${counted(step)}: ${parts.filter(Boolean).join(", ")}`;
  }

  /** Marks the moment that is shown. @param {number} step */
  mark(step) {
    if (this.width) this.cursor.setAttribute("d", this.#lineAt(step));
  }
}
