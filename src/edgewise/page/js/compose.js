import { cornered, inRows } from "./rows.js";

/**
 * Putting rooms together: from modules that are each laid out by themselves, with those inside as closed boxes, the
 * picture with some of them open. Around an open one its room is stretched, never squeezed: whatever was apart stays so.
 *
 * @typedef {object} Room
 * @property {number} scope its number, -1 for the whole
 * @property {number} parent
 * @property {any} layout where things and lines are while all inside it is closed
 * @property {string[]} things their keys
 * @property {{ form: number, width: number, height: number, port: number }[]} looks
 * @property {number[]} entries which tensors come in, from top to bottom
 * @property {number[]} exits
 * @property {number[]} tensors on each line
 * @property {string} back whether a gradient comes back along it
 * @property {number} wide the room that its title takes
 * @property {string} name
 * @property {string} path
 * @property {string} title
 * @property {number[]} learnt its own parameters
 *
 * @typedef {number[]} Point
 *
 * @typedef {object} Thing
 * @property {string} key
 * @property {number} form
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 *
 * @typedef {object} Way a line, or a part of one that begins or ends at a door
 * @property {number} tensor
 * @property {string | null} source
 * @property {string | null} target
 * @property {Point[]} points
 * @property {boolean} back
 * @property {boolean} [bent]
 *
 * @typedef {{ scope: number, x: number, y: number, width: number, height: number, level?: number }} Frame
 *   `level` is the height, below its top, of the first line that comes in
 *
 * @typedef {{ width: number, height: number, things: Thing[], lines: Way[], frames: Frame[], entries: Map<number, number>, exits: Map<number, number> }} Content
 *
 * @typedef {{ width: number, height: number, things: Thing[], lines: (Way & { source: string, target: string })[], frames: Frame[] }} Arrangement
 */

const OUTSIDE = 24;
const TITLE = 20;
const PADDING = 12;
const GAP = 22;
/** A gap is at least this share of what lines climb in it, but no wider than this many ordinary ones. */
const STEEP = 0.12;
const WIDEST = 3;
const NEAR = 0.05;
/** Rows are not made for less room than this. */
const LEAST_ROOM = 340;

/**
 * @param {Map<number, Room>} rooms
 * @param {number} top the room that is shown
 * @param {Set<number>} open those that are open in it
 * @param {(tensor: number) => { form: number, width: number, height: number, port: number }} lookOf a tensor's chip
 * @param {number} limit how wide it should be at most: what is wider goes on in rows
 * @returns {Arrangement}
 */
export function compose(rooms, top, open, lookOf, limit = Infinity) {
  const room = roomAt(rooms, top);
  const content = furnished(rooms, room, open, limit - 2 * OUTSIDE);
  const before = chipsBeside(room.entries, content.entries, lookOf);
  // What stands in the room itself has no second chip behind it.
  const within = new Set(content.things.map(({ key }) => key));
  const behind = chipsBeside(
    room.exits.filter((tensor) => !within.has(`tensor ${tensor}`)),
    content.exits,
    lookOf,
  );
  const left = OUTSIDE + (before.width ? before.width + before.gap : 0);
  const above = OUTSIDE - Math.min(0, before.top, behind.top);
  const inside = shiftedBy(content, left, above);
  const right = left + content.width;
  /** @type {Map<number, Thing>} */
  const beside = new Map();
  for (const { tensor, look, y } of before.chips)
    beside.set(tensor, {
      key: `tensor ${tensor}`,
      form: look.form,
      x: left - before.gap - look.width,
      y: y + above,
      width: look.width,
      height: look.height,
    });
  for (const { tensor, look, y } of behind.chips)
    beside.set(tensor, {
      key: `tensor ${tensor}`,
      form: look.form,
      x: right + behind.gap,
      y: y + above,
      width: look.width,
      height: look.height,
    });
  const lines = inside.lines
    .filter(({ target, tensor }) => target !== null || beside.has(tensor))
    .map((way) => /** @type {any} */ (connected(way)));
  /** @param {Way} way a line of the room @returns {Way} to the chips beside it */
  function connected(way) {
    const { tensor, source, target, points } = way;
    const joining = way.bent ? cornered : levelled;
    const chip = /** @type {Thing} */ (beside.get(tensor));
    if (source === null) {
      const level = chip.y + lookOf(tensor).port;
      return {
        ...way,
        source: chip.key,
        points: joining([[chip.x + chip.width, level], [left - before.gap + 2, level], ...points]),
      };
    }
    if (target === null) {
      const level = chip.y + lookOf(tensor).port;
      return {
        ...way,
        target: chip.key,
        points: joining([...points, [right + behind.gap - 2, level], [chip.x, level]]),
      };
    }
    return way;
  }
  const bottom = Math.max(content.height, before.bottom, behind.bottom);
  return {
    width: right + (behind.width ? behind.width + behind.gap : 0) + OUTSIDE,
    height: above + bottom + OUTSIDE,
    things: [...inside.things, ...beside.values()],
    lines,
    frames: inside.frames,
  };
}

