/**
 * Functions that printed Programs call. Arrays are flat, in row-major order; functions write into the arrays passed to them.
 *
 * @typedef {Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array
 *   | Uint32Array} Numbers
 *
 * @typedef {object} Value
 * @property {string} name its name for people
 * @property {string} dtype as in Python; 64-bit integers are stored as doubles, exact up to 2 ** 53
 * @property {number[]} shape
 * @property {Numbers} data its elements
 *
 * @typedef {object} Program
 * @property {Value[]} values inputs, then constants, then the results of the steps, in order
 * @property {number[]} inputs which values are set from outside
 * @property {number[]} outputs which values are the results
 * @property {(() => void)[]} steps each computes one value from earlier ones; its text is also for reading
 * @property {(given?: (ArrayLike<number> | undefined)[]) => Numbers[]} run
 */

/**
 * Makes a Program runnable. `run` copies the arrays passed to it into the inputs, in order; an input without an array
 * keeps its data, so a page can also write into `values` itself. Results are the Program's own arrays, which the next
 * run overwrites. They can be passed to it again, as weights after a training step are.
 *
 * @param {Omit<Program, "run">} parts
 * @returns {Program}
 */
export function runnable(parts) {
  const { values, inputs, outputs, steps } = parts;
  const own = new Map(inputs.map((index) => [values[index].data.buffer, index]));
  const results = outputs.map((index) => values[index].data);

  /** @param {ArrayLike<number> | undefined} array @param {number} index */
  function checked(array, index) {
    const { name, data, shape } = values[index];
    if (array && array.length !== data.length) {
      throw new RangeError(`${name} has ${data.length} elements, of shape [${shape}]; ${array.length} given`);
    }
    // The array of another input is copied, since that input could be overwritten first.
    const buffer = ArrayBuffer.isView(array) ? array.buffer : undefined;
    return buffer && own.has(buffer) && own.get(buffer) !== index ? Array.from(/** @type {any} */ (array)) : array;
  }

  return {
    ...parts,
    run(given = []) {
      const arrays = given.length ? inputs.map((index, i) => checked(given[i], index)) : given;
      for (let i = 0; i < arrays.length; i++) {
        const array = arrays[i];
        if (array && array !== values[inputs[i]].data) values[inputs[i]].data.set(array);
      }
      for (let i = 0; i < steps.length; i++) steps[i]();
      return results;
    },
  };
}

/**
 * Makes the values of a long Program from a table with a line for each: its identifier, its dtype, the length of each
 * axis, and after "=" the value whose memory it shares.
 *
 * @param {string} table
 * @param {Record<string, Numbers>} constants the data of constants
 * @param {Record<string, string>} names the names of values that differ from their identifiers
 * @param {number} inputs the number of inputs, which come first
 * @returns {Value[]}
 */
export function valuesOf(table, constants, names, inputs) {
  /** @type {Record<string, any>} */
  const kinds = {
    bool: Uint8Array,
    uint8: Uint8Array,
    int8: Int8Array,
    uint16: Uint16Array,
    int16: Int16Array,
    uint32: Uint32Array,
    int32: Int32Array,
    float32: Float32Array,
  };
  /** @type {Map<string, Numbers>} */
  const known = new Map();
  let block = new ArrayBuffer(0);
  let end = 0;
  /** Allocates an array. Small ones share blocks, since many allocations are slow. @param {any} kind @param {number} length */
  function roomFor(kind, length) {
    const bytes = length * kind.BYTES_PER_ELEMENT;
    if (bytes > 16384 || known.size < inputs) return new kind(length);
    if (end + bytes > block.byteLength) {
      block = new ArrayBuffer(1 << 18);
      end = 0;
    }
    const start = end;
    end += Math.ceil(bytes / 8) * 8;
    return new kind(block, start, length);
  }
  /** @type {Map<string, { dtype: string, shape: number[], size: number }>} */
  const types = new Map();
  /** @param {string} text */
  function typeOf(text) {
    let type = types.get(text);
    if (!type) {
      const [dtype, ...lengths] = text.split(" ");
      const shape = lengths.map(Number);
      type = { dtype, shape, size: shape.reduce((size, length) => size * length, 1) };
      types.set(text, type);
    }
    return type;
  }
  return table
    .trim()
    .split("\n")
    .map((line) => {
      const space = line.indexOf(" ");
      const own = line.slice(0, space);
      const [type, whose] = line.slice(space + 1).split(" = ");
      const { dtype, shape, size } = typeOf(type);
      const data = (whose ? known.get(whose) : constants[own]) ?? roomFor(kinds[dtype] ?? Float64Array, size);
      known.set(own, data);
      return { name: names[own] ?? own, dtype, shape, data };
    });
}

/**
 * Makes the steps of a long Program from a table with a line for each: the function that it calls, and the positions of
 * its values, first the result.
 *
 * @param {string} table
 * @param {Record<string, (...arrays: Numbers[]) => void>} functions
 * @param {Value[]} values
 * @returns {(() => void)[]}
 */
export function stepsOf(table, functions, values) {
  return table
    .trim()
    .split("\n")
    .map((line) => {
      const [name, ...places] = line.split(" ");
      const step = functions[name];
      const [out, a, b] = places.map((place) => values[Number(place)].data);
      if (places.length === 2) return () => step(out, a);
      if (places.length === 3) return () => step(out, a, b);
      const arrays = places.map((place) => values[Number(place)].data);
      return () => step(...arrays);
    });
}

