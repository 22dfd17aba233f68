import { makeSvg } from "./dom.js";
import { figure, figures } from "./figures.js";
import { mapAddress } from "./heat.js";
import { backwardPath, forwardPath, headPath, arrowTips } from "./paths.js";
import { statisticsOf } from "./statistics.js";

/**
 * The picture of the graph: elements for what an arrangement has in sight. Its numbers are written again, and its parts
 * are lit as the story goes.
 *
 * @typedef {object} Part the numbers of an array on a chip
 * @property {SVGTextElement[]} cells
 * @property {number} room how many numbers were written in the first of them
 * @property {SVGTextElement | undefined} norm
 * @property {SVGTextElement | undefined} most
 * @property {SVGImageElement | undefined} image
 *
 * @typedef {object} Chip
 * @property {SVGGElement} group
 * @property {Part} value
 * @property {Part} gradient
 * @property {string} written which numbers are on it
 *
 * @typedef {object} Line
 * @property {number} tensor
 * @property {string} source
 * @property {string} target
 * @property {number[][]} points
 * @property {boolean} back
 * @property {boolean} [bent]
 * @property {number[]} box left, top, right and bottom
 * @property {[number, number, number][]} tips where it has arrowheads, and which way they point
 * @property {SVGGElement | undefined} group its elements, while it is in sight, and those in it:
 * @property {SVGPathElement | undefined} forward
 * @property {SVGPathElement | undefined} backward
 * @property {Element[]} heads their arrowheads
 */

/** With fewer things all of them have elements, wherever the reader looks. */
const FEW = 400;
/** How far around what is in sight there are elements, in units of the picture. */
const MARGIN_AROUND = 500;

/**
 * @typedef {import("./arrangement.js").Arrangement} Arrangement
 * @typedef {import("./arrangement.js").Thing} Thing
 *
 * @typedef {object} DrawingOwner
 * @property {(key: string, group: SVGGElement) => void} made is called with each thing that gets elements
 * @property {(frame: import("./arrangement.js").Frame) => SVGGElement} frameOf the elements of an open module
 * @property {(key: string) => number} rank in which order things are reached by the keyboard
 * @property {(key: string) => string} hiderOf the closed module that hides a thing
 */

/** The picture of the graph as SVG. */
export class Drawing {
  /** @param {import("../contract.js").Graph} graph @param {DrawingOwner} owner */
  constructor(graph, owner) {
    this.graph = graph;
    this.owner = owner;
    this.paper = /** @type {SVGRectElement} */ (makeSvg("rect", { class: "paper" }));
    this.frames = /** @type {SVGGElement} */ (makeSvg("g"));
    this.wires = /** @type {SVGGElement} */ (makeSvg("g"));
    this.boxes = /** @type {SVGGElement} */ (makeSvg("g"));
    const attributes = { class: "edgewise-auto", role: "group", "aria-label": "The computational graph" };
    this.svg = /** @type {SVGSVGElement} */ (
      makeSvg("svg", attributes, this.paper, this.frames, this.wires, this.boxes)
    );
    this.templateOf = findTemplates(graph.places);
    /** @type {Arrangement} */
    this.arrangement = { width: 1, height: 1, things: [], lines: [], frames: [] };
    /** What is in it, in the order of the keyboard. @type {Thing[]} */
    this.things = [];
    /** @type {Line[]} */
    this.lines = [];
    /** The elements of things that have some. @type {Map<string, SVGGElement>} */
    this.groups = new Map();
    /** @type {Map<string, Chip>} */
    this.chips = new Map();
    /** @type {Map<number, SVGGElement>} */
    this.frameGroups = new Map();
    /** The sizes of numbers that heat maps show in full colour. */
    this.scales = { version: -1, values: 1, gradients: 1 };
    /** @type {Map<string, Thing>} */
    this.thingsByKey = new Map();
    /** @type {Map<string, Line>} */
    this.lineBetween = new Map();
    /** The form that each thing with elements has. @type {Map<string, number>} */
    this.formed = new Map();
  }

  /** The thing that shows an operation. @param {number} node */
  keyOf(node) {
    return this.shownAs(`node ${node}`);
  }

