import { make } from "../../page/js/dom.js";
import { figure } from "../../page/js/figures.js";
import { paintHeat, paintLines, rangeOf } from "./strips.js";
import { findTroubles } from "./trouble.js";
import { percent, shapeText } from "./words.js";

/**
 * @typedef {import("./replay.js").Series} Series
 *
 * @typedef {object} Cell a small picture, and a number
 * @property {HTMLElement} element
 * @property {HTMLElement} number
 * @property {() => void} paint
 * @property {(at: number) => string} read the number of a moment
 */

/** Where an update should be beside its values, in powers of ten, and where the scale ends. */
const USUAL_UPDATES = /** @type {[number, number]} */ ([-4, -2]);
const UPDATES = /** @type {[number, number]} */ ([-5, -1]);

/** A dotted name that may go on in a new line after a dot. @param {string} name */
function brokenAtDots(name) {
  return name.split(/(?<=\.)/).flatMap((part) => [document.createTextNode(part), make("wbr")]);
}

/** Whether numbers are of so different sizes that a plain scale hides most. @param {Float32Array} values */
function growsAlot(values) {
  const sizes = values.filter((value) => value > 0 && value < Infinity);
  return sizes.length > 1 && sizes.reduce((a, b) => Math.max(a, b)) > 50 * sizes.reduce((a, b) => Math.min(a, b));
}

/** A row of the list: a parameter, or the output of a module, with small pictures. */
export class SeriesRow {
  /** @param {import("./run.js").RunPage} page @param {Series} series */
  constructor(page, series) {
    const { replay } = page;
    const isParameter = series.kind === "parameter";
    this.page = page;
    this.replay = replay;
    this.series = series;
    this.key = replay.key(series);
    this.isVisible = false;
    /** Whether its pictures are no longer right. */
    this.isDirty = true;
    this.cells = isParameter ? this.#parameterCells() : this.#outputCells();
    this.badges = make("span", { class: "badges" });
    const about = isParameter ? `${shapeText(series.shape)}${series.type ? ` · ${series.type}` : ""}` : series.type;
    this.button = make(
      "button",
      { type: "button", class: "row-name", "aria-expanded": "false" },
      make("span", { class: "row-title" }, ...brokenAtDots(replay.title(series))),
      make("span", { class: "quiet", text: about }),
      this.badges,
    );
    const cells = this.cells.map(({ element }) => element);
    this.element = make("div", { class: `row of-${series.kind}`, "data-key": this.key }, this.button, ...cells);
    this.element.addEventListener("click", () => page.select(this.key));
  }

  /** @param {string} what @param {(canvas: HTMLCanvasElement) => void} paint @param {(at: number) => string} read @param {string} kind @returns {Cell} */
  #cell(what, paint, read, kind = "") {
    const label = `${what} of ${this.replay.title(this.series)} over the steps`;
    const canvas = make("canvas", { role: "img", "aria-label": label });
    const number = make("span", { class: "cell-number" });
    const element = make("span", { class: `cell ${kind}` }, canvas, number);
    return { element, number, paint: () => paint(canvas), read };
  }

  /** A cell with histograms over time, and the deviation. @param {string} what @param {number} row @param {string} colour @param {number} digits @param {string} [kind] */
  #heatCell(what, row, colour, digits, kind) {
    return this.#cell(
      what,
      (canvas) => paintHeat(canvas, this.replay, row, colour, rangeOf(this.replay, row)),
      (at) => `σ ${this.#text(row, "deviation", at, digits)}`,
      kind,
    );
  }

  /** A measure as text. @param {number | null} row @param {string} field @param {number} at @param {number} digits */
  #text(row, field, at, digits = 3) {
    const value = this.replay.latestValue(row, field, at);
    return value === undefined ? "–" : figure(value, digits);
  }

  #parameterCells() {
    const { replay } = this;
    const { row, gradientRow } = this.series;
    const norms = (/** @type {HTMLCanvasElement} */ canvas) => {
      const values = replay.column(row, "norm");
      paintLines(canvas, replay, [
        { ...values, colour: "value", log: growsAlot(values.values) },
        { ...replay.column(gradientRow, "norm"), colour: "gradient", log: true },
      ]);
    };
    const updates = (/** @type {HTMLCanvasElement} */ canvas) => {
      const line = { ...replay.column(gradientRow, "update"), colour: "after", log: true, range: UPDATES };
      paintLines(canvas, replay, [line], USUAL_UPDATES);
    };
    return [
      this.#heatCell("values", row, "value", 3),
      this.#heatCell("gradient", gradientRow ?? 0, "gradient", 2),
      this.#cell(
        "norms",
        norms,
        (at) => `${this.#text(row, "norm", at)}\n${this.#text(gradientRow, "norm", at, 2)}`,
        "is-pair",
      ),
      this.#cell("updates", updates, (at) => this.#text(gradientRow, "update", at, 2)),
    ];
  }

  #outputCells() {
    const { replay } = this;
    const { row } = this.series;
    const mean = (/** @type {HTMLCanvasElement} */ canvas) => {
      const spread = replay.column(row, "deviation").values;
      paintLines(canvas, replay, [{ ...replay.column(row, "mean"), colour: "value", spread }]);
    };
    const zeros = (/** @type {HTMLCanvasElement} */ canvas) =>
      paintLines(canvas, replay, [{ ...replay.column(row, "zeros"), colour: "ink", range: [0, 1] }]);
    return [
      this.#heatCell("values", row, "value", 3, "is-wide"),
      this.#cell("mean", mean, (at) => this.#text(row, "mean", at)),
      this.#cell("zeros", zeros, (at) => percent(replay.latestValue(row, "zeros", at))),
    ];
  }

  /** Draws it again, as the data or the colours are others now. */
  redraw() {
    this.isDirty = true;
    this.draw();
  }

  draw() {
    if (!this.isVisible) return;
    if (this.isDirty) for (const { paint } of this.cells) paint();
    this.isDirty = false;
    this.mark();
  }

  /** Writes the numbers of the moment that is shown. */
  mark() {
    if (!this.isVisible) return;
    const { replay, series, page } = this;
    for (const { number, read } of this.cells) {
      const lines = read(page.at).split("\n");
      number.replaceChildren(...lines.map((text) => make("span", { text })));
    }
    const troubles = findTroubles(replay, series, page.at);
    this.badges.replaceChildren(
      ...troubles.map(({ text, kind, why }) => make("span", { class: `badge ${kind}`, text, title: why })),
    );
  }

  /** Draws it also where it can't be seen yet. */
  drawHidden() {
    const { isVisible } = this;
    this.isVisible = true;
    this.draw();
    this.isVisible = isVisible;
  }
}
