import { make } from "../../page/js/dom.js";
import { figure } from "../../page/js/figures.js";

/**
 * A slider for a number of all networks at once.
 *
 * @param {import("../contract.js").ControlData} control
 * @param {import("./side.js").Side[]} sides
 */
export function makeControl({ label, least, most, value, isLogarithmic, leaves }, sides) {
  const scaled = (/** @type {number} */ number) => (isLogarithmic ? Math.log10(number) : number);
  const output = make("output", { text: figure(value, 3) });
  const range = make("input", {
    type: "range",
    min: scaled(least),
    max: scaled(most),
    step: (scaled(most) - scaled(least)) / 200,
    value: scaled(value),
  });
  range.addEventListener("input", () => {
    const read = Number(range.value);
    const number = Number((isLogarithmic ? 10 ** read : read).toPrecision(3));
    output.textContent = figure(number, 3);
    sides.forEach((side, i) => {
      const leaf = leaves[i];
      if (leaf !== null) side.ask({ kind: "assign", leaf, value: number });
    });
  });
  const element = make("label", { class: "control" }, make("span", { text: label }), range, output);
  /** Shows the first number again. */
  const reset = () => {
    range.value = String(scaled(value));
    output.textContent = figure(value, 3);
  };
  return { element, reset };
}
