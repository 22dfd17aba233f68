import { makeSvg } from "./dom.js";
import { figure, figures } from "./figures.js";
import { mapAddress } from "./heat.js";
import { backwardPath, forwardPath, headPath, tipsOf } from "./paths.js";
import { statisticsOf } from "./statistics.js";

/**
 * The picture of the graph: elements for what an arrangement has in sight. Its numbers are written anew, and its parts
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
 * @param {import("../contract.js").Graph} graph
 * @param {object} given
 * @param {(key: string, group: SVGGElement) => void} given.made is told of each thing that gets elements
 * @param {(frame: import("./compose.js").Frame) => SVGGElement} given.frameOf the elements of an open module
 * @param {(key: string) => number} given.rank in which order things are reached by the keyboard
 */
export function drawingOf(graph, { made, frameOf, rank }) {
  const [paper, frames, wires, boxes] = [
    makeSvg("rect", { class: "paper" }),
    ...Array.from({ length: 3 }, () => makeSvg("g")),
  ];
  const svg = /** @type {SVGSVGElement} */ (
    makeSvg(
      "svg",
      { class: "edgewise-auto", role: "group", "aria-label": "The computational graph" },
      paper,
      frames,
      wires,
      boxes,
    )
  );
  const templates = templatesOf(graph.places);
  /** @type {import("./compose.js").Arrangement} */
  let arrangement = { width: 1, height: 1, things: [], lines: [], frames: [] };
  /** @type {Map<string, import("./compose.js").Thing>} */
  let things = new Map();
  /** @type {import("./compose.js").Thing[]} in the order of the keyboard */
  let order = [];
  /** @type {Line[]} */
  let lines = [];
  /** @type {Map<string, Line>} */
  let lineBetween = new Map();
  /** @type {Map<string, SVGGElement>} those that have elements */
  const groups = new Map();
  /** @type {Map<string, number>} the form that each of these has */
  const formed = new Map();
  /** @type {Map<string, Chip>} */
  const chips = new Map();
  /** @type {Map<number, SVGGElement>} */
  const frameGroups = new Map();
  /** @type {(node: number) => string} */
  let keyOf = (node) => `node ${node}`;

  /** @param {import("./compose.js").Thing} thing */
  function place(thing) {
    const { key, form, x, y } = thing;
    let group = groups.get(key);
    if (!group || formed.get(key) !== form) {
      group?.remove();
      group = elementsOf(key, form);
      groups.set(key, group);
      formed.set(key, form);
      if (!key.startsWith("node"))
        chips.set(key, { group, value: partIn(group, "value"), gradient: partIn(group, "gradient"), written: "" });
      made(key, group);
    }
    group.setAttribute("transform", `translate(${x} ${y})`);
    return group;
  }

  /** @param {string} key @param {number} form @returns {SVGGElement} */
  function elementsOf(key, form) {
    const [template, ...texts] = graph.places.forms[form];
    const group = /** @type {SVGGElement} */ (templates(template).cloneNode(true));
    const [kind, id] = key.split(" ");
    group.setAttribute("data-kind", kind);
    group.setAttribute("data-id", id);
    group.querySelectorAll(".slot").forEach((slot, i) => {
      slot.textContent = texts[i];
      // What stands below each other is heard apart.
      slot.before(" ");
    });
    if (kind === "module") enface(group);
    else if (kind !== "node") say(group);
    return group;
  }

  /** @param {string} key */
  function drop(key) {
    groups.get(key)?.remove();
    groups.delete(key);
    formed.delete(key);
    chips.delete(key);
  }

  /**
   * Shows another arrangement.
   *
   * @param {import("./compose.js").Arrangement} next
   * @param {(node: number) => string} shownAs the thing that shows an operation
   */
  function arrange(next, shownAs) {
    arrangement = next;
    keyOf = shownAs;
    things = new Map(next.things.map((thing) => [thing.key, thing]));
    order = [...next.things].sort((a, b) => rank(a.key) - rank(b.key));
    for (const key of [...groups.keys()]) if (!things.has(key)) drop(key);
    wires.replaceChildren();
    /** @type {Set<string>} */
    const tips = new Set();
    lines = next.lines.map((line) => {
      const xs = line.points.map(([x]) => x);
      const ys = line.points.map(([, y]) => y);
      const own = tipsOf(line).filter((tip) => !tips.has(tip.join()));
      for (const tip of own) tips.add(tip.join());
      return /** @type {Line} */ ({
        ...line,
        box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
        tips: own,
        heads: [],
        group: undefined,
        forward: undefined,
        backward: undefined,
      });
    });
    lineBetween = new Map(lines.map((line) => [`${line.source}>${line.target}`, line]));
    const scopes = new Set(next.frames.map(({ scope }) => scope));
    for (const [scope, group] of frameGroups) {
      if (scopes.has(scope)) continue;
      group.remove();
      frameGroups.delete(scope);
    }
    for (const frame of next.frames) {
      frameGroups.get(frame.scope)?.remove();
      const group = frameOf(frame);
      frameGroups.set(frame.scope, group);
      frames.append(group);
    }
    svg.setAttribute("viewBox", `0 0 ${next.width} ${next.height}`);
    paper.setAttribute("width", String(next.width));
    paper.setAttribute("height", String(next.height));
    drawing.scales = { version: -1, values: 1, gradients: 1 };
  }

  /**
   * Gives elements to what is in sight, and takes them from the rest where there is much of it.
   *
   * @param {number[]} part left, top, right and bottom
   * @param {boolean} all also what is not in sight
   * @returns {boolean} whether there are new ones
   */
  function see([left, top, right, bottom], all = false) {
    const around = all || order.length <= FEW ? Infinity : MARGIN_AROUND;
    /** @param {number} x @param {number} y @param {number} xEnd @param {number} yEnd */
    const isNear = (x, y, xEnd, yEnd) =>
      xEnd > left - around && x < right + around && yEnd > top - around && y < bottom + around;
    let isNew = false;
    /** @type {SVGGElement | null} */
    let last = null;
    for (const thing of order) {
      if (!isNear(thing.x, thing.y, thing.x + thing.width, thing.y + thing.height)) {
        if (groups.has(thing.key)) drop(thing.key);
        continue;
      }
      const before = groups.get(thing.key);
      const group = before && formed.get(thing.key) === thing.form ? before : place(thing);
      if (group === before) group.setAttribute("transform", `translate(${thing.x} ${thing.y})`);
      else isNew = true;
      /** @type {Node | null} */
      const next = last ? last.nextSibling : boxes.firstChild;
      if (next !== group) boxes.insertBefore(group, next);
      last = group;
    }
    for (const line of lines) {
      const [x, y, xEnd, yEnd] = line.box;
      if (isNear(x, y, xEnd, yEnd)) {
        if (line.group) continue;
        draw(line);
        isNew = true;
      } else if (line.group) {
        line.group.remove();
        line.group = line.forward = line.backward = undefined;
        line.heads = [];
      }
    }
    return isNew;
  }

  /** @param {Line} line */
  function draw(line) {
    line.forward = makeSvg("path", { class: "forward line", d: forwardPath(line) });
    line.backward = line.back ? makeSvg("path", { class: "backward line", d: backwardPath(line) }) : undefined;
    line.heads = line.tips.map((tip) => makeSvg("path", { class: tip[2] > 0 ? "to" : "fro", d: headPath(tip) }));
    const parts = [line.forward, line.backward, ...line.heads].filter(Boolean);
    line.group = makeSvg("g", { "data-kind": "lines", "data-id": line.tensor }, .../** @type {Node[]} */ (parts));
    wires.append(line.group);
  }

  /** What shows a thing: itself, or the module that hides it. @param {string} key */
  const shownAs = (key) => (things.has(key) ? key : drawing.hiderOf(key));

  /** The lines between a tensor and a node that uses it: one, or two with a chip between. @param {number} edge */
  function linesOfEdge(edge) {
    const { tensor, node } = graph.edges[edge];
    const [from, to] = [shownAs(`tensor ${tensor}`), keyOf(node)];
    const own = [lineBetween.get(`${from}>edge ${edge}`), lineBetween.get(`edge ${edge}>${to}`)];
    const found = own.every(Boolean) ? own : [lineBetween.get(`${from}>${to}`)];
    return /** @type {Line[]} */ (found.filter(Boolean));
  }

  /** @param {number} node */
  function lineFromNode(node) {
    return lineBetween.get(`${keyOf(node)}>tensor ${graph.nodes[node].output}`);
  }

  const drawing = {
    svg,
    groups,
    chips,
    frameGroups,
    boxes,
    wires,
    frames,
    arrange,
    see,
    linesOfEdge,
    lineFromNode,
    shownAs,
    /** @type {(key: string) => string} */
    hiderOf: () => "",
    scales: { version: -1, values: 1, gradients: 1 },
    /** @param {number} node */
    keyOf: (node) => keyOf(node),
    /** @param {string} key */
    has: (key) => things.has(key),
    /** @param {string} key */
    placeOf: (key) => things.get(key),
    get lines() {
      return lines;
    },
    get things() {
      return order;
    },
    get arrangement() {
      return arrangement;
    },
  };
  return drawing;
}

