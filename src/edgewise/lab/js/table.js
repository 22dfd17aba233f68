import { make } from "../../page/js/dom.js";

/**
 * Measured numbers as a table, which shades make a map.
 *
 * @param {import("../contract.js").TableData} table
 */
export function makeTable({ caption, columns, rows, shades, legend, axes }) {
  const corner = make("td", { class: "corner", text: axes ? `${axes[0]} ↓ ${axes[1]} →` : "" });
  const head = make("tr", {}, corner, ...columns.map((text) => make("th", { scope: "col", text })));
  const lines = rows.map(([name, cells], i) =>
    make(
      "tr",
      {},
      make("th", { scope: "row", text: name }),
      ...cells.map((text, k) => shaded(make("td", { text }), shades?.[i][k])),
    ),
  );
  const table = make(
    "table",
    {},
    make("caption", { text: caption }),
    make("thead", {}, head),
    make("tbody", {}, ...lines),
  );
  return make(
    "div",
    { class: "table", tabindex: 0, role: "region", "aria-label": caption },
    table,
    legend && makeLegend(legend),
  );
}

/** @param {[number, string][]} legend */
function makeLegend(legend) {
  const parts = legend.map(([shade, text]) =>
    make("span", {}, shaded(make("i", { class: "swatch" }), shade), make("span", { text })),
  );
  return make("p", { class: "legend quiet" }, ...parts);
}

/** @param {HTMLElement} element @param {number | null | undefined} shade */
function shaded(element, shade) {
  if (typeof shade !== "number") return element;
  element.style.setProperty("--shade", `${Math.round(100 * Math.abs(shade))}%`);
  element.classList.add("shaded");
  element.classList.toggle("is-below", shade < 0);
  return element;
}
