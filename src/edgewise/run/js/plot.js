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
function ticksOf(low, high, log, most = 4) {
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
    return ticksOf(10 ** low, 10 ** high, false, most)
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
 * A diagram over the steps with axes, whose numbers can be read with the pointer.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {number} [options.height]
 * @param {() => Replay} options.replay
 * @param {() => PlotLine[]} options.lines
 * @param {() => boolean} [options.log]
 * @param {[number, number]} [options.band] as powers of ten
 * @param {boolean} [options.fromZero]
 * @param {(step: number) => void} options.seek
 */
export function plotOf({
  label,
  height = 170,
  replay: source,
  lines: given,
  log: isLog = () => false,
  band,
  fromZero = false,
  seek,
}) {
  const svg = makeSvg("svg", { class: "diagram", role: "img", "aria-label": label, height });
  const told = make("p", { class: "told quiet", "aria-hidden": "true" });
  const cursor = makeSvg("path", { class: "at-line" });
  const pointed = makeSvg("path", { class: "pointed" });
  const element = make("div", { class: "plotted" }, svg, told);
  let wide = 0;

  function draw() {
    wide = Math.max(160, element.clientWidth);
    const replay = source();
    const log = isLog();
    const lines = given();
    const scale = (/** @type {number} */ value) => (log ? (value > 0 ? Math.log10(value) : NaN) : value);
    const shown = lines.map((line) => Array.from(line.values, scale));
    const finite = shown.flat().filter(Number.isFinite);
    let low = Math.min(...finite);
    let high = Math.max(...finite);
    if (!finite.length) [low, high] = [0, 1];
    if (fromZero && !log) low = Math.min(0, low);
    if (band) [low, high] = [Math.min(low, band[0] - 0.5), Math.max(high, band[1] + 0.5)];
    if (!(high - low > 1e-7 * Math.max(Math.abs(high), Math.abs(low))))
      [low, high] = [low - (Math.abs(low) * 0.1 || 1), high + (Math.abs(high) * 0.1 || 1)];
    const bottom = height - 22;
    const x = (/** @type {number} */ step) => GUTTER + placeOf(replay, step) * (wide - GUTTER - RIGHT);
    const y = (/** @type {number} */ value) => 8 + (1 - (value - low) / (high - low)) * (bottom - 8);
    /** @type {Node[]} */
    const parts = [];
    if (band)
      parts.push(
        makeSvg("rect", {
          class: "band",
          x: GUTTER,
          width: wide - GUTTER - RIGHT,
          y: y(band[1]),
          height: y(band[0]) - y(band[1]),
        }),
      );
    for (const mark of ticksOf(low, high, log)) {
      parts.push(
        makeSvg("path", { class: "grid-line", d: `M${GUTTER} ${y(mark).toFixed(1)}H${wide - RIGHT}` }),
        makeSvg("text", {
          class: "tick",
          x: GUTTER - 7,
          y: y(mark) + 3.5,
          "text-anchor": "end",
          text: figure(log ? 10 ** mark : mark, 3),
        }),
      );
    }
    const first = replay.moments[0].step;
    for (const mark of ticksOf(first, Math.max(replay.steps, first + 1), false, wide > 700 ? 8 : 4).filter(
      Number.isInteger,
    )) {
      if (mark < first || mark > replay.steps) continue;
      parts.push(
        makeSvg("text", {
          class: "tick",
          x: x(mark).toFixed(1),
          y: height - 5,
          "text-anchor": x(mark) > wide - 30 ? "end" : "middle",
          text: counted(mark),
        }),
      );
    }
    lines.forEach((line, number) => {
      const values = shown[number];
      const drawn = line.smooth && values.length > 60 ? smoothed(values) : null;
      /** @param {number[]} heights */
      const path = (heights) => {
        let text = "";
        let on = false;
        heights.forEach((value, i) => {
          if (!Number.isFinite(value)) {
            on = false;
            return;
          }
          text += `${on ? "L" : "M"}${x(line.steps[i]).toFixed(1)} ${y(value).toFixed(1)}`;
          if (heights.length === 1) text += "h3";
          on = true;
        });
        return text;
      };
      parts.push(makeSvg("path", { class: `curve ${line.colour}${drawn ? " is-raw" : ""}`, d: path(values) }));
      if (drawn) parts.push(makeSvg("path", { class: `curve ${line.colour}`, d: path(drawn) }));
      if (line.dots)
        values.forEach((value, i) => {
          if (Number.isFinite(value))
            parts.push(
              makeSvg("circle", {
                class: `dot-of ${line.colour}`,
                cx: x(line.steps[i]).toFixed(1),
                cy: y(value).toFixed(1),
                r: 2.6,
              }),
            );
        });
      Array.from(line.values).forEach((value, i) => {
        if (Number.isFinite(value)) return;
        parts.push(
          makeSvg("rect", {
            class: Number.isNaN(value) ? "nan" : "infinite",
            x: (x(line.steps[i]) - 1).toFixed(1),
            y: 2,
            width: 2.4,
            height: 7,
          }),
        );
      });
    });
    svg.setAttribute("viewBox", `0 0 ${wide} ${height}`);
    svg.setAttribute("width", String(wide));
    svg.replaceChildren(...parts, cursor, pointed);
  }

  /** @param {number} step */
  function lineAt(step) {
    const at = GUTTER + placeOf(source(), step) * (wide - GUTTER - RIGHT);
    return `M${at.toFixed(1)} 4V${height - 22}`;
  }

  /** @param {PointerEvent} event */
  function stepUnder(event) {
    const box = svg.getBoundingClientRect();
    return stepAt(source(), (event.clientX - box.left - GUTTER) / (wide - GUTTER - RIGHT));
  }

  /** @param {number} step */
  function tell(step) {
    const parts = given().map((line) => {
      let best = -1;
      for (let i = 0; i < line.steps.length; i++)
        if (best < 0 || Math.abs(line.steps[i] - step) < Math.abs(line.steps[best] - step)) best = i;
      return best < 0 ? "" : `${line.name} ${figure(line.values[best])}`;
    });
    told.textContent = `step ${counted(step)}: ${parts.filter(Boolean).join(", ")}`;
  }

  svg.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const step = stepUnder(event);
    pointed.setAttribute("d", lineAt(step));
    tell(step);
    if (event.buttons & 1) seek(step);
  });
  svg.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => seek(stepUnder(event)));
  svg.addEventListener("pointerleave", () => {
    pointed.removeAttribute("d");
    told.textContent = "";
  });

  return {
    element,
    draw,
    /** Marks the moment that is shown. @param {number} step */
    mark(step) {
      if (wide) cursor.setAttribute("d", lineAt(step));
    },
  };
}

/** @typedef {ReturnType<typeof plotOf>} Plot */
