import { LEAST_PANNED, STILL_READ } from "./modules.js";
import { CanvasView, readColours, MOST_SHAPES } from "./canvas.js";
import { Colouring, paintGroup } from "./colouring.js";
import { byId, isStill } from "./dom.js";
import { writeTexts } from "./drawing.js";
import { figure } from "./figures.js";
import { Minimap } from "./minimap.js";
import { makeScene, thingAt, within, workAt } from "./scene.js";
import { sumSquares } from "./statistics.js";
import { View } from "./view.js";
import { followTheme } from "./outside.js";

/** Smaller than this nothing can be read, and of no more than so many things there are shapes then. */
const TINY = 0.35;
const MOST_TINY = 300;

/** Longer lines, in units of the picture, have no dashes: browsers work all of them out, whatever is in sight. */
const LONGEST_DASHED = 2500;

/** So far, in units of the picture, it may be moved before other things get shapes: less than the margin that has some. */
const LEEWAY = 300;

/** How far, in units of the picture, what is at work is from the border at least. */
const EDGE = 12;

/** Near enough for a pointer to mean a thing, in pixels. */
const REACH = 4;

/**
 * @typedef {object} ViewportOwner what shows pictures
 * @property {import("./drawing.js").Drawing} drawing of the graph
 * @property {(scope: number) => string} titleOf a module
 * @property {(key: string) => void} open what a click on a thing does
 * @property {() => void} coloured is called when other colours hold
 * @property {() => import("./view.js").Subject} subject the picture that is shown, which may be another one
 * @property {() => number} usual
 * @property {(on: boolean) => void} overview is called before all of it is shown, and before that ends
 * @property {(isOther: boolean, part: number[]) => void} near writes numbers where they can be seen, and lights the shapes where more has changed
 */

/**
 * How the picture is seen: from near as shapes, which can be reached by the keyboard; from afar, where there would be
 * thousands of them, on a canvas; with a small picture of all beside it, and in the colours that the reader has chosen.
 */
export class Viewport {
  /** @param {import("./main.js").Page} page @param {HTMLElement} frame @param {ViewportOwner} owner */
  constructor(page, frame, owner) {
    const { subject, usual, overview } = owner;
    this.page = page;
    this.frame = frame;
    this.owner = owner;
    this.drawing = owner.drawing;
    /** @type {import("./scene.js").Picture | null} */
    this.picture = null;
    /** What was in sight when things last got shapes. @type {number[] | null} */
    this.shaped = null;
    this.isFar = false;
    this.isStale = true;
    this.chosen = "";
    /** @type {Record<string, string> | null} */
    this.colours = null;
    this.view = new View(frame, { subject, usual, overview, moved: () => this.show() });
    this.canvas = new CanvasView(frame, this.view);
    this.minimap = new Minimap(frame, this.view);
    this.colouring = new Colouring(page, {
      keys: () => this.#scene().keys,
      keyOf: (node) => this.drawing.keyOf(node),
      changed: () => this.#recolour(),
    });
    frame.after(this.canvas.element, this.minimap.element);
    this.#listen();
  }

  #listen() {
    const { frame, view } = this;
    frame.addEventListener("pointermove", (event) => this.#point(event));
    frame.addEventListener("pointerleave", () => this.colouring.point(null));
    frame.addEventListener("click", (event) => {
      if (!this.isFar || frame.classList.contains("is-dragged")) return;
      const key = this.#keyUnder(event);
      if (key) this.owner.open(key);
    });
    const otherColours = () => {
      this.colours = null;
      this.isStale = true;
      this.show();
    };
    followTheme(otherColours);
    byId("closer").addEventListener("click", () => view.closer());
    byId("farther").addEventListener("click", () => view.farther());
  }

