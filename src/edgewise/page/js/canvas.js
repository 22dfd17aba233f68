import { make } from "./dom.js";
import { AROUND, LOOKS, within } from "./scene.js";

/**
 * A picture of thousands of things, drawn on a canvas that lies over the frame: as much detail as can be seen. While it
 * is moved only what comes into sight is drawn.
 */

/** With more things in sight than this the canvas draws them. */
export const MOST_SHAPES = 1500;

/** From these scales on: both ways of a line, and what is written. */
const BOTH_WAYS = 0.3;
const READABLE = 0.5;
const BESIDE = 2;

const FONT = 'Inter, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, system-ui, sans-serif';

const COLOURS = [
  "paper",
  "ink",
  "soft",
  "edge",
  "chip",
  "leaf",
  "dashed",
  "parameter",
  "gold",
  "operation",
  "on",
  "module",
  "value",
  "gradient",
  "forward",
  "backward",
  "nan",
  "infinite",
];

/**
 * @typedef {object} Look what the story, the reader and the colouring make of the scene
 * @property {number} step
 * @property {{ kind: string, things: string[], lines: [string, string][] }} work
 * @property {string} chosen
 * @property {(key: string) => number} levelOf
 * @property {import("./colour_scale.js").Shade[]} palette
 * @property {(key: string) => string[]} linesOn what is written on a thing, at most three lines
 * @property {(scope: number) => string} titleOf an open module
 */

