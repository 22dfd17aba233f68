import { colourScale, listDecades, levelOf } from "./colour_scale.js";
import { byId, make } from "./dom.js";
import { faceOf } from "./drawing.js";
import { figure } from "./figures.js";
import { createThrottle } from "./throttle.js";
import { sumSquares } from "./statistics.js";
import { followTheme } from "./outside.js";

/** What things can be coloured by, and how that is called. @type {Record<string, string>} */
const MEASURES = { gradient: "gradient RMS", value: "value RMS" };

/** At least so many milliseconds are between two colourings, and so many times what one of them took. */
const REST = 90;
const SHARE = 6;

/**
 * The sizes of what things hold, as root mean squares, so that a bias and a matrix compare: for tensors and the edges to where they are used their own, for operations that of what
 * comes out, for closed modules that of their parameters, or, without any, of what comes out of them.
 *
 * @param {import("../contract.js").Graph} graph
 * @param {import("./model.js").Model} model
 * @param {(node: number) => string} keyOf the thing that shows an operation
 */
export function makeSizes(graph, model, keyOf) {
  const modules = findMembers(graph, keyOf);
  /** @type {Map<string, [number, number]>} */
  let known = new Map();
  let version = -1;

  /** The sum of the squares, and how many they are. @param {string} name @param {ArrayLike<number> | undefined} values @returns {[number, number] | null} */
  function measured(name, values) {
    if (!values) return null;
    if (version !== model.version) {
      known = new Map();
      version = model.version;
    }
    let found = known.get(name);
    if (!found) known.set(name, (found = [sumSquares(values), values.length]));
    return found;
  }

  /** @param {string} measure @param {number} id */
  const ofTensor = (measure, id) =>
    measure === "gradient"
      ? measured(`gradient ${id}`, model.gradient(id))
      : model.isFloat(id)
        ? measured(`value ${id}`, model.value(id))
        : null;

  /**
   * @param {string} measure
   * @param {string} key
   * @param {(id: number) => boolean} isThere whether that of a tensor is there yet
   * @param {(id: number) => boolean} hasReturned whether what comes back along an edge is there yet
   * @returns {number | null} null if there is none
   */
  return function sizeOf(measure, key, isThere = () => true, hasReturned = () => true) {
    const [kind, text] = key.split(" ");
    const id = Number(text);
    /** @type {([number, number] | null)[]} */
    let parts;
    if (kind === "edge" && measure === "gradient")
      parts = [hasReturned(id) ? measured(`edge ${id}`, model.contribution(id)) : null];
    else {
      const ids =
        kind === "tensor"
          ? [id]
          : kind === "node"
            ? [graph.nodes[id].output]
            : kind === "edge"
              ? [graph.edges[id].tensor]
              : (modules.get(key) ?? []);
      parts = ids.filter(isThere).map((one) => ofTensor(measure, one));
    }
    let squares = 0;
    let count = 0;
    for (const part of parts) {
      if (!part) continue;
      squares += part[0];
      count += part[1];
    }
    if (!count) return null;
    return Math.sqrt(squares / count);
  };
}

/** The tensors that stand for each closed module. @param {import("../contract.js").Graph} graph @param {(node: number) => string} keyOf @returns {Map<string, number[]>} */
function findMembers(graph, keyOf) {
  const learnt = new Map();
  const leaving = new Map();
  /** @param {Map<string, number[]>} map @param {string} key @param {number} id */
  const add = (map, key, id) => (map.has(key) ? map.get(key)?.push(id) : map.set(key, [id]));
  graph.tensors.forEach((tensor, id) => {
    const uses = new Set(tensor.edges.map((edge) => keyOf(graph.edges[edge].node)));
    if (tensor.kind === "parameter") {
      for (const key of uses) if (key.startsWith("module")) add(learnt, key, id);
    } else if (tensor.node !== null) {
      const key = keyOf(tensor.node);
      if (key.startsWith("module") && (!uses.size || uses.size > 1 || !uses.has(key))) add(leaving, key, id);
    }
  });
  return new Map([...leaving, ...learnt]);
}