  /** What shows a thing: itself, or the module that hides it. @param {string} key */
  shownAs(key) {
    return this.thingsByKey.has(key) ? key : this.owner.hiderOf(key);
  }

  /** @param {string} key */
  has(key) {
    return this.thingsByKey.has(key);
  }

  /** @param {string} key */
  placeOf(key) {
    return this.thingsByKey.get(key);
  }

  /** @param {Thing} thing */
  #place({ key, form, x, y }) {
    let group = this.groups.get(key);
    if (!group || this.formed.get(key) !== form) {
      group?.remove();
      group = this.#elementsOf(key, form);
      this.groups.set(key, group);
      this.formed.set(key, form);
      if (!key.startsWith("node"))
        this.chips.set(key, { group, value: partIn(group, "value"), gradient: partIn(group, "gradient"), written: "" });
      this.owner.made(key, group);
    }
    group.setAttribute("transform", `translate(${x} ${y})`);
    return group;
  }

  /** @param {string} key @param {number} form @returns {SVGGElement} */
  #elementsOf(key, form) {
    const [template, ...texts] = this.graph.places.forms[form];
    const group = /** @type {SVGGElement} */ (this.templateOf(template).cloneNode(true));
    const [kind, id] = key.split(" ");
    group.setAttribute("data-kind", kind);
    group.setAttribute("data-id", id);
    group.querySelectorAll(".slot").forEach((slot, i) => {
      slot.textContent = texts[i];
      // What stands below each other is heard apart.
      slot.before(" ");
    });
    if (kind === "module") enface(group);
    else if (kind !== "node") nameArrows(group);
    return group;
  }

  /** Takes the elements of a thing away. @param {string} key */
  #drop(key) {
    this.groups.get(key)?.remove();
    this.groups.delete(key);
    this.formed.delete(key);
    this.chips.delete(key);
  }

  /** Shows another arrangement. @param {Arrangement} next */
  arrange(next) {
    const { owner, svg, paper } = this;
    this.arrangement = next;
    this.thingsByKey = new Map(next.things.map((thing) => [thing.key, thing]));
    this.things = [...next.things].sort((a, b) => owner.rank(a.key) - owner.rank(b.key));
    for (const key of [...this.groups.keys()]) if (!this.has(key)) this.#drop(key);
    this.wires.replaceChildren();
    this.lines = findLines(next);
    this.lineBetween = new Map(this.lines.map((line) => [`${line.source}>${line.target}`, line]));
    this.#arrangeFrames(next.frames);
    svg.setAttribute("viewBox", `0 0 ${next.width} ${next.height}`);
    paper.setAttribute("width", String(next.width));
    paper.setAttribute("height", String(next.height));
    this.scales = { version: -1, values: 1, gradients: 1 };
  }

  /** @param {import("./arrangement.js").Frame[]} frames */
  #arrangeFrames(frames) {
    const scopes = new Set(frames.map(({ scope }) => scope));
    for (const [scope, group] of this.frameGroups) {
      if (scopes.has(scope)) continue;
      group.remove();
      this.frameGroups.delete(scope);
    }
    for (const frame of frames) {
      this.frameGroups.get(frame.scope)?.remove();
      const group = this.owner.frameOf(frame);
      this.frameGroups.set(frame.scope, group);
      this.frames.append(group);
    }
  }

  /**
   * Gives elements to what is in sight, and takes them from the rest where there is much of it.
   *
   * @param {number[]} part left, top, right and bottom
   * @param {boolean} all also what is not in sight
   * @returns {boolean} whether there are new ones
   */
  see([left, top, right, bottom], all = false) {
    const around = all || this.things.length <= FEW ? Infinity : MARGIN_AROUND;
    /** @type {IsNear} */
    const isNear = (x, y, xEnd, yEnd) =>
      xEnd > left - around && x < right + around && yEnd > top - around && y < bottom + around;
    const [things, lines] = [this.#seeThings(isNear), this.#seeLines(isNear)];
    return things || lines;
  }

  /**
   * @typedef {(x: number, y: number, xEnd: number, yEnd: number) => boolean} IsNear whether a box is near what is in sight
   *
   * @param {IsNear} isNear
   */
  #seeThings(isNear) {
    let isNew = false;
    /** @type {SVGGElement | null} */
    let last = null;
    for (const thing of this.things) {
      const { key, form, x, y, width, height } = thing;
      if (!isNear(x, y, x + width, y + height)) {
        if (this.groups.has(key)) this.#drop(key);
        continue;
      }
      if (!this.groups.has(key) || this.formed.get(key) !== form) isNew = true;
      const group = this.#place(thing);
      /** @type {Node | null} */
      const next = last ? last.nextSibling : this.boxes.firstChild;
      if (next !== group) this.boxes.insertBefore(group, next);
      last = group;
    }
    return isNew;
  }

  /** @param {IsNear} isNear */
  #seeLines(isNear) {
    let isNew = false;
    for (const line of this.lines) {
      const [x, y, xEnd, yEnd] = line.box;
      if (isNear(x, y, xEnd, yEnd)) {
        if (line.group) continue;
        this.wires.append(drawnLine(line));
        isNew = true;
      } else if (line.group) {
        line.group.remove();
        line.group = line.forward = line.backward = undefined;
        line.heads = [];
      }
    }
    return isNew;
  }

  /** The lines between a tensor and a node that uses it: one, or two with a chip between. @param {number} edge */
  linesOfEdge(edge) {
    const { lineBetween } = this;
    const { tensor, node } = this.graph.edges[edge];
    const [from, to] = [this.shownAs(`tensor ${tensor}`), this.keyOf(node)];
    const own = [lineBetween.get(`${from}>edge ${edge}`), lineBetween.get(`edge ${edge}>${to}`)];
    return (own.every(Boolean) ? own : [lineBetween.get(`${from}>${to}`)]).filter((line) => line !== undefined);
  }

  /** @param {number} node */
  lineFromNode(node) {
    return this.lineBetween.get(`${this.keyOf(node)}>tensor ${this.graph.nodes[node].output}`);
  }
}