  #isGraph() {
    return this.owner.subject().element === this.drawing.svg;
  }

  #scene() {
    const { drawing, page } = this;
    this.picture ??= makeScene(drawing.arrangement, page.graph, page.timeline, (node) => drawing.keyOf(node));
    return this.picture;
  }

  /** What is at work. */
  #work() {
    const { graph, story, step } = this.page;
    return workAt(graph, story.stopAt(step).moment, (key) => this.drawing.shownAs(key));
  }

  /** @returns {import("./canvas.js").Look} */
  #look() {
    const { colouring } = this;
    return {
      step: this.page.known,
      chosen: this.chosen,
      work: this.#work(),
      levelOf: (key) => colouring.levelOf(key),
      palette: colouring.measure ? colouring.palette : [],
      linesOn: (key) => this.#linesOn(key),
      titleOf: this.owner.titleOf,
    };
  }

  /** Shows what is in sight. */
  show() {
    const { canvas, minimap, drawing, view } = this;
    if (!this.#isGraph()) {
      canvas.element.hidden = true;
      minimap.hide();
      return;
    }
    const scene = this.#scene();
    const part = view.seen();
    this.isFar = this.#wouldBeFar(scene, part);
    canvas.element.hidden = !this.isFar;
    drawing.svg.classList.toggle("is-far", this.isFar);
    drawing.svg.classList.toggle("is-tiny", view.scale < TINY);
    const colours = (this.colours ??= readColours(byId("page")));
    const look = this.#look();
    // It measures the page, and what follows changes it.
    minimap.draw(scene, look, colours, this.isStale);
    if (this.isFar) {
      this.shaped = null;
      canvas.draw(scene, look, colours, this.isStale);
    } else {
      const isNew = this.#leaves(part) && drawing.see(part);
      if (isNew) this.#dressShapes();
      this.owner.near(this.isStale || isNew, part);
    }
    this.isStale = false;
  }

  /** Whether there would be too many shapes. @param {import("./scene.js").Picture} scene @param {number[]} part */
  #wouldBeFar(scene, part) {
    if (scene.count <= MOST_TINY) return false;
    const count = within(scene.boxes, part, new Uint32Array(scene.count));
    // It goes back a little later than it came, so that it doesn't go to and fro.
    const ease = this.isFar ? 1.1 : 1;
    return ease * count > MOST_SHAPES || (this.view.scale < ease * TINY && ease * count > MOST_TINY);
  }

  /** Whether what is in sight may be beyond what has shapes already. @param {number[]} part */
  #leaves(part) {
    const { shaped } = this;
    const isWithin = shaped?.every((at, i) => (i < 2 ? part[i] > at - LEEWAY : part[i] < at + LEEWAY));
    if (!isWithin) this.shaped = part;
    return !isWithin;
  }

  refresh() {
    this.isStale = true;
    this.colouring.refresh();
    this.show();
  }

  #recolour() {
    this.isStale = true;
    this.owner.coloured();
    if (!this.isFar) this.#colourShapes();
    this.show();
  }

  /** Gives new shapes what they need. */
  #dressShapes() {
    this.#colourShapes();
    for (const { backward, box } of this.drawing.lines)
      backward?.classList.toggle("is-long", box[2] - box[0] + box[3] - box[1] > LONGEST_DASHED);
  }

  #colourShapes() {
    for (const [key, group] of this.drawing.groups) paintGroup(group, this.colouring.shadeOf(key));
  }

  /** Something else has given things shapes. */
  dress() {
    this.shaped = null;
    this.#dressShapes();
  }

  /** Another drawing is shown, or the same has changed. */
  renew() {
    this.picture = null;
    this.shaped = null;
    this.isStale = true;
    this.colouring.renew();
  }

  /** Shows a thing as selected. @param {string} key */
  mark(key) {
    this.chosen = key;
    this.isStale = true;
    if (this.#isGraph()) this.show();
  }

  /** Brings what is at work into sight, where the picture is larger than its frame: at least what something arrives at. @param {boolean} glides */
  reveal(glides) {
    const { view } = this;
    if (!this.#isGraph() || !view.exceeds(1.001)) return;
    const { boxes, places } = this.#scene();
    const [left, top, right, bottom] = view.seen();
    const { kind, things } = this.#work();
    const [operation, ...others] = things.filter((key) => places.has(key));
    if (!operation) return;
    const order =
      kind === "backward" ? [...others.reverse(), operation] : [...others.slice(0, 1), operation, ...others.slice(1)];
    /** @type {number[] | null} */
    let all = null;
    for (const key of order) {
      const at = 4 * /** @type {number} */ (places.get(key));
      const both = united(all, boxes.subarray(at, at + 4));
      if (!all || (both[2] - both[0] <= right - left - 2 * EDGE && both[3] - both[1] <= bottom - top - 2 * EDGE))
        all = both;
    }
    if (all) view.reveal(all, glides && !isStill());
  }

  /** What is written on a thing from afar. @param {string} key */
  #linesOn(key) {
    const { graph, model, timeline, known } = this.page;
    const [kind, text] = key.split(" ");
    const id = Number(text);
    if (kind === "node") return [graph.nodes[id].label];
    if (kind === "module") return [this.owner.titleOf(id)];
    if (kind === "edge") {
      const isThere = (timeline.contributionAt[id] ?? Infinity) <= known;
      return [isThere ? briefly(model.contribution(id), graph.tensors[graph.edges[id].tensor].dtype) : ""];
    }
    const { symbol, dtype } = graph.tensors[id];
    return [
      symbol,
      timeline.valueAt[id] <= known ? briefly(model.value(id), dtype) : "",
      (timeline.gradientAt[id] ?? Infinity) <= known ? briefly(model.gradient(id), dtype) : "",
    ];
  }

  /** The thing under the pointer. @param {MouseEvent} event */
  #keyUnder(event) {
    if (!this.#isGraph()) return null;
    const { frame, view } = this;
    if (!this.isFar) {
      const group = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("g[data-kind]"));
      return group ? `${group.dataset.kind} ${group.dataset.id}` : null;
    }
    const box = frame.getBoundingClientRect();
    const { x, y } = view.origin();
    const [across, down] = [event.clientX - box.left - x, event.clientY - box.top - y].map((at) => at / view.scale);
    const place = thingAt(this.#scene(), across, down, REACH / view.scale);
    return place < 0 ? null : this.#scene().keys[place];
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const { frame, isFar } = this;
    const key = this.#keyUnder(event);
    this.colouring.point(key);
    frame.classList.toggle("is-over", isFar && key !== null);
    const title = isFar && key ? this.#linesOn(key).filter(Boolean).join("  ") : "";
    if (frame.title !== title) frame.title = title;
  }
}

