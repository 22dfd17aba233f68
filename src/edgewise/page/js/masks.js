/**
 * @typedef {import("./model.js").Numbers} Numbers
 */

/**
 * Fills a mask of dropout: an element is 0 with probability `p`, and 1/(1 − p) otherwise. The same seed always gives
 * the same mask.
 *
 * @param {Numbers} mask
 * @param {number} p
 * @param {number} seed
 */
export function drawMask(mask, p, seed) {
  for (let i = 0; i < mask.length; i++) mask[i] = chance(seed, i) < p ? 0 : 1 / (1 - p);
}

/** A number from 0 up to but without 1 that two others determine: both stirred into one by Murmur3's finalizer. */
function chance(/** @type {number} */ seed, /** @type {number} */ i) {
  let bits = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(i + 1, 0x85ebca77);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
