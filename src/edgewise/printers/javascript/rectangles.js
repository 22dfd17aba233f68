/**
 * Linear algebra on matrices of any shape: the singular value decomposition, and that into Q and R.
 *
 * @typedef {import("./runtime.js").Numbers} Numbers
 */

/**
 * Singular values in descending order with the vectors that belong to them, each an array, on either side.
 *
 * Pairs of columns are turned until all are at right angles (Jacobi, from one side); their lengths are then the
 * singular values. A wide matrix is taken on its side.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} rows
 * @param {number} columns
 * @returns {{ left: Float64Array[], values: number[], right: Float64Array[] }}
 */
export function singular(x, start, rows, columns) {
  const isWide = rows < columns;
  const [height, width] = isWide ? [columns, rows] : [rows, columns];
  const [down, across] = isWide ? [1, columns] : [columns, 1];
  /** @type {Float64Array[]} */
  const long = [];
  /** @type {Float64Array[]} */
  const short = [];
  for (let j = 0; j < width; j++) {
    long.push(Float64Array.from({ length: height }, (_, i) => x[start + i * down + j * across]));
    short.push(Float64Array.from({ length: width }, (_, i) => (i === j ? 1 : 0)));
  }
  for (let sweep = 0; sweep < 60; sweep++) {
    let turned = false;
    for (let p = 0; p < width; p++) {
      for (let q = p + 1; q < width; q++) turned = turnedApart(long, short, p, q) || turned;
    }
    if (!turned) break;
  }
  const lengths = long.map((column) => Math.sqrt(dot(column, column)));
  const order = lengths.map((_, i) => i).sort((i, j) => lengths[j] - lengths[i]);
  const least = Number.EPSILON * height * (lengths[order[0]] ?? 0);
  /** @type {Float64Array[]} */
  const units = [];
  for (const i of order) {
    units.push(lengths[i] > least ? long[i].map((element) => element / lengths[i]) : another(units, height));
  }
  const values = order.map((i) => lengths[i]);
  const others = order.map((i) => short[i]);
  return isWide ? { left: others, values, right: units } : { left: units, values, right: others };
}

/**
 * Turns two columns in their plane so that they are at right angles; whether they were not yet.
 *
 * @param {Float64Array[]} long
 * @param {Float64Array[]} short
 * @param {number} p
 * @param {number} q
 */
export function turnedApart(long, short, p, q) {
  const across = dot(long[p], long[q]);
  const first = dot(long[p], long[p]);
  const second = dot(long[q], long[q]);
  if (!(Math.abs(across) > 1e-16 * Math.sqrt(first * second))) return false;
  const half = (second - first) / (2 * across);
  const tangent = (half < 0 ? -1 : 1) / (Math.abs(half) + Math.hypot(half, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  for (const [a, b] of [
    [long[p], long[q]],
    [short[p], short[q]],
  ]) {
    for (let i = 0; i < a.length; i++) {
      [a[i], b[i]] = [cosine * a[i] - sine * b[i], sine * a[i] + cosine * b[i]];
    }
  }
  return true;
}

/**
 * @param {Float64Array} a
 * @param {Float64Array} b
 */
export function dot(a, b) {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

/**
 * A unit vector at right angles to those that there are.
 *
 * @param {Float64Array[]} units
 * @param {number} length
 * @returns {Float64Array}
 */
export function another(units, length) {
  let best = new Float64Array(length);
  let most = 0;
  for (let axis = 0; axis < length; axis++) {
    const vector = new Float64Array(length);
    vector[axis] = 1;
    for (let again = 0; again < 2; again++) {
      for (const unit of units) {
        const share = dot(vector, unit);
        for (let i = 0; i < length; i++) vector[i] -= share * unit[i];
      }
    }
    const size = Math.sqrt(dot(vector, vector));
    if (size > most) {
      best = vector.map((element) => element / size);
      most = size;
    }
  }
  return best;
}

/**
 * @param {Numbers} x
 * @param {number} start
 * @param {number} rows
 * @param {number} columns
 * @param {Numbers} out
 * @param {number} outStart
 */
export function singularValues(x, start, rows, columns, out, outStart) {
  out.set(singular(x, start, rows, columns).values, outStart);
}

/**
 * The left vectors as columns.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} rows
 * @param {number} columns
 * @param {Numbers} out
 * @param {number} outStart
 */
export function leftSingularVectors(x, start, rows, columns, out, outStart) {
  const { left } = singular(x, start, rows, columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < left.length; j++) out[outStart + i * left.length + j] = left[j][i];
  }
}

/**
 * The right vectors as rows.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} rows
 * @param {number} columns
 * @param {Numbers} out
 * @param {number} outStart
 */
export function rightSingularVectors(x, start, rows, columns, out, outStart) {
  const { right } = singular(x, start, rows, columns);
  for (let j = 0; j < right.length; j++) out.set(right[j], outStart + j * columns);
}

/**
 * The pseudoinverse; singular values of at most `rtol` times the largest count as zero.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} rows
 * @param {number} columns
 * @param {Numbers} out
 * @param {number} outStart
 */
export function pseudoInverse(x, start, rows, columns, out, outStart, rtol = 1e-15) {
  const { left, values, right } = singular(x, start, rows, columns);
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < rows; j++) {
      let total = 0;
      for (let k = 0; k < values.length; k++) {
        if (values[k] > rtol * values[0]) total += (right[k][i] * left[k][j]) / values[k];
      }
      out[outStart + i * rows + j] = total;
    }
  }
}

