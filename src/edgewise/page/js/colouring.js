import { byId, make } from "./dom.js";
import { faceOf } from "./drawing.js";
import { figure } from "./figures.js";
import { restingOf } from "./resting.js";
import { squaresOf } from "./statistics.js";
import { decadesOf, levelOf, tonesFor } from "./tones.js";

/** What things can be coloured by, and how that is called. @type {Record<string, string>} */
const MEASURES = { gradient: "gradient norm", value: "value RMS" };

/** At least so many milliseconds are between two colourings, and so many times what one of them took. */
const REST = 90;
const SHARE = 6;

/**
 * The sizes of what things hold: for tensors and the edges to where they are used their own, for operations that of what
 * comes out, for closed modules that of their parameters, or, without any, of what comes out of them.
 *
 * @param {import("../contract.js").Graph} graph
 * @param {import("./model.js").Model} model
 * @param {(node: number) => string} keyOf the thing that shows an operation
 */
export function sizesOf(graph, model, keyOf) {
  const modules = membersOf(graph, keyOf);
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
    if (!found) known.set(name, (found = [squaresOf(values), values.length]));
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
    return Math.sqrt(measure === "gradient" ? squares : squares / count);
  };
}

/** The tensors that stand for each closed module. @param {import("../contract.js").Graph} graph @param {(node: number) => string} keyOf @returns {Map<string, number[]>} */
function membersOf(graph, keyOf) {
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
 * Colours things by how large their gradients or values are.
 *
 * @param {import("./main.js").Page} page
 * @param {object} given
 * @param {() => Iterable<string>} given.keys the things that there are
 * @param {(node: number) => string} given.keyOf
 * @param {() => void} given.changed is called when other colours hold
 */
export function colouringOf(page, { keys, keyOf, changed }) {
  const { graph, model, timeline } = page;
  let sizeOf = sizesOf(graph, model, keyOf);
  let measure = "";
  /** @type {[number, number] | null} */
  let decades = null;
  /** @type {Map<string, number>} */
  let levels = new Map();
  /** @type {import("./tones.js").Tone[]} */
  let palette = [];
  let done = "";
  let trainedTo = -1;
  const colouring = restingOf(colour, REST, SHARE);

  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };

  /** The tones, and behind them those of zero, of NaN, and of ∞. */
  function paletteNow() {
    const tones = tonesFor(isDark());
    return [
      ...tones,
      { fill: "var(--edge)", ink: "var(--ink)" },
      { fill: "var(--nan)", ink: "#1b2436" },
      { fill: "var(--infinite)", ink: "#ffffff" },
    ];
  }

  /** @param {number | null} size */
  function placeOf(size) {
    const count = palette.length - 3;
    if (size === null) return -1;
    if (size === 0) return count;
    if (Number.isNaN(size)) return count + 1;
    return size === Infinity ? count + 2 : levelOf(size, /** @type {[number, number]} */ (decades));
  }

  function colour() {
    if (!measure) return;
    const { step } = page;
    const isThere = (/** @type {number} */ id) =>
      (measure === "gradient" ? (timeline.gradientAt[id] ?? Infinity) : timeline.valueAt[id]) <= step;
    const hasReturned = (/** @type {number} */ id) => (timeline.contributionAt[id] ?? Infinity) <= step;
    let [smallest, largest] = [Infinity, 0];
    const all = [...keys()];
    for (const key of all) {
      const size = sizeOf(measure, key);
      if (size === null || !(size > 0) || size === Infinity) continue;
      if (size < smallest) smallest = size;
      if (size > largest) largest = size;
    }
    let [low, high] = decadesOf(largest ? smallest : 0, largest);
    // While it is trained the range only grows: the colours can be compared from one moment to the next.
    if (decades && model.steps > trainedTo) [low, high] = [Math.min(low, decades[0]), Math.max(high, decades[1])];
    trainedTo = model.steps;
    decades = [low, high];
    palette = paletteNow();
    levels = new Map();
    for (const key of all) {
      const place = placeOf(sizeOf(measure, key, isThere, hasReturned));
      if (place >= 0) levels.set(key, place);
    }
    showLegend();
    changed();
  }

  /** Colours anew if something has changed, but not all the time. */
  function refresh() {
    const now = `${measure} ${model.version} ${page.step} ${isDark()}`;
    if (!measure || now === done) return;
    const isOther = !done.startsWith(`${measure} `);
    done = now;
    if (isOther) colouring.now();
    else colouring.soon();
  }

  /** @param {string} by */
  function choose(by) {
    if (by === measure) return;
    measure = MEASURES[by] ? by : "";
    byId("colour").value = measure;
    decades = null;
    done = "";
    levels = new Map();
    showLegend();
    if (measure) refresh();
    else changed();
  }

  function showLegend() {
    const scale = byId("colour-scale");
    scale.hidden = !measure || !decades;
    byId("page").classList.toggle("is-coloured", !scale.hidden);
    if (!decades || !measure) return;
    const count = palette.length - 3;
    byId("colour-low").textContent = power(decades[0]);
    byId("colour-high").textContent = power(decades[1]);
    byId("colour-bar").style.background = `linear-gradient(90deg, ${palette
      .slice(0, count)
      .map(({ fill }) => fill)
      .join(", ")})`;
    byId("colour-bar").setAttribute(
      "aria-label",
      `${MEASURES[measure]} from ${figure(10 ** decades[0])} to ${figure(10 ** decades[1])}`,
    );
    const found = new Set(levels.values());
    ["zero", "nan", "infinite"].forEach((name, i) => {
      byId(`colour-${name}`).hidden = !found.has(count + i);
    });
    point(null);
  }

  /** Shows on the scale where a thing is. @param {string | null} key */
  function point(key) {
    const size = measure && key && levels.has(key) ? sizeOf(measure, key) : null;
    const needle = byId("colour-needle");
    const isOn = size !== null && size > 0 && size < Infinity && decades !== null;
    needle.hidden = !isOn;
    if (isOn && decades) {
      const part = (Math.log10(size) - decades[0]) / (decades[1] - decades[0]);
      needle.style.left = `${100 * Math.max(0, Math.min(1, part))}%`;
    }
    byId("colour-told").textContent = size === null ? "" : `${MEASURES[measure]} ${figure(size)}`;
  }

  byId("colour").append(
    make("option", { value: "", text: "nothing" }),
    ...Object.entries(MEASURES)
      .filter(([value]) => value !== "gradient" || Object.keys(graph.gradients).length)
      .map(([value, text]) => make("option", { value, text })),
  );
  byId("colour").addEventListener("change", () => {
    choose(byId("colour").value);
    page.keep();
  });
  const again = () => refresh();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });

  return {
    refresh,
    choose,
    point,
    /** Other things are shown now. */
    renew() {
      sizeOf = sizesOf(graph, model, keyOf);
      done = "";
      refresh();
    },
    /** Which of the palette's tones a thing has; -1 for its own colours. @param {string} key */
    levelOf: (key) => levels.get(key) ?? -1,
    /** The tone of a size; none if nothing is coloured. @param {number} size */
    toneOf: (size) => (measure && decades ? palette[placeOf(size)] : null),
    get palette() {
      return palette;
    },
    get measure() {
      return measure;
    },
  };
}

