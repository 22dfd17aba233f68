/**
 * Arrays that were packed as text.
 *
 * @typedef {Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array
 *   | Uint32Array} Unpacked
 */

/** @typedef {string | number[]} Packed base64, or the place among the page's numbers: where, how many bytes, and of how many bytes each the first ones stand together, then the second ones, and so on */

/** @param {Packed} packed @param {any} kind of typed array @returns {Unpacked} */
export function unpacked(packed, kind) {
  if (typeof packed !== "string") return new kind(bytesAt(packed).buffer);
  const characters = atob(packed);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return new kind(bytes.buffer);
}

/** @param {number[]} place */
function bytesAt([from, length, size]) {
  /** @type {Uint8Array} */
  const all = /** @type {any} */ (globalThis).edgewise.numbers;
  if (size === 1) return all.slice(from, from + length);
  const bytes = new Uint8Array(length);
  const count = length / size;
  for (let k = 0; k < size; k++) {
    for (let i = 0, at = from + k * count; i < count; i++) bytes[i * size + k] = all[at + i];
  }
  return bytes;
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