/** The colours of the style sheet, as they are now. @param {HTMLElement} page @returns {Record<string, string>} */
export function readColours(page) {
  const style = getComputedStyle(page);
  return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** @param {string} fill @param {Record<string, string>} colours */
const resolved = (fill, colours) => fill.replace(/^var\(--(.*)\)$/, (_, name) => colours[name]);

/**
 * Draws a part of a scene. The context's units are those of the scene.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {import("./scene.js").Picture} scene
 * @param {Look} look
 * @param {Record<string, string>} colours
 * @param {number} scale pixels of the page for a unit
 * @param {number[]} part left, top, right and bottom of what is drawn
 * @param {{ things: Uint32Array, lines: Uint32Array }} found room for what is in it
 */
export function paint(context, scene, look, colours, scale, part, found) {
  const pixel = 1 / scale;
  paintFrames(context, scene, colours, scale, part);
  const lineCount = within(scene.bounds, part, found.lines);
  paintLines(context, scene, look, colours, scale, found.lines, lineCount);
  const count = within(scene.boxes, part, found.things);
  paintThings(context, scene, look, colours, scale, found.things, count);
  paintWork(context, scene, look, colours, scale);
  if (scale >= READABLE) write(context, scene, look, colours, found.things, count);
  paintTitles(context, scene, look, colours, pixel, part);
}

/** @param {CanvasRenderingContext2D} context @param {import("./scene.js").Picture} scene @param {Record<string, string>} colours @param {number} scale @param {number[]} part */
function paintFrames(context, { frames }, colours, scale, [left, top, right, bottom]) {
  context.fillStyle = context.strokeStyle = colours.module;
  context.lineWidth = Math.max(1, 0.7 / scale);
  for (const { x, y, width, height } of frames) {
    if (x > right || y > bottom || x + width < left || y + height < top) continue;
    context.beginPath();
    context.roundRect(x, y, width, height, 10);
    context.globalAlpha = 0.07;
    context.fill();
    context.globalAlpha = 0.28;
    context.stroke();
  }
  context.globalAlpha = 1;
}

/**
 * Adds a line to the path.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {import("./scene.js").Picture} scene
 * @param {number} line
 * @param {number} side
 */
function trace(context, { points, starts, bent }, line, side) {
  const end = starts[line + 1];
  let at = starts[line];
  let [x, y] = [points[at], points[at + 1] + side];
  context.moveTo(x, y);
  for (at += 2; at < end; at += 2) {
    const [nextX, nextY] = [points[at], points[at + 1] + side];
    if (bent[line]) {
      if (at + 2 < end) context.arcTo(nextX, nextY, points[at + 2], points[at + 3] + side, 9);
      else context.lineTo(nextX, nextY);
    } else if (nextY === y) context.lineTo(nextX, nextY);
    else {
      const middle = (x + nextX) / 2 - (nextY > y ? side : -side);
      context.bezierCurveTo(middle, y, middle, nextY, nextX, nextY);
    }
    [x, y] = [nextX, nextY];
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./scene.js").Picture} scene
 * @param {Look} look
 * @param {Record<string, string>} colours
 * @param {number} scale
 * @param {Uint32Array} found
 * @param {number} count
 */
function paintLines(context, scene, { step }, colours, scale, found, count) {
  const { bounds, forwardAt, backwardAt } = scene;
  const least = 1.5 / scale + 2 * AROUND;
  const both = scale >= BOTH_WAYS;
  const side = both ? BESIDE : 0;
  context.lineWidth = Math.max(1.4, 0.6 / scale);
  /** @param {string} colour @param {number} alpha @param {number} by @param {(line: number) => boolean} has */
  const stroke = (colour, alpha, by, has) => {
    context.strokeStyle = colour;
    context.globalAlpha = alpha;
    let traced = 0;
    context.beginPath();
    for (let i = 0; i < count; i++) {
      const line = found[i];
      const at = 4 * line;
      if (bounds[at + 2] - bounds[at] < least && bounds[at + 3] - bounds[at + 1] < least) continue;
      if (!has(line)) continue;
      trace(context, scene, line, by);
      // One long path takes longer than several short ones.
      if (++traced % 64) continue;
      context.stroke();
      context.beginPath();
    }
    context.stroke();
  };
  const strength = both ? 1 : 0.75;
  stroke(colours.forward, 0.3 * strength, -side, (line) => forwardAt[line] > step);
  stroke(colours.forward, strength, -side, (line) => forwardAt[line] <= step);
  if (both) stroke(colours.backward, 1, side, (line) => backwardAt[line] <= step);
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./scene.js").Picture} scene
 * @param {Look} look
 * @param {Record<string, string>} colours
 * @param {number} scale
 * @param {Uint32Array} found
 * @param {number} count
 */
function paintThings(context, scene, { step, levelOf, palette }, colours, scale, found, count) {
  const { boxes, looks, seenAt, keys } = scene;
  /** @type {Map<number, number[]>} */
  const batches = new Map();
  for (let i = 0; i < count; i++) {
    const thing = found[i];
    const level = palette.length ? levelOf(keys[thing]) : -1;
    const batch = (level + 1) * 32 + looks[thing] * 2 + (seenAt[thing] > step ? 1 : 0);
    const own = batches.get(batch);
    if (own) own.push(thing);
    else batches.set(batch, [thing]);
  }
  for (const [batch, things] of batches) {
    const { fill, stroke, name } = LOOKS[batch % 32 >> 1];
    const tone = batch >= 32 ? palette[Math.floor(batch / 32) - 1] : null;
    context.globalAlpha = batch % 2 ? 0.32 : 1;
    context.fillStyle = tone ? resolved(tone.fill, colours) : colours[fill];
    context.strokeStyle = colours[stroke] ?? "";
    context.lineWidth = Math.max(1, 0.8 / scale);
    for (const thing of things) {
      const at = 4 * thing;
      const [x, y] = [boxes[at], boxes[at + 1]];
      const [width, height] = [boxes[at + 2] - x, boxes[at + 3] - y];
      const size = height * scale;
      if (size < 7) {
        // No corner can be seen. What is nearly as light as the ground is drawn as its border.
        if (size < 3.5 && stroke && !tone) context.fillStyle = colours[stroke];
        context.fillRect(x, y, Math.max(width, 1 / scale), Math.max(height, 1 / scale));
        if (stroke && size >= 3.5) context.strokeRect(x, y, width, height);
        continue;
      }
      context.beginPath();
      context.roundRect(x, y, width, height, name === "operation" ? Math.min(13, height / 2) : 6);
      context.fill();
      if (stroke) context.stroke();
    }
  }
  context.globalAlpha = 1;
}

/** What is at work, and what is chosen: to be seen at any scale. @param {CanvasRenderingContext2D} context @param {import("./scene.js").Picture} scene @param {Look} look @param {Record<string, string>} colours @param {number} scale */
function paintWork(context, scene, { work, chosen }, colours, scale) {
  const { boxes, places, sources, targets, count, lineCount } = scene;
  const isForward = work.kind === "forward";
  const colour = isForward ? colours.value : work.kind === "update" ? colours.gold : colours.gradient;
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = Math.max(2.6, 1.6 / scale);
  context.beginPath();
  const working = new Set(
    work.lines.map(([source, target]) => (places.get(source) ?? NaN) * count + (places.get(target) ?? NaN)),
  );
  for (let line = 0; line < lineCount; line++) {
    if (working.has(sources[line] * count + targets[line]))
      trace(context, scene, line, scale >= BOTH_WAYS ? (isForward ? -BESIDE : BESIDE) : 0);
  }
  context.stroke();
  /** @param {string} key @param {number} width in pixels at least @param {number} away */
  const ring = (key, width, away) => {
    const place = places.get(key);
    if (place === undefined) return;
    const [left, top, right, bottom] = boxes.subarray(4 * place, 4 * place + 4);
    const margin = Math.max(0, (away / scale - Math.min(right - left, bottom - top)) / 2);
    context.lineWidth = Math.max(2.2, width / scale);
    context.beginPath();
    context.roundRect(
      left - margin,
      top - margin,
      right - left + 2 * margin,
      bottom - top + 2 * margin,
      6 + margin / 2,
    );
    if (/^(node|module)/.test(key) && key !== chosen) context.fill();
    context.stroke();
  };
  for (const key of work.things) ring(key, 2, 9);
  context.strokeStyle = colours.ink;
  if (chosen) ring(chosen, 2.2, 14);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("./scene.js").Picture} scene
 * @param {Look} look
 * @param {Record<string, string>} colours
 * @param {Uint32Array} found
 * @param {number} count
 */
function write(context, scene, { step, linesOn, levelOf, palette }, colours, found, count) {
  const { boxes, looks, seenAt, keys } = scene;
  context.textBaseline = "alphabetic";
  for (let i = 0; i < count; i++) {
    const thing = found[i];
    const at = 4 * thing;
    const [left, top] = [boxes[at], boxes[at + 1]];
    const [width, height] = [boxes[at + 2] - left, boxes[at + 3] - top];
    const { ink, name } = LOOKS[looks[thing]];
    const level = palette.length ? levelOf(keys[thing]) : -1;
    const own = level < 0 ? "" : resolved(palette[level].ink, colours);
    context.globalAlpha = seenAt[thing] > step ? 0.4 : 1;
    const isBox = name === "operation" || name === "module";
    const lines = linesOn(keys[thing]).slice(0, isBox ? 1 : Math.max(1, Math.floor((height - 6) / 15)));
    lines.forEach((text, line) => {
      if (!text) return;
      context.font = `${line ? 500 : 600} ${line ? 12 : 12.5}px ${FONT}`;
      context.fillStyle = own || (line ? colours[line > 1 ? "gradient" : "value"] : colours[ink]);
      context.textAlign = isBox ? "center" : "left";
      const y = isBox ? top + height / 2 + 4.3 : top + 17 + 16 * line;
      context.fillText(text, isBox ? left + width / 2 : left + 9, y, width - 14);
    });
  }
  context.globalAlpha = 1;
}

/** The names of open modules, as large at any scale, as far as there is room. @param {CanvasRenderingContext2D} context @param {import("./scene.js").Picture} scene @param {Look} look @param {Record<string, string>} colours @param {number} pixel @param {number[]} part */
function paintTitles(context, { frames }, { titleOf }, colours, pixel, [left, top, right, bottom]) {
  const size = Math.max(11.5, 11 * pixel);
  context.font = `600 ${size}px ${FONT}`;
  context.fillStyle = colours.module;
  context.strokeStyle = colours.paper;
  context.lineJoin = "round";
  context.textAlign = "left";
  /** @type {number[][]} */
  const taken = [];
  for (const { scope, x, y, width, height } of frames) {
    if (x > right || y > bottom || x + width < left || y + height < top || width < 5 * size || height < 2 * size)
      continue;
    const text = titleOf(scope);
    const wide = Math.min(width - size, 0.6 * size * text.length);
    const box = [x, y, x + wide + size, y + 1.5 * size];
    if (taken.some((other) => other[0] < box[2] && other[2] > box[0] && other[1] < box[3] && other[3] > box[1]))
      continue;
    taken.push(box);
    // Readable over whatever is there.
    context.lineWidth = size / 4;
    context.strokeText(text, x + Math.min(12, size), y + Math.max(18, 1.25 * size), width - size);
    context.fillText(text, x + Math.min(12, size), y + Math.max(18, 1.25 * size), width - size);
  }
}

/**
 * Draws all of a scene, very small: things as spots, and where the story is.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {import("./scene.js").Picture} scene
 * @param {Look} look
 * @param {Record<string, string>} colours
 * @param {number} across pixels for a unit
 * @param {number} down
 */
export function paintThumbnail(context, scene, look, colours, across, down) {
  const { boxes, looks, count, frames, keys, seenAt, places } = scene;
  context.clearRect(0, 0, scene.width, scene.height);
  context.fillStyle = colours.module;
  context.globalAlpha = 0.1;
  for (const { x, y, width, height } of frames) context.fillRect(x, y, width, height);
  const [least, low] = [1 / across, 1 / down];
  /** @param {number} thing @param {number} size */
  const spot = (thing, size) => {
    const [left, top, right, bottom] = boxes.subarray(4 * thing, 4 * thing + 4);
    const [wide, high] = [Math.max(right - left, size * least), Math.max(bottom - top, size * low)];
    context.fillRect((left + right - wide) / 2, (top + bottom - high) / 2, wide, high);
  };
  for (let thing = 0; thing < count; thing++) {
    const { fill, stroke } = LOOKS[looks[thing]];
    const level = look.palette.length ? look.levelOf(keys[thing]) : -1;
    context.fillStyle = level < 0 ? colours[stroke || fill] : resolved(look.palette[level].fill, colours);
    context.globalAlpha = seenAt[thing] > look.step ? 0.3 : 0.9;
    spot(thing, 1.2);
  }
  context.globalAlpha = 1;
  context.fillStyle =
    look.work.kind === "forward" ? colours.value : look.work.kind === "update" ? colours.gold : colours.gradient;
  for (const key of look.work.things) if (places.has(key)) spot(/** @type {number} */ (places.get(key)), 4);
  context.fillStyle = colours.ink;
  if (places.has(look.chosen)) spot(/** @type {number} */ (places.get(look.chosen)), 5);
}

/** The canvas over a frame. */
export class CanvasView {
  /** @param {HTMLElement} frame @param {import("./view.js").View} view */
  constructor(frame, view) {
    this.frame = frame;
    this.view = view;
    this.element = /** @type {HTMLCanvasElement} */ (
      make("canvas", {
        id: "far",
        role: "img",
        "aria-label": "The graph from afar. Zoom in, or find things by their names.",
      })
    );
    this.element.hidden = true;
    this.context = /** @type {CanvasRenderingContext2D} */ (this.element.getContext("2d"));
    /** Where what is on it is. @type {{ scale: number, x: number, y: number } | null} */
    this.last = null;
    this.found = { things: new Uint32Array(0), lines: new Uint32Array(0) };
  }

  /**
   * @param {import("./scene.js").Picture} scene
   * @param {Look} look
   * @param {Record<string, string>} colours
   * @param {boolean} isNew whether something has changed but what is in sight
   */
  draw(scene, look, colours, isNew) {
    const { element, context, view, found } = this;
    const ratio = window.devicePixelRatio || 1;
    if (found.things.length < scene.count || found.lines.length < scene.lineCount)
      this.found = { things: new Uint32Array(scene.count), lines: new Uint32Array(scene.lineCount) };
    const [wide, high] = this.#fit(ratio);
    const at = view.origin();
    const [x, y, scale] = [Math.round(at.x * ratio), Math.round(at.y * ratio), view.scale];
    const { last } = this;
    const [right, down] = last && !isNew && last.scale === scale ? [x - last.x, y - last.y] : [wide, high];
    if (!right && !down) return;
    this.last = { scale, x, y };
    /** @param {number} left @param {number} top @param {number} across @param {number} along in pixels of the canvas */
    const part = (left, top, across, along) => {
      const size = scale * ratio;
      const box = [left - x, top - y, left + across - x, top + along - y].map((one) => one / size);
      context.save();
      context.beginPath();
      context.rect(left, top, across, along);
      context.clip();
      context.fillStyle = colours.paper;
      context.fillRect(left, top, across, along);
      context.setTransform(size, 0, 0, size, x, y);
      paint(context, scene, look, colours, scale, box, this.found);
      context.restore();
    };
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (Math.abs(right) >= wide || Math.abs(down) >= high) {
      part(0, 0, wide, high);
      return;
    }
    context.globalCompositeOperation = "copy";
    context.drawImage(element, right, down);
    context.globalCompositeOperation = "source-over";
    if (right) part(right > 0 ? 0 : wide + right, 0, Math.abs(right), high);
    if (down) part(0, down > 0 ? 0 : high + down, wide, Math.abs(down));
  }

  /** Makes it as large as its frame. Returns its width and height in pixels. @param {number} ratio */
  #fit(ratio) {
    const { element, frame } = this;
    const { clientWidth: width, clientHeight: height } = frame;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (element.width !== wide || element.height !== high) {
      element.width = wide;
      element.height = high;
      element.style.width = `${width}px`;
      element.style.height = `${height}px`;
      this.last = null;
    }
    element.style.left = `${frame.offsetLeft + frame.clientLeft}px`;
    element.style.top = `${frame.offsetTop + frame.clientTop}px`;
    return [wide, high];
  }
}
