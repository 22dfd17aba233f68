import { stretch } from "./stretch.js";
import { TURNING, cornersOf, wrap } from "./wrap.js";

/**
 * Composition: from clusters that are each laid out by themselves, the picture with some of them open. Around an open
 * cluster the one that it stands in is stretched, never squeezed: whatever was apart stays apart. Still pictures are
 * composed by picture/compose.py, which mirrors this file function by function.
 *
 * @typedef {import("./arrangement.js").Look} Look
 * @typedef {import("./arrangement.js").Cluster} Cluster
 * @typedef {import("./arrangement.js").Point} Point
 * @typedef {import("./arrangement.js").Thing} Thing
 * @typedef {import("./arrangement.js").Line} Line
 * @typedef {import("./arrangement.js").Ports} Ports
 * @typedef {import("./arrangement.js").Content} Content
 * @typedef {import("./arrangement.js").Arrangement} Arrangement
 */

const OUTSIDE = 24;
const TITLE = 20;
const PADDING = 12;
const GAP = 22;
/** Between chips beside the cluster that is shown. */
const CHIP_GAP = 14;
/** Between a cluster and where lines climb to the chips beside it. */
const CHIP_LEAD = 2;
/** A gap is at least this share of what lines climb in it, but no wider than this many ordinary ones. */
const STEEP = 0.12;
const WIDEST = 3;
const NEAR = 0.05;
/** Layouts have one decimal, so a line ends at most this far from the port of its thing. */
const ROUNDED = 0.2;
const SAME_HEIGHT = 0.16;
/** Rows are not made for less room than this. */
const LEAST_ROOM = 340;

/**
 * Where everything is with some clusters open.
 *
 * @param {Map<number, Cluster>} clusters
 * @param {number} top the one that is shown
 * @param {Set<number>} open those that are open in it
 * @param {(tensor: number) => Look} lookOf a tensor's chip
 * @param {number} limit how wide it should be at most: what is wider goes on in rows
 * @returns {Arrangement}
 */
export function compose(clusters, top, open, lookOf, limit = Infinity) {
  const cluster = clusterAt(clusters, top);
  const content = expand(clusters, cluster, open, limit - 2 * OUTSIDE);
  const before = chipsBeside(cluster.entries, content.entries, lookOf);
  // What stands in the cluster itself has no second chip after it.
  const inside = new Set(content.things.map(({ key }) => key));
  const after = chipsBeside(
    cluster.exits.filter((tensor) => !inside.has(`tensor ${tensor}`)),
    content.exits,
    lookOf,
  );
  const left = OUTSIDE + (before.width ? before.width + before.gap : 0);
  const above = OUTSIDE - Math.min(0, before.top, after.top);
  shift(content, left, above);
  const right = left + content.width;
  /** @type {Map<number, Thing>} */
  const beside = new Map();
  for (const side of [before, after]) {
    for (const { tensor, look, y } of side.chips) {
      const { form, width, height } = look;
      const x = side === before ? left - side.gap - width : right + side.gap;
      beside.set(tensor, { key: `tensor ${tensor}`, form, x, y: y + above, width, height });
    }
  }
  const lines = content.lines
    .filter(({ target, tensor }) => target !== null || beside.has(tensor))
    .map((line) => joinChip(line, beside.get(line.tensor), lookOf, left - before.gap, right + after.gap));
  const bottom = Math.max(content.height, before.bottom, after.bottom);
  return {
    width: right + (after.width ? after.width + after.gap : 0) + OUTSIDE,
    height: above + bottom + OUTSIDE,
    things: [...content.things, ...beside.values()],
    lines: /** @type {Arrangement["lines"]} */ (lines),
    frames: content.frames,
  };
}

/** @param {Map<number, Cluster>} clusters @param {number} scope */
const clusterAt = (clusters, scope) => /** @type {Cluster} */ (clusters.get(scope));

/**
 * A line that begins or ends at a port of the cluster that is shown, led on to the chip beside it.
 *
 * @param {Line} line
 * @param {Thing | undefined} chip
 * @param {(tensor: number) => Look} lookOf
 * @param {number} left where the gap between the chips and the cluster begins
 * @param {number} right and where that after the cluster ends
 * @returns {Line}
 */
function joinChip(line, chip, lookOf, left, right) {
  if (!chip || (line.source !== null && line.target !== null)) return line;
  const level = chip.y + lookOf(line.tensor).port;
  const join = line.bent ? cornersOf : levelPoints;
  if (line.source === null) {
    const points = join([[chip.x + chip.width, level], [left + CHIP_LEAD, level], ...line.points]);
    return { ...line, source: chip.key, points };
  }
  return { ...line, target: chip.key, points: join([...line.points, [right - CHIP_LEAD, level], [chip.x, level]]) };
}