/** The chips of what comes into the room that is shown, or leaves it. @param {number[]} tensors @param {Map<number, number>} doors @param {(tensor: number) => any} lookOf */
function chipsBeside(tensors, doors, lookOf) {
  let bottom = -Infinity;
  const chips = tensors.map((tensor) => {
    const look = lookOf(tensor);
    const y = Math.max(bottom, /** @type {number} */ (doors.get(tensor)) - look.port);
    bottom = y + look.height + 14;
    return { tensor, look, y };
  });
  if (!chips.length) return { chips, width: 0, gap: 0, top: 0, bottom: 0 };
  // All in all they stand as much above their doors as below.
  const away = chips.map(({ tensor, look, y }) => y + look.port - /** @type {number} */ (doors.get(tensor)));
  const shift = away.reduce((sum, one) => sum + one, 0) / away.length;
  for (const chip of chips) chip.y -= shift;
  const climb = Math.max(...away.map((one) => Math.abs(one - shift)));
  return {
    chips,
    width: Math.max(...chips.map(({ look }) => look.width)),
    gap: GAP + Math.min(STEEP * climb, WIDEST * GAP),
    top: chips[0].y,
    bottom: bottom - 14 - shift,
  };
}

/** @param {Content} content @param {number} x @param {number} y @returns {Content} */
function shiftedBy(content, x, y) {
  for (const thing of content.things) {
    thing.x += x;
    thing.y += y;
  }
  for (const frame of content.frames) {
    frame.x += x;
    frame.y += y;
  }
  for (const line of content.lines) line.points = line.points.map(([px, py]) => [px + x, py + y]);
  return content;
}

/** @param {Map<number, Room>} rooms @param {number} scope */
const roomAt = (rooms, scope) => /** @type {Room} */ (rooms.get(scope));

/** @param {string} key of a module */
const scopeOf = (key) => Number(key.slice(7));

/**
 * A room with all that is open in it, around an origin at its top left corner.
 *
 * @param {Map<number, Room>} rooms
 * @param {Room} room
 * @param {Set<number>} open
 * @param {number} limit
 * @returns {Content}
 */
function furnished(rooms, room, open, limit) {
  const { layout, things, looks } = room;
  /** @type {Map<number, Content>} by the place of the box that is open */
  const inner = new Map();
  /** @type {Map<number, number>} how wide its frame is */
  const wide = new Map();
  /** @type {Map<number, number[]>} of each module's box the gaps before and behind it */
  const gaps = new Map();
  things.forEach((key, place) => {
    if (!key.startsWith("module")) return;
    gaps.set(place, layout.gaps[gaps.size]);
    if (!open.has(scopeOf(key))) return;
    const own = roomAt(rooms, scopeOf(key));
    const content = furnished(rooms, own, open, Math.max(LEAST_ROOM, limit - 2 * PADDING));
    inner.set(place, content);
    wide.set(place, Math.max(content.width, own.wide) + 2 * PADDING);
  });
  const { down, tops, anchors } = heights(room, inner);
  const { routes, entries, exits, climbs } = routed(room, inner, gaps, down, tops);
  const across = stretching([
    ...climbs,
    ...[...wide].map(([place, own]) => [layout.x[place], layout.x[place] + looks[place].width, own]),
  ]);

  // Each in the middle of what its place has become; leaves at the end, near where they are used.
  const targets = new Set(layout.lines.map((/** @type {number[]} */ line) => line[1]));
  /** @type {Thing[]} */
  const placed = [];
  /** @type {Frame[]} */
  const frames = [];
  /** @type {import("./rows.js").Solid[]} */
  const solids = [];
  const sides = things.map((key, place) => {
    const { form, width, height } = looks[place];
    const [from, to] = [across(layout.x[place]), across(layout.x[place] + width)];
    const own = wide.get(place) ?? width;
    const isLeaf = key.startsWith("tensor") && !targets.has(place);
    const x = isLeaf ? to - own : from + (to - from - own) / 2;
    const content = inner.get(place);
    if (content) {
      frames.push({
        scope: scopeOf(key),
        x,
        y: tops[place],
        width: own,
        height: content.height + TITLE + 2 * PADDING,
        level: anchors.get(place)?.[1],
      });
      solids.push({
        left: x,
        right: x + own,
        top: tops[place],
        bottom: tops[place] + frames[frames.length - 1].height,
      });
      shiftedBy(content, x + (own - content.width) / 2, tops[place] + TITLE + PADDING);
      placed.push(...content.things);
      frames.push(...content.frames);
    } else {
      placed.push({ key, form, x, y: tops[place], width, height });
      solids.push({ left: x, right: x + width, top: tops[place], bottom: tops[place] + height });
    }
    return [x, x + own];
  });
  routes.forEach((points, i) => {
    const [source, target] = layout.lines[i];
    const [first, last] = [points[0], points[points.length - 1]];
    for (const point of points) point[0] = across(point[0]);
    if (source >= 0) points.unshift([sides[source][1], first[1]]);
    if (target >= 0) points.push([sides[target][0], last[1]]);
  });
  const content = {
    width: across(layout.width),
    height: down(layout.height),
    things: placed,
    frames,
    entries,
    exits,
    lines: joined(room, inner, routes),
  };
  return inRows(content, solids, limit);
}

