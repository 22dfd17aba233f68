import { canvasOver, coloursOf, MOST_SHAPES } from "./canvas.js";
import { colouringOf, paintGroup } from "./colouring.js";
import { byId, isStill } from "./dom.js";
import { textsOf } from "./drawing.js";
import { figure } from "./figures.js";
import { minimapIn } from "./minimap.js";
import { sceneOf, thingAt, within, workAt } from "./scene.js";
import { squaresOf } from "./statistics.js";
import { viewOf } from "./view.js";

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
 * How the picture is seen: from near as shapes, which can be reached by the keyboard; from afar, where there would be
 * thousands of them, on a canvas; with a small picture of all beside it, and in the colours that the reader has chosen.
 *
 * @param {import("./main.js").Page} page
 * @param {HTMLElement} frame
 * @param {object} given
 * @param {import("./drawing.js").Drawing} given.drawing of the graph
 * @param {(scope: number) => string} given.titleOf a module
 * @param {(key: string) => void} given.open what a click on a thing does
 * @param {() => void} given.coloured is called when other colours hold
 * @param {() => import("./view.js").Subject} given.subject the picture that is shown, which may be another one
 * @param {() => number} given.usual
 * @param {(on: boolean) => void} given.overview is called before all of it is shown, and before that ends
 * @param {(isOther: boolean, part: number[]) => void} given.near writes numbers where they can be seen, and lights the shapes where more has changed
 */