/**
 * The chips of what enters or leaves the cluster that is shown.
 *
 * @param {number[]} tensors
 * @param {Ports} ports
 * @param {(tensor: number) => Look} lookOf
 */
function chipsBeside(tensors, ports, lookOf) {
  let bottom = -Infinity;
  const chips = tensors.map((tensor) => {
    const look = lookOf(tensor);
    const port = /** @type {number} */ (ports.get(tensor));
    const y = Math.max(bottom, port - look.port);
    bottom = y + look.height + CHIP_GAP;
    return { tensor, look, y, away: y + look.port - port };
  });
  if (!chips.length) return { chips, width: 0, gap: 0, top: 0, bottom: 0 };
  // All in all they stand as much above their ports as below.
  const mean = chips.reduce((sum, { away }) => sum + away, 0) / chips.length;
  for (const chip of chips) chip.y -= mean;
  const climb = Math.max(...chips.map(({ away }) => Math.abs(away - mean)));
  return {
    chips,
    width: Math.max(...chips.map(({ look }) => look.width)),
    gap: GAP + Math.min(STEEP * climb, WIDEST * GAP),
    top: chips[0].y,
    bottom: bottom - CHIP_GAP - mean,
  };
}

/** Moves a cluster's content. @param {Content} content @param {number} x @param {number} y */
function shift(content, x, y) {
  for (const part of [...content.things, ...content.frames]) {
    part.x += x;
    part.y += y;
  }
  for (const line of content.lines) line.points = line.points.map(([px, py]) => [px + x, py + y]);
}

/**
 * A cluster with all that is open in it.
 *
 * @param {Map<number, Cluster>} clusters
 * @param {Cluster} cluster
 * @param {Set<number>} open
 * @param {number} limit
 * @returns {Content}
 */
function expand(clusters, cluster, open, limit) {
  /** @type {[Cluster, number][]} outer ones first */
  const waiting = [[cluster, limit]];
  for (const [outer, room] of waiting) {
    // What is open in it is to fit into one of its rows.
    const innerRoom = Math.max(LEAST_ROOM, room - 2 * (PADDING + TURNING));
    for (const scope of modulesIn(outer).keys())
      if (open.has(scope)) waiting.push([clusterAt(clusters, scope), innerRoom]);
  }
  /** @type {Map<number, Content>} */
  const contents = new Map();
  for (const [outer, room] of waiting.reverse()) {
    /** @type {Map<number, Content>} by the places of the modules */
    const inner = new Map();
    for (const [scope, place] of modulesIn(outer)) {
      const content = contents.get(scope);
      if (content) inner.set(place, content);
    }
    contents.set(outer.scope, expandOne(outer, inner, clusters, room));
  }
  return /** @type {Content} */ (contents.get(cluster.scope));
}

/** The places of the modules in a cluster, by their scopes. @param {Cluster} cluster @returns {Map<number, number>} */
function modulesIn({ things }) {
  /** @type {Map<number, number>} */
  const found = new Map();
  things.forEach((key, place) => {
    if (key.startsWith("module")) found.set(Number(key.slice(7)), place);
  });
  return found;
}

/**
 * A cluster with the content of the modules that are open in it.
 *
 * @param {Cluster} cluster
 * @param {Map<number, Content>} inner
 * @param {Map<number, Cluster>} clusters
 * @param {number} limit
 * @returns {Content}
 */