/** The lines of an arrangement, of which none has elements yet. @param {Arrangement} arrangement @returns {Line[]} */
function findLines({ lines }) {
  /** @type {Set<string>} */
  const known = new Set();
  return lines.map((line) => {
    const [xs, ys] = [0, 1].map((axis) => line.points.map((point) => point[axis]));
    const tips = arrowTips(line).filter((tip) => !known.has(tip.join()));
    for (const tip of tips) known.add(tip.join());
    const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    return { ...line, box, tips, heads: [], group: undefined, forward: undefined, backward: undefined };
  });
}

/** Gives a line elements. @param {Line} line */
function drawnLine(line) {
  const forward = (line.forward = makeSvg("path", { class: "forward line", d: forwardPath(line) }));
  const backward = line.back ? makeSvg("path", { class: "backward line", d: backwardPath(line) }) : undefined;
  line.backward = backward;
  line.heads = line.tips.map((tip) => makeSvg("path", { class: tip[2] > 0 ? "to" : "fro", d: headPath(tip) }));
  const parts = [forward, ...(backward ? [backward] : []), ...line.heads];
  const group = (line.group = makeSvg("g", { "data-kind": "lines", "data-id": line.tensor }, ...parts));
  return group;
}

/** What is pressed of a thing: all of it, but of a closed module not the buttons in its corners. @param {SVGGElement} group @returns {SVGGElement} */
export const faceOf = (group) => group.querySelector(":scope > .face") ?? group;

/** Puts the look of a closed module into a group of its own, beside which its buttons can stand. @param {SVGGElement} group */
function enface(group) {
  const face = makeSvg("g", { class: "face" });
  face.append(...group.childNodes);
  group.append(face);
}

/** Names the arrows before the numbers of a chip for whoever hears them: what is read aloud is what is written. @param {SVGGElement} group */
function nameArrows(group) {
  for (const kind of ["value", "gradient"]) {
    const arrow = group.querySelector(`:scope > path.${kind}`);
    arrow?.setAttribute("role", "img");
    arrow?.setAttribute("aria-label", kind);
    if (arrow) group.querySelector(`:scope > text.${kind}`)?.before(arrow);
  }
}

