import { byId, make } from "./dom.js";
import { figure } from "./figures.js";
import { restingOf } from "./resting.js";
import { inputsOf, surfaceOf } from "./surface.js";

/** Between two looks at a network that is being trained, in milliseconds, and in times what a look takes. */
const REST_OF_PLANE = 120;
const SHARE_OF_PLANE = 5;
/** The side of the picture, in pixels of the page. */
const SIDE_OF_PLANE = 300;
const HEIGHT_OF_LINE = 190;
/** Colours of classes: those of Okabe and Ito, which who is colour blind can tell apart too. */
const CLASSES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8a7a00", "#777777"];

/**
 * @typedef {{ wanted: () => Map<number, number[]>, show: (found: import("./surface.js").Found, paint: (canvas: HTMLCanvasElement, values: Float32Array) => void) => void }} Watching
 */

/**
 * The card that shows what the network says of every point of its inputs, with the examples; null if it has more than two.
 *
 * @param {import("./main.js").Page} page
 * @param {() => import("../contract.js").Program} makeNetwork the network once more
 */
export function planeOf(page, makeNetwork) {
  const { graph, model } = page;
  const inputs = inputsOf(graph);
  if (!inputs) return null;
  const { features, output } = inputs;
  const surface = surfaceOf(graph, model, makeNetwork(), inputs);
  if (surface.outputs > CLASSES.length) return null;
  const { axes, examples } = surface;
  const target = targetOf();
  const isClasses = surface.outputs > 1 && features === 2;
  const spread = spreadOf();
  const middle = middleOf();
  const name = graph.tensors[inputs.id].symbol;
  const small = make("canvas", {});
  const large = make("canvas", { class: "plane", role: "img" });
  const told = make("p", { class: "quiet plane-told" });
  const [left, right, bottom, top] = ["plane-left", "plane-right", "plane-bottom", "plane-top"].map((kind) =>
    make("span", { class: kind }),
  );
  const card = byId("plane");
  card.append(
    make(
      "div",
      { class: `plane-frame${features === 2 ? " has-two" : ""}` },
      make(
        "div",
        { class: "plane-up" },
        top,
        make("span", { class: "plane-name", text: features === 2 ? `${name}₂` : said() }),
        bottom,
      ),
      large,
      make(
        "div",
        { class: "plane-across" },
        left,
        make("span", { class: "plane-name", text: features === 2 ? `${name}₁` : name }),
        right,
      ),
    ),
    told,
  );
  card.hidden = false;
  // Of one example there is not much to see, and few numbers to change, which come first.
  if (examples === 1) byId("leaves").after(card);
  if (features === 2)
    [left.textContent, right.textContent, bottom.textContent, top.textContent] = [...axes[0], ...axes[1]].map((at) =>
      figure(at, 2),
    );
  else [left.textContent, right.textContent] = axes[0].map((at) => figure(at, 2));

  const looking = restingOf(look, REST_OF_PLANE, SHARE_OF_PLANE);
  let done = "";
  /** @type {import("./surface.js").Found | null} */
  let found = null;
  /** @type {Watching | null} */
  let watching = null;

  /** What the picture is of, in a word. */
  function said() {
    return graph.tensors[output].symbol;
  }

  /** What the network's results meet that has as many numbers as there are examples: their targets. */
  function targetOf() {
    const found = graph.tensors.flatMap(({ shape }, id) => {
      const isOther = id !== inputs?.id && graph.gradients[id] === undefined;
      const fits = shape.reduce((a, b) => a * b, 1) === examples;
      return isOther && fits && meetsNetwork(id) ? [id] : [];
    });
    return found.length === 1 ? found[0] : null;
  }

  /** Whether a tensor is used together with what the network has made. @param {number} id */
  function meetsNetwork(id) {
    return graph.tensors[id].edges.some((use) =>
      graph.nodes[graph.edges[use].node].inputs.some((edge) => graph.edges[edge].hasGradient),
    );
  }

  /** The middle of the targets, and how far they go from it. @returns {[number, number]} */
  function spreadOf() {
    if (target === null) return [0, 0];
    let [low, high] = [Infinity, -Infinity];
    for (const values of surface.given(target))
      for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
    return high > low ? [(low + high) / 2, (high - low) / 2] : [low, 0];
  }

  /** The output that has no colour, and how far from it colours are full. @returns {[number, number]} */
  function middleOf() {
    const isLogit = graph.chain?.tail.some((label) => label.startsWith("binary_cross_entropy_with_logits"));
    return isLogit ? [0, 4] : spread;
  }

  function refresh() {
    const now = `${model.version} ${model.batch} ${document.documentElement.dataset.theme ?? ""}`;
    if (now === done) return;
    done = now;
    looking.soon();
  }

  function look() {
    const wanted = new Map(watching?.wanted() ?? []);
    const own = wanted.get(output) ?? [];
    const places = Array.from({ length: surface.outputs }, (_, i) => i);
    wanted.set(output, [...own, ...places]);
    found = surface.look(wanted);
    const all = /** @type {Float32Array[]} */ (found.maps.get(output));
    const outputs = all.slice(own.length);
    found.maps.set(output, all.slice(0, own.length));
    if (features === 2) drawPlane(outputs);
    else drawLine(outputs);
    watching?.show(found, paintMap);
  }

  // The picture ------------------------------------------------------------------------------------------------------

  const colourOf = (/** @type {string} */ variable) => getComputedStyle(byId("page")).getPropertyValue(variable).trim();

  /** @param {number} height @returns {CanvasRenderingContext2D} */
  function contextOf(height) {
    const density = Math.min(3, window.devicePixelRatio || 1);
    large.width = SIDE_OF_PLANE * density;
    large.height = height * density;
    const context = /** @type {CanvasRenderingContext2D} */ (large.getContext("2d"));
    context.scale(density, density);
    return context;
  }

  /** Colours the points of the grid. @param {HTMLCanvasElement} canvas @param {number} wide @param {number} high @param {(point: number) => number[]} tone */
  function paint(canvas, wide, high, tone) {
    [canvas.width, canvas.height] = [wide, high];
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const image = context.createImageData(wide, high);
    for (let point = 0; point < wide * high; point++) {
      const [red, green, blue] = tone(point);
      image.data.set([red, green, blue, 255], 4 * point);
    }
    context.putImageData(image, 0, 0);
  }

  /** From the colour of what is less to that of what is more. @param {Float32Array} values @param {number} centre @param {number} full 0 for as far as they go */
  function signed(values, centre, full) {
    const [paper, plus, minus] = ["--paper", "--plus", "--minus"].map((one) => partsOf(colourOf(one)));
    let most = full;
    if (!most) for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value - centre));
    const nan = partsOf(colourOf("--nan"));
    return (/** @type {number} */ point) => {
      const value = values[point];
      if (Number.isNaN(value)) return nan;
      const share = most ? Math.max(-1, Math.min(1, (value - centre) / most)) : 0;
      return mixed(paper, share < 0 ? minus : plus, 0.85 * Math.abs(share) ** 0.8);
    };
  }

  /** Each class in its colour, as strong as it is likely. @param {Float32Array[]} scores */
  function likely(scores) {
    const paper = partsOf(colourOf("--paper"));
    const tones = CLASSES.map(partsOf);
    return (/** @type {number} */ point) => {
      const all = scores.map((one) => one[point]);
      const most = Math.max(...all);
      const powers = all.map((score) => Math.exp(score - most));
      const sum = powers.reduce((a, b) => a + b, 0);
      const best = all.indexOf(most);
      if (best < 0) return partsOf(colourOf("--nan"));
      const chance = powers[best] / sum;
      return mixed(paper, tones[best], 0.12 + (0.6 * Math.max(0, chance - 1 / all.length)) / (1 - 1 / all.length));
    };
  }

  /** @param {Float32Array[]} outputs */
  function drawPlane(outputs) {
    const { wide, high } = /** @type {import("./surface.js").Found} */ (found);
    paint(small, wide, high, isClasses ? likely(outputs) : signed(outputs[0], middle[0], middle[1]));
    const context = contextOf(SIDE_OF_PLANE);
    context.imageSmoothingEnabled = !isClasses;
    context.drawImage(small, 0, 0, SIDE_OF_PLANE, SIDE_OF_PLANE);
    if (!isClasses && (target !== null || middle[1])) drawBorder(context, outputs[0], wide, high);
    const points = surface.points();
    for (let i = 0; i < examples; i++) {
      const x = ((points[2 * i] - axes[0][0]) / (axes[0][1] - axes[0][0])) * SIDE_OF_PLANE;
      const y = SIDE_OF_PLANE - ((points[2 * i + 1] - axes[1][0]) / (axes[1][1] - axes[1][0])) * SIDE_OF_PLANE;
      dot(context, x, y, i);
    }
    large.setAttribute("aria-label", `${said()} over the plane of ${name}₁ and ${name}₂, and ${examples} examples`);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} example */
  function dot(context, x, y, example) {
    const value = target === null ? null : model.value(target)[example];
    context.beginPath();
    context.arc(x, y, examples > 200 ? 2.4 : 3.8, 0, 7);
    const signedTone = value !== null && value < spread[0] ? "--minus" : "--plus";
    context.fillStyle =
      value === null
        ? colourOf("--ink")
        : isClasses
          ? CLASSES[Math.round(value) % CLASSES.length]
          : colourOf(signedTone);
    context.fill();
    context.lineWidth = 1.2;
    context.strokeStyle = colourOf("--paper");
    context.stroke();
  }

  /** Where the output is in the middle. @param {CanvasRenderingContext2D} context @param {Float32Array} values @param {number} wide @param {number} high */
  function drawBorder(context, values, wide, high) {
    context.beginPath();
    const scale = SIDE_OF_PLANE / wide;
    for (let row = 0; row + 1 < high; row++) {
      for (let column = 0; column + 1 < wide; column++) {
        const corners = [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ];
        const levels = corners.map(([dx, dy]) => values[(row + dy) * wide + column + dx] - middle[0]);
        /** @type {number[][]} */
        const crossed = [];
        corners.forEach(([x, y], k) => {
          const [[endX, endY], from, to] = [corners[(k + 1) % 4], levels[k], levels[(k + 1) % 4]];
          if (from < 0 === to < 0) return;
          const share = from / (from - to);
          crossed.push([(column + 0.5 + x + share * (endX - x)) * scale, (row + 0.5 + y + share * (endY - y)) * scale]);
        });
        for (let k = 0; k + 1 < crossed.length; k += 2) {
          context.moveTo(crossed[k][0], crossed[k][1]);
          context.lineTo(crossed[k + 1][0], crossed[k + 1][1]);
        }
      }
    }
    context.strokeStyle = colourOf("--ink");
    context.lineWidth = 1.4;
    context.stroke();
  }

  /** The function over one input. @param {Float32Array[]} outputs */
  function drawLine(outputs) {
    const context = contextOf(HEIGHT_OF_LINE);
    const points = surface.points();
    const targets = target === null ? null : model.value(target);
    let [low, most] = [Infinity, -Infinity];
    for (const values of [...outputs, ...(targets && surface.outputs === 1 ? [targets] : [])]) {
      for (const value of values)
        if (Number.isFinite(value)) [low, most] = [Math.min(low, value), Math.max(most, value)];
    }
    if (!(most > low)) [low, most] = Number.isFinite(low) ? [low - 1, low + 1] : [-1, 1];
    const edge = 0.06 * (most - low);
    [low, most] = [low - edge, most + edge];
    [bottom.textContent, top.textContent] = [figure(low, 2), figure(most, 2)];
    const high = (/** @type {number} */ value) => HEIGHT_OF_LINE - ((value - low) / (most - low)) * HEIGHT_OF_LINE;
    context.fillStyle = colourOf("--paper");
    context.fillRect(0, 0, SIDE_OF_PLANE, HEIGHT_OF_LINE);
    if (targets && surface.outputs === 1) {
      for (let i = 0; i < examples; i++)
        dot(context, ((points[i] - axes[0][0]) / (axes[0][1] - axes[0][0])) * SIDE_OF_PLANE, high(targets[i]), i);
    }
    outputs.forEach((values, k) => {
      context.beginPath();
      values.forEach((value, i) => context.lineTo(((i + 0.5) / values.length) * SIDE_OF_PLANE, high(value)));
      context.strokeStyle = outputs.length > 1 ? CLASSES[k] : colourOf("--value");
      context.lineWidth = 2;
      context.stroke();
    });
    large.setAttribute("aria-label", `${said()} over ${name}, and ${examples} examples`);
  }

  /** One neuron's map. @param {HTMLCanvasElement} canvas @param {Float32Array} values */
  function paintMap(canvas, values) {
    const { wide, high } = /** @type {import("./surface.js").Found} */ (found);
    paint(canvas, wide, high, signed(values, 0, 0));
  }

  told.textContent = aboutOf();

  function aboutOf() {
    if (features === 1)
      return targets1()
        ? `The line is what the network says; ${examples > 1 ? "the dots are the examples" : "the dot is the example, with its target"}.`
        : "What the network says.";
    const dots =
      target === null ? "The dots are the examples." : "The dots are the examples, in the colours of their targets.";
    if (isClasses) return `Each point in the colour of the likeliest class. ${dots}`;
    return target === null && !middle[1]
      ? `Green where ${said()} is positive, purple where it is negative. ${dots}`
      : `Green where ${said()} is more than ${figure(middle[0])}, purple where it is less. ${dots}`;
  }

  function targets1() {
    return target !== null && surface.outputs === 1;
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", looking.now);
  new MutationObserver(() => refresh()).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme"],
  });

  return {
    refresh,
    /** Somebody wants maps of single neurons, too. @param {Watching} other */
    watch(other) {
      watching = other;
      done = "";
    },
    /** Something else is wanted now. */
    renew() {
      done = "";
      refresh();
    },
    isPlane: features === 2,
  };
}

/** @typedef {NonNullable<ReturnType<typeof planeOf>>} Plane */

/** Red, green and blue of a colour as style sheets write it. @param {string} text @returns {number[]} */
function partsOf(text) {
  const digits = text.replace("#", "");
  const all = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  return [0, 2, 4].map((at) => parseInt(all.slice(at, at + 2), 16));
}

/** @param {number[]} from @param {number[]} to @param {number} share */
function mixed(from, to, share) {
  return from.map((part, i) => part + (to[i] - part) * share);
}
