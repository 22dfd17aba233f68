/**
 * Linear algebra on matrices that start at a place in a flat array. All work is done in doubles.
 *
 * @typedef {import("./runtime.js").Numbers} Numbers
 */

/**
 * A matrix of its own, to be worked on.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} count how many elements
 */
export function matrixAt(x, start, count) {
  return Float64Array.from(x.subarray(start, start + count));
}

/**
 * Gaussian elimination with the largest pivots: below the diagonal the factors, on and above it what is left.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} n
 */
export function eliminated(x, start, n) {
  const lu = matrixAt(x, start, n * n);
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
 * The determinant: the product of the pivots, its sign changed by each exchange of rows.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} n
 * @param {Numbers} out
 * @param {number} outStart
 */
export function det(x, start, n, out, outStart) {
  const { lu, sign } = eliminated(x, start, n);
  let product = sign;
  for (let i = 0; i < n; i++) product *= lu[i * n + i];
  out[outStart] = product;
}

/**
 * The logarithm of the determinant's size, which can't overflow.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} n
 * @param {Numbers} out
 * @param {number} outStart
 */
export function logOfAbsDet(x, start, n, out, outStart) {
  const { lu } = eliminated(x, start, n);
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
  const { lu, sign } = eliminated(x, start, n);
  let product = sign;
  for (let i = 0; i < n; i++) product *= Math.sign(lu[i * n + i]);
  out[outStart] = product;
}

/**
 * The solution X of A X = B.
 *
 * @param {Numbers} a
 * @param {number} aStart
 * @param {number} n
 * @param {Numbers} b
 * @param {number} bStart
 * @param {number} columns how many B has
 * @param {Numbers} out
 * @param {number} outStart
 */
export function solve(a, aStart, n, b, bStart, columns, out, outStart) {
  const { lu, order } = eliminated(a, aStart, n);
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
 * The lower triangle L with L Lᵀ = x; NaN where there is none.
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

/**
 * Eigenvalues in ascending order, and eigenvectors as columns, of a symmetric matrix given by its lower triangle:
 * Jacobi's rotations, each of which makes one element off the diagonal zero.
 *
 * @param {Numbers} x
 * @param {number} start
 * @param {number} n
 */
export function symmetricEigen(x, start, n) {
  const a = matrixAt(x, start, n * n);
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    v[i * n + i] = 1;
    for (let j = i + 1; j < n; j++) a[i * n + j] = a[j * n + i];
  }
  for (let sweep = 0; sweep < 60; sweep++) {
    let turned = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const off = a[p * n + q];
        if (!(Math.abs(off) > 1e-17 * (Math.abs(a[p * n + p]) + Math.abs(a[q * n + q])))) continue;
        turned = true;
        const half = (a[q * n + q] - a[p * n + p]) / (2 * off);
        const tangent = (half < 0 ? -1 : 1) / (Math.abs(half) + Math.hypot(half, 1));
        const cosine = 1 / Math.hypot(tangent, 1);
        const sine = tangent * cosine;
        for (let k = 0; k < n; k++) {
          const first = a[k * n + p];
          const second = a[k * n + q];
          a[k * n + p] = cosine * first - sine * second;
          a[k * n + q] = sine * first + cosine * second;
        }
        for (let k = 0; k < n; k++) {
          const first = a[p * n + k];
          const second = a[q * n + k];
          a[p * n + k] = cosine * first - sine * second;
          a[q * n + k] = sine * first + cosine * second;
        }
        for (let k = 0; k < n; k++) {
          const first = v[k * n + p];
          const second = v[k * n + q];
          v[k * n + p] = cosine * first - sine * second;
          v[k * n + q] = sine * first + cosine * second;
        }
      }
    }
    if (!turned) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[i * n + i] - a[j * n + j]);
  return { values: order.map((i) => a[i * n + i]), vectors: v, order };
}

/**
 * @param {Numbers} x
 * @param {number} start
 * @param {number} n
 * @param {Numbers} out
 * @param {number} outStart
 */
export function eigenvalues(x, start, n, out, outStart) {
  out.set(symmetricEigen(x, start, n).values, outStart);
}

/**
 * @param {Numbers} x
 * @param {number} start
 * @param {number} n
 * @param {Numbers} out
 * @param {number} outStart
 */
export function eigenvectors(x, start, n, out, outStart) {
  const { vectors, order } = symmetricEigen(x, start, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) out[outStart + i * n + j] = vectors[i * n + order[j]];
  }
}
