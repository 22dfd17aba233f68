import { byId, showsMore } from "./dom.js";
import { heightEstimate } from "./extent.js";
import { SEEN } from "./modules.js";
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
/** and so many of these are laid out to see how high the panel has to be. */
const MOST_TRIED = 5;
/** An equation that seemed lower may be higher by a few pixels. */
const ALLOWANCE = 6;

/** @typedef {import("./story.js").Stop} Stop */

/** The panel that shows the equation of a step. It keeps its height from step to step, so that nothing else moves. */
export class EquationPanel {
  /**
   * @param {import("../contract.js").Graph} graph
   * @param {import("./timeline.js").Timeline} timeline
   * @param {(stop: Stop, isTight?: boolean) => import("./equation_parts.js").Content} contentOf
   */
  constructor(graph, timeline, contentOf) {
    this.graph = graph;
    this.timeline = timeline;
    this.contentOf = contentOf;
    /** The sizes of a larger equation, while there is one. @type {number[] | null} */
    this.sizes = null;
    this.element = byId("equation-panel");
    this.equation = byId("equation");
    this.more = byId("more");
    this.looks = [
      showsMore(this.element, ""),
      showsMore(byId("moment"), ""),
      showsMore(byId("chain"), "The chain of derivatives"),
      showsMore(byId("elements"), "One element"),
    ];
    this.element.addEventListener("scroll", () => this.#hint(), { passive: true });
    this.more.addEventListener("click", () => {
      this.element.scrollBy({ top: 0.8 * this.element.clientHeight, behavior: "smooth" });
      this.element.focus({ preventScroll: true });
    });
  }

  /** Writes the equation of a step. @param {Stop} stop @param {string} [density] */
  fill(stop, density = "") {
    const content = this.contentOf(stop, density.includes("tight"));
    byId("moment").replaceChildren(...content.title);
    byId("remark").replaceChildren(...content.note.filter(Boolean).flatMap((part) => [part, " "]));
    byId("sentence").textContent = content.sentence ?? "";
    byId("tiles").replaceChildren(...content.tiles.filter(Boolean));
    byId("chain").replaceChildren(...(content.chain ? [content.chain] : []));
    byId("elements").replaceChildren(...(content.elements ? [content.elements] : []));
    this.element.className = `${phaseAt(this.timeline, stop.to)} ${density}`;
    return content;
  }

  /** How high the panel would have to be. */
  #needed() {
    const { element, equation } = this;
    const { paddingBottom } = getComputedStyle(element);
    const [outer, inner] = [element, equation].map((one) => one.getBoundingClientRect());
    return Math.ceil(inner.bottom - outer.top + element.scrollTop + parseFloat(paddingBottom)) + 2;
  }

  /** Draws the equation at a size: whether it fits. @param {number} size */
  #draw(size) {
    this.equation.style.zoom = String(size);
    return this.#needed() <= this.element.clientHeight + 2;
  }

  /** Fills the panel, and draws it as large as there is room for. @param {Stop} stop */
  show(stop) {
    const { element, equation } = this;
    element.scrollTop = 0;
    DENSITIES.some((density, i) => {
      if (density) this.fill(stop, density);
      const [usual, ...smaller] = this.sizes ?? SIZES;
      if (this.#draw(usual)) return true;
      const isLast = i === DENSITIES.length - 1;
      return (isLast || this.#needed() < HOPELESS * element.clientHeight) && smaller.some((size) => this.#draw(size));
    });
    for (const tile of equation.querySelectorAll(".tile")) narrow(tile);
    const cut = [...equation.querySelectorAll(".tile, .rule-lines, .numbers-frame")].filter(
      (one) => one.scrollWidth > one.clientWidth + 1,
    );
    const looks = [...this.looks, ...cut.map((one) => showsMore(one, "More of it is at the side"))];
    const shows = looks.map((look) => look());
    this.#hint();
    for (const act of shows) act();
  }

  /** Says whether more of it is below. */
  #hint() {
    const { scrollHeight, clientHeight, scrollTop } = this.element;
    this.more.hidden = scrollHeight - clientHeight - scrollTop <= 4;
  }

  /** The steps that seem to have the highest equations, these first: of those inside closed modules, too. @param {import("./story.js").Story} story @param {number} width of the panel at the usual size @returns {Stop[]} */
  #highest({ stops }, width) {
    const { moments } = this.timeline;
    const estimate = heightEstimate(this.graph);
    const stride = Math.max(1, moments.length / MOST_ESTIMATED);
    /** @type {[stop: Stop, height: number][]} */
    const found = [];
    for (let i = 0; i < moments.length; i += stride) {
      const at = Math.floor(i);
      found.push([{ from: at, to: at, scope: SEEN, moment: moments[at] }, estimate(moments[at], width)]);
    }
    const passages = stops.filter(({ moment }) => moment.kind === "module").slice(0, MOST_ESTIMATED);
    for (const stop of passages) found.push([stop, estimate(stop.moment, width)]);
    return found
      .sort(([, one], [, other]) => other - one)
      .slice(0, MOST_TRIED)
      .map(([stop]) => stop);
  }

  /** Gives the panel as much room as the steps need, as far as the picture can spare it. @param {import("./story.js").Story} story */
  reserve(story) {
    const { element, equation } = this;
    const { style } = /** @type {HTMLElement} */ (element.parentElement);
    // First as much as there is to have: no equation needs to be measured after one that takes all of it.
    style.setProperty("--equation-height", "100vh");
    const size = this.sizes?.[0] ?? (window.innerHeight < LOW ? SIZE_IN_LOW : 1);
    this.#draw(size);
    const room = element.offsetHeight;
    // Beside the picture it has the same height anyway.
    if (element.offsetTop < byId("picture-area").offsetTop + byId("picture-area").offsetHeight) return;
    let most = 0;
    for (const stop of this.#highest(story, equation.getBoundingClientRect().width / size)) {
      this.fill(stop);
      most = Math.max(most, this.#needed() + ALLOWANCE);
      if (most >= room) return;
    }
    style.setProperty("--equation-height", `${most}px`);
  }
}

/** Writes a formula that is a little too long for its tile so much smaller. @param {HTMLElement} tile */
function narrow(tile) {
  const ratio = tile.clientWidth / tile.scrollWidth;
  if (ratio >= 1 || ratio < NARROWEST || tile.querySelector("table")) return;
  for (const math of /** @type {NodeListOf<HTMLElement>} */ (tile.querySelectorAll("math")))
    math.style.fontSize = `${0.96 * ratio}em`;
}
