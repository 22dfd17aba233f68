import { pointsShown } from "./chart.js";
import { byId } from "./dom.js";
import { listenTo } from "./outside.js";
import { phaseAt } from "./timeline.js";

/**
 * A page that stands beside others in a frame: it does what the page around it asks for, and reports what it shows.
 *
 * @typedef {import("../contract.js").Order} Order
 * @typedef {import("../contract.js").Shown} Shown
 */

const LEADING_KEYS = ["ArrowLeft", "ArrowRight", "Home", "End", " "];
const PHASE_NAMES = /** @type {const} */ (["forward", "backward", "update"]);

export class Beside {
  /** @param {import("./main.js").Page} page */
  constructor(page) {
    this.page = page;
    /** How many orders it has got. */
    this.orders = 0;
    byId("page").classList.add("is-beside");
    // Keys lead all pages.
    for (const key of LEADING_KEYS) page.player.keys[key] = () => window.parent.postMessage({ edgewiseKey: key }, "*");
    listenTo(window, "message", (/** @type {MessageEvent} */ { source, data }) => {
      if (source === window.parent && data?.edgewiseOrder) this.#obey(data.edgewiseOrder);
    });
  }

  /** @param {Order} order */
  #obey(order) {
    const { page } = this;
    const { model, player, training } = page;
    this.orders += 1;
    if (order.kind === "go")
      player.go(this.#stops(PHASE_NAMES[order.phase])[order.at]?.to ?? player.last, order.animated);
    else if (order.kind === "train") training.train(order.steps);
    else if (order.kind === "reset") {
      model.reset();
      page.refresh();
    } else if (order.kind === "seek") {
      model.seek(model.points.reduce((best, { step }, i) => (step <= order.step ? i : best), 0));
      page.refresh();
    } else if (order.kind === "assign") {
      if (order.leaf === "rate") model.rate = order.value;
      else model.assign(order.leaf, [order.value]);
      model.settle();
      page.refresh();
    }
  }

  /** The stops of a phase. @param {"forward" | "backward" | "update"} phase */
  #stops(phase) {
    const { story, timeline } = this.page;
    return story.stops.filter(({ to }) => phaseAt(timeline, to) === phase);
  }

  /** Reports what is shown. */
  refresh() {
    const { page } = this;
    const { model, timeline, story, warnings } = page;
    const { points, at } = model;
    const losses = points.map(({ loss }) => loss);
    const phase = PHASE_NAMES.indexOf(phaseAt(timeline, page.step));
    const stops = PHASE_NAMES.map((one) => this.#stops(one));
    const end = warnings.all.find(({ kind }) => kind === "ends");
    /** @type {Shown} */
    const shown = {
      orders: this.orders,
      counts: stops.map(({ length }) => length),
      phase,
      at: stops[phase].indexOf(page.stop),
      steps: points[at].step,
      loss: model.loss(),
      points: pointsShown(losses, at).map((i) => ({ step: points[i].step, loss: losses[i] })),
      end: end ? { at: stops[1].indexOf(story.stopAt(end.step)), text: end.text } : null,
    };
    window.parent.postMessage({ edgewiseShown: shown }, "*");
  }
}
