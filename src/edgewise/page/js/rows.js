/**
 * A wide room in rows, as text is in lines. A row begins where few lines cross a gap between things; these turn around
 * and come in from the left again.
 *
 * @typedef {import("./compose.js").Content} Content
 * @typedef {import("./compose.js").Point} Point
 * @typedef {{ left: number, right: number, top: number, bottom: number }} Solid a thing or a frame, which no row divides
 * @typedef {{ left: number, right: number, lines: number }} Break where a row begins, where the one before ends, and how many lines are cut
 */

const TURNING = 13;
const BETWEEN_LANES = 9;
const OUTER = 10;
const ROW_GAP = 52;
/** Between what is above each other in a row. */
const AIR = 18;
const EVEN_WITH = 0.01;
/** At most so many lines are led from a row to the next. */
const MOST_LINES = 16;
/** Rows may take this many times the room of one; in more, lines that turn would be most of the picture. */
const MOST_ROOM = 2;
/** What is weighed against one row more: the square of how many lines are cut, and that of the share of a row left empty. */
const COST_OF_LINES = 0.03;
const COST_OF_ROOM = 0.7;

/**
 * @param {Content} content
 * @param {Solid[]} solids
 * @param {number} limit how wide it should be at most
 * @returns {Content}
 */
export function inRows(content, solids, limit) {
  if (content.width <= limit) return content;
  const breaks = chosen(gapsOf(content, solids), content.width, limit - 2 * (TURNING + OUTER));
  if (!breaks.length) return content;
  const starts = breaks.map(({ left }) => left - EVEN_WITH);
  /** @param {number} x */
  const rowOf = (x) => {
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= x) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const cuts = content.lines.map((line) => cutsOf(line, breaks, rowOf));
  const lanes = breaks.map((_, row) => lanesOf(cuts, row));
  const { high, lower } = stacked(content, solids, cuts, lanes, rowOf);
  const across = [
    0,
    ...breaks.map(({ left }, row) => TURNING + OUTER + (lanes[row].length - 1) * BETWEEN_LANES - left),
  ];
  const ends = breaks.map(({ right }, row) => right + across[row]);
  const last = breaks.length;
  const width = Math.max(
    content.width + across[last],
    ...ends.map((end, row) => end + TURNING + OUTER + (lanes[row].length - 1) * BETWEEN_LANES),
  );

  const height = lower[last] + Math.max(0, content.height - Math.max(...solids.map(({ bottom }) => bottom)));
  if (width * height > MOST_ROOM * content.width * content.height) return content;

  /** @param {Point} point @param {number} row @returns {Point} */
  const moved = ([x, y], row) => [x + across[row], high(y, row)];
  content.lines.forEach((line, i) => {
    const { target, points } = line;
    const cut = cuts[i];
    if (!cut.length) {
      const row = target === null ? last : rowOf(points[0][0]);
      line.points = points.map((point) => moved(point, row));
    } else {
      line.points = turned(line, cut, {
        moved,
        across,
        high,
        lower,
        ends,
        lanes,
        starts: breaks.map(({ left }, row) => left + across[row + 1]),
      });
      line.bent = true;
    }
    if (target !== null) return;
    const [x, y] = line.points[line.points.length - 1];
    // What stands at the border has a line of no length.
    if (line.points.length > 1) line.points.pop();
    if (x < width) line.points.push([width, y]);
  });
  for (const part of [...content.things, ...content.frames]) [part.x, part.y] = moved([part.x, part.y], rowOf(part.x));
  return {
    ...content,
    width,
    height,
    entries: new Map([...content.entries].map(([tensor, y]) => [tensor, high(y, 0)])),
    exits: new Map([...content.exits].map(([tensor, y]) => [tensor, high(y, last)])),
  };
}

/**
 * The gaps between things that few lines cross, from left to right.
 *
 * @param {Content} content
 * @param {Solid[]} solids
 * @returns {Break[]}
 */
