/** What does not stand in the text as it is, and from where on it does: see packing.py. */
const AVOIDED = [0x00, 0x07, 0x08, 0x0d, 0x0e, 0x1a, 0x1b, 0x3c, 0x7f];
const FIRST = 0xc0;

/** The bytes that a text stands for, 7 bits a character. @param {string} text @param {number} size */
export function decodeBytes(text, size) {
  const bytes = new Uint8Array(size);
  let [at, buffer, bits] = [0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < FIRST) {
      buffer = (buffer << 7) | code;
      bits += 7;
    } else {
      buffer = (buffer << 14) | (AVOIDED[(code - FIRST) >> 7] << 7) | ((code - FIRST) & 127);
      bits += 14;
    }
    for (; bits >= 8; bits -= 8) bytes[at++] = buffer >> (bits - 8);
  }
  return bytes;
}