function expandOne(cluster, inner, clusters, limit) {
  const { layout, looks } = cluster;
  /** @type {Map<number, number>} the widths of frames */
  const widths = new Map();
  /** @type {Map<number, number[]>} */
  const gaps = new Map();
  for (const [scope, place] of modulesIn(cluster)) {
    gaps.set(place, layout.gaps[gaps.size]);
    const content = inner.get(place);
    if (content) widths.set(place, Math.max(content.width, clusterAt(clusters, scope).titleWidth) + 2 * PADDING);
  }
  const { down, tops, anchors } = stretchHeights(cluster, inner);
  const { routes, entries, exits, climbs } = routeLines(cluster, inner, gaps, down, tops);
  const across = stretch([
    ...climbs,
    ...[...widths].map(([place, own]) => [layout.x[place], layout.x[place] + looks[place].width, own]),
  ]);

  // Each in the middle of what its place has become; sources at the end, near where they are used.
  const targets = new Set(layout.routes.map(({ target }) => target));
  /** @type {Content} */
  const content = {
    width: across(layout.width),
    height: down(layout.height),
    things: [],
    lines: [],
    frames: [],
    entries,
    exits,
  };
  /** @type {import("./wrap.js").Solid[]} */
  const solids = [];
  const sides = cluster.things.map((key, place) => {
    const { form, width } = looks[place];
    let { height } = looks[place];
    const [start, end] = [across(layout.x[place]), across(layout.x[place] + width)];
    const own = widths.get(place) ?? width;
    const isSource = key.startsWith("tensor") && !targets.has(place);
    const x = isSource ? end - own : start + (end - start - own) / 2;
    const y = tops[place];
    const within = inner.get(place);
    if (within) {
      height = within.height + TITLE + 2 * PADDING;
      content.frames.push({ scope: Number(key.slice(7)), x, y, width: own, height, level: anchors.get(place)?.[1] });
      shift(within, x + (own - within.width) / 2, y + TITLE + PADDING);
      for (const thing of within.things) content.things.push(thing);
      for (const frame of within.frames) content.frames.push(frame);
    } else {
      content.things.push({ key, form, x, y, width, height });
    }
    solids.push({ left: x, right: x + own, top: y, bottom: y + height });
    return [x, x + own];
  });
  const led = layout.routes.map(({ source, target }, i) => {
    const points = routes[i];
    /** @type {Point[]} */
    const whole = points.map(([x, y]) => [across(x), y]);
    if (source >= 0) whole.unshift([sides[source][1], points[0][1]]);
    if (target >= 0) whole.push([sides[target][0], points[points.length - 1][1]]);
    return whole;
  });
  content.lines = joinLines(cluster, inner, led);
  return wrap(content, solids, limit);
}

/**
 * How far down everything comes to stand: around open modules so that the lines that come in stay level.
 *
 * @param {Cluster} cluster
 * @param {Map<number, Content>} inner
 */
function stretchHeights({ layout, things, looks, tensors }, inner) {
  /** @type {Map<string, number>} where lines meet open modules while these are closed */
  const ports = new Map();
  /** @type {number[][]} where they meet anything */
  const levels = things.map(() => []);
  layout.routes.forEach(({ source, target, points }, i) => {
    if (target >= 0) levels[target].push(points[points.length - 1][1]);
    if (source >= 0) levels[source].push(points[0][1]);
    if (inner.has(target)) ports.set(`${target} in ${tensors[i]}`, points[points.length - 1][1]);
    if (inner.has(source)) ports.set(`${source} out ${tensors[i]}`, points[0][1]);
  });
  /** @type {number[][]} */
  const parts = [];
  /** @type {Map<number, number[]>} a line's height while the module is closed, and its port's below the frame's top */
  const anchors = new Map();
  for (const [place, content] of inner) {
    const [way, heights] = content.entries.size ? ["in", content.entries] : ["out", content.exits];
    let [at, level] = [layout.y[place], 0];
    for (const [tensor, y] of heights) {
      const port = /** @type {number} */ (ports.get(`${place} ${way} ${tensor}`));
      const below = y + TITLE + PADDING;
      if (!anchors.has(place)) anchors.set(place, [port, below]);
      parts.push([at, port, below - level]);
      [at, level] = [port, below];
    }
    parts.push([at, layout.y[place] + looks[place].height, content.height + TITLE + 2 * PADDING - level]);
  }
  const down = stretch(parts);
  const tops = things.map((_, place) => {
    // An open module that no line leads to keeps its top where it is.
    const own = inner.has(place) ? 0 : looks[place].port;
    const [port, below] = anchors.get(place) ?? [layout.y[place] + own, own];
    // A thing stands where its line does: what was rounded would be stretched too.
    const level = levels[place].find((y) => Math.abs(y - port) < ROUNDED) ?? port;
    return down(level) - below;
  });
  return { down, tops, anchors };
}

/**
 * Lines where they come to be in height, the heights of ports, and what room the climbs of lines ask for.
 *
 * @param {Cluster} cluster
 * @param {Map<number, Content>} inner
 * @param {Map<number, number[]>} gaps
 * @param {(y: number) => number} down
 * @param {number[]} tops
 */
