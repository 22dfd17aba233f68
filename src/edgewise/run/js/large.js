import { histogramView } from "../../page/js/chart.js";
import { make } from "../../page/js/dom.js";
import { figure } from "../../page/js/figures.js";
import { gridOf, paintMap, scaleOf, sheetOf } from "../../page/js/heat.js";
import { plotOf } from "./plot.js";
import { paintHeat, placeOf, rangeOf, stepAt } from "./strips.js";
import { counted, percent, shapeText } from "./words.js";

/** @typedef {import("./replay.js").Replay} Replay */
/** @typedef {import("./replay.js").Series} Series */

/** A number of a histogram's axis. @param {number} value @param {boolean} asPower */
function markText(value, asPower) {
  return asPower ? figure(10 ** value, 2) : figure(value, 3);
}

/**
 * Histograms over time, large, with what lies under the pointer.
 *
 * @param {import("./run.js").RunPage} page
 * @param {number} row
 * @param {string} colour
 * @param {boolean} asPower whether its numbers are powers of ten
 * @param {string} label
 */
function heatOf(page, row, colour, asPower, label) {
  const { replay } = page;
  const canvas = make("canvas", { role: "img", "aria-label": label });
  const top = make("span", { class: "heat-top" });
  const bottom = make("span", { class: "heat-bottom" });
  const told = make("p", { class: "told quiet", "aria-hidden": "true" });
  const frame = make("div", { class: "heat-frame" }, canvas);
  const element = make("div", { class: "heat" }, make("div", { class: "heat-marks" }, top, bottom), frame, told);
  let range = { low: 0, high: 1 };

  /** @param {PointerEvent} event */
  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }
  frame.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const [x, y] = place(event);
    if (event.buttons & 1) page.seek(stepAt(replay, x));
    const step = stepAt(replay, x);
    const { at } = replay.column(row, "from");
    let i = 0;
    while (i + 1 < at.length && replay.moments[at[i + 1]].step <= step) i++;
    const moment = at[i];
    const from = replay.value(row, "from", moment) ?? NaN;
    const to = replay.value(row, "to", moment) ?? NaN;
    const value = range.low + (1 - y) * (range.high - range.low);
    const width = (to - from) / replay.bins;
    const bin = Math.floor((value - from) / width);
    const counts = replay.histogram(row, moment);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const text =
      bin >= 0 && bin < replay.bins && total
        ? `${percent(counts[bin] / total)} from ${markText(from + bin * width, asPower)} to ${markText(from + (bin + 1) * width, asPower)}`
        : `none at ${markText(value, asPower)}`;
    told.textContent = `step ${counted(replay.moments[moment].step)}: ${text}`;
  });
  frame.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) =>
    page.seek(stepAt(replay, place(event)[0])),
  );
  frame.addEventListener("pointerleave", () => {
    told.textContent = "";
  });
  return {
    element,
    draw() {
      range = rangeOf(replay, row);
      top.textContent = markText(range.high, asPower);
      bottom.textContent = markText(range.low, asPower);
      paintHeat(canvas, replay, row, colour, range);
    },
    tell() {
      frame.style.setProperty("--at", `${placeOf(replay, replay.moments[page.at].step) * 100}%`);
    },
  };
}

/**
 * The numbers of a tensor at the moment that is shown.
 *
 * @param {Replay} replay
 * @param {number} row
 * @param {number} at
 * @param {string} title
 * @param {string} kind
 */
function numbersOf(replay, row, at, title, kind) {
  const asPower = kind === "gradient";
  const moment = replay.latest(row, at);
  if (moment === undefined)
    return make("div", { class: "now" }, make("h4", { text: title }), make("p", { class: "quiet", text: "none" }));
  const value = (/** @type {string} */ field) => replay.value(row, field, moment) ?? NaN;
  const facts = [
    ["norm", figure(value("norm"))],
    ["mean", figure(value("mean"))],
    ["deviation", figure(value("deviation"))],
    ["smallest", figure(value("low"))],
    ["largest", figure(value("high"))],
    ["zeros", percent(value("zeros"))],
  ];
  if (value("nan")) facts.push(["NaN", counted(value("nan"))]);
  if (value("infinite")) facts.push(["∞", counted(value("infinite"))]);
  if (asPower && !Number.isNaN(value("update"))) facts.push(["update ÷ values", figure(value("update"))]);
  const list = make("dl", { class: "statistics" });
  for (const [name, text] of facts) list.append(make("div", {}, make("dt", { text: name }), make("dd", { text })));
  const counts = Array.from(replay.histogram(row, moment));
  const chart = counts.some(Boolean) ? histogramView(counts, value("from"), value("to"), kind) : null;
  const heading = make(
    "h4",
    {},
    make("span", { text: title }),
    asPower && chart ? make("span", { class: "quiet", text: "log₁₀ |∂L/∂W|" }) : null,
  );
  return make("div", { class: "now" }, heading, make("div", { class: "now-body" }, chart, list));
}

/**
 * The elements of a small parameter as a map.
 *
 * @param {Replay} replay
 * @param {Series} series
 */