/**
 * How far down everything comes to stand: around open boxes so that the lines that come in stay level.
 *
 * @param {Room} room
 * @param {Map<number, Content>} inner
 */
function heights({ layout, things, looks, tensors }, inner) {
  /** @type {Map<string, number>} where lines meet open boxes while these are closed */
  const ports = new Map();
  layout.lines.forEach((/** @type {number[]} */ line, /** @type {number} */ i) => {
    if (inner.has(line[1])) ports.set(`${line[1]} in ${tensors[i]}`, line[line.length - 1]);
    if (inner.has(line[0])) ports.set(`${line[0]} out ${tensors[i]}`, line[3]);
  });
  /** @type {number[][]} */
  const parts = [];
  /** @type {Map<number, number[]>} a line's height while the box is closed, and its door's below the frame's top */
  const anchors = new Map();
  for (const [place, content] of inner) {
    const [way, doors] = content.entries.size ? ["in", content.entries] : ["out", content.exits];
    let [at, level] = [layout.y[place], 0];
    for (const [tensor, y] of doors) {
      const port = /** @type {number} */ (ports.get(`${place} ${way} ${tensor}`));
      const door = y + TITLE + PADDING;
      if (!anchors.has(place)) anchors.set(place, [port, door]);
      parts.push([at, port, door - level]);
      [at, level] = [port, door];
    }
    parts.push([at, layout.y[place] + looks[place].height, content.height + TITLE + 2 * PADDING - level]);
  }
  const down = stretching(parts);
  const tops = things.map((_, place) => {
    const [port, door] = anchors.get(place) ?? [layout.y[place] + looks[place].port, looks[place].port];
    return down(port) - door;
  });
  return { down, tops, anchors };
}

/**
 * Lines where they come to be in height, and what room their climbs ask for.
 *
 * @param {Room} room
 * @param {Map<number, Content>} inner
 * @param {Map<number, number[]>} gaps
 * @param {(y: number) => number} down
 * @param {number[]} tops
 */
function routed(room, inner, gaps, down, tops) {
  const { layout, tensors } = room;
  const entries = new Map(room.entries.map((tensor, i) => [tensor, down(layout.entries[i])]));
  const exits = new Map(room.exits.map((tensor, i) => [tensor, down(layout.exits[i])]));
  /** @type {number[][]} */
  const climbs = [];
  /** Where a line meets a module's box. @param {number} place @param {number} tensor @param {"entries" | "exits"} doors @param {number} y while all is closed */
  const meets = (place, tensor, doors, y) => {
    const door = inner.get(place)?.[doors].get(tensor);
    return tops[place] + (door === undefined ? y - layout.y[place] : TITLE + PADDING + door);
  };
  /** @type {Point[][]} */
  const routes = layout.lines.map((/** @type {number[]} */ [source, target, ...flat], /** @type {number} */ i) => {
    const tensor = tensors[i];
    /** @type {Point[]} */
    let points = [];
    for (let k = 0; k < flat.length; k += 2) points.push([flat[k], down(flat[k + 1])]);
    const [before, behind] = [gaps.get(target), gaps.get(source)];
    if (before)
      points = endingAt(points, before[0], before[1], meets(target, tensor, "entries", flat[flat.length - 1]));
    if (behind)
      points = endingAt(points.reverse(), behind[3], behind[2], meets(source, tensor, "exits", flat[1])).reverse();
    for (let k = 1; k < points.length; k++) {
      const [[x, y], [nextX, nextY]] = [points[k - 1], points[k]];
      const climb = Math.abs(nextY - y);
      if (climb > NEAR) climbs.push([x, nextX, Math.min(Math.max(nextX - x, STEEP * climb), WIDEST * GAP)]);
    }
    // Where there is no gap at the border the door is level with what is behind it.
    if (source < 0) entries.set(tensor, points[0][1]);
    if (target < 0) exits.set(tensor, points[points.length - 1][1]);
    return points;
  });
  return { routes, entries, exits, climbs };
}