/**
 * @typedef {"gradient" | "value"} Measure
 *
 * @typedef {object} ColouringOwner what is coloured
 * @property {() => Iterable<string>} keys the things that there are
 * @property {(node: number) => string} keyOf the thing that shows an operation
 * @property {() => void} changed is called when other colours hold
 */

/** The shades after those of the scale: of zero, of NaN, and of ∞. @type {import("./colour_scale.js").Shade[]} */
const SPECIAL = [
  { fill: "var(--edge)", ink: "var(--ink)" },
  { fill: "var(--nan)", ink: "#1b2436" },
  { fill: "var(--infinite)", ink: "#ffffff" },
];

/** Colours things by how large their gradients or values are. */
export class Colouring {
  /** @param {import("./main.js").Page} page @param {ColouringOwner} owner */
  constructor(page, owner) {
    this.page = page;
    this.owner = owner;
    this.sizeOf = makeSizes(page.graph, page.model, owner.keyOf);
    this.measure = "";
    /** From which power of ten to which the scale goes. @type {[number, number] | null} */
    this.decades = null;
    /** Which shade each thing has. @type {Map<string, number>} */
    this.levels = new Map();
    /** @type {import("./colour_scale.js").Shade[]} */
    this.palette = [];
    this.shown = ""; // of which numbers the colours are
    this.trainedTo = -1;
    this.resting = createThrottle(() => this.#colour(), REST, SHARE);
    const again = () => this.refresh();
    followTheme(again);
    this.#setUpChoice();
  }

  #setUpChoice() {
    const choice = byId("colour");
    const measures = Object.entries(MEASURES).filter(
      ([value]) => value !== "gradient" || Object.keys(this.page.graph.gradients).length,
    );
    choice.append(
      make("option", { value: "", text: "nothing" }),
      ...measures.map(([value, text]) => make("option", { value, text })),
    );
    choice.addEventListener("change", () => {
      this.choose(choice.value);
      this.page.keep();
    });
  }

