/**
 * @typedef {Record<"size" | "finite" | "most" | "nan" | "infinite" | "zeros" | "smallest" | "largest" | "mean" | "deviation" | "norm", number>} Measures
 * @typedef {Measures & { counts: number[] }} Statistics
 */

/**
 * Of arrays of which there is a sample only: what all their elements are like.
 *
 * @type {WeakMap<object, Statistics>}
 */
const givenStatistics = new WeakMap();

/** @param {ArrayLike<number>} values @param {import("../contract.js").StatisticsData} statistics */
export function setStatistics(values, statistics) {
  const { smallest, largest, mean, deviation } = statistics;
  // Of no finite elements at all there are none of these.
  const numbers = {
    smallest: smallest ?? NaN,
    largest: largest ?? NaN,
    mean: mean ?? NaN,
    deviation: deviation ?? NaN,
  };
  const most = statistics.finite ? Math.max(-numbers.smallest, numbers.largest) : 0; // the largest absolute value
  givenStatistics.set(values, { ...statistics, ...numbers, most });
}

/**
 * What the elements of an array are like.
 *
 * @param {ArrayLike<number>} values
 * @returns {Measures}
 */
export function statisticsOf(values) {
  const given = givenStatistics.get(values);
  if (given) return given;
  let finite = 0,
    nan = 0,
    infinite = 0,
    zeros = 0,
    sum = 0,
    squares = 0;
  let smallest = Infinity,
    largest = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Number.isNaN(value)) nan += 1;
    else if (!Number.isFinite(value)) infinite += 1;
    else {
      finite += 1;
      if (value === 0) zeros += 1;
      if (value < smallest) smallest = value;
      if (value > largest) largest = value;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / finite;
  let spread = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) spread += (values[i] - mean) ** 2;
  const most = finite ? Math.max(-smallest, largest) : 0;
  return {
    size: values.length,
    finite,
    most,
    nan,
    infinite,
    zeros,
    smallest,
    largest,
    mean,
    deviation: Math.sqrt(spread / finite),
    norm: Math.sqrt(squares),
  };
}

/**
 * How many elements lie in each of some bins of equal width.
 *
 * @param {ArrayLike<number>} values
 * @param {number} smallest
 * @param {number} largest
 * @param {number} bins
 */
export function countHistogram(values, smallest, largest, bins = 32) {
  const given = givenStatistics.get(values);
  if (given) return given.counts;
  const counts = new Array(bins).fill(0);
  const width = largest - smallest;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    const bin = width > 0 ? Math.floor(((values[i] - smallest) / width) * bins) : 0;
    counts[Math.min(bins - 1, bin)] += 1;
  }
  return counts;
}

/**
 * The sum of the squares: NaN if there is one among the values, ∞ if one is infinite.
 *
 * @param {ArrayLike<number>} values
 */
export function sumSquares(values) {
  const given = givenStatistics.get(values);
  if (given) return given.nan ? NaN : given.infinite ? Infinity : given.norm ** 2;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}