export function sightOf(page, frame, { drawing, titleOf, open, coloured, subject, usual, overview, near }) {
  const { graph, model, timeline } = page;
  /** @type {import("./scene.js").Picture | null} */
  let picture = null;
  /** What was in sight when things last got shapes. @type {number[] | null} */
  let shaped = null;
  let isFar = false;
  let isStale = true;
  let chosen = "";
  /** @type {Record<string, string> | null} */
  let colours = null;

  const view = viewOf(frame, { subject, usual, overview, moved: show });
  const { canvas, draw } = canvasOver(frame, view);
  const minimap = minimapIn(frame, view);
  const colouring = colouringOf(page, {
    keys: () => scene().keys,
    keyOf: (node) => drawing.keyOf(node),
    changed: recolour,
  });
  frame.after(canvas, minimap.element);

  const isGraph = () => subject().element === drawing.svg;

  function scene() {
    picture ??= sceneOf(drawing.arrangement, graph, timeline, drawing.keyOf);
    return picture;
  }

  /** @returns {import("./canvas.js").Look} */
  function look() {
    const { step } = page;
    return {
      step,
      chosen,
      work: workAt(graph, timeline.moments[step], drawing.shownAs),
      levelOf: colouring.levelOf,
      palette: colouring.measure ? colouring.palette : [],
      linesOn,
      titleOf,
    };
  }

  /** Shows what is in sight. */
  function show() {
    if (!isGraph()) {
      canvas.hidden = true;
      minimap.hide();
      return;
    }
    const all = scene();
    const part = view.seen();
    if (all.count > MOST_TINY) {
      const count = within(all.boxes, part, new Uint32Array(all.count));
      // It goes back a little later than it came, so that it doesn't go to and fro.
      const ease = isFar ? 1.1 : 1;
      isFar = ease * count > MOST_SHAPES || (view.scale < ease * TINY && ease * count > MOST_TINY);
    } else isFar = false;
    canvas.hidden = !isFar;
    drawing.svg.classList.toggle("is-far", isFar);
    drawing.svg.classList.toggle("is-tiny", view.scale < TINY);
    colours ??= coloursOf(byId("page"));
    const now = look();
    // It measures the page, and what follows changes it.
    minimap.draw(all, now, colours, isStale);
    if (isFar) shaped = null;
    if (isFar) draw(all, now, colours, isStale);
    else {
      const isNew = leaves(part) && drawing.see(part);
      if (isNew) dress();
      near(isStale || isNew, part);
    }
    isStale = false;
  }

  /** Whether what is in sight may be beyond what has shapes already. @param {number[]} part */
  function leaves(part) {
    const isWithin =
      shaped &&
      part.every((at, i) =>
        i < 2 ? at > /** @type {number[]} */ (shaped)[i] - LEEWAY : at < /** @type {number[]} */ (shaped)[i] + LEEWAY,
      );
    if (!isWithin) shaped = part;
    return !isWithin;
  }

  function refresh() {
    isStale = true;
    colouring.refresh();
    show();
  }

  function recolour() {
    isStale = true;
    coloured();
    if (!isFar) recolourShapes();
    show();
  }

  /** What new shapes are given. */
  function dress() {
    recolourShapes();
    for (const { backward, box } of drawing.lines)
      backward?.classList.toggle("is-long", box[2] - box[0] + box[3] - box[1] > LONGEST_DASHED);
  }

  function recolourShapes() {
    for (const [key, group] of drawing.groups) {
      const level = colouring.measure ? colouring.levelOf(key) : -1;
      paintGroup(group, level < 0 ? null : colouring.palette[level]);
    }
  }

  // What is written from afar ------------------------------------------------------------------------------------

  /** @param {ArrayLike<number> | undefined} values @param {string} dtype */
  function told(values, dtype) {
    if (!values) return "";
    return values.length === 1 ? textsOf(values, dtype)[0] : `‖·‖ ${figure(Math.sqrt(squaresOf(values)))}`;
  }

  /** @param {string} key */
  function linesOn(key) {
    const [kind, text] = key.split(" ");
    const id = Number(text);
    if (kind === "node") return [graph.nodes[id].label];
    if (kind === "module") return [titleOf(id)];
    if (kind === "edge") {
      const { tensor } = graph.edges[id];
      return [
        (timeline.contributionAt[id] ?? Infinity) <= page.step
          ? told(model.contribution(id), graph.tensors[tensor].dtype)
          : "",
      ];
    }
    const { symbol, dtype } = graph.tensors[id];
    return [
      symbol,
      timeline.valueAt[id] <= page.step ? told(model.value(id), dtype) : "",
      (timeline.gradientAt[id] ?? Infinity) <= page.step ? told(model.gradient(id), dtype) : "",
    ];
  }

  // The pointer --------------------------------------------------------------------------------------------------

  /** The thing under the pointer. @param {MouseEvent} event */
  function keyUnder(event) {
    if (!isGraph()) return null;
    if (!isFar) {
      const group = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("g[data-kind]"));
      return group ? `${group.dataset.kind} ${group.dataset.id}` : null;
    }
    const box = frame.getBoundingClientRect();
    const { x, y } = view.origin();
    const [across, down] = [event.clientX - box.left - x, event.clientY - box.top - y].map((at) => at / view.scale);
    const place = thingAt(scene(), across, down, REACH / view.scale);
    return place < 0 ? null : scene().keys[place];
  }

  frame.addEventListener("pointermove", (event) => {
    const key = keyUnder(event);
    colouring.point(key);
    frame.classList.toggle("is-over", isFar && key !== null);
    const title = isFar && key ? linesOn(key).filter(Boolean).join("  ") : "";
    if (frame.title !== title) frame.title = title;
  });
  frame.addEventListener("pointerleave", () => colouring.point(null));
  frame.addEventListener("click", (event) => {
    if (!isFar || frame.classList.contains("is-dragged")) return;
    const key = keyUnder(event);
    if (key) open(key);
  });

  const otherColours = () => {
    colours = null;
    isStale = true;
    show();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", otherColours);
  new MutationObserver(otherColours).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme"],
  });

  byId("closer").addEventListener("click", view.closer);
  byId("farther").addEventListener("click", view.farther);

  return {
    view,
    colouring,
    refresh,
    show,
    /** Something else has given things shapes. */
    dress() {
      shaped = null;
      dress();
    },
    /** Another drawing is shown, or the same has changed. */
    renew() {
      picture = null;
      shaped = null;
      isStale = true;
      colouring.renew();
    },
    /** @param {string} key */
    mark(key) {
      chosen = key;
      isStale = true;
      if (isGraph()) show();
    },
    /** Brings what is at work into sight, where the picture is larger than its frame: at least what something arrives at. @param {boolean} glides */
    reveal(glides) {
      if (!isGraph() || !view.exceeds(1.001)) return;
      const { boxes, places } = scene();
      const [left, top, right, bottom] = view.seen();
      const { kind, things } = workAt(graph, timeline.moments[page.step], drawing.shownAs);
      const [operation, ...others] = things.filter((key) => places.has(key));
      if (!operation) return;
      /** @type {number[] | null} */
      let all = null;
      for (const key of kind === "backward"
        ? [...others.reverse(), operation]
        : [...others.slice(0, 1), operation, ...others.slice(1)]) {
        const at = 4 * /** @type {number} */ (places.get(key));
        const box = boxes.subarray(at, at + 4);
        const both = /** @type {number[]} */ (
          [Math.min, Math.min, Math.max, Math.max].map((most, i) => (all ? most(all[i], box[i]) : box[i]))
        );
        if (!all || (both[2] - both[0] <= right - left - 2 * EDGE && both[3] - both[1] <= bottom - top - 2 * EDGE))
          all = both;
      }
      if (all) view.reveal(all, glides && !isStill());
    },
  };
}