  /** The shade of a size, by its place in the palette. @param {number | null} size */
  #placeOf(size) {
    const count = this.palette.length - SPECIAL.length;
    if (size === null) return -1;
    if (size === 0) return count;
    if (Number.isNaN(size)) return count + 1;
    return size === Infinity ? count + 2 : levelOf(size, /** @type {[number, number]} */ (this.decades));
  }

  #colour() {
    const { measure, sizeOf } = this;
    if (!measure) return;
    const { known, timeline, model } = this.page;
    const isThere = (/** @type {number} */ id) =>
      (measure === "gradient" ? (timeline.gradientAt[id] ?? Infinity) : timeline.valueAt[id]) <= known;
    const hasReturned = (/** @type {number} */ id) => (timeline.contributionAt[id] ?? Infinity) <= known;
    const all = [...this.owner.keys()];
    let [low, high] = rangeOf(all.map((key) => sizeOf(measure, key)));
    // While it is trained the range only grows: the colours can be compared from one moment to the next.
    const { decades } = this;
    if (decades && model.steps > this.trainedTo) [low, high] = [Math.min(low, decades[0]), Math.max(high, decades[1])];
    this.trainedTo = model.steps;
    this.decades = [low, high];
    this.palette = [...colourScale(isDark()), ...SPECIAL];
    this.levels = new Map();
    for (const key of all) {
      const place = this.#placeOf(sizeOf(measure, key, isThere, hasReturned));
      if (place >= 0) this.levels.set(key, place);
    }
    this.#showScale();
    this.owner.changed();
  }

  /** Colours again if something has changed, but not all the time. */
  refresh() {
    const { measure, shown, page } = this;
    const now = `${measure} ${page.model.version} ${page.known} ${isDark()}`;
    if (!measure || now === shown) return;
    this.shown = now;
    if (shown.startsWith(`${measure} `)) this.resting.soon();
    else this.resting.now();
  }

  /** @param {string} by */
  choose(by) {
    if (by === this.measure) return;
    this.measure = MEASURES[by] ? by : "";
    byId("colour").value = this.measure;
    this.decades = null;
    this.shown = "";
    this.levels = new Map();
    this.#showScale();
    if (this.measure) this.refresh();
    else this.owner.changed();
  }

  #showScale() {
    const { decades, measure, palette } = this;
    const scale = byId("colour-scale");
    scale.hidden = !measure || !decades;
    byId("page").classList.toggle("is-coloured", !scale.hidden);
    if (!decades || !measure) return;
    const count = palette.length - SPECIAL.length;
    const fills = palette.slice(0, count).map(({ fill }) => fill);
    const bar = byId("colour-bar");
    byId("colour-low").textContent = power(decades[0]);
    byId("colour-high").textContent = power(decades[1]);
    bar.style.background = `linear-gradient(90deg, ${fills.join(", ")})`;
    bar.setAttribute(
      "aria-label",
      `${MEASURES[measure]} from ${figure(10 ** decades[0])} to ${figure(10 ** decades[1])}`,
    );
    const found = new Set(this.levels.values());
    ["zero", "nan", "infinite"].forEach((name, i) => {
      byId(`colour-${name}`).hidden = !found.has(count + i);
    });
    this.point(null);
  }

  /** Shows on the scale where a thing is. @param {string | null} key */
  point(key) {
    const { measure, decades } = this;
    const size = measure && key && this.levels.has(key) ? this.sizeOf(measure, key) : null;
    const needle = byId("colour-needle");
    const isOn = size !== null && size > 0 && size < Infinity && decades !== null;
    needle.hidden = !isOn;
    if (isOn) {
      const part = (Math.log10(size) - decades[0]) / (decades[1] - decades[0]);
      needle.style.left = `${100 * Math.max(0, Math.min(1, part))}%`;
    }
    byId("colour-size").textContent = size === null ? "" : `${MEASURES[measure]} ${figure(size)}`;
  }

  /** Other things are shown now. */
  renew() {
    this.sizeOf = makeSizes(this.page.graph, this.page.model, this.owner.keyOf);
    this.shown = "";
    this.refresh();
  }

  /** Which of the palette's shades a thing has; -1 for its own colours. @param {string} key */
  levelOf(key) {
    return this.levels.get(key) ?? -1;
  }

  /** The shade of a thing; none for its own colours. @param {string} key */
  shadeOf(key) {
    const level = this.measure ? this.levelOf(key) : -1;
    return level < 0 ? null : this.palette[level];
  }

  /** The shade of a size; none if nothing is coloured. @param {number} size */
  shadeOfSize(size) {
    return this.measure && this.decades ? this.palette[this.#placeOf(size)] : null;
  }
}

/** From which power of ten to which some sizes go. @param {(number | null)[]} sizes */
function rangeOf(sizes) {
  let [smallest, largest] = [Infinity, 0];
  for (const size of sizes) {
    if (size === null || !(size > 0) || size === Infinity) continue;
    if (size < smallest) smallest = size;
    if (size > largest) largest = size;
  }
  return listDecades(largest ? smallest : 0, largest);
}

/** Whether the page is dark. */
function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** @param {number} exponent */
function power(exponent) {
  const raised = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  if (exponent >= 0 && exponent <= 2) return String(10 ** exponent);
  return `10${[...String(exponent)].map((letter) => raised[/** @type {keyof typeof raised} */ (letter)]).join("")}`;
}

/** @type {WeakMap<Element, string>} */
const coloured = new WeakMap();

/**
 * Gives a part of a drawing a shade, or its own colours again.
 *
 * @param {SVGGElement} group
 * @param {import("./colour_scale.js").Shade | null} shade
 */
export function paintGroup(group, shade) {
  const name = shade ? `${shade.fill} ${shade.ink}` : "";
  if ((coloured.get(group) ?? "") === name) return;
  coloured.set(group, name);
  const face = faceOf(group);
  const box = /** @type {SVGElement | null} */ (face.querySelector(":scope > :is(.chip, .operation, .closed)"));
  if (!box) return;
  box.style.fill = shade ? shade.fill : "";
  for (const text of /** @type {NodeListOf<SVGElement>} */ (face.querySelectorAll(":scope > text, :scope > path")))
    text.style.fill = shade ? shade.ink : "";
  for (const ground of /** @type {NodeListOf<SVGElement>} */ (face.querySelectorAll(":scope > .back")))
    ground.style.fillOpacity = shade ? "0" : "";
}
