import { figure } from "../../page/js/figures.js";

/** @param {number} number */
export function counted(number) {
  return number.toLocaleString("en-US");
}

/** @param {number} step */
export function inSteps(step) {
  return `${counted(step)} ${step === 1 ? "step" : "steps"}`;
}

/** @param {number | undefined} part of 1 */
export function percent(part) {
  if (part === undefined || Number.isNaN(part)) return "–";
  return `${part > 0 && part < 0.001 ? "<0.1" : figure(part * 100, part < 0.1 ? 2 : 3)} %`;
}

/** @param {number[]} shape */
export function shapeText(shape) {
  return shape.length ? shape.join("×") : "a number";
}

/** @param {number} seconds */
export function lasted(seconds) {
  if (seconds < 90) return `${figure(seconds, seconds < 10 ? 2 : 3)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${figure(minutes / 60, 2)} h`;
}