/** @typedef {ReturnType<typeof drawingOf>} Drawing */

/** What is pressed of a thing: all of it, but of a closed module not the buttons in its corners. @param {SVGGElement} group @returns {SVGGElement} */
export const faceOf = (group) => group.querySelector(":scope > .face") ?? group;

/** Puts the look of a closed module into a group of its own, beside which its buttons can stand. @param {SVGGElement} group */
function enface(group) {
  const face = makeSvg("g", { class: "face" });
  face.append(...group.childNodes);
  group.append(face);
}

/** Names the arrows before the numbers of a chip for whoever hears them: what is read aloud is what is written. @param {SVGGElement} group */
function say(group) {
  for (const kind of ["value", "gradient"]) {
    const arrow = group.querySelector(`:scope > path.${kind}`);
    arrow?.setAttribute("role", "img");
    arrow?.setAttribute("aria-label", kind);
    if (arrow) group.querySelector(`:scope > text.${kind}`)?.before(arrow);
  }
}

/** Makes elements from the templates of a page, each when it is first needed. @param {import("../contract.js").PlacesData} places */
function templatesOf(places) {
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
  const texts = isCut ? [cutTo(part.room, values, tensor.dtype)] : hasRoom ? textsOf(values, tensor.dtype) : [];
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

/**
 * How numbers are written on a chip.
 *
 * @param {ArrayLike<number>} values
 * @param {string} dtype
 * @returns {string[]}
 */
export function textsOf(values, dtype) {
  const whole = dtype.includes("int");
  /** @param {number} x */
  const one = (x) => (dtype === "bool" ? (x ? "true" : "false") : figure(x, 4, whole));
  return values.length === 1 || dtype === "bool" ? Array.from(values, one) : figures(values, whole);
}

/** @param {number} room @param {ArrayLike<number>} values @param {string} dtype */
function cutTo(room, values, dtype) {
  const first = textsOf(Array.from(values).slice(0, room), dtype === "bool" ? dtype : "int64");
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
