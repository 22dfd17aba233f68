import { makeSvg } from "./dom.js";
import { figure } from "./figures.js";

const WIDE = 300;
const HIGH = 112;
const LEFT = 44;

/**
 * The loss at each step of training, and where one is.
 *
 * @param {SVGSVGElement} svg
 * @param {{ loss: number }[]} points
 * @param {number} at
 * @param {number} stride
 */
export function drawLosses(svg, points, at, stride) {
  const losses = points.map(({ loss }) => loss);
  const finite = losses.filter(Number.isFinite);
  const lowest = finite.reduce((least, loss) => Math.min(least, loss), 0);
  const highest = finite.reduce((most, loss) => Math.max(most, loss), lowest + 1e-12);
  const isEmpty = finite.length === 0;
  const right = Math.max(10, losses.length - 1);
  /** @param {number} i */
  const x = (i) => LEFT + (i / right) * (WIDE - LEFT - 8);
  /** @param {number} loss */
  const y = (loss) => 8 + (1 - (loss - lowest) / (highest - lowest)) * (HIGH - 28);
  const shown = losses.length > 600 ? losses.map((_, i) => i).filter((i) => i % Math.ceil(losses.length / 600) === 0 || i === at) : losses.map((_, i) => i);
  const path = shown.filter((i) => Number.isFinite(losses[i])).map((i, k) => `${k ? "L" : "M"}${x(i).toFixed(1)} ${y(losses[i]).toFixed(1)}`).join("");
  const bottom = y(lowest);
  const parts = [
    makeSvg("path", { class: "axis", d: `M${LEFT} 8V${bottom}H${WIDE - 8}` }),
    makeSvg("text", { class: "tick", x: LEFT - 5, y: 13, "text-anchor": "end", text: isEmpty ? "" : figure(highest, 3) }),
    makeSvg("text", { class: "tick", x: LEFT - 5, y: bottom + 3, "text-anchor": "end", text: isEmpty ? "" : figure(lowest, 3) }),
    makeSvg("text", { class: "tick", x: LEFT, y: HIGH - 3, text: losses.length > 1 ? "0" : "0 steps taken" }),
    makeSvg("text", { class: "tick", x: WIDE - 8, y: HIGH - 3, "text-anchor": "end", text: losses.length > 1 ? `${right * stride} steps` : "" }),
    makeSvg("text", { class: "tick", x: (LEFT + WIDE) / 2, y: bottom / 2 + 8, "text-anchor": "middle", text: isEmpty ? "not finite" : "" }),
    makeSvg("path", { class: "losses", d: path }),
  ];
  if (Number.isFinite(losses[at])) {
    parts.push(
      makeSvg("path", { class: "at-line", d: `M${x(at).toFixed(1)} 8V${bottom}` }),
      makeSvg("circle", { class: "at-point", cx: x(at).toFixed(1), cy: y(losses[at]).toFixed(1), r: 4 }),
    );
  }
  svg.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  svg.replaceChildren(...parts);
}

/** The point of the run under a pointer. @param {SVGSVGElement} svg @param {number} clientX @param {number} count */
export function pointUnder(svg, clientX, count) {
  const box = svg.getBoundingClientRect();
  const inside = (((clientX - box.left) / box.width) * WIDE - LEFT) / (WIDE - LEFT - 8);
  return Math.round(inside * Math.max(10, count - 1));
}

/**
 * How often numbers of each size are in an array.
 *
 * @param {number[]} counts
 * @param {number} smallest
 * @param {number} largest
 * @param {string} kind
 */
export function histogramView(counts, smallest, largest, kind) {
  const most = Math.max(1, ...counts);
  const bars = counts.map((count, i) =>
    makeSvg("rect", {
      x: (i * WIDE) / counts.length + 0.5, width: WIDE / counts.length - 1,
      y: 40 - (38 * count) / most, height: (38 * count) / most,
    }),
  );
  return makeSvg(
    "svg",
    { class: `histogram is-${kind}`, viewBox: `0 0 ${WIDE} 54`, role: "img", "aria-label": `histogram from ${figure(smallest)} to ${figure(largest)}` },
    ...bars,
    makeSvg("text", { class: "tick", x: 0, y: 52, text: figure(smallest) }),
    makeSvg("text", { class: "tick", x: WIDE, y: 52, "text-anchor": "end", text: figure(largest) }),
  );
}
