/**
 * Arrays that were packed as text.
 *
 * @typedef {Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array
 *   | Uint32Array} Unpacked
 */

/** @param {string} text @param {any} kind of typed array @returns {Unpacked} */
export function unpacked(text, kind) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return new kind(bytes.buffer);
}

/**
 * Arrays of one length. Where there are few different numbers in them, these are in `levels`, and of each number the
 * text has its place there, in so many bits.
 *
 * @param {{ texts: string[], levels?: string, bits?: number }} packed
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
