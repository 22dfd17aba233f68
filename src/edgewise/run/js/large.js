import { histogramView } from "../../page/js/chart.js";
import { make } from "../../page/js/dom.js";
import { figure } from "../../page/js/figures.js";
import { gridOf, paintMap, scaleOf, layOutSheet } from "../../page/js/heat.js";
import { Plot } from "./plot.js";
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
function drawHeat(page, row, colour, asPower, label) {
  const { replay } = page;
  const canvas = make("canvas", { role: "img", "aria-label": label });
  const top = make("span", { class: "heat-top" });
  const bottom = make("span", { class: "heat-bottom" });
  const reading = make("p", { class: "reading quiet", "aria-hidden": "true" });
  const frame = make("div", { class: "heat-frame" }, canvas);
  const element = make("div", { class: "heat" }, make("div", { class: "heat-marks" }, top, bottom), frame, reading);
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
    reading.textContent = `step ${counted(replay.moments[moment].step)}: ${text}`;
  });
  frame.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) =>
    page.seek(stepAt(replay, place(event)[0])),
  );
  frame.addEventListener("pointerleave", () => {
    reading.textContent = "";
  });
  return {
    element,
    draw() {
      range = rangeOf(replay, row);
      top.textContent = markText(range.high, asPower);
      bottom.textContent = markText(range.low, asPower);
      paintHeat(canvas, replay, row, colour, range);
    },
    update() {
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
function drawMap(replay, series) {
  const canvas = make("canvas", { class: "map", role: "img", "aria-label": `the elements of ${replay.title(series)}` });
  const reading = make("p", { class: "reading quiet" });
  const element = make("div", { class: "now" }, make("h4", { text: "Elements" }), canvas, reading);
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
    if (elements) reading.textContent = `[${index}] = ${figure(elements[row * columns + column])}`;
  });
  canvas.addEventListener("pointerleave", () => {
    reading.textContent = "";
  });
  let scale = 0;
  return {
    element,
    /** @param {number} at */
    update(at) {
      elements = replay.elements(series, replay.latest(series.row, at) ?? at);
      if (!elements) return;
      // One scale for the whole run, so that growing is seen.
      scale ||=
        Math.max(
          ...replay.column(series.row, "high").values.map(Math.abs),
          ...replay.column(series.row, "low").values.map(Math.abs),
        ) || scaleOf(elements);
      paintMap(canvas, elements, layOutSheet(series, 256), scale);
    },
  };
}

/** One tensor, large. */
export class LargeView {
  /** @param {import("./run.js").RunPage} page @param {Series} series */
  constructor(page, series) {
    const { replay } = page;
    this.page = page;
    this.series = series;
    this.heats = this.#createHeats();
    this.plots = this.#createPlots();
    this.heading = make("h4", { class: "moment-title" });
    this.now = make("div", { class: "nows" });
    this.map = series.whole ? drawMap(replay, series) : null;
    const onclick = () => page.select(null);
    const close = make("button", { type: "button", class: "close", "aria-label": "close", text: "×", onclick });
    const title = replay.title(series);
    const about = `${shapeText(series.shape)}${series.type ? ` · ${series.type}` : ""}`;
    const figures = [...this.heats, ...this.plots].map(({ title: caption, view }) =>
      make("figure", {}, make("figcaption", { text: caption }), view.element),
    );
    this.element = make(
      "section",
      { class: "large", "aria-label": title },
      make("header", {}, make("h3", { text: title }), make("span", { class: "quiet", text: about }), close),
      make("div", { class: `figures of-${series.kind}` }, ...figures),
      this.heading,
      this.now,
    );
  }

  /** The histograms over time. */
  #createHeats() {
    const { page } = this;
    const { row, gradientRow } = this.series;
    const values = drawHeat(page, row, "value", false, "histograms of the values over the steps");
    const heats = [{ title: "Values", view: values }];
    if (gradientRow === null) return heats;
    const gradient = drawHeat(page, gradientRow, "gradient", true, "histograms of the gradient over the steps");
    return [...heats, { title: "Gradient |∂L/∂W|, on a logarithmic scale", view: gradient }];
  }

  /** The measures over time. */
  #createPlots() {
    const { replay, seek } = this.page;
    const { row, gradientRow } = this.series;
    /** @param {string} name @param {string} colour @param {number | null} which @param {string} field */
    const line = (name, colour, which, field) => {
      const { at, values } = replay.column(which, field);
      return { name, colour, steps: at.map((i) => replay.moments[i].step), values };
    };
    /** @param {string} title @param {string} label @param {Partial<import("./plot.js").PlotOptions>} options @param {() => import("./plot.js").PlotLine[]} lines */
    const plot = (title, label, options, lines) => ({
      title,
      view: new Plot({ replay, seek, height: 150, label: `${label} over the steps`, ...options, lines }),
    });
    const log = () => true;
    if (gradientRow === null)
      return [
        plot("Mean and deviation", "mean and deviation", {}, () => [
          line("mean", "is-value", row, "mean"),
          line("deviation", "is-module", row, "deviation"),
        ]),
        plot("Zeros", "part of zeros", { fromZero: true }, () => [line("zeros", "is-value", row, "zeros")]),
      ];
    return [
      plot("Norms", "norms", { log }, () => [
        line("values", "is-value", row, "norm"),
        line("gradient", "is-gradient", gradientRow, "norm"),
      ]),
      plot("Update ÷ values", "size of the updates", { log, band: [-4, -2] }, () => [
        line("update ÷ values", "is-after", gradientRow, "update"),
      ]),
    ];
  }

  draw() {
    if (!this.element.isConnected) return;
    for (const { view } of [...this.heats, ...this.plots]) view.draw();
    this.mark();
  }

  /** Writes the numbers of the moment that is shown. */
  mark() {
    const { heats, plots, map, now } = this;
    const { replay, at } = this.page;
    const { row, gradientRow } = this.series;
    const { step } = replay.moments[at];
    for (const { view } of heats) view.update();
    for (const { view } of plots) view.mark(step);
    this.heading.textContent = `At step ${counted(step)}`;
    const parts = [numbersOf(replay, row, at, "Values", "value")];
    if (gradientRow !== null) parts.push(numbersOf(replay, gradientRow, at, "Gradient", "gradient"));
    if (map) {
      map.update(at);
      parts.push(map.element);
    }
    now.replaceChildren(...parts);
  }
}