function gapsOf({ lines }, solids) {
  const ordered = [...solids].sort((a, b) => a.left - b.left);
  const coming = lines.map((line) => ({
    line,
    from: line.source === null ? -Infinity : line.points[0][0],
    to: line.target === null ? Infinity : line.points[line.points.length - 1][0],
  }));
  coming.sort((a, b) => a.from - b.from);
  /** @type {Break[]} */
  const found = [];
  let active = /** @type {typeof coming} */ ([]);
  let next = 0;
  let reach = -Infinity;
  for (const { left, right } of ordered) {
    if (left > reach + 1 && reach > -Infinity) {
      const middle = (left + reach) / 2;
      while (next < coming.length && coming[next].from < middle) active.push(coming[next++]);
      active = active.filter(({ to }) => to > middle);
      const levels = new Set(active.map(({ line }) => levelBefore(line.points, reach)));
      if (levels.size && levels.size <= MOST_LINES) found.push({ left, right: reach, lines: levels.size });
    }
    reach = Math.max(reach, right);
  }
  return found;
}

/**
 * Those of the gaps that make few rows which keep to the limit, if they can.
 *
 * @param {Break[]} gaps
 * @param {number} total
 * @param {number} limit
 * @returns {Break[]}
 */
function chosen(gaps, total, limit) {
  const places = [{ left: 0, right: 0, lines: 0 }, ...gaps, { left: Infinity, right: total, lines: 0 }];
  const least = [0];
  const before = [0];
  for (let i = 1; i < places.length; i++) {
    const { right, lines } = places[i];
    const turns = 2 * Math.max(0, lines - 1) * BETWEEN_LANES;
    let best = Infinity;
    for (let k = i - 1; k >= 0; k--) {
      const empty = limit - (right - places[k].left + turns);
      if (empty < 0 && k < i - 1) break;
      const cost = least[k] + 1 + COST_OF_ROOM * (empty / limit) ** 2;
      if (cost < best) [best, before[i]] = [cost, k];
    }
    least[i] = best + COST_OF_LINES * lines ** 2;
  }
  const found = [];
  for (let at = before[places.length - 1]; at; at = before[at]) found.push(places[at]);
  return found.reverse();
}

/**
 * Where a line is cut: for each row that it leaves the heights at which it leaves it and arrives in the next.
 *
 * @typedef {{ row: number, leaves: number, arrives: number }} Cut
 *
 * @param {import("./compose.js").Way} line
 * @param {Break[]} breaks
 * @param {(x: number) => number} rowOf
 * @returns {Cut[]}
 */
function cutsOf({ source, target, points }, breaks, rowOf) {
  const first = source === null ? 0 : rowOf(points[0][0]);
  const last = target === null ? breaks.length : rowOf(points[points.length - 1][0]);
  const cuts = [];
  for (let row = first; row < last; row++) {
    const { left, right } = breaks[row];
    cuts.push({ row, leaves: levelBefore(points, right), arrives: levelBehind(points, left) });
  }
  return cuts;
}

/** The height of a line where a row ends. @param {Point[]} points @param {number} x */
function levelBefore(points, x) {
  let level = points[0][1];
  for (const [at, y] of points) {
    if (at > x + EVEN_WITH) break;
    level = y;
  }
  return Math.round(level * 10) / 10;
}

/** And where one begins. @param {Point[]} points @param {number} x */
function levelBehind(points, x) {
  const point = points.find(([at]) => at > x - EVEN_WITH) ?? points[points.length - 1];
  return point[1];
}

/** The heights at which lines leave a row, from top to bottom. @param {Cut[][]} cuts @param {number} row */
function lanesOf(cuts, row) {
  const levels = new Set(cuts.flatMap((of) => of.filter((cut) => cut.row === row).map(({ leaves }) => leaves)));
  return [...levels].sort((a, b) => a - b);
}

/**
 * Rows below each other: how high in the picture a height of a row is, and where each row ends. What was kept apart by
 * things in other rows moves together.
 *
 * @param {Content} content
 * @param {Solid[]} solids
 * @param {Cut[][]} cuts
 * @param {number[][]} lanes
 * @param {(x: number) => number} rowOf
 */
