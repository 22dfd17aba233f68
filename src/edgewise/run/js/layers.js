import { byId, make } from "../../page/js/dom.js";
import { figure } from "../../page/js/figures.js";
import { largeOf } from "./large.js";
import { paintHeat, paintLines, placeOf, rangeOf } from "./strips.js";
import { troublesOf } from "./trouble.js";
import { percent, shapeText } from "./words.js";

/** @typedef {import("./replay.js").Series} Series */

/** A dotted name that may go on in a new line behind a dot. @param {string} name */
function brokenAtDots(name) {
  return name.split(/(?<=\.)/).flatMap((part) => [document.createTextNode(part), make("wbr")]);
}

/** Whether numbers are of so different sizes that a plain scale hides most. @param {Float32Array} values */
function growsAlot(values) {
  const sizes = values.filter((value) => value > 0 && value < Infinity);
  return sizes.length > 1 && sizes.reduce((a, b) => Math.max(a, b)) > 50 * sizes.reduce((a, b) => Math.min(a, b));
}

/**
 * The list of parameters and outputs, each with its small pictures.
 *
 * @param {import("./run.js").RunPage} page
 */
export function layersOf(page) {
  const { replay } = page;
  const list = byId("rows");
  /** @type {Map<string, ReturnType<typeof rowOf>>} */
  let rows = new Map();
  /** @type {ReturnType<typeof largeOf> | null} */
  let large = null;
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const row = rows.get(/** @type {HTMLElement} */ (target).dataset.key ?? "");
        if (!row) continue;
        row.isVisible = isIntersecting;
        row.draw();
      }
    },
    { rootMargin: "300px" },
  );

  /** @param {Series} series */
  function rowOf(series) {
    const isParameter = series.kind === "parameter";
    const key = `${series.kind} ${replay.title(series)}`;
    const badges = make("span", { class: "badges" });
    /** @type {{ canvas: HTMLCanvasElement, number: HTMLElement, paint: () => void, tell: (at: number) => string }[]} */
    const cells = [];
    /** @param {string} what @param {(canvas: HTMLCanvasElement) => void} paint @param {(at: number) => string} tell @param {string} kind */
    function cell(what, paint, tell, kind = "") {
      const canvas = make("canvas", { role: "img", "aria-label": `${what} of ${replay.title(series)} over the steps` });
      const number = make("span", { class: "cell-number" });
      cells.push({ canvas, number, paint: () => paint(canvas), tell });
      return make("span", { class: `cell ${kind}` }, canvas, number);
    }
    /** @param {number | null} row @param {string} field @param {number} at @param {number} digits */
    const told = (row, field, at, digits = 3) => {
      const value = replay.value(row, field, replay.latest(row, at) ?? at);
      return value === undefined ? "–" : figure(value, digits);
    };
    const { row, gradientRow } = series;
    const heat =
      (/** @type {number} */ which, /** @type {string} */ colour) => (/** @type {HTMLCanvasElement} */ canvas) =>
        paintHeat(canvas, replay, which, colour, rangeOf(replay, which));
    const parts = isParameter
      ? [
          cell("values", heat(row, "value"), (at) => `σ ${told(row, "deviation", at)}`),
          cell("gradient", heat(gradientRow ?? 0, "gradient"), (at) => `σ ${told(gradientRow, "deviation", at, 2)}`),
          cell(
            "norms",
            (canvas) =>
              paintLines(canvas, replay, [
                { ...replay.column(row, "norm"), colour: "value", log: growsAlot(replay.column(row, "norm").values) },
                { ...replay.column(gradientRow, "norm"), colour: "gradient", log: true },
              ]),
            (at) => `${told(row, "norm", at)}\n${told(gradientRow, "norm", at, 2)}`,
            "is-pair",
          ),
          cell(
            "updates",
            (canvas) =>
              paintLines(
                canvas,
                replay,
                [{ ...replay.column(gradientRow, "update"), colour: "after", log: true, range: [-5, -1] }],
                [-4, -2],
              ),
            (at) => told(gradientRow, "update", at, 2),
          ),
        ]
      : [
          cell("values", heat(row, "value"), (at) => `σ ${told(row, "deviation", at)}`, "is-wide"),
          cell(
            "mean",
            (canvas) =>
              paintLines(canvas, replay, [
                { ...replay.column(row, "mean"), colour: "value", spread: replay.column(row, "deviation").values },
              ]),
            (at) => told(row, "mean", at),
          ),
          cell(
            "zeros",
            (canvas) => paintLines(canvas, replay, [{ ...replay.column(row, "zeros"), colour: "ink", range: [0, 1] }]),
            (at) => percent(replay.value(row, "zeros", replay.latest(row, at) ?? at)),
          ),
        ];
    const button = make(
      "button",
      { type: "button", class: "row-name", "aria-expanded": "false" },
      make("span", { class: "row-title" }, ...brokenAtDots(replay.title(series))),
      make("span", {
        class: "quiet",
        text: isParameter ? `${shapeText(series.shape)}${series.type ? ` · ${series.type}` : ""}` : series.type,
      }),
      badges,
    );
    const element = make("div", { class: `row of-${series.kind}`, "data-key": key }, button, ...parts);
    element.addEventListener("click", () => page.select(key));
    let isDirty = true;
    const one = {
      key,
      series,
      element,
      button,
      isVisible: false,
      weight: 0,
      soil() {
        isDirty = true;
        one.draw();
      },
      draw() {
        if (!one.isVisible) return;
        if (isDirty) for (const { paint } of cells) paint();
        isDirty = false;
        one.tell();
      },
      tell() {
        if (!one.isVisible) return;
        for (const { number, tell } of cells)
          number.replaceChildren(
            ...tell(page.at)
              .split("\n")
              .map((text) => make("span", { text })),
          );
        const troubles = troublesOf(replay, series, page.at);
        one.weight = troubles[0]?.weight ?? 0;
        badges.replaceChildren(
          ...troubles.map(({ text, kind, why }) => make("span", { class: `badge ${kind}`, text, title: why })),
        );
      },
    };
    return one;
  }

  /** @type {Record<string, (series: Series) => number | string>} */
  const orders = {
    order: () => 0,
    name: (series) => replay.title(series),
    trouble: (series) => -(troublesOf(replay, series, page.at)[0]?.weight ?? 0),
    gradient: (series) =>
      -(replay.value(series.gradientRow, "norm", replay.latest(series.gradientRow, page.at) ?? page.at) ?? -1),
    update: (series) =>
      -(replay.value(series.gradientRow, "update", replay.latest(series.gradientRow, page.at) ?? page.at) || -1),
    zeros: (series) => -(replay.value(series.row, "zeros", replay.latest(series.row, page.at) ?? page.at) ?? -1),
    size: (series) => -series.shape.reduce((product, size) => product * size, 1),
  };

  function arrange() {
    const wanted = byId("filter").value.trim().toLowerCase();
    const by = orders[byId("sort").value];
    const shown = replay.series.filter((series) =>
      `${replay.title(series)} ${series.type}`.toLowerCase().includes(wanted),
    );
    const sorted = shown.map((series) => ({ series, rank: by(series) }));
    sorted.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
    const parts = [];
    for (const [kind, heads] of /** @type {[string, string[]][]} */ ([
      ["parameter", ["Parameters", "Values", "Gradient, logarithmic", "Norms: values, gradient", "Update ÷ values"]],
      ["output", ["Outputs of modules", "Values", "Mean ± deviation", "Zeros"]],
    ])) {
      const own = sorted.filter(({ series }) => series.kind === kind);
      if (!own.length) continue;
      parts.push(
        make("div", { class: `heads of-${kind}` }, ...heads.map((text, i) => make(i ? "span" : "h3", { text }))),
      );
      for (const { series } of own) {
        const row = rows.get(`${kind} ${replay.title(series)}`);
        if (!row) continue;
        parts.push(row.element);
        const isChosen = row.key === page.selected;
        row.button.setAttribute("aria-expanded", String(isChosen));
        row.element.classList.toggle("is-chosen", isChosen);
        if (isChosen && large) parts.push(large.element);
      }
    }
    list.replaceChildren(...parts);
    byId("none").hidden = shown.length > 0;
    if (large) large.draw();
  }

  function rebuild() {
    seen.disconnect();
    rows = new Map(replay.series.map((series) => [`${series.kind} ${replay.title(series)}`, rowOf(series)]));
    for (const { element } of rows.values()) seen.observe(element);
    choose();
  }

  function choose() {
    const row = page.selected === null ? undefined : rows.get(page.selected);
    large = row ? largeOf(page, row.series) : null;
    arrange();
  }

  function mark() {
    byId("layers").style.setProperty("--at", `${placeOf(replay, replay.moments[page.at].step) * 100}%`);
    for (const row of rows.values()) row.tell();
    if (large) large.tell();
  }

  byId("filter").addEventListener("input", arrange);
  byId("sort").addEventListener("change", arrange);

  return {
    rebuild,
    choose,
    mark,
    /** Draws all anew, as the data or the colours are others now. */
    redraw() {
      for (const row of rows.values()) row.soil();
      if (large) large.draw();
    },
    /** Draws all, also what can't be seen yet. */
    drawAll() {
      for (const row of rows.values()) {
        const { isVisible } = row;
        row.isVisible = true;
        row.draw();
        row.isVisible = isVisible;
      }
    },
    /** Whether there is such a tensor. @param {string} key */
    has: (key) => rows.has(key),
  };
}
