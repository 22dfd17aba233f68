/**
 * Wide clusters in rows, as text is in lines. A row begins where few lines cross a gap between things; these turn around
 * and come in from the left again. Still pictures are wrapped by picture/wrap.py, which mirrors this file function by
 * function, and writes the names of such lines where rows start: in a page a pointer brings them out.
 *
 * @typedef {import("./arrangement.js").Content} Content
 * @typedef {import("./arrangement.js").Line} Line
 * @typedef {import("./arrangement.js").Point} Point
 * @typedef {{ left: number, right: number, top: number, bottom: number }} Solid a thing or a frame, which no row divides
 * @typedef {{ left: number, right: number, lines: number }} Break
 *   where a row begins, where the one before ends, and how many lines are cut
 * @typedef {{ row: number, leaves: number, arrives: number }} Cut
 *   at which height a line leaves a row, and at which it arrives in the next
 * @typedef {{ line: number, parting: number }} Trunk
 *   for a line the longest one that leaves the same place, and how far to the right both run together
 *
 * @typedef {object} Rows rows below each other
 * @property {(x: number) => number} rowOf what begins at x
 * @property {(y: number, row: number) => number} high where a height of a row comes to be
 * @property {(point: Point, row: number) => Point} moved where a point of a row comes to be
 * @property {number[]} across how far each is moved to the right
 * @property {number[]} ends the right end of each but the last, once moved
 * @property {number[]} begins where the things of the row after it begin, once moved
 * @property {Map<number, number>[]} lanes the heights at which lines leave each but the last, with their numbers
 * @property {number[]} lower the lower end of each
 * @property {number} width
 */

export const TURNING = 13;
const LANE_GAP = 9;
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
 * A cluster's content in rows that are at most so wide, if there are good places to break.
 *
 * @param {Content} content
 * @param {Solid[]} solids
 * @param {number} limit
 * @returns {Content}
 */
export function wrap(content, solids, limit) {
  if (content.width <= limit) return content;
  const { lines } = content;
  const trunks = findTrunks(lines);
  const breaks = chooseBreaks(findBreaks(lines, solids, trunks), content.width, limit);
  if (!breaks.length) return content;
  const { cuts, shared } = findCuts(lines, breaks, trunks);
  const rows = stackRows(content, solids, breaks, cuts, shared);
  const bottom = solids.reduce((most, solid) => Math.max(most, solid.bottom), -Infinity);
  const height = rows.lower[breaks.length] + Math.max(0, content.height - bottom);
  if (rows.width * height > MOST_ROOM * content.width * content.height) return content;
  leadLines(lines, cuts, shared, trunks, rows);
  for (const part of [...content.things, ...content.frames])
    [part.x, part.y] = rows.moved([part.x, part.y], rows.rowOf(part.x));
  return {
    ...content,
    width: rows.width,
    height,
    entries: new Map([...content.entries].map(([tensor, y]) => [tensor, rows.high(y, 0)])),
    exits: new Map([...content.exits].map(([tensor, y]) => [tensor, rows.high(y, breaks.length)])),
  };
}

/** The trunk of each line; that of the longest is itself. @param {Line[]} lines @returns {Trunk[]} */
function findTrunks(lines) {
  /** @type {Trunk[]} */
  const found = lines.map((_, line) => ({ line, parting: -Infinity }));
  /** @type {Map<string, number[]>} */
  const groups = new Map();
  lines.forEach(({ source, tensor }, i) => {
    const group = groups.get(`${source} ${tensor}`);
    if (group) group.push(i);
    else groups.set(`${source} ${tensor}`, [i]);
  });
  const endOf = (/** @type {number} */ i) => lines[i].points[lines[i].points.length - 1][0];
  for (const members of groups.values()) {
    const longest = members.reduce((one, other) => (endOf(other) > endOf(one) ? other : one));
    for (const i of members)
      if (i !== longest) found[i] = { line: longest, parting: partingOf(lines[i].points, lines[longest].points) };
  }
  return found;
}