/** Makes elements from the templates of a page, each when it is first needed. @param {import("../contract.js").PlacesData} places */
function findTemplates(places) {
  /** @type {SVGGElement[]} */
  const known = [];
  return (/** @type {number} */ template) => {
    if (!known[template]) {
      const text = `<g xmlns="http://www.w3.org/2000/svg">${places.templates[template][0]}</g>`;
      known[template] = /** @type {SVGGElement} */ (
        /** @type {unknown} */ (
          document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true)
        )
      );
    }
    return known[template];
  };
}

/**
 * Writes the numbers of an array.
 *
 * @param {Part} part
 * @param {ArrayLike<number> | undefined} values
 * @param {import("./heat.js").Mapped & { dtype: string }} tensor
 * @param {number} scale
 */
export function writePart(part, values, tensor, scale) {
  if (!values) return;
  // Labels and such stand in one line that is cut: as many are written as had room at first.
  const isCut = part.cells.length === 1 && values.length > 1;
  // An array that is shown as a map has no cells, and writing thousands of numbers would take most of the time.
  const hasRoom = part.cells.length >= values.length;
  const texts = isCut ? [cutTo(part.room, values, tensor.dtype)] : hasRoom ? writeTexts(values, tensor.dtype) : [];
  texts.forEach((text, i) => {
    const cell = part.cells[i];
    if (cell.textContent !== text) cell.textContent = text;
    const bad = text === "NaN" || text.includes("∞");
    cell.classList.toggle("is-bad", bad);
  });
  if (part.image) part.image.setAttribute("href", mapAddress(values, tensor, scale));
  if (part.norm) {
    const found = statisticsOf(values);
    const bad = found.nan ? `${found.nan} NaN` : found.infinite ? `${found.infinite} ∞` : "";
    part.norm.textContent = bad || `‖·‖ ${figure(found.norm)}`;
    part.norm.classList.toggle("is-bad", Boolean(bad));
    if (part.most) part.most.textContent = `max ${figure(found.most, 3)}`;
  }
}

/** Writes nothing on a chip. @param {Parameters<typeof writePart>[0]} part */
export function emptyPart({ cells, image, norm, most }) {
  for (const one of [...cells, norm, most]) if (one) one.textContent = "";
  image?.removeAttribute("href");
}

/**
 * How numbers are written on a chip.
 *
 * @param {ArrayLike<number>} values
 * @param {string} dtype
 * @returns {string[]}
 */
export function writeTexts(values, dtype) {
  const whole = dtype.includes("int");
  /** @param {number} x */
  const one = (x) => (dtype === "bool" ? (x ? "true" : "false") : figure(x, 4, whole));
  return values.length === 1 || dtype === "bool" ? Array.from(values, one) : figures(values, whole);
}

/** @param {number} room @param {ArrayLike<number>} values @param {string} dtype */
function cutTo(room, values, dtype) {
  const first = writeTexts(Array.from(values).slice(0, room), dtype === "bool" ? dtype : "int64");
  return first.join(" ") + (values.length > room ? "…" : "");
}

/** @param {SVGGElement} group @param {string} role @returns {Part} */
function partIn(group, role) {
  const texts = /** @type {SVGTextElement[]} */ ([...group.querySelectorAll(`text.${role}`)]);
  const norm = texts.find((text) => text.classList.contains("norm"));
  const cells = texts.filter((text) => text !== norm && !text.classList.contains("small"));
  const image = norm?.classList.contains("small") ? imageBefore(norm) : undefined;
  const next = norm?.nextElementSibling;
  const most = next?.classList.contains("most") ? /** @type {SVGTextElement} */ (next) : undefined;
  // All that comes and goes with the numbers.
  for (const shape of [image, image?.previousElementSibling, most]) shape?.classList.add(`of-${role}`);
  const room = (cells[0]?.textContent ?? "").split(" ").length;
  return { cells, room, norm, most, image };
}

/** @param {Element} text @returns {SVGImageElement | undefined} */
function imageBefore(text) {
  let element = text.previousElementSibling;
  while (element && element.localName !== "image") element = element.previousElementSibling;
  return /** @type {SVGImageElement | undefined} */ (element ?? undefined);
}
