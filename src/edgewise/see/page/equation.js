import { byId } from "./dom.js";
import { showsMore } from "./scrolling.js";
import { phaseAt } from "./timeline.js";

/** How large an equation may be drawn: as large as there is room for. */
const SIZES = [1, 0.92, 0.85, 0.8];
/** In a window that is lower than this, it need not be as large as it may. */
const LOW = 720;
const SIZE_IN_LOW = 0.85;
/** Of each kind of step so many are tried to see how high the board has to be. */
const MOST_TRIED = 8;

/**
 * The board, which shows the equation of a step. It keeps its height from step to step, so that nothing else moves.
 *
 * @param {import("./timeline.js").Timeline} timeline
 * @param {(step: number) => ReturnType<typeof import("./board.js").boardAt>} contentOf
 */
export function equationOf(timeline, contentOf) {
  const board = byId("board");
  const equation = byId("equation");
  const more = byId("more");
  const isMoreBelow = showsMore(board, "");
  const fades = [showsMore(byId("moment"), ""), showsMore(byId("chain"), "The chain of derivatives")];

  /** @param {number} step */
  function fill(step) {
    const content = contentOf(step);
    byId("moment").replaceChildren(...content.title);
    byId("remark").replaceChildren(...content.note.filter(Boolean).flatMap((part) => [part, " "]));
    byId("tiles").replaceChildren(...content.tiles.filter(Boolean));
    byId("chain").replaceChildren(...(content.chain ? [content.chain] : []));
    board.className = phaseAt(timeline, step);
    return content;
  }

  /** How high the board would have to be. */
  function needed() {
    const { paddingBottom } = getComputedStyle(board);
    const [outer, inner] = [board, equation].map((element) => element.getBoundingClientRect());
    return Math.ceil(inner.bottom - outer.top + board.scrollTop + parseFloat(paddingBottom)) + 2;
  }

  /** @param {number} size */
  function draw(size) {
    equation.style.zoom = String(size);
    return needed() <= board.clientHeight + 2;
  }

  /** Shows a step. @param {number} step */
  function show(step) {
    const content = fill(step);
    board.scrollTop = 0;
    SIZES.some(draw);
    for (const element of equation.querySelectorAll(".tile, .rule-lines, .numbers-frame")) {
      if (element.scrollWidth > element.clientWidth + 1) showsMore(element, "More of it is at the side");
    }
    for (const refresh of fades) refresh();
    hint();
    return content;
  }

  function hint() {
    more.hidden = true;
    more.hidden = !isMoreBelow();
  }

  /** Gives the board as much room as the steps need, as far as the picture can spare it. */
  function reserve() {
    /** @type {Map<string, number[]>} */
    const kinds = new Map();
    timeline.moments.forEach(({ kind }, step) => {
      if (!kinds.has(kind)) kinds.set(kind, []);
      kinds.get(kind)?.push(step);
    });
    draw(window.innerHeight < LOW ? SIZE_IN_LOW : 1);
    let most = 0;
    for (const steps of kinds.values()) {
      const stride = Math.max(1, steps.length / MOST_TRIED);
      for (let i = 0; i < steps.length; i += stride) {
        fill(steps[Math.floor(i)]);
        most = Math.max(most, needed());
      }
    }
    byId("page").style.setProperty("--board", `${most}px`);
  }

  board.addEventListener("scroll", hint, { passive: true });
  more.addEventListener("click", () => {
    board.scrollBy({ top: 0.8 * board.clientHeight, behavior: "smooth" });
    board.focus({ preventScroll: true });
  });
  return { show, reserve };
}