/**
 * A line that comes to another height at its end, by a climb in the gap before it.
 *
 * @param {Point[]} points
 * @param {number} from where the gap begins
 * @param {number} to where it ends: left of its beginning if the line is given from its end
 * @param {number} level
 * @returns {Point[]}
 */
function endingAt(points, from, to, level) {
  const last = points[points.length - 1];
  if (Math.abs(last[1] - level) < NEAR) return points;
  const way = Math.sign(last[0] - points[0][0]) || 1;
  if (Math.abs(to - from) < NEAR) {
    const before = last[1];
    for (let k = points.length - 1; k >= 0 && points[k][1] === before; k--) points[k][1] = level;
    return points;
  }
  const kept = points.filter(([x]) => way * (from - x) > -NEAR);
  const height = kept.length ? kept[kept.length - 1][1] : points[0][1];
  return [...kept, [from, height], [to, level], [last[0], level]];
}

/**
 * The lines of a room with those of the open rooms in it, each from thing to thing or to a door.
 *
 * @param {Room} room
 * @param {Map<number, Content>} inner
 * @param {Point[][]} routes
 * @returns {Way[]}
 */
function joined({ layout, things, tensors, back }, inner, routes) {
  /** @type {Way[]} */
  const lines = [];
  /** @type {Map<string, Way[]>} parts that end or begin at the doors of open boxes */
  const parts = new Map();
  for (const [place, content] of inner) {
    for (const way of content.lines) {
      if (way.source !== null && way.target !== null) {
        lines.push(way);
        continue;
      }
      const door = `${place} ${way.source === null ? "in" : "out"} ${way.tensor}`;
      parts.set(door, [...(parts.get(door) ?? []), way]);
    }
  }
  routes.forEach((points, i) => {
    const [source, target] = layout.lines[i];
    const tensor = tensors[i];
    /** @param {number} place @param {string} way @returns {Way[]} */
    const ends = (place, way) => {
      if (inner.has(place)) return parts.get(`${place} ${way} ${tensor}`) ?? [];
      const key = place < 0 ? null : things[place];
      return [{ tensor, source: key, target: key, points: [], back: true }];
    };
    for (const front of ends(source, "out")) {
      for (const rear of ends(target, "in")) {
        const bent = Boolean(front.bent || rear.bent);
        const all = [...front.points, ...points, ...rear.points];
        lines.push({
          tensor,
          source: front.source,
          target: rear.target,
          back: back[i] === "1" && front.back && rear.back,
          bent,
          points: bent ? cornered(all) : levelled(all),
        });
      }
    }
  });
  return lines;
}

/** Without points in the middle of level pieces, or twice in the same place. @param {Point[]} given */
function levelled(given) {
  /** @type {Point[]} */
  const points = [];
  for (const [x, y] of given) {
    const last = points[points.length - 1];
    let level = y;
    if (last && Math.abs(last[1] - y) < 0.16) {
      if (x - last[0] < NEAR) continue;
      level = last[1];
      if (points.length > 1 && points[points.length - 2][1] === level) points.pop();
    }
    points.push([x, level]);
  }
  return points;
}

/**
 * A map that keeps or widens every distance.
 *
 * @param {number[][]} parts from where to where, and how long that is to be at least
 * @returns {(at: number) => number}
 */
function stretching(parts) {
  const real = parts.filter(([from, to]) => to - from > NEAR);
  if (!real.length) return (at) => at;
  const ends = [...new Set(real.flatMap(([from, to]) => [from, to]))].sort((a, b) => a - b);
  const place = new Map(ends.map((end, i) => [end, i]));
  const slopes = new Float64Array(ends.length).fill(1);
  for (const [from, to, length] of real) {
    const slope = length / (to - from);
    const last = /** @type {number} */ (place.get(to));
    for (let i = /** @type {number} */ (place.get(from)); i < last; i++) slopes[i] = Math.max(slopes[i], slope);
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
