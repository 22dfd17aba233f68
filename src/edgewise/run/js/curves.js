import { byId, make } from "../../page/js/dom.js";
import { Plot } from "./plot.js";

/**
 * The loss, and what else there is a curve of.
 *
 * @typedef {import("./plot.js").PlotLine} PlotLine
 * @typedef {import("./replay.js").Curve} Curve
 */

const COLOURS = ["is-value", "is-gradient", "is-module", "is-plus"];
/** A loss whose largest number is so many times the least has a logarithmic scale. */
const WIDE_RANGE = 3000;
/** Shorter curves have dots. */
const FEW_POINTS = 200;

/** Whether a curve is of a loss. @param {{ name: string }} curve */
const isLoss = ({ name }) => /loss/i.test(name);

/** The line of what the user noted. @param {Curve} curve @returns {PlotLine} */
function noteLine({ name, steps, values }) {
  return { name, colour: "is-after", steps, values, dots: values.length < FEW_POINTS };
}

export class Curves {
  /** @param {import("./run.js").RunPage} page */
  constructor(page) {
    const { replay, seek } = page;
    this.page = page;
    this.replay = replay;
    const sizes = replay.losses.flatMap(({ values }) => values).filter((value) => value > 0 && value < Infinity);
    const [least, most] = [Math.min, Math.max].map((extreme) => sizes.reduce((a, b) => extreme(a, b), sizes[0]));
    /** Whether the loss has a logarithmic scale. */
    this.isLog = sizes.length > 1 && most > WIDE_RANGE * least;
    this.loss = new Plot({
      label: "The loss over the steps",
      height: 230,
      replay,
      seek,
      log: () => this.isLog,
      lines: () => this.#lossLines(),
    });
    /** @type {Map<string, Plot>} */
    this.others = new Map();
    byId("loss-plot").append(this.loss.element);
    byId("log-loss").setAttribute("aria-pressed", String(this.isLog));
    byId("log-loss").addEventListener("click", () => this.#switchScale());
  }

  #switchScale() {
    this.isLog = !this.isLog;
    byId("log-loss").setAttribute("aria-pressed", String(this.isLog));
    this.loss.draw();
    this.page.show();
  }

  /** The losses of the batches. */
  #batchLosses() {
    const { losses } = this.replay;
    return losses
      .filter(({ values }) => values.length)
      .map((curve, i) => ({ ...curve, isOne: losses.length < 2, colour: COLOURS[i % COLOURS.length] }));
  }

  /** @returns {PlotLine[]} */
  #lossLines() {
    const batches = this.#batchLosses().map(({ name, isOne, colour, steps, values }) => ({
      name: isOne ? "loss" : name,
      colour,
      steps,
      values,
      smooth: true,
    }));
    return [...batches, ...this.replay.notes.filter(isLoss).map(noteLine)];
  }

  /** @returns {{ name: string, lines: PlotLine[] }[]} */
  #otherCurves() {
    const { notes, optimizers, moments } = this.replay;
    const found = notes.filter((one) => !isLoss(one)).map((curve) => ({ name: curve.name, lines: [noteLine(curve)] }));
    const rates = optimizers.map((name, i) => {
      const known = moments.filter(({ rates: all }) => typeof all[i] === "number");
      const values = known.map(({ rates: all }) => Number(all[i]));
      return { name, colour: COLOURS[i % COLOURS.length], steps: known.map(({ step }) => step), values };
    });
    const varies = rates.some(({ values }) => new Set(values).size > 1);
    return varies ? [...found, { name: "learning rate", lines: rates }] : found;
  }

  draw() {
    this.loss.draw();
    const legend = [
      ...this.#batchLosses().map(({ name, isOne, colour }) => [isOne ? "loss of each batch" : name, colour]),
      ...this.replay.notes.filter(isLoss).map(({ name }) => [name, "is-after"]),
    ];
    const keys = legend.map(([name, colour]) => make("span", { class: `line-key ${colour}`, text: name }));
    byId("loss-legend").replaceChildren(...(keys.length > 1 ? keys : []));
    for (const { name } of this.#otherCurves()) if (!this.others.has(name)) this.#add(name);
    for (const plot of this.others.values()) plot.draw();
  }

  /** Adds the plot of a curve. @param {string} name */
  #add(name) {
    const { replay } = this;
    const plot = new Plot({
      label: `${name} over the steps`,
      height: 120,
      replay,
      seek: this.page.seek,
      lines: () => this.#otherCurves().find((one) => one.name === name)?.lines ?? [],
    });
    this.others.set(name, plot);
    byId("more-plots").append(make("figure", {}, make("figcaption", { text: name }), plot.element));
  }

  /** Marks the moment that is shown. @param {number} step */
  mark(step) {
    this.loss.mark(step);
    for (const plot of this.others.values()) plot.mark(step);
  }
}