/** How far to the right two lines run together that begin at the same point. @param {Point[]} points @param {Point[]} others */
function partingOf(points, others) {
  let [least, most] = [0, Math.min(points.length, others.length) - 1];
  while (least < most) {
    const middle = (least + most + 1) >> 1; // up to `least` they have the same points
    if (points[middle][0] === others[middle][0] && points[middle][1] === others[middle][1]) least = middle;
    else most = middle - 1;
  }
  const [last, next, other] = [points[least], points[least + 1], others[least + 1]];
  if (!next || !other) return last[0];
  return last[1] === next[1] && last[1] === other[1] ? Math.min(next[0], other[0]) : last[0];
}

/**
 * The gaps between things that few lines cross, from left to right.
 *
 * @param {Line[]} lines
 * @param {Solid[]} solids
 * @param {Trunk[]} trunks
 * @returns {Break[]}
 */
function findBreaks(lines, solids, trunks) {
  const coming = lines.map(({ source, target, points }, i) => ({
    points,
    start: Math.max(source === null ? -Infinity : points[0][0], trunks[i].parting),
    end: target === null ? Infinity : points[points.length - 1][0],
  }));
  coming.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  /** @type {Break[]} */
  const found = [];
  let active = /** @type {typeof coming} */ ([]);
  let following = 0;
  let reach = -Infinity;
  for (const { left, right } of [...solids].sort((a, b) => a.left - b.left)) {
    if (left > reach + 1 && reach > -Infinity) {
      const middle = (left + reach) / 2;
      while (following < coming.length && coming[following].start < middle) active.push(coming[following++]);
      active = active.filter(({ end }) => end > middle);
      const heights = new Set(active.map(({ points }) => heightAt(points, reach)));
      if (heights.size && heights.size <= MOST_LINES) found.push({ left, right: reach, lines: heights.size });
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
function chooseBreaks(gaps, total, limit) {
  const places = [{ left: 0, right: 0, lines: 0 }, ...gaps, { left: Infinity, right: total, lines: 0 }];
  const least = [0];
  const before = [0];
  for (let i = 1; i < places.length; i++) {
    const { right, lines } = places[i];
    let [best, chosen] = [Infinity, i - 1];
    for (let k = i - 1; k >= 0; k--) {
      const { left, lines: others } = places[k];
      const empty = limit - (right - left + turningRoom(others) + turningRoom(lines));
      if (empty < 0 && k < i - 1) break;
      const cost = least[k] + 1 + COST_OF_ROOM * (empty / limit) ** 2;
      if (cost < best) [best, chosen] = [cost, k];
    }
    least.push(best + COST_OF_LINES * lines ** 2);
    before.push(chosen);
  }
  const found = [];
  for (let at = before[places.length - 1]; at; at = before[at]) found.push(places[at]);
  return found.reverse();
}

/** What room lines that turn take beside a row. @param {number} lines */
const turningRoom = (lines) => (lines ? TURNING + (lines - 1) * LANE_GAP : 0);

/** How many of some numbers in order are at most x. @param {number[]} numbers @param {number} x */
function countUpTo(numbers, x) {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The lines, trunks before those that leave them. @param {Trunk[]} trunks */
const trunksFirst = (trunks) => {
  const all = trunks.map((_, i) => i);
  return [...all.filter((i) => trunks[i].line === i), ...all.filter((i) => trunks[i].line !== i)];
};

/**
 * Where each line is cut, and at how many of its first cuts it still is one with its trunk.
 *
 * @param {Line[]} lines
 * @param {Break[]} breaks
 * @param {Trunk[]} trunks
 */
function findCuts(lines, breaks, trunks) {
  const starts = breaks.map(({ left }) => left);
  /** @type {Cut[][]} */
  const cuts = lines.map(() => []);
  const shared = lines.map(() => 0);
  for (const i of trunksFirst(trunks)) {
    const { source, target, points } = lines[i];
    const first = source === null ? 0 : countUpTo(starts, points[0][0] + EVEN_WITH);
    const last = target === null ? breaks.length : countUpTo(starts, points[points.length - 1][0] + EVEN_WITH);
    const { line: trunk, parting } = trunks[i];
    if (trunk !== i) {
      const together = Math.min(countUpTo(starts, parting), last) - first;
      shared[i] = Math.max(0, Math.min(together, cuts[trunk].length));
      cuts[i] = cuts[trunk].slice(0, shared[i]);
    }
    for (let row = first + shared[i]; row < last; row++) {
      const { left, right } = breaks[row];
      const leaves = Math.floor(heightAt(points, right) * 10 + 0.5) / 10;
      cuts[i].push({ row, leaves, arrives: arrival(points, left) });
    }
  }
  return { cuts, shared };
}

/** The place of the first point to the right of x. No thing is at x, so that all before it are left of it. @param {Point[]} points @param {number} x */
function placeAfter(points, x) {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The height at which a line arrives where a row begins. @param {Point[]} points @param {number} left */
function arrival(points, left) {
  return points[Math.min(placeAfter(points, left - EVEN_WITH), points.length - 1)][1];
}

/** The height of a line where a row ends. @param {Point[]} points @param {number} x */
function heightAt(points, x) {
  return points[Math.max(0, placeAfter(points, x + EVEN_WITH) - 1)][1];
}

/**
 * Rows below each other. In each what was kept apart by things of other rows moves together.
 *
 * @param {Content} content
 * @param {Solid[]} solids
 * @param {Break[]} breaks
 * @param {Cut[][]} cuts
 * @param {number[]} shared
 * @returns {Rows}
 */
function stackRows(content, solids, breaks, cuts, shared) {
  const starts = breaks.map(({ left }) => left);
  const rowOf = (/** @type {number} */ x) => countUpTo(starts, x + EVEN_WITH);
  /** @type {Set<number>[]} */
  const heights = breaks.map(() => new Set());
  /** @type {[number, number][][]} what is used in each row, from top to bottom */
  const used = Array.from({ length: breaks.length + 1 }, () => []);
  for (const { left, top, bottom } of solids) used[rowOf(left)].push([top, bottom]);
  content.lines.forEach(({ points }, i) => {
    for (const [x, y] of cuts[i].length ? points : points.slice(1, -1)) used[rowOf(x)].push([y - 4, y + 4]);
    for (const { row, leaves, arrives } of cuts[i].slice(shared[i])) {
      heights[row].add(leaves);
      used[row].push([leaves - 4, leaves + 4]);
      used[row + 1].push([arrives - 4, arrives + 4]);
    }
  });
  for (const y of content.entries.values()) used[0].push([y - 4, y + 4]);
  for (const y of content.exits.values()) used[breaks.length].push([y - 4, y + 4]);
  const lanes = heights.map((found) => new Map([...found].sort((a, b) => a - b).map((height, lane) => [height, lane])));
  const beside = lanes.map((found) => turningRoom(found.size));
  const across = [0, ...breaks.map(({ left }, row) => beside[row] - left)];
  const ends = breaks.map(({ right }, row) => right + across[row]);
  const width = ends.reduce(
    (most, end, row) => Math.max(most, end + beside[row]),
    content.width + across[breaks.length],
  );
  let at = solids.reduce((least, { top }) => Math.min(least, top), Infinity);
  /** @type {number[]} */
  const lower = [];
  const squeezed = used.map((intervals, row) => {
    const { starts: parts, shifts, height } = squeeze(intervals);
    const top = at;
    lower.push(at + height);
    if (row < lanes.length) at += height + ROW_GAP + (lanes[row].size - 1) * LANE_GAP;
    return { parts, shifts, top };
  });
  const high = (/** @type {number} */ y, /** @type {number} */ row) => {
    const { parts, shifts, top } = squeezed[row];
    return y + shifts[Math.max(0, countUpTo(parts, y + EVEN_WITH) - 1)] + top;
  };
  const moved = (/** @type {Point} */ [x, y], /** @type {number} */ row) => [x + across[row], high(y, row)];
  const begins = starts.map((start, row) => start + across[row + 1]);
  return { rowOf, high, moved, across, ends, begins, lanes, lower, width };
}

/**
 * Heights from 0 on, with no more than some air between intervals that are used: where parts begin, how far each is
 * moved, and how high all is.
 *
 * @param {[number, number][]} used
 */
function squeeze(used) {
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
 * Leads all lines through the rows.
 *
 * @param {Line[]} lines
 * @param {Cut[][]} cuts
 * @param {number[]} shared
 * @param {Trunk[]} trunks
 * @param {Rows} rows
 */
function leadLines(lines, cuts, shared, trunks, rows) {
  /** @type {Map<number, Progress[]>} */
  const turned = new Map();
  const given = lines.map(({ points }) => points);
  for (const i of trunksFirst(trunks)) {
    const line = lines[i];
    if (!cuts[i].length) {
      const row = line.target === null ? rows.lanes.length : rows.rowOf(line.points[0][0]);
      line.points = line.points.map((point) => rows.moved(point, row));
    } else {
      const trunk = trunks[i].line;
      const after = shared[i] ? /** @type {Progress[]} */ (turned.get(trunk)).slice(0, shared[i]) : [];
      const corners = shared[i] ? lines[trunk].points.slice(0, after[after.length - 1].corners) : [];
      line.points = turn(given[i], cuts[i], rows, corners, after);
      line.bent = true;
      turned.set(i, after);
    }
    if (line.target !== null) continue;
    const [x, y] = line.points[line.points.length - 1];
    // What stands at the border has a line of no length.
    if (line.points.length > 1) line.points.pop();
    if (x < rows.width) line.points.push([rows.width, y]);
  }
}

/**
 * A line led through several rows, as the corners of its level and upright pieces. It goes on from `corners`, where it
 * leaves its trunk.
 *
 * @typedef {{ corners: number, following: number }} Progress how many corners and points of a line there are after a cut
 *
 * @param {Point[]} points
 * @param {Cut[]} cuts
 * @param {Rows} rows
 * @param {Point[]} corners
 * @param {Progress[]} after has those after each cut until then, and gets the others
 * @returns {Point[]}
 */
function turn(points, cuts, rows, corners, after) {
  let following = after.length ? after[after.length - 1].following : 0;
  for (const { row, leaves, arrives } of cuts.slice(after.length)) {
    const [end, start] = [rows.ends[row] - rows.across[row], rows.begins[row] - rows.across[row + 1]];
    while (following < points.length && points[following][0] <= end + EVEN_WITH)
      addCorner(corners, rows.moved(points[following++], row));
    while (following < points.length && points[following][0] < start - EVEN_WITH) following++;
    const lane = /** @type {number} */ (rows.lanes[row].get(leaves));
    const above = (rows.lanes[row].size - 1 - lane) * LANE_GAP;
    const [right, left] = [rows.ends[row] + TURNING + above, rows.begins[row] - TURNING - lane * LANE_GAP];
    const between = rows.lower[row] + ROW_GAP / 2 + above;
    const [leaving, arriving] = [rows.high(leaves, row), rows.high(arrives, row + 1)];
    if (!corners.length) corners.push([rows.ends[row], leaving]);
    addCorner(corners, [right, leaving]);
    corners.push([right, between], [left, between], [left, arriving]);
    after.push({ corners: corners.length, following });
  }
  const last = cuts[cuts.length - 1];
  if (following >= points.length) addCorner(corners, [rows.begins[last.row], rows.high(last.arrives, last.row + 1)]);
  for (const point of points.slice(following)) addCorner(corners, rows.moved(point, last.row + 1));
  return corners;
}

/** The corners of level and upright pieces through some points. @param {Point[]} points */
export function cornersOf(points) {
  /** @type {Point[]} */
  const corners = [];
  for (const point of points) addCorner(corners, point);
  return corners;
}

/** Leads level and upright pieces on to a point. @param {Point[]} corners @param {Point} point */
function addCorner(corners, [x, y]) {
  const before = corners[corners.length - 1];
  if (before && Math.abs(before[1] - y) > EVEN_WITH && Math.abs(before[0] - x) > EVEN_WITH) {
    const middle = (before[0] + x) / 2;
    corners.push([middle, before[1]], [middle, y]);
  }
  if (!before || before[0] !== x || before[1] !== y) corners.push([x, y]);
}