function routeLines(cluster, inner, gaps, down, tops) {
  const { layout, tensors } = cluster;
  const entries = new Map(cluster.entries.map((tensor, i) => [tensor, down(layout.entries[i])]));
  const exits = new Map(cluster.exits.map((tensor, i) => [tensor, down(layout.exits[i])]));
  /** @type {number[][]} */
  const climbs = [];
  /** Where a line meets a module. @param {number} place @param {number} tensor @param {number} y while all is closed @param {"entries" | "exits"} ports */
  const meets = (place, tensor, y, ports) => {
    const port = inner.get(place)?.[ports].get(tensor);
    return tops[place] + (port === undefined ? y - layout.y[place] : TITLE + PADDING + port);
  };
  const routes = layout.routes.map(({ source, target, points: given }, i) => {
    const tensor = tensors[i];
    /** @type {Point[]} */
    let points = given.map(([x, y]) => [x, down(y)]);
    const [before, after] = [gaps.get(target), gaps.get(source)];
    if (before)
      points = endAt(points, before[0], before[1], meets(target, tensor, given[given.length - 1][1], "entries"));
    if (after)
      points = endAt(points.reverse(), after[3], after[2], meets(source, tensor, given[0][1], "exits")).reverse();
    for (let k = 1; k < points.length; k++) {
      const [[x, y], [nextX, nextY]] = [points[k - 1], points[k]];
      const climb = Math.abs(nextY - y);
      if (climb > NEAR) climbs.push([x, nextX, Math.min(Math.max(nextX - x, STEEP * climb), WIDEST * GAP)]);
    }
    // Where there is no gap at the border the port is level with what is next to it.
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
 * @param {number} start where the gap begins
 * @param {number} end where it ends: to the left if the line is given from its end
 * @param {number} level
 * @returns {Point[]}
 */
function endAt(points, start, end, level) {
  const [lastX, lastY] = points[points.length - 1];
  if (Math.abs(lastY - level) < NEAR) return points;
  const way = lastX < points[0][0] ? -1 : 1;
  if (Math.abs(end - start) < NEAR) {
    let levelFrom = points.length;
    while (levelFrom && points[levelFrom - 1][1] === lastY) levelFrom--;
    return points.map(([x, y], i) => [x, i < levelFrom ? y : level]);
  }
  const before = points.filter(([x]) => way * (start - x) > -NEAR);
  const height = before.length ? before[before.length - 1][1] : points[0][1];
  return [...before, [start, height], [end, level], [lastX, level]];
}

/**
 * The lines of a cluster with those of the modules open in it, each from thing to thing or to a port.
 *
 * @param {Cluster} cluster
 * @param {Map<number, Content>} inner
 * @param {Point[][]} routes
 * @returns {Line[]}
 */
function joinLines(cluster, inner, routes) {
  /** @type {Line[]} */
  const lines = [];
  /** @type {Map<string, Line[]>} those that begin or end at ports of open modules */
  const parts = new Map();
  for (const [place, content] of inner) {
    for (const line of content.lines) {
      if (line.source !== null && line.target !== null) {
        lines.push(line);
        continue;
      }
      const port = `${place} ${line.source === null ? "in" : "out"} ${line.tensor}`;
      const known = parts.get(port);
      if (known) known.push(line);
      else parts.set(port, [line]);
    }
  }
  /** What a line goes on with at one of its ends. @param {number} place @param {string} way @param {number} tensor @returns {Line[]} */
  function lineEnds(place, way, tensor) {
    if (inner.has(place)) return parts.get(`${place} ${way} ${tensor}`) ?? [];
    const key = place < 0 ? null : cluster.things[place];
    return [{ tensor, source: key, target: key, points: [], back: true, bent: false }];
  }
  cluster.layout.routes.forEach(({ source, target }, i) => {
    const tensor = cluster.tensors[i];
    for (const front of lineEnds(source, "out", tensor)) {
      for (const rear of lineEnds(target, "in", tensor)) {
        const bent = front.bent || rear.bent;
        const joined = [...front.points, ...routes[i], ...rear.points];
        lines.push({
          tensor,
          source: front.source,
          target: rear.target,
          points: bent ? cornersOf(joined) : levelPoints(joined),
          back: cluster.back[i] && front.back && rear.back,
          bent,
        });
      }
    }
  });
  return lines;
}

/** Without points in the middle of level pieces, or twice in the same place. @param {Point[]} given */
function levelPoints(given) {
  /** @type {Point[]} */
  const points = [];
  for (const [x, y] of given) {
    const last = points[points.length - 1];
    let level = y;
    if (last && Math.abs(last[1] - y) < SAME_HEIGHT) {
      level = last[1];
      if (x - last[0] < NEAR) continue;
      if (points.length > 1 && points[points.length - 2][1] === level) points.pop();
    }
    points.push([x, level]);
  }
  return points;
}