function stacked(content, solids, cuts, lanes, rowOf) {
  /** @type {[number, number][][]} what is used in each row, from top to bottom */
  const used = Array.from({ length: lanes.length + 1 }, () => []);
  for (const { left, top, bottom } of solids) used[rowOf(left)].push([top, bottom]);
  content.lines.forEach(({ points }, i) => {
    const level = points.length > 2 ? points.slice(1, -1) : [];
    for (const [x, y] of cuts[i].length ? points : level) used[rowOf(x)].push([y - 4, y + 4]);
    for (const { row, leaves, arrives } of cuts[i]) {
      used[row].push([leaves - 4, leaves + 4]);
      used[row + 1].push([arrives - 4, arrives + 4]);
    }
  });
  for (const y of content.entries.values()) used[0].push([y - 4, y + 4]);
  for (const y of content.exits.values()) used[lanes.length].push([y - 4, y + 4]);
  /** @type {number[]} */
  const lower = [];
  let at = Math.min(...solids.map(({ top }) => top));
  const squeezed = used.map((intervals, row) => {
    const { starts, shifts, height } = squeezedIn(intervals);
    const from = at;
    lower.push(from + height);
    if (row < lanes.length) at = from + height + ROW_GAP + (lanes[row].length - 1) * BETWEEN_LANES;
    return { starts, shifts, from };
  });
  /** @param {number} y @param {number} row */
  const high = (y, row) => {
    const { starts, shifts, from } = squeezed[row];
    let [low, most] = [0, starts.length - 1];
    while (low < most) {
      const middle = (low + most + 1) >> 1;
      if (starts[middle] <= y + EVEN_WITH) low = middle;
      else most = middle - 1;
    }
    return y + shifts[low] + from;
  };
  return { high, lower };
}

/**
 * Heights from 0 on, with no more than some air between intervals that are used.
 *
 * @param {[number, number][]} used
 */
function squeezedIn(used) {
  /** @type {number[]} */
  const starts = [];
  /** @type {number[]} */
  const shifts = [];
  let bottom = -Infinity;
  for (const [start, end] of used.sort((a, b) => a[0] - b[0])) {
    if (!starts.length || start > bottom + AIR) {
      shifts.push(starts.length ? shifts[shifts.length - 1] + AIR + bottom - start : -start);
      starts.push(start);
    }
    bottom = Math.max(bottom, end);
  }
  return { starts, shifts, height: bottom + shifts[shifts.length - 1] };
}

/**
 * A line that leads through several rows, as the corners of its level and upright pieces.
 *
 * @param {import("./compose.js").Way} line
 * @param {Cut[]} cut
 * @param {{ moved: (point: Point, row: number) => Point, across: number[], high: (y: number, row: number) => number, lower: number[], ends: number[], starts: number[], lanes: number[][] }} rows
 * @returns {Point[]}
 */
function turned({ points }, cut, { moved, high, lower, ends, starts, lanes, across }) {
  /** @type {Point[]} */
  const corners = [];
  const go = (/** @type {Point} */ point) => goOn(corners, point);
  let next = 0;
  for (const { row, leaves, arrives } of cut) {
    const [end, start] = [ends[row] - across[row], starts[row] - across[row + 1]];
    while (next < points.length && points[next][0] <= end + EVEN_WITH) go(moved(points[next++], row));
    while (next < points.length && points[next][0] < start - EVEN_WITH) next++;
    const lane = lanes[row].indexOf(leaves);
    const above = (lanes[row].length - 1 - lane) * BETWEEN_LANES;
    const [right, left] = [ends[row] + TURNING + above, starts[row] - TURNING - lane * BETWEEN_LANES];
    const between = lower[row] + ROW_GAP / 2 + above;
    const [from, to] = [high(leaves, row), high(arrives, row + 1)];
    if (!corners.length) corners.push([ends[row], from]);
    go([right, from]);
    corners.push([right, between], [left, between], [left, to]);
  }
  const row = cut[cut.length - 1].row + 1;
  if (next >= points.length) go([starts[row - 1], high(cut[cut.length - 1].arrives, row)]);
  while (next < points.length) go(moved(points[next++], row));
  return corners;
}

/** The corners of level and upright pieces through some points. @param {Point[]} points */
export function cornered(points) {
  /** @type {Point[]} */
  const corners = [];
  for (const point of points) goOn(corners, point);
  return corners;
}

/** @param {Point[]} corners @param {Point} point */
function goOn(corners, [x, y]) {
  const before = corners[corners.length - 1];
  if (before && Math.abs(before[1] - y) > EVEN_WITH && Math.abs(before[0] - x) > EVEN_WITH) {
    const middle = (before[0] + x) / 2;
    corners.push([middle, before[1]], [middle, y]);
  }
  if (!before || before[0] !== x || before[1] !== y) corners.push([x, y]);
}