function mapOf(replay, series) {
  const canvas = make("canvas", { class: "map", role: "img", "aria-label": `the elements of ${replay.title(series)}` });
  const told = make("p", { class: "told quiet" });
  const element = make("div", { class: "now" }, make("h4", { text: "Elements" }), canvas, told);
  /** @type {Float32Array | undefined} */
  let elements;
  const { rows, columns } = gridOf(series.shape);
  const side = Math.max(3, Math.min(26, Math.floor(280 / columns), Math.floor(200 / rows)));
  canvas.style.width = `${columns * side}px`;
  canvas.style.height = `${Math.max(rows * side, 22)}px`;
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    const row = Math.max(0, Math.min(rows - 1, Math.floor(((event.clientY - box.top) / box.height) * rows)));
    const column = Math.max(0, Math.min(columns - 1, Math.floor(((event.clientX - box.left) / box.width) * columns)));
    const index = series.shape.length > 1 ? `${row}, ${column}` : series.shape.length ? `${column}` : "";
    if (elements) told.textContent = `[${index}] = ${figure(elements[row * columns + column])}`;
  });
  canvas.addEventListener("pointerleave", () => {
    told.textContent = "";
  });
  let scale = 0;
  return {
    element,
    /** @param {number} at */
    tell(at) {
      elements = replay.elements(series, replay.latest(series.row, at) ?? at);
      if (!elements) return;
      // One scale for the whole run, so that growing is seen.
      scale ||=
        Math.max(
          ...replay.column(series.row, "high").values.map(Math.abs),
          ...replay.column(series.row, "low").values.map(Math.abs),
        ) || scaleOf(elements);
      paintMap(canvas, elements, sheetOf(series, 256), scale);
    },
  };
}

/**
 * One tensor, large.
 *
 * @param {import("./run.js").RunPage} page
 * @param {Series} series
 */
export function largeOf(page, series) {
  const { replay } = page;
  const { row, gradientRow } = series;
  const isParameter = gradientRow !== null;
  const steps = (/** @type {number[]} */ at) => at.map((i) => replay.moments[i].step);
  /** @param {string} name @param {string} colour @param {number | null} which @param {string} field */
  const line = (name, colour, which, field) => {
    const { at, values } = replay.column(which, field);
    return { name, colour, steps: steps(at), values };
  };
  const common = { replay: () => replay, seek: page.seek, height: 150 };
  const plots = isParameter
    ? [
        {
          title: "Norms",
          plot: plotOf({
            ...common,
            label: "norms over the steps",
            log: () => true,
            lines: () => [
              line("values", "is-value", row, "norm"),
              line("gradient", "is-gradient", gradientRow, "norm"),
            ],
          }),
        },
        {
          title: "Update ÷ values",
          plot: plotOf({
            ...common,
            label: "size of the updates over the steps",
            log: () => true,
            band: [-4, -2],
            lines: () => [line("update ÷ values", "is-after", gradientRow, "update")],
          }),
        },
      ]
    : [
        {
          title: "Mean and deviation",
          plot: plotOf({
            ...common,
            label: "mean and deviation over the steps",
            lines: () => [line("mean", "is-value", row, "mean"), line("deviation", "is-module", row, "deviation")],
          }),
        },
        {
          title: "Zeros",
          plot: plotOf({
            ...common,
            label: "part of zeros over the steps",
            fromZero: true,
            lines: () => [line("zeros", "is-value", row, "zeros")],
          }),
        },
      ];
  const heats = [
    { title: "Values", heat: heatOf(page, row, "value", false, "histograms of the values over the steps") },
  ];
  if (isParameter)
    heats.push({
      title: "Gradient |∂L/∂W|, on a logarithmic scale",
      heat: heatOf(page, gradientRow, "gradient", true, "histograms of the gradient over the steps"),
    });
  const now = make("div", { class: "nows" });
  const heading = make("h4", { class: "moment-title" });
  const map = series.whole ? mapOf(replay, series) : null;
  const close = make("button", {
    type: "button",
    class: "close",
    "aria-label": "close",
    text: "×",
    onclick: () => page.select(null),
  });
  const element = make(
    "section",
    { class: "large", "aria-label": replay.title(series) },
    make(
      "header",
      {},
      make("h3", { text: replay.title(series) }),
      make("span", { class: "quiet", text: `${shapeText(series.shape)}${series.type ? ` · ${series.type}` : ""}` }),
      close,
    ),
    make(
      "div",
      { class: `figures of-${series.kind}` },
      ...heats.map(({ title, heat }) => make("figure", {}, make("figcaption", { text: title }), heat.element)),
      ...plots.map(({ title, plot }) => make("figure", {}, make("figcaption", { text: title }), plot.element)),
    ),
    heading,
    now,
  );
  const large = {
    element,
    draw() {
      if (!element.isConnected) return;
      for (const { heat } of heats) heat.draw();
      for (const { plot } of plots) plot.draw();
      large.tell();
    },
    tell() {
      const { step } = replay.moments[page.at];
      for (const { heat } of heats) heat.tell();
      for (const { plot } of plots) plot.mark(step);
      heading.textContent = `At step ${counted(step)}`;
      const parts = [numbersOf(replay, row, page.at, "Values", "value")];
      if (isParameter) parts.push(numbersOf(replay, gradientRow, page.at, "Gradient", "gradient"));
      if (map) {
        map.tell(page.at);
        parts.push(map.element);
      }
      now.replaceChildren(...parts);
    },
  };
  return large;
}
