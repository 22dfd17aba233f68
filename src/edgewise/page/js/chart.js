import { makeSvg } from "./dom.js";
import { figure } from "./figures.js";

const WIDE = 300;
const HIGH = 112;
const LEFT = 44;
/** Of more points the curve has the lowest and the highest of some that stand side by side. */
const MOST_ON_CURVE = 600;

/** A number of an axis, in the room that there is. @param {number} number */
const tick = (number) => {
  const texts = [3, 2, 1].map((digits) => figure(number, digits));
  return texts.find((text) => text.length < 6) ?? texts[2];
};

/** How many steps the curve has room for. @param {{ step: number }[]} points */
const stepsAcross = (points) => Math.max(10, points[points.length - 1]?.step ?? 0);

/** Which points the curve goes through: all that stand out. @param {number[]} losses @param {number} at */
export function pointsShown(losses, at) {
  const all = losses.map((_, i) => i).filter((i) => Number.isFinite(losses[i]));
  if (all.length <= MOST_ON_CURVE) return all;
  const beside = Math.ceil((2 * all.length) / MOST_ON_CURVE);
  const shown = new Set([all[0], all[all.length - 1]]);
  if (Number.isFinite(losses[at])) shown.add(at);
  for (let first = 0; first < all.length; first += beside) {
    const group = all.slice(first, first + beside);
    shown.add(group.reduce((low, i) => (losses[i] < losses[low] ? i : low)));
    shown.add(group.reduce((high, i) => (losses[i] > losses[high] ? i : high)));
  }
  return [...shown].sort((a, b) => a - b);
}

/**
 * The loss at each step of training, and where one is.
 *
 * @param {SVGSVGElement} svg
 * @param {{ step: number, loss: number }[]} points
 * @param {number} at
 * @param {{ most: number, highest: number }} [scale] of steps and losses, where several runs have the same one
 */
export function drawLosses(svg, points, at, scale) {
  const losses = points.map(({ loss }) => loss);
  const finite = losses.filter(Number.isFinite);
  const lowest = finite.reduce((least, loss) => Math.min(least, loss), 0);
  const highest = finite.reduce((most, loss) => Math.max(most, loss), Math.max(scale?.highest ?? 0, lowest + 1e-12));
  const isEmpty = finite.length === 0;
  const right = Math.max(scale?.most ?? 0, stepsAcross(points));
  /** @param {number} i */
  const x = (i) => LEFT + (points[i].step / right) * (WIDE - LEFT - 8);
  /** @param {number} loss */
  const y = (loss) => 8 + (1 - (loss - lowest) / (highest - lowest)) * (HIGH - 28);
  const path = pointsShown(losses, at)
    .map((i, k) => `${k ? "L" : "M"}${x(i).toFixed(1)} ${y(losses[i]).toFixed(1)}`)
    .join("");
  const bottom = y(lowest);
  const parts = [
    makeSvg("path", { class: "axis", d: `M${LEFT} 8V${bottom}H${WIDE - 8}` }),
    makeSvg("text", { class: "tick", x: LEFT - 5, y: 13, "text-anchor": "end", text: isEmpty ? "" : tick(highest) }),
    makeSvg("text", {
      class: "tick",
      x: LEFT - 5,
      y: bottom + 3,
      "text-anchor": "end",
      text: isEmpty ? "" : tick(lowest),
    }),
    makeSvg("text", { class: "tick", x: LEFT, y: HIGH - 3, text: losses.length > 1 ? "0" : "0 steps taken" }),
    makeSvg("text", {
      class: "tick",
      x: WIDE - 8,
      y: HIGH - 3,
      "text-anchor": "end",
      text: losses.length > 1 ? `${right} steps` : "",
    }),
    makeSvg("text", {
      class: "tick",
      x: (LEFT + WIDE) / 2,
      y: bottom / 2 + 8,
      "text-anchor": "middle",
      text: isEmpty ? "not finite" : "",
    }),
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

/**
 * The point of the run under a pointer.
 *
 * @param {SVGSVGElement} svg
 * @param {number} clientX
 * @param {{ step: number }[]} points
 */
export function pointUnder(svg, clientX, points) {
  const box = svg.getBoundingClientRect();
  const step = ((((clientX - box.left) / box.width) * WIDE - LEFT) / (WIDE - LEFT - 8)) * stepsAcross(points);
  const after = points.findIndex((point) => point.step >= step);
  if (after < 1) return after ? points.length - 1 : 0;
  return step - points[after - 1].step < points[after].step - step ? after - 1 : after;
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
      x: (i * WIDE) / counts.length + 0.5,
      width: WIDE / counts.length - 1,
      y: 40 - (38 * count) / most,
      height: (38 * count) / most,
    }),
  );
  return makeSvg(
    "svg",
    {
      class: `histogram is-${kind}`,
      viewBox: `0 0 ${WIDE} 54`,
      role: "img",
      "aria-label": `histogram from ${figure(smallest)} to ${figure(largest)}`,
    },
    ...bars,
    makeSvg("text", { class: "tick", x: 0, y: 52, text: figure(smallest) }),
    makeSvg("text", { class: "tick", x: WIDE, y: 52, "text-anchor": "end", text: figure(largest) }),
  );
}
