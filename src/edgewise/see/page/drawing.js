import { make } from "./dom.js";
import { figure, figures } from "./figures.js";
import { mapAddress, scaleOf } from "./heat.js";
import { statisticsOf } from "./statistics.js";

/**
 * The picture of the graph, made live: its numbers are written anew, and its parts are lit as the story goes.
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
 * @property {number[]} box left, top, right and bottom
 * @property {string} written which numbers are on it
 *
 * @typedef {object} Line
 * @property {number} tensor
 * @property {string} source
 * @property {string} target
 * @property {SVGPathElement} forward
 * @property {SVGPathElement | undefined} backward
 * @property {Element[]} heads their arrowheads
 */

/**
 * @param {any} place
 * @param {any} graph
 */
export function drawingOf(place, graph) {
  const parsed = new DOMParser().parseFromString(place.svg, "image/svg+xml").documentElement;
  const svg = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.importNode(parsed, true)));
  svg.querySelectorAll(".nan, .infinite").forEach((ground) => ground.remove());
  svg.setAttribute("role", "group");
  /** @type {Map<string, SVGGElement>} */
  const groups = new Map();
  /** @type {Map<string, Chip>} */
  const chips = new Map();
  /** @type {Map<number, Line[]>} */
  const lines = new Map();
  for (const group of /** @type {NodeListOf<SVGGElement>} */ (svg.querySelectorAll("g[data-kind]"))) {
    const { kind, id } = /** @type {{ kind: string, id: string }} */ (group.dataset);
    if (kind === "lines") {
      lines.set(Number(id), linesIn(group, place.links.filter((/** @type {any[]} */ link) => link[0] === Number(id))));
      continue;
    }
    groups.set(`${kind} ${id}`, group);
    if (kind === "tensor" || kind === "edge") {
      const parts = { value: partIn(group, "value"), gradient: partIn(group, "gradient") };
      chips.set(`${kind} ${id}`, { group, ...parts, box: boxOf(group), written: "" });
    }
  }
  const allLines = [...lines.values()].flat();

  /** @param {string} kind @param {number} id */
  const groupOf = (kind, id) => groups.get(`${kind} ${id}`);

  /** @param {string} from @param {string} to @returns {Line | undefined} */
  const lineOf = (from, to) => allLines.find((line) => line.source === from && line.target === to);

  /** The box that shows an operation: its own, or that of a closed module. @param {number} node */
  const keyOf = (node) => (place.hidden[node] === undefined ? `node ${node}` : `module ${place.hidden[node]}`);

  /** The lines between a tensor and a node that uses it: one, or two with a chip between. @param {number} edge */
  function linesOfEdge(edge) {
    const { tensor, node } = graph.edges[edge];
    const own = [lineOf(`tensor ${tensor}`, `edge ${edge}`), lineOf(`edge ${edge}`, keyOf(node))];
    const found = own.every(Boolean) ? own : [lineOf(`tensor ${tensor}`, keyOf(node))];
    return /** @type {Line[]} */ (found.filter(Boolean));
  }

  /** @param {number} node */
  function lineFromNode(node) {
    return lineOf(keyOf(node), `tensor ${graph.nodes[node].output}`);
  }

  /**
   * Writes the numbers of an array.
   *
   * @param {Part} part
   * @param {ArrayLike<number> | undefined} values
   * @param {{ shape: number[], dtype: string }} tensor
   * @param {number} scale
   */
  function writePart(part, values, tensor, scale) {
    if (!values) return;
    // Labels and such stand in one line that is cut: as many are written as had room at first.
    const isCut = part.cells.length === 1 && values.length > 1;
    const isWritten = values.length <= part.cells.length; // what is a map is not written in numbers too
    const texts = isCut ? [cutTo(part.room, values, tensor.dtype)] : isWritten ? textsOf(values, tensor.dtype) : [];
    texts.forEach((text, i) => {
      const cell = part.cells[i];
      if (cell.textContent !== text) cell.textContent = text;
      const bad = text === "NaN" || text.includes("∞");
      cell.classList.toggle("is-bad", bad);
    });
    if (part.image) part.image.setAttribute("href", mapAddress(values, tensor.shape, scale));
    if (part.norm) {
      const found = statisticsOf(values);
      const bad = found.nan ? `${found.nan} NaN` : found.infinite ? `${found.infinite} ∞` : "";
      part.norm.textContent = bad || `‖·‖ ${figure(found.norm)}`;
      part.norm.classList.toggle("is-bad", Boolean(bad));
      if (part.most) part.most.textContent = `max ${figure(scaleOf(values), 3)}`;
    }
  }

  return {
    svg, groups, chips, lines: allLines, groupOf, keyOf, linesOfEdge, lineFromNode, writePart, place,
    scales: { version: -1, values: 1, gradients: 1 },
  };
}

