/**
 * Arrays that were packed as bytes.
 *
 * @typedef {Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array
 *   | Uint32Array} Unpacked
 */

/** @typedef {[number, number, number]} Packed the place among the page's numbers: where, how many bytes, and of how many bytes each the first ones stand together, then the second ones, and so on */

/** @param {Packed} packed @param {any} kind of typed array @returns {Unpacked} */
export function unpacked([from, length, size], kind) {
  /** @type {Uint8Array} */
  const all = /** @type {any} */ (globalThis).edgewise.numbers;
  if (size === 1) return new kind(all.slice(from, from + length).buffer);
  const bytes = new Uint8Array(length);
  const count = length / size;
  for (let k = 0; k < size; k++) {
    for (let i = 0, at = from + k * count; i < count; i++) bytes[i * size + k] = all[at + i];
  }
  return new kind(bytes.buffer);
}

/**
 * Arrays of one length. Where there are few different numbers in them, these are in `levels`, and of each number the
 * text has its place there, in so many bits.
 *
 * @param {{ texts: Packed[], levels?: Packed, bits?: number }} packed
 * @param {any} kind
 * @param {number} length
 * @returns {Unpacked[]}
 */
export function unpackedAll({ texts, levels, bits = 0 }, kind, length) {
  if (levels === undefined) return texts.map((text) => unpacked(text, kind));
  const known = unpacked(levels, kind);
  return texts.map((text) => {
    const bytes = unpacked(text, Uint8Array);
    const found = new kind(length);
    for (let i = 0, at = 0; i < length; i++) {
      let place = 0;
      for (let end = at + bits; at < end; at++) place = 2 * place + ((bytes[at >> 3] >> (7 - (at & 7))) & 1);
      found[i] = known[place];
    }
    return found;
  });
}