/**
 * Q, with columns at right angles to one another, and R, an upper triangle, whose product is x: each column is
 * reflected onto an axis (Householder).
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} rows
 * @param {number} columns
 */
export function reflected(x, start, rows, columns) {
  const count = Math.min(rows, columns);
  const r = Float64Array.from(x.subarray(start, start + rows * columns));
  const q = new Float64Array(rows * count);
  for (let i = 0; i < count; i++) q[i * count + i] = 1;
  /** @type {Float64Array[]} */
  const mirrors = [];
  for (let k = 0; k < count; k++) {
    const mirror = new Float64Array(rows);
    for (let i = k; i < rows; i++) mirror[i] = r[i * columns + k];
    const below = Math.sqrt(dot(mirror.subarray(k + 1), mirror.subarray(k + 1)));
    if (below !== 0) {
      const size = Math.hypot(mirror[k], below);
      mirror[k] += mirror[k] < 0 ? -size : size;
      reflect(mirror, r, columns);
    }
    mirrors.push(below === 0 ? new Float64Array(rows) : mirror);
  }
  for (let k = count - 1; k >= 0; k--) reflect(mirrors[k], q, count);
  return { q, r, count };
}

/**
 * Reflects the columns of a matrix at the plane that a vector stands upon.
 *
 * @param {Float64Array} mirror
 * @param {Float64Array} matrix
 * @param {number} columns
 */
export function reflect(mirror, matrix, columns) {
  const square = dot(mirror, mirror);
  if (square === 0) return;
  for (let j = 0; j < columns; j++) {
    let total = 0;
    for (let i = 0; i < mirror.length; i++) total += mirror[i] * matrix[i * columns + j];
    for (let i = 0; i < mirror.length; i++) matrix[i * columns + j] -= (2 * total * mirror[i]) / square;
  }
}

/**
 * @param {Numbers} x
 * @param {number} start
 * @param {number} rows
 * @param {number} columns
 * @param {Numbers} out
 * @param {number} outStart
 */
export function orthogonalPart(x, start, rows, columns, out, outStart) {
  out.set(reflected(x, start, rows, columns).q, outStart);
}

/**
 * @param {Numbers} x
 * @param {number} start
 * @param {number} rows
 * @param {number} columns
 * @param {Numbers} out
 * @param {number} outStart
 */
export function triangularPart(x, start, rows, columns, out, outStart) {
  const { r, count } = reflected(x, start, rows, columns);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < columns; j++) out[outStart + i * columns + j] = j < i ? 0 : r[i * columns + j];
  }
}