/** The box around two. @param {number[] | null} one @param {ArrayLike<number>} other */
function united(one, other) {
  return [Math.min, Math.min, Math.max, Math.max].map((most, i) => (one ? most(one[i], other[i]) : other[i]));
}

/** A number, or the norm of several. @param {ArrayLike<number> | undefined} values @param {string} dtype */
function briefly(values, dtype) {
  if (!values) return "";
  return values.length === 1 ? writeTexts(values, dtype)[0] : `‖·‖ ${figure(Math.sqrt(sumSquares(values)))}`;
}

/**
 * How large pictures are drawn until the reader zooms.
 *
 * @typedef {{ width: number, height: number }} Size
 * @typedef {{ clientWidth: number, clientHeight: number }} Frame
 */

/** So much of a narrow drawing, in its own units, is to be seen from top to bottom. */
const LEAST_SEEN = 300;

/** Above these scales no picture is drawn: usually, where it is alone, and before a class. */
const MOST_SCALES = { usual: 1.5, large: 1.8, presented: 3 };

/** The scale above which no picture is drawn. @param {boolean} isLarge whether it has the window for itself @param {boolean} isPresented */
export function mostScale(isLarge, isPresented) {
  return isPresented ? MOST_SCALES.presented : isLarge ? MOST_SCALES.large : MOST_SCALES.usual;
}

/** @param {Size} size @param {Frame} frame @param {boolean} isNarrow whether it is a drawing for a phone @param {number} most */
export function graphScale({ width, height }, { clientWidth, clientHeight }, isNarrow, most) {
  const wide = (clientWidth - 1) / width;
  const whole = Math.min(wide, (clientHeight - 1) / height);
  if (whole >= STILL_READ) return Math.min(whole, most);
  // A narrow drawing is as wide as its frame, which it is scrolled in.
  if (isNarrow) return Math.max(STILL_READ, Math.min(wide, Math.max(LEAST_PANNED, clientHeight / LEAST_SEEN)));
  // A picture that would be too small to read is panned instead, if possible only along its rows; one that is a little
  // too large is not.
  return Math.min(LEAST_PANNED, Math.max(STILL_READ, wide));
}

/** @param {Size} size @param {Frame} frame @param {number} most */
export function neuronsScale({ width, height }, { clientWidth, clientHeight }, most) {
  const [least, read] = [0.75, 0.62];
  const high = (clientHeight - 1) / height;
  const whole = Math.min((clientWidth - 1) / width, high);
  return Math.max(Math.min(whole, most), whole >= read ? whole : Math.max(read, Math.min(least, high)));
}
