import { LEAST_PANNED, STILL_READ } from "./modules.js";

/**
 * How large pictures are drawn until the reader zooms.
 *
 * @typedef {{ width: number, height: number }} Size
 * @typedef {{ clientWidth: number, clientHeight: number }} Frame
 */

/** So much of a narrow drawing, in its own units, is to be seen from top to bottom. */
const LEAST_SEEN = 300;

/** @param {Size} size @param {Frame} frame @param {boolean} isNarrow whether it is a drawing for a phone @param {boolean} isLarge whether it has the window for itself */
export function graphScale({ width, height }, { clientWidth, clientHeight }, isNarrow, isLarge) {
  const wide = (clientWidth - 1) / width;
  // A narrow drawing is as wide as its frame, which it is scrolled in.
  const whole = isNarrow ? wide : Math.min(wide, (clientHeight - 1) / height);
  const narrowMost = Math.max(LEAST_PANNED, Math.min(1.3, clientHeight / LEAST_SEEN));
  const most = isNarrow ? narrowMost : isLarge ? 1.6 : 1.25;
  // A picture that would be too small to read is panned instead, if possible only along its rows; one that is a little
  // too large is not.
  const panned = Math.min(LEAST_PANNED, Math.max(STILL_READ, wide));
  return Math.max(Math.min(whole, most), whole >= STILL_READ ? whole : panned);
}

/** @param {Size} size @param {Frame} frame */
export function neuronsScale({ width, height }, { clientWidth, clientHeight }) {
  const [least, most, read] = [0.75, 1.4, 0.62];
  const high = (clientHeight - 1) / height;
  const whole = Math.min((clientWidth - 1) / width, high);
  return Math.max(Math.min(whole, most), whole >= read ? whole : Math.max(read, Math.min(least, high)));
}