/** @typedef {ReturnType<typeof drawingOf>} Drawing */

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

/** @param {SVGGElement} group */
function boxOf(group) {
  const chip = group.querySelector("rect.chip");
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(chip?.getAttribute(name)));
  return [x, y, x + width, y + height];
}

/** @param {SVGGElement} group @param {string} role @returns {Part} */
function partIn(group, role) {
  const texts = /** @type {SVGTextElement[]} */ ([...group.querySelectorAll(`text.${role}`)]);
  const small = texts.filter((text) => text.classList.contains("small") && text.textContent !== "Σ");
  const cells = texts.filter((text) => !text.classList.contains("small"));
  const normed = cells.length === 1 && cells[0].textContent?.startsWith("‖·‖");
  const norm = normed ? cells[0] : small[0];
  const image = norm && !normed ? imageBefore(norm) : undefined;
  const next = norm?.nextElementSibling;
  const most = next?.textContent?.startsWith("max") ? /** @type {SVGTextElement} */ (next) : undefined;
  // All that comes and goes with the numbers.
  for (const shape of [image, image?.previousElementSibling, most]) shape?.classList.add(`of-${role}`);
  const room = (cells[0]?.textContent ?? "").replace("…", "").trim().split(/\s+/).length;
  return { cells: normed ? [] : cells, room, norm, most, image };
}

/** @param {Element} text @returns {SVGImageElement | undefined} */
function imageBefore(text) {
  let element = text.previousElementSibling;
  while (element && element.localName !== "image") element = element.previousElementSibling;
  return /** @type {SVGImageElement | undefined} */ (element ?? undefined);
}

/** @param {SVGGElement} group @param {any[][]} links @returns {Line[]} */
function linesIn(group, links) {
  const paths = [...group.querySelectorAll("path.forward, path.backward")];
  let at = 0;
  const found = links.map(([tensor, from, fromId, to, toId, back]) => ({
    tensor,
    source: `${from} ${fromId}`,
    target: `${to} ${toId}`,
    forward: /** @type {SVGPathElement} */ (paths[at++]),
    backward: back ? /** @type {SVGPathElement} */ (paths[at++]) : undefined,
    heads: /** @type {Element[]} */ ([]),
  }));
  for (const line of found) {
    line.forward.classList.add("line");
    line.backward?.classList.add("line");
  }
  for (const head of group.querySelectorAll("path.to, path.fro")) {
    let path = head.previousElementSibling;
    while (path && !path.classList.contains(head.classList.contains("to") ? "forward" : "backward")) {
      path = path.previousElementSibling;
    }
    found.find((line) => line.forward === path || line.backward === path)?.heads.push(head);
  }
  return found;
}

/**
 * The picture as a file of its own, with its colours.
 *
 * @param {SVGSVGElement} svg
 * @param {{ width: number, height: number }} size
 * @param {string} style
 */
export function savedSvg(svg, size, style) {
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
  copy.querySelectorAll(".flight").forEach((flight) => flight.remove());
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(size.width));
  copy.setAttribute("height", String(size.height));
  const sheet = document.createElementNS("http://www.w3.org/2000/svg", "style");
  sheet.textContent = style;
  copy.prepend(sheet);
  return new XMLSerializer().serializeToString(copy);
}

/**
 * A drawing as pixels.
 *
 * @param {string} svg
 * @param {{ width: number, height: number }} size
 * @returns {Promise<Blob>}
 */
export async function pngOf(svg, { width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large for a PNG")))),
  );
}

/** @param {string} name @param {Blob} content */
export function saveFile(name, content) {
  const address = URL.createObjectURL(content);
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