/**
 * Unpacks numbers from base64.
 *
 * @template T
 * @param {new (buffer: ArrayBuffer) => T} kind
 * @param {string} text
 * @returns {T}
 */
export function unpack(kind, text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return new kind(bytes.buffer);
}

/**
 * Computes out = a @ b, for `rows` by `inner` and `inner` by `columns` matrices that start at positions in their arrays.
 *
 * Each element is a row of `a` times a column of `b`. A block of 4 by 4 elements is summed at once, so that each number
 * that is read is used four times.
 *
 * @param {Numbers} a
 * @param {Numbers} b
 * @param {Numbers} out
 * @param {number} rows
 * @param {number} inner
 * @param {number} columns
 */
export function matmul(a, b, out, rows, inner, columns, aStart = 0, bStart = 0, outStart = 0) {
  const wholeRows = rows - (rows % 4);
  const wholeColumns = columns - (columns % 4);
  for (let i = 0; i < wholeRows; i += 4) {
    const a0 = aStart + i * inner;
    const a1 = a0 + inner;
    const a2 = a1 + inner;
    const a3 = a2 + inner;
    for (let j = 0; j < wholeColumns; j += 4) {
      let s00 = 0,
        s01 = 0,
        s02 = 0,
        s03 = 0;
      let s10 = 0,
        s11 = 0,
        s12 = 0,
        s13 = 0;
      let s20 = 0,
        s21 = 0,
        s22 = 0,
        s23 = 0;
      let s30 = 0,
        s31 = 0,
        s32 = 0,
        s33 = 0;
      for (let k = 0, at = bStart + j; k < inner; k++, at += columns) {
        const x0 = a[a0 + k],
          x1 = a[a1 + k],
          x2 = a[a2 + k],
          x3 = a[a3 + k];
        const y0 = b[at],
          y1 = b[at + 1],
          y2 = b[at + 2],
          y3 = b[at + 3];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
        s20 += x2 * y0;
        s21 += x2 * y1;
        s22 += x2 * y2;
        s23 += x2 * y3;
        s30 += x3 * y0;
        s31 += x3 * y1;
        s32 += x3 * y2;
        s33 += x3 * y3;
      }
      let o = outStart + i * columns + j;
      out[o] = s00;
      out[o + 1] = s01;
      out[o + 2] = s02;
      out[o + 3] = s03;
      o += columns;
      out[o] = s10;
      out[o + 1] = s11;
      out[o + 2] = s12;
      out[o + 3] = s13;
      o += columns;
      out[o] = s20;
      out[o + 1] = s21;
      out[o + 2] = s22;
      out[o + 3] = s23;
      o += columns;
      out[o] = s30;
      out[o + 1] = s31;
      out[o + 2] = s32;
      out[o + 3] = s33;
    }
  }
  // The elements that no full block covers: the last columns of all rows, and the last rows.
  for (let i = 0; i < rows; i++) {
    for (let j = i < wholeRows ? wholeColumns : 0; j < columns; j++) {
      let total = 0;
      for (let k = 0; k < inner; k++) total += a[aStart + i * inner + k] * b[bStart + k * columns + j];
      out[outStart + i * columns + j] = total;
    }
  }
}

/**
 * Checks an index, and counts a negative one from the end.
 *
 * @param {number} index
 * @param {number} size
 */
export function inside(index, size) {
  const place = index < 0 ? index + size : index;
  if (!(place >= 0 && place < size)) throw new RangeError(`index ${index} is outside of an axis of size ${size}`);
  return place;
}

/**
 * Says whether x comes before y among the greatest (sign 1) or the least (sign -1); NaN comes first.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} sign
 */
export function isBefore(x, y, sign) {
  return sign * x > sign * y || (Number.isNaN(x) && !Number.isNaN(y));
}

/**
 * Compares numbers for a sort: NaN is last.
 *
 * @param {number} x
 * @param {number} y
 */
export function ascending(x, y) {
  if (x < y) return -1;
  if (x > y) return 1;
  return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
}

/**
 * Writes the order that sorts a row; equal elements keep theirs.
 *
 * @param {Numbers} x
 * @param {Numbers} out
 * @param {number} start
 * @param {number} step
 * @param {number} length
 */
export function argsort(x, out, start, step, length) {
  const places = Array.from({ length }, (_, i) => i);
  places.sort((a, b) => ascending(x[start + a * step], x[start + b * step]));
  for (let i = 0; i < length; i++) out[start + i * step] = places[i];
}

/**
 * Writes a sorted row.
 *
 * @param {Numbers} x
 * @param {Numbers} out
 * @param {number} start
 * @param {number} step
 * @param {number} length
 */
export function sort(x, out, start, step, length) {
  const row = Array.from({ length }, (_, i) => x[start + i * step]).sort(ascending);
  for (let i = 0; i < length; i++) out[start + i * step] = row[i];
}

/**
 * Counts the numbers of a sorted row that are below x.
 *
 * @param {Numbers} row
 * @param {number} x
 */
export function searchLeft(row, x) {
  let low = 0;
  let high = row.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending(row[middle], x) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Counts the numbers of a sorted row that are not above x.
 *
 * @param {Numbers} row
 * @param {number} x
 */
export function searchRight(row, x) {
  let low = 0;
  let high = row.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending(row[middle], x) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
