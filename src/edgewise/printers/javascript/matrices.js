/**
 * Linear algebra on matrices that start at a position in a flat array, computed in doubles.
 *
 * @typedef {import("./runtime.js").Numbers} Numbers
 */

/**
 * The LU decomposition with row pivoting: L below the diagonal, U on and above it, the order of rows and its sign.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} n
 */
export function luDecomposition(x, start, n) {
  const lu = Float64Array.from(x.subarray(start, start + n * n));
  const order = Array.from({ length: n }, (_, i) => i);
  let sign = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(lu[i * n + k]) > Math.abs(lu[pivot * n + k])) pivot = i;
    if (pivot !== k) {
      sign = -sign;
      [order[k], order[pivot]] = [order[pivot], order[k]];
      for (let j = 0; j < n; j++) [lu[k * n + j], lu[pivot * n + j]] = [lu[pivot * n + j], lu[k * n + j]];
    }
    if (lu[k * n + k] === 0) continue;
    for (let i = k + 1; i < n; i++) {
      lu[i * n + k] /= lu[k * n + k];
      for (let j = k + 1; j < n; j++) lu[i * n + j] -= lu[i * n + k] * lu[k * n + j];
    }
  }
  return { lu, order, sign };
}

/**
 * Writes the determinant: the product of the pivots and the sign of the row order.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} n
 * @param {Numbers} out
 * @param {number} outStart
 */
export function det(x, start, n, out, outStart) {
  const { lu, sign } = luDecomposition(x, start, n);
  let product = sign;
  for (let i = 0; i < n; i++) product *= lu[i * n + i];
  out[outStart] = product;
}

/**
 * Writes the logarithm of the determinant's absolute value, which can't overflow.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} n
 * @param {Numbers} out
 * @param {number} outStart
 */
export function logOfAbsDet(x, start, n, out, outStart) {
  const { lu } = luDecomposition(x, start, n);
  let total = 0;
  for (let i = 0; i < n; i++) total += Math.log(Math.abs(lu[i * n + i]));
  out[outStart] = total;
}

/**
 * @param {Numbers} x
 * @param {number} start
 * @param {number} n
 * @param {Numbers} out
 * @param {number} outStart
 */
export function signOfDet(x, start, n, out, outStart) {
  const { lu, sign } = luDecomposition(x, start, n);
  let product = sign;
  for (let i = 0; i < n; i++) product *= Math.sign(lu[i * n + i]);
  out[outStart] = product;
}

/**
 * Writes the solution X of A X = B.
 *
 * @param {Numbers} a
 * @param {number} aStart
 * @param {number} n
 * @param {Numbers} b
 * @param {number} bStart
 * @param {number} columns the number of columns of B
 * @param {Numbers} out
 * @param {number} outStart
 */
export function solve(a, aStart, n, b, bStart, columns, out, outStart) {
  const { lu, order } = luDecomposition(a, aStart, n);
  const x = new Float64Array(n);
  for (let column = 0; column < columns; column++) {
    for (let i = 0; i < n; i++) {
      x[i] = b[bStart + order[i] * columns + column];
      for (let j = 0; j < i; j++) x[i] -= lu[i * n + j] * x[j];
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let j = i + 1; j < n; j++) x[i] -= lu[i * n + j] * x[j];
      x[i] /= lu[i * n + i];
      out[outStart + i * columns + column] = x[i];
    }
  }
}

/**
 * @param {Numbers} x
 * @param {number} start
 * @param {number} n
 * @param {Numbers} out
 * @param {number} outStart
 */
export function inverse(x, start, n, out, outStart) {
  const identity = new Float64Array(n * n);
  for (let i = 0; i < n; i++) identity[i * n + i] = 1;
  solve(x, start, n, identity, 0, n, out, outStart);
}

/**
 * Writes the lower triangle L with L Lᵀ = x; NaN if there is none.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} n
 * @param {Numbers} out
 * @param {number} outStart
 */
export function cholesky(x, start, n, out, outStart) {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = x[start + i * n + j];
      for (let k = 0; k < j; k++) rest -= lower[i * n + k] * lower[j * n + k];
      lower[i * n + j] = i === j ? Math.sqrt(rest) : rest / lower[j * n + j];
    }
  }
  out.set(lower, outStart);
}
