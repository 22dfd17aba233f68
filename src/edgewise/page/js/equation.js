import { byId } from "./dom.js";
import { heightEstimate } from "./extent.js";
import { showsMore } from "./scrolling.js";
import { phaseAt } from "./timeline.js";

/** How large an equation may be drawn: as large as there is room for. */
const SIZES = [1, 0.92, 0.85, 0.8];
/** Where it has less room, names stand beside their numbers, and then arrays of numbers are small maps. */
const DENSITIES = ["", "is-compact", "is-compact is-tight"];
/** A formula that is too long is written so much smaller at most; a longer one is scrolled. */
const NARROWEST = 0.7;
/** What takes this many times the room at its usual size takes too much at the smallest one. */
const HOPELESS = 1.6;
/** In a window that is lower than this, it need not be as large as it may. */
const LOW = 720;
const SIZE_IN_LOW = 0.85;
/** So many steps are looked at to find the highest equations, */
const MOST_ESTIMATED = 600;
/** and so many of these are laid out to see how high the board has to be. */
const MOST_TRIED = 5;
/** An equation that seemed lower may be higher by a few pixels. */
const ALLOWANCE = 6;

/**
 * The board, which shows the equation of a step. It keeps its height from step to step, so that nothing else moves.
 *
 * @param {import("../contract.js").Graph} graph
 * @param {import("./timeline.js").Timeline} timeline
 * @param {(step: number, isTight?: boolean) => import("./equation_parts.js").Content} contentOf
 */
export function equationOf(graph, timeline, contentOf) {
  const board = byId("board");
  const equation = byId("equation");
  const more = byId("more");
  const parts = [
    showsMore(board, ""),
    showsMore(byId("moment"), ""),
    showsMore(byId("chain"), "The chain of derivatives"),
  ];

  /** Writes the equation of a step. @param {number} step @param {string} [density] */
  function fill(step, density = "") {
    const content = contentOf(step, density.includes("tight"));
    byId("moment").replaceChildren(...content.title);
    byId("remark").replaceChildren(...content.note.filter(Boolean).flatMap((part) => [part, " "]));
    byId("tiles").replaceChildren(...content.tiles.filter(Boolean));
    byId("chain").replaceChildren(...(content.chain ? [content.chain] : []));
    board.className = `${phaseAt(timeline, step)} ${density}`;
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

  /** Fills the board, and draws it as large as there is room for. @param {number} step */
  function show(step) {
    board.scrollTop = 0;
    DENSITIES.some((density, i) => {
      if (density) fill(step, density);
      const [usual, ...smaller] = SIZES;
      return (
        draw(usual) || ((i === DENSITIES.length - 1 || needed() < HOPELESS * board.clientHeight) && smaller.some(draw))
      );
    });
    for (const tile of equation.querySelectorAll(".tile")) narrow(/** @type {HTMLElement} */ (tile));
    const cut = [...equation.querySelectorAll(".tile, .rule-lines, .numbers-frame")].filter(
      (element) => element.scrollWidth > element.clientWidth + 1,
    );
    const looks = [
      ...parts,
      ...cut.map((element) => showsMore(/** @type {HTMLElement} */ (element), "More of it is at the side")),
    ];
    const shows = looks.map((look) => look());
    hint();
    for (const act of shows) act();
  }

  /** Writes a formula that is a little too long for its tile so much smaller. @param {HTMLElement} tile */
  function narrow(tile) {
    const ratio = tile.clientWidth / tile.scrollWidth;
    const maths = /** @type {NodeListOf<HTMLElement>} */ (tile.querySelectorAll("math"));
    if (ratio >= 1 || ratio < NARROWEST || tile.querySelector("table")) return;
    for (const math of maths) math.style.fontSize = `${0.96 * ratio}em`;
  }

  function hint() {
    more.hidden = board.scrollHeight - board.clientHeight - board.scrollTop <= 4;
  }

  /** The steps that seem to have the highest equations, these first. @param {number} width of the board at the usual size */
  function highest(width) {
    const { moments } = timeline;
    const estimate = heightEstimate(graph);
    const stride = Math.max(1, moments.length / MOST_ESTIMATED);
    /** @type {[step: number, height: number][]} */
    const found = [];
    for (let i = 0; i < moments.length; i += stride) {
      const step = Math.floor(i);
      found.push([step, estimate(moments[step], width)]);
    }
    return found
      .sort(([, one], [, other]) => other - one)
      .slice(0, MOST_TRIED)
      .map(([step]) => step);
  }

  /** Gives the board as much room as the steps need, as far as the picture can spare it. */
  function reserve() {
    const { style } = /** @type {HTMLElement} */ (board.parentElement);
    // First as much as there is to have: no equation needs to be measured after one that takes all of it.
    style.setProperty("--board", "100vh");
    const size = window.innerHeight < LOW ? SIZE_IN_LOW : 1;
    draw(size);
    const room = board.offsetHeight;
    // Beside the picture it has the same height anyway.
    if (board.offsetTop < byId("stage").offsetTop + byId("stage").offsetHeight) return;
    let most = 0;
    for (const step of highest(equation.getBoundingClientRect().width / size)) {
      fill(step);
      most = Math.max(most, needed() + ALLOWANCE);
      if (most >= room) return;
    }
    style.setProperty("--board", `${most}px`);
  }

  board.addEventListener("scroll", hint, { passive: true });
  more.addEventListener("click", () => {
    board.scrollBy({ top: 0.8 * board.clientHeight, behavior: "smooth" });
    board.focus({ preventScroll: true });
  });
  return { fill, show, reserve };
}
