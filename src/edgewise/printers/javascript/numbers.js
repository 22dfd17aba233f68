/**
 * Functions of numbers that JavaScript lacks, or defines differently from C.
 */

/**
 * Rounds to the nearest integer; halves to the even one.
 *
 * @param {number} x
 */
export function roundEven(x) {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : rest > 0.5 ? below + 1 : x;
}

/**
 * Says whether the sign bit is set, as in -0.
 *
 * @param {number} x
 */
export function isNegative(x) {
  return x < 0 || Object.is(x, -0);
}

/**
 * Returns the absolute value of x with the sign of y.
 *
 * @param {number} x
 * @param {number} y
 */
export function copySign(x, y) {
  return isNegative(y) ? -Math.abs(x) : Math.abs(x);
}

/**
 * Computes log(exp(x) + exp(y)) without overflow.
 *
 * @param {number} x
 * @param {number} y
 */
export function logAddExp(x, y) {
  if (x === y) return x + Math.LN2;
  const difference = x - y;
  if (difference > 0) return x + Math.log1p(Math.exp(-difference));
  return difference <= 0 ? y + Math.log1p(Math.exp(difference)) : difference;
}

/**
 * Computes x ** y as C does: 1 to any power is 1, and -1 to an infinite power is 1.
 *
 * @param {number} x
 * @param {number} y
 */
export function power(x, y) {
  return x === 1 || (x === -1 && (y === Infinity || y === -Infinity)) ? 1 : x ** y;
}

/**
 * Computes the remainder of x / y, with the sign of y.
 *
 * @param {number} x
 * @param {number} y
 */
export function remainder(x, y) {
  const rest = x % y;
  if (rest === 0) return copySign(0, y);
  return rest < 0 !== y < 0 ? rest + y : rest;
}

/**
 * @param {number} x
 * @param {number} y
 */
export function remainderOfIntegers(x, y) {
  return y === 0 ? 0 : x - y * Math.floor(x / y);
}

/**
 * Computes x / y, rounded down.
 *
 * @param {number} x
 * @param {number} y
 */
export function floorDivide(x, y) {
  const rest = x % y;
  if (y === 0 || Number.isNaN(rest)) return y === 0 ? x / y : NaN;
  let quotient = (x - rest) / y;
  if (rest !== 0 && rest < 0 !== y < 0) quotient -= 1;
  const whole = Math.floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

/**
 * @param {number} x
 * @param {number} y
 */
export function floorDivideIntegers(x, y) {
  return y === 0 ? 0 : Math.floor(x / y);
}

/**
 * Returns the next float64 after x towards y.
 *
 * @param {number} x
 * @param {number} y
 */
export function nextAfter64(x, y) {
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  if (x === y) return y;
  if (x === 0) return y > 0 ? 5e-324 : -5e-324;
  const float = Float64Array.of(x);
  const bits = new BigInt64Array(float.buffer);
  bits[0] += x < y === x > 0 ? 1n : -1n;
  return float[0];
}

/**
 * Returns the next float32 after x towards y.
 *
 * @param {number} x
 * @param {number} y
 */
export function nextAfter32(x, y) {
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  if (x === y) return y;
  if (x === 0) return y > 0 ? 2 ** -149 : -(2 ** -149);
  const float = Float32Array.of(x);
  const bits = new Int32Array(float.buffer);
  bits[0] += x < y === x > 0 ? 1 : -1;
  return float[0];
}

/**
 * Applies an operator to the bits of 64-bit integers; JavaScript's operators on numbers cut them to 32.
 *
 * @param {(x: bigint, y: bigint) => bigint} operation
 * @param {number} x
 * @param {number} y
 */
export function wideBits(operation, x, y) {
  return Number(BigInt.asIntN(64, operation(BigInt(x), BigInt(y))));
}

/**
 * @param {(x: bigint, y: bigint) => bigint} operation
 * @param {number} x
 * @param {number} y
 */
export function unsignedWideBits(operation, x, y) {
  return Number(BigInt.asUintN(64, operation(BigInt(x), BigInt(y))));
}
