import { byId, make } from "../../page/js/dom.js";
import { LargeView } from "./large.js";
import { SeriesRow } from "./row.js";
import { placeOf } from "./strips.js";
import { findTroubles } from "./trouble.js";

/** @typedef {import("./replay.js").Series} Series */

/** What stands above the parameters, and above the outputs of modules. @type {[Series["kind"], string[]][]} */
const HEADS = [
  ["parameter", ["Parameters", "Values", "Gradient, logarithmic", "Norms: values, gradient", "Update ÷ values"]],
  ["output", ["Outputs of modules", "Values", "Mean ± deviation", "Zeros"]],
];

/** In which orders the list can be: what comes first has the least. @type {Record<string, (series: Series, page: import("./run.js").RunPage) => number | string>} */
const ORDERS = {
  order: () => 0,
  name: (series, { replay }) => replay.title(series),
  trouble: (series, { replay, at }) => -(findTroubles(replay, series, at)[0]?.weight ?? 0),
  gradient: (series, { replay, at }) => -(replay.latestValue(series.gradientRow, "norm", at) ?? -1),
  update: (series, { replay, at }) => -(replay.latestValue(series.gradientRow, "update", at) || -1),
  zeros: (series, { replay, at }) => -(replay.latestValue(series.row, "zeros", at) ?? -1),
  size: (series) => -series.shape.reduce((product, size) => product * size, 1),
};

/** The list of parameters and outputs, each with its small pictures. */
export class LayerList {
  /** @param {import("./run.js").RunPage} page */
  constructor(page) {
    this.page = page;
    this.element = byId("rows");
    /** @type {Map<string, SeriesRow>} */
    this.rows = new Map();
    /** @type {LargeView | null} */
    this.large = null;
    this.seen = new IntersectionObserver((entries) => this.#see(entries), { rootMargin: "300px" });
    byId("filter").addEventListener("input", () => this.#arrange());
    byId("sort").addEventListener("change", () => this.#arrange());
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #see(entries) {
    for (const { target, isIntersecting } of entries) {
      const row = this.rows.get(/** @type {HTMLElement} */ (target).dataset.key ?? "");
      if (!row) continue;
      row.isVisible = isIntersecting;
      row.draw();
    }
  }

  #arrange() {
    const { page, element } = this;
    const { replay } = page;
    const wanted = byId("filter").value.trim().toLowerCase();
    const order = ORDERS[byId("sort").value];
    const shown = replay.series.filter((series) =>
      `${replay.title(series)} ${series.type}`.toLowerCase().includes(wanted),
    );
    const sorted = shown.map((series) => ({ series, rank: order(series, page) }));
    sorted.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
    const parts = HEADS.flatMap(([kind, heads]) => {
      const own = sorted.filter(({ series }) => series.kind === kind);
      if (!own.length) return [];
      const head = heads.map((text, i) => make(i ? "span" : "h3", { text }));
      return [
        make("div", { class: `heads of-${kind}` }, ...head),
        ...own.flatMap(({ series }) => this.#elementsOf(series)),
      ];
    });
    element.replaceChildren(...parts);
    byId("none").hidden = shown.length > 0;
    this.large?.draw();
  }

  /** A row, and what is below it. @param {Series} series */
  #elementsOf(series) {
    const row = this.rows.get(this.page.replay.key(series));
    if (!row) return [];
    const isChosen = row.key === this.page.selected;
    row.button.setAttribute("aria-expanded", String(isChosen));
    row.element.classList.toggle("is-chosen", isChosen);
    return isChosen && this.large ? [row.element, this.large.element] : [row.element];
  }

  /** Makes the rows of all tensors that are followed now. */
  rebuild() {
    const { page, seen } = this;
    seen.disconnect();
    this.rows = new Map(page.replay.series.map((series) => [page.replay.key(series), new SeriesRow(page, series)]));
    for (const { element } of this.rows.values()) seen.observe(element);
    this.choose();
  }

  /** Shows large what is selected. */
  choose() {
    const { page } = this;
    const row = page.selected === null ? undefined : this.rows.get(page.selected);
    this.large = row ? new LargeView(page, row.series) : null;
    this.#arrange();
  }

  /** Writes the numbers of the moment that is shown. */
  mark() {
    const { replay, at } = this.page;
    byId("layers").style.setProperty("--at", `${placeOf(replay, replay.moments[at].step) * 100}%`);
    for (const row of this.rows.values()) row.mark();
    this.large?.mark();
  }

  /** Draws all again, as the data or the colours are others now. */
  redraw() {
    for (const row of this.rows.values()) row.redraw();
    this.large?.draw();
  }

  /** Draws all, also what can't be seen yet. */
  drawAll() {
    for (const row of this.rows.values()) row.drawHidden();
  }

  /** Whether there is such a tensor. @param {string} key */
  has(key) {
    return this.rows.has(key);
  }
}