/** @typedef {ReturnType<typeof colouringOf>} Colouring */

/** @param {number} exponent */
function power(exponent) {
  const raised = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  if (exponent >= 0 && exponent <= 2) return String(10 ** exponent);
  return `10${[...String(exponent)].map((letter) => raised[/** @type {keyof typeof raised} */ (letter)]).join("")}`;
}

/** @type {WeakMap<Element, string>} */
const coloured = new WeakMap();

/**
 * Gives a part of a drawing a tone, or its own colours again.
 *
 * @param {SVGGElement} group
 * @param {import("./tones.js").Tone | null} tone
 */
export function paintGroup(group, tone) {
  const name = tone ? `${tone.fill} ${tone.ink}` : "";
  if ((coloured.get(group) ?? "") === name) return;
  coloured.set(group, name);
  const face = faceOf(group);
  const box = /** @type {SVGElement | null} */ (face.querySelector(":scope > :is(.chip, .operation, .closed)"));
  if (!box) return;
  box.style.fill = tone ? tone.fill : "";
  for (const text of /** @type {NodeListOf<SVGElement>} */ (face.querySelectorAll(":scope > text, :scope > path")))
    text.style.fill = tone ? tone.ink : "";
  for (const ground of /** @type {NodeListOf<SVGElement>} */ (face.querySelectorAll(":scope > .back")))
    ground.style.fillOpacity = tone ? "0" : "";
}
