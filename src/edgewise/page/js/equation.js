import { byId, make, showsMore } from "./dom.js";
import { HeightEstimate } from "./extent.js";
import { SEEN } from "./modules.js";
import { resizeArrays } from "./tiles.js";
import { phaseAt } from "./timeline.js";

/** How large an equation may be drawn: as large as there is room for. */
const SIZES = [1, 0.92, 0.85, 0.8];
/**
 * How an equation is drawn: its class, and the room for each array in it.
 *
 * @typedef {{ name: string, room: import("./tiles.js").Room }} Density
 */

/**
 * How an equation was drawn: the size of its letters, and which parts it had.
 *
 * @typedef {{ density: Density, size: number, parts: string }} Drawn
 */

/** @type {Density} */
const USUAL = { name: "", room: { cells: 5, width: 150, height: 84 } };
/** Where it does not fit so, maps become smaller before letters do. @type {Density} */
const SMALLER_MAPS = { name: "", room: { cells: 5, width: 110, height: 52 } };
/** Where arrays have more room, the most first. @type {Density[]} */
const ROOMY = [
  { name: "is-roomy", room: { cells: 8, width: 340, height: 210 } },
  { name: "is-roomy", room: { cells: 8, width: 240, height: 150 } },
  { name: "is-roomy", room: { cells: 6, width: 190, height: 112 } },
];
/** There, numbers are at least so many times as large; */
const ROOMY_LETTERS = 1.15;
/** and a map of few elements, or of many for its room, does not become so many times as large. */
const MOST_GROWTH = 4;
/** Where it has less room, arrays are maps, and then names stand beside them, and then they are small. @type {Density[]} */
const DENSE = [
  { name: "", room: { cells: 3, width: 130, height: 72 } },
  { name: "is-compact", room: { cells: 5, width: 150, height: 80 } },
  { name: "is-compact", room: { cells: 5, width: 116, height: 58 } },
  { name: "is-compact is-tight", room: { cells: 2, width: 130, height: 72 } },
  { name: "is-compact is-tight", room: { cells: 2, width: 100, height: 44 } },
];
/** Likewise where there are no arrays. */
const ONLY_LETTERS = [USUAL, DENSE[1], DENSE[3]];
/** So it may be drawn for the sake of the words about axes. */
const WITH_AXES = [SMALLER_MAPS, DENSE[1], DENSE[2]];
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
   * @param {(stop: Stop, room: import("./tiles.js").Room) => import("./equation_parts.js").Content} contentOf
   */
  constructor(graph, timeline, contentOf) {
    this.graph = graph;
    this.timeline = timeline;
    this.contentOf = contentOf;
    /** The sizes of a larger equation, while there is one. @type {number[] | null} */
    this.sizes = null;
    /** How steps were drawn since the panel got its size, by which they are drawn again. @type {Map<string, Drawn>} */
    this.known = new Map();
    /** @type {Drawn} */
    this.drawn = { density: USUAL, size: 1, parts: "" };
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

  /** Writes the equation of a step, at first as it was drawn before. @param {Stop} stop @param {Density} [density] */
  fill(stop, density = this.known.get(stepKey(stop))?.density ?? USUAL) {
    const content = this.contentOf(stop, density.room);
    byId("moment").replaceChildren(...content.title);
    byId("remark").replaceChildren(...content.note.filter(Boolean).flatMap((part) => [part, " "]));
    byId("sentence").textContent = content.sentence ?? "";
    byId("axes").textContent = content.axes ?? "";
    byId("tiles").replaceChildren(...withSigns(content.tiles.filter((part) => part instanceof HTMLElement)));
    byId("chain").replaceChildren(...(content.chain ? [content.chain] : []));
    byId("elements").replaceChildren(...(content.elements ? [content.elements] : []));
    this.#setClass(stop, density);
    this.drawn.parts = partsOfContent(content);
    return content;
  }

  /** @param {Stop} stop @param {Density} density */
  #setClass(stop, density) {
    this.drawn.density = density;
    this.element.className = `${phaseAt(this.timeline, stop.to)} ${density.name}`;
  }

  /** Draws the equation that the panel has in another density. @param {Stop} stop @param {Density} density */
  #change(stop, density) {
    if (resizeArrays(this.equation, density.room)) this.#setClass(stop, density);
    else this.fill(stop, density);
  }

  /** How high the panel would have to be, without or with the words about axes, to which one can scroll. */
  #needed(withAxes = false) {
    const { element, equation } = this;
    const { paddingBottom } = getComputedStyle(element);
    const last = withAxes && byId("axes").textContent ? byId("axes") : equation;
    const [outer, inner] = [element, last].map((one) => one.getBoundingClientRect());
    return Math.ceil(inner.bottom - outer.top + element.scrollTop + parseFloat(paddingBottom)) + 2;
  }

  /** Draws the equation at a size: whether it fits. @param {number} size */
  #draw(size) {
    this.drawn.size = size;
    this.equation.style.zoom = String(size);
    return this.#needed() <= this.element.clientHeight + 2;
  }

  /** Draws the equation in the first density in which it fits, and so much smaller that it does. @param {Stop} stop @param {Density[]} densities */
  #condense(stop, densities) {
    densities.some((density, i) => {
      if (this.#fits(stop, density)) return true;
      const isLast = i === densities.length - 1;
      // Of arrays, maps that can be read come before numbers that can't.
      const mayShrink = density.name || !this.#hasArrays();
      const isNear = this.#needed() < HOPELESS * this.element.clientHeight;
      return (isLast || (mayShrink && isNear)) && this.#sizes().some((size) => size < 1 && this.#draw(size));
    });
  }

  /** Whether the equation fits in another density, in which it is drawn. @param {Stop} stop @param {Density} density @param {number} [size] */
  #fits(stop, density, size = 1) {
    this.#change(stop, density);
    return this.#draw(size);
  }

  #sizes() {
    return this.sizes ?? SIZES;
  }

  /** Whether the words about axes are in sight, too. */
  #showsAxes() {
    return this.#needed(true) <= this.element.clientHeight + 2;
  }

  #hasArrays() {
    return this.equation.querySelector(".numbers, .map") !== null;
  }

  /** Draws the arrays of an equation that fits as large as there is room for. @param {Stop} stop @param {number} size of the equation */
  #enlarge(stop, size) {
    const { equation, element } = this;
    const views = /** @type {HTMLElement[]} */ ([...equation.querySelectorAll(".numbers, .map")]);
    if (!views.length) return;
    const ends = () => {
      const boxes = [...equation.querySelectorAll(".tile")].map((tile) => tile.getBoundingClientRect());
      const isOneRow = Math.max(...boxes.map(({ top }) => top)) - Math.min(...boxes.map(({ top }) => top)) < 8;
      return { isOneRow, right: Math.max(...boxes.map(({ right }) => right)) };
    };
    const before = ends();
    const sizes = views.map(({ offsetWidth, offsetHeight }) => [offsetWidth, offsetHeight]);
    const showsAxes = this.#showsAxes();
    const spareHeight = element.clientHeight + 2 - this.#needed(showsAxes);
    const spareWidth = before.isOneRow ? equation.getBoundingClientRect().right - before.right : Infinity;
    // What can't fit is not laid out.
    const promises = ROOMY.filter((density) => {
      const growth = views.map((view, i) => growthOf(view, sizes[i], density));
      const width = growth.reduce((sum, [wide]) => sum + wide, 0);
      return width <= spareWidth && Math.max(...growth.map(([, high]) => high)) <= spareHeight;
    });
    const fits = promises.some((density) => {
      if (!this.#fits(stop, density, size) || (before.isOneRow && !ends().isOneRow)) return false;
      return !showsAxes || this.#showsAxes();
    });
    if (!fits && promises.length) this.#fits(stop, USUAL, size);
  }

  /** Draws the equation as it was drawn before: whether that was so, and it still fits. @param {Stop} stop */
  #again(stop) {
    const known = this.known.get(stepKey(stop));
    if (known && known.parts === this.drawn.parts && known.density === this.drawn.density && this.#draw(known.size))
      return true;
    if (this.drawn.density !== USUAL) this.fill(stop, USUAL);
    return false;
  }

  /** Draws the equation as large as there is room for. @param {Stop} stop */
  #fit(stop) {
    const size = this.#sizes().find((one) => one >= 1 && this.#draw(one));
    if (size) this.#enlarge(stop, size);
    else if (!this.#hasArrays()) this.#condense(stop, ONLY_LETTERS);
    else if (!this.#fits(stop, SMALLER_MAPS) && !this.#draw(SIZES[1]) && !this.#keepsNumbers(stop))
      this.#condense(stop, DENSE);
    this.#makeRoomForAxes(stop);
    this.known.set(stepKey(stop), { ...this.drawn });
  }

  /** Whether an equation that has numbers fits with its names beside them: that comes before maps instead. @param {Stop} stop */
  #keepsNumbers(stop) {
    return this.equation.querySelector(".numbers") !== null && this.#fits(stop, DENSE[1]);
  }

  /** Draws the arrays of an equation smaller, if then the words about its axes fit, too. @param {Stop} stop */
  #makeRoomForAxes(stop) {
    const { density, size } = this.drawn;
    if (this.#showsAxes() || !this.#hasArrays()) return;
    if (WITH_AXES.some((one) => this.#fits(stop, one, size) && this.#showsAxes())) return;
    this.#change(stop, density);
    this.#draw(size);
  }

  /** Fills the panel, and draws it as large as there is room for. @param {Stop} stop */
  show(stop) {
    const { element, equation } = this;
    element.scrollTop = 0;
    if (!this.#again(stop)) this.#fit(stop);
    narrow([...equation.querySelectorAll(".tile")]);
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
    const estimate = new HeightEstimate(this.graph);
    const stride = Math.max(1, moments.length / MOST_ESTIMATED);
    /** @type {[stop: Stop, height: number][]} */
    const found = [];
    for (let i = 0; i < moments.length; i += stride) {
      const at = Math.floor(i);
      found.push([{ from: at, to: at, scope: SEEN, moment: moments[at] }, estimate.of(moments[at], width)]);
    }
    const passages = stops.filter(({ moment }) => moment.kind === "module").slice(0, MOST_ESTIMATED);
    for (const stop of passages) found.push([stop, estimate.of(stop.moment, width)]);
    return found
      .sort(([, one], [, other]) => other - one)
      .slice(0, MOST_TRIED)
      .map(([stop]) => stop);
  }

  /** Gives the panel as much room as the steps need, as far as the picture can spare it. @param {import("./story.js").Story} story */
  reserve(story) {
    const { element, equation } = this;
    const picture = byId("picture-area");
    this.known.clear();
    // First as much as there is to have: no equation needs to be measured after one that takes all of it.
    this.#reserve("100vh");
    const size = this.sizes?.[0] ?? (window.innerHeight < LOW ? SIZE_IN_LOW : 1);
    this.#draw(size);
    const room = element.offsetHeight;
    // Beside the picture it has the same height anyway.
    if (element.offsetTop === picture.offsetTop && room === picture.offsetHeight) return;
    let most = 0;
    const [, , density] = ROOMY;
    for (const stop of this.#highest(story, equation.getBoundingClientRect().width / size)) {
      this.fill(stop, density);
      most = Math.max(most, this.#needed(true) + ALLOWANCE);
      if (most >= room) return;
    }
    this.#reserve(`${most}px`);
  }

  /** Says how high the panel is to be, to what it stands in: below the picture, and above the cards. @param {string} height */
  #reserve(height) {
    const main = /** @type {HTMLElement} */ (this.element.parentElement);
    for (const { style } of [main, byId("page")]) style.setProperty("--equation-height", height);
  }
}

/** How much wider and higher an array becomes, at least. @param {HTMLElement} view @param {number[]} size @param {Density} density */
function growthOf(view, [width, height], { room }) {
  const isMap = view.localName === "canvas";
  const factor = isMap ? Math.min(room.width / width, room.height / height) : ROOMY_LETTERS;
  return isMap && factor > MOST_GROWTH ? [0, 0] : [(factor - 1) * width, (factor - 1) * height];
}

/** The parts of an equation, each sign on one line with what follows it. @param {HTMLElement[]} parts */
function withSigns(parts) {
  /** @type {HTMLElement[]} */
  const found = [];
  for (const part of parts) {
    const sign = found[found.length - 1];
    if (sign?.classList.contains("sign")) found[found.length - 1] = make("div", { class: "term" }, sign, part);
    else found.push(part);
  }
  return found;
}

/** Writes formulas that are a little too long for their tiles so much smaller. @param {Element[]} tiles */
function narrow(tiles) {
  // All are measured before one changes, so that the page is laid out once.
  const ratios = tiles.map(({ clientWidth, scrollWidth }) => clientWidth / scrollWidth);
  tiles.forEach((tile, i) => {
    if (ratios[i] >= 1 || ratios[i] < NARROWEST || tile.querySelector("table")) return;
    for (const math of /** @type {NodeListOf<HTMLElement>} */ (tile.querySelectorAll("math")))
      math.style.fontSize = `${0.96 * ratios[i]}em`;
  });
}

/** @param {Stop} stop */
function stepKey({ from, to, scope }) {
  return `${from} ${to} ${scope}`;
}

/** Which parts an equation has: with others it may need another size. @param {import("./equation_parts.js").Content} content */
function partsOfContent({ title, note, sentence, tiles, chain, elements, axes }) {
  const counts = [
    title.length,
    note.filter(Boolean).length,
    tiles.filter((part) => part instanceof HTMLElement).length,
  ];
  return [...counts, Boolean(sentence), Boolean(chain), Boolean(elements), Boolean(axes)].join(" ");
}
