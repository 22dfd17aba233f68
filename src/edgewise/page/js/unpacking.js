/**
 * Arrays that were packed as bytes.
 *
 * @typedef {import("../contract.js").Numbers} Numbers
 * @typedef {import("../contract.js").NumbersKind} NumbersKind
 */

/** The kind of typed array that some numbers are in. @param {Numbers} numbers */
export const kindOf = (numbers) => /** @type {NumbersKind} */ (numbers.constructor);

/** @param {import("../contract.js").Packed} packed @param {NumbersKind} kind @returns {Numbers} */
export function unpacked([from, length, size], kind) {
  const all = /** @type {{ edgewise: { numbers: Uint8Array } }} */ (/** @type {unknown} */ (globalThis)).edgewise
    .numbers;
  if (size === 1) return new kind(all.slice(from, from + length).buffer);
  const bytes = new Uint8Array(length);
  const count = length / size;
  for (let k = 0; k < size; k++) {
    for (let i = 0, at = from + k * count; i < count; i++) bytes[i * size + k] = all[at + i];
  }
  return new kind(bytes.buffer);
}

/**
 * Arrays of one length. If few different numbers occur in them, these are in `levels`, and the arrays have for each
 * number its place there, in so many bits.
 *
 * @param {import("../contract.js").BatchData} packed
 * @param {NumbersKind} kind
 * @param {number} length
 * @returns {Numbers[]}
 */
export function unpackedAll({ arrays, levels, bits = 0 }, kind, length) {
  if (levels === undefined) return arrays.map((array) => unpacked(array, kind));
  const known = unpacked(levels, kind);
  return arrays.map((array) => {
    const bytes = unpacked(array, Uint8Array);
    const found = new kind(length);
    for (let i = 0, at = 0; i < length; i++) {
      let place = 0;
      for (let end = at + bits; at < end; at++) place = 2 * place + ((bytes[at >> 3] >> (7 - (at & 7))) & 1);
      found[i] = known[place];
    }
    return found;
  });
}
