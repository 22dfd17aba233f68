/** Numbers as the pictures write them: what figures.py does, to the same characters. */

const MINUS = "\u2212";

/** @param {string} text */
const withMinus = (text) => text.replace("-", MINUS);

/** @param {string} text */
const withoutZeros = (text) => (text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text);

/**
 * A number rounded to so many decimals as Python does it, from its exact value: JavaScript's toFixed is exact, too, but
 * breaks ties upwards where Python takes the even digit.
 *
 * @param {number} value
 * @param {number} decimals
 */
function fixed(value, decimals) {
  const text = Math.abs(value).toFixed(decimals);
  // A tie can only be where the number itself ends with a 5 behind the last digit that is kept.
  const longer = Math.abs(value) < 1e15 ? Math.abs(value).toFixed(Math.min(100, decimals + 60)) : "";
  const rest = longer.slice(longer.indexOf(".") + 1 + decimals);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (!/^50*$/.test(rest)) return sign + text;
  const cut = decimals ? longer.slice(0, longer.indexOf(".") + 1 + decimals) : longer.slice(0, longer.indexOf("."));
  return sign + (Number(cut[cut.length - 1]) % 2 ? text : cut);
}

/**
 * As Python's format of kind e: one digit, a point, and so many more. Ties go to the even digit.
 *
 * @param {number} value
 * @param {number} digits behind the point
 * @returns {[string, number]} the mantissa, and the exponent
 */
function scientific(value, digits) {
  const [mantissa, exponent] = value.toExponential(digits).split("e");
  const longer = value.toExponential(Math.min(100, digits + 60)).split("e");
  const point = longer[0].indexOf(".");
  const rest = longer[0].slice(point + 1 + digits);
  if (/^50*$/.test(rest)) {
    const cut = longer[0].slice(0, digits ? point + 1 + digits : point);
    if (Number(cut[cut.length - 1]) % 2 === 0) return [cut, Number(longer[1])];
  }
  return [mantissa, Number(exponent)];
}

/**
 * One number with so many significant digits, by default in at most 9 characters: 0.7, 1.2e−5, −∞.
 *
 * @param {number} value
 * @param {number} digits
 * @param {boolean} whole whether it is of an integer type, which has no exponent below 10 million
 */
export function figure(value, digits = 4, whole = false) {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "∞";
  if (value === -Infinity) return `${MINUS}∞`;
  if (value === 0) return "0";
  if (whole && Math.abs(value) < 1e7) return withMinus(String(value));
  const [mantissa, exponent] = scientific(value, digits - 1);
  const size = Math.abs(Number(`${mantissa}e${exponent}`));
  if (size >= 1e-3 && size < 1e5) {
    const decimals = Math.max(0, digits - 1 - exponent);
    return withMinus(withoutZeros(fixed(value, decimals)));
  }
  return withMinus(`${withoutZeros(mantissa)}e${withMinus(String(exponent))}`).replace("-", MINUS);
}

/**
 * Several numbers in at most 7 characters each, with as many decimals, so that their points stand below each other.
 *
 * @param {ArrayLike<number>} values
 * @param {boolean} integers
 */
export function figures(values, integers = false) {
  const all = Array.from(values);
  const finite = all.filter(Number.isFinite).map(Math.abs);
  const largest = Math.max(0, ...finite.filter((size) => size < 1e5));
  const [mantissa, exponent] = scientific(largest, 3);
  const digits = String(Math.trunc(Number(`${mantissa}e${exponent}`))).length;
  const most = largest < 0.99995 ? 4 : Math.max(0, 4 - digits);
  let needed = 0;
  if (!integers) {
    for (const size of finite) {
      if (size >= 1e5) continue;
      const text = fixed(size, most);
      if (text.includes(".")) needed = Math.max(needed, text.replace(/0+$/, "").split(".")[1].length);
    }
  }
  return all.map((value) => inColumn(value, needed, integers));
}

/** @param {number} value @param {number} decimals @param {boolean} integer */
function inColumn(value, decimals, integer) {
  if (!Number.isFinite(value)) return figure(value);
  if (value === 0) return integer ? "0" : (0).toFixed(decimals);
  if (Math.abs(value) < 1e5) {
    const rounded = fixed(value, decimals);
    if (Number(rounded) !== 0) return withMinus(rounded);
  }
  if (integer && Math.abs(value) < 1e6) return figure(value, 4, true);
  let [mantissa, exponent] = scientific(value, 1);
  if (Math.abs(exponent) > 9) [mantissa, exponent] = scientific(value, 0);
  return withMinus(mantissa.replace(/\.0$/, "")) + `e${withMinus(String(exponent))}`;
}

/**
 * The shortest text that gives this number back, as people may edit it.
 *
 * @param {number} value
 * @param {boolean} single whether it is kept in 32 bits
 */
export function exact(value, single = true) {
  if (Object.is(value, -0)) return "-0";
  if (!single || !Number.isFinite(value)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}

/**
 * The number that a text of the user's means; undefined if it means none.
 *
 * @param {string} text
 */
export function parseNumber(text) {
  const plain = text.trim().replaceAll(MINUS, "-").replace(",", ".");
  if (!plain) return undefined;
  if (/^[+-]?(∞|inf(inity)?)$/i.test(plain)) return plain.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(plain)) return NaN;
  const value = Number(plain);
  return Number.isNaN(value) ? undefined : value;
}
