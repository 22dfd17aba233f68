/** Lines as paths of SVG: level at their points with S-curves between, or bent at right angles. */

/** How far above and below the middle of an edge its two lines are. */
const APART = 2;
/** So much shorter is a line for its arrowhead. */
const HEAD = 4;
const CORNER = 9;

/** @typedef {{ points: number[][], back: boolean, bent?: boolean }} Route */

/** The line of the value. @param {Route} route */
export function forwardPath({ points, bent }) {
  const [x, y] = points[points.length - 1];
  return pathThrough([...points.slice(0, -1), [x - HEAD, y]], -APART, bent);
}

/** That of the gradient, drawn from left to right, too. @param {Route} route */
export function backwardPath({ points, bent }) {
  const [x, y] = points[0];
  return pathThrough([[x + HEAD, y], ...points.slice(1)], APART, bent);
}

/** Where a line has arrowheads, and which way these point. @param {Route} route @returns {[number, number, number][]} */
export function arrowTips({ points, back }) {
  const [left, right] = [points[0], points[points.length - 1]];
  /** @type {[number, number, number][]} */
  const tips = [[right[0], right[1] - APART, 1]];
  if (back) tips.push([left[0], left[1] + APART, -1]);
  return tips;
}

/** @param {[number, number, number]} tip */
export function headPath([x, y, way]) {
  return `M${decimal(x)} ${decimal(y)}l${-5 * way}-3.5v7z`;
}

/** @param {number[][]} points @param {number} side @param {boolean | undefined} bent */
function pathThrough(points, side, bent) {
  if (bent) return bentPath(offset(points, side), CORNER + side);
  let [x, y] = points[0];
  let path = `M${decimal(x)} ${decimal(y + side)}`;
  for (const [nextX, nextY] of points.slice(1)) {
    if (nextY === y) path += `H${decimal(nextX)}`;
    else {
      // Beside another curve that falls, what is above it is right of it.
      const middle = decimal((x + nextX) / 2 - (nextY > y ? side : -side));
      path += `C${middle} ${decimal(y + side)} ${middle} ${decimal(nextY + side)} ${decimal(nextX)} ${decimal(nextY + side)}`;
    }
    [x, y] = [nextX, nextY];
  }
  return path;
}

/** @param {number[][]} points @param {number} radius */
function bentPath(points, radius) {
  /** @param {number[]} start @param {number[]} end */
  const towards = ([x, y], [endX, endY]) => {
    const [dx, dy] = [endX - x, endY - y];
    const share = Math.min(0.5, radius / (Math.hypot(dx, dy) || 1));
    return [x + dx * share, y + dy * share];
  };
  /** @param {number[]} point */
  const pair = ([x, y]) => `${decimal(x)} ${decimal(y)}`;
  let path = `M${pair(points[0])}`;
  for (let i = 1; i < points.length - 1; i++) {
    path += `L${pair(towards(points[i], points[i - 1]))}Q${pair(points[i])} ${pair(towards(points[i], points[i + 1]))}`;
  }
  return `${path}L${pair(points[points.length - 1])}`;
}

/** The corners of a line of level and upright pieces that runs beside another. @param {number[][]} corners @param {number} side */
function offset(corners, side) {
  return corners.map(([x, y], i) => {
    let [dx, dy] = [0, 0];
    for (const [from, to] of [
      [corners[i - 1], corners[i]],
      [corners[i], corners[i + 1]],
    ]) {
      if (!from || !to) continue;
      if (from[1] === to[1]) dy = to[0] > from[0] ? side : -side;
      else dx = to[1] > from[1] ? -side : side;
    }
    return [x + dx, y + dy];
  });
}

/** @param {number} value */
const decimal = (value) => String(Math.round(value * 10) / 10);
