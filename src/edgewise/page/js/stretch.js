/** Shorter parts are widened by nothing. */
const LEAST = 0.05;

/**
 * A map that keeps or widens every distance; picture/stretch.py mirrors it.
 *
 * @param {number[][]} parts from where to where, and how long that is to be at least
 * @returns {(at: number) => number}
 */
export function stretch(parts) {
  const real = parts.filter(([start, end]) => end - start > LEAST);
  if (!real.length) return (at) => at;
  const ends = [...new Set(real.flatMap(([start, end]) => [start, end]))].sort((a, b) => a - b);
  const place = new Map(ends.map((end, i) => [end, i]));
  const slopes = new Float64Array(ends.length).fill(1);
  for (const [start, end, length] of real) {
    const slope = length / (end - start);
    const last = /** @type {number} */ (place.get(end));
    for (let i = /** @type {number} */ (place.get(start)); i < last; i++) slopes[i] = Math.max(slopes[i], slope);
  }
  const starts = [ends[0]];
  for (let i = 1; i < ends.length; i++) starts.push(starts[i - 1] + (ends[i] - ends[i - 1]) * slopes[i - 1]);
  const last = ends.length - 1;
  slopes[last] = 1;
  return (at) => {
    if (at <= ends[0]) return at;
    let [low, high] = [0, last];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (ends[middle] <= at) low = middle;
      else high = middle - 1;
    }
    return starts[low] + (at - ends[low]) * slopes[low];
  };
}
