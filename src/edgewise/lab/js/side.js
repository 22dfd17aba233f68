import { make, makeSvg } from "../../page/js/dom.js";
import { drawLosses } from "../../page/js/chart.js";
import { figure } from "../../page/js/figures.js";

/**
 * One of the networks: its frame, its loss, and what its page reports.
 *
 * @typedef {import("../../page/contract.js").Shown} Shown
 * @typedef {import("../../page/contract.js").Order} Order
 */
export class Side {
  /**
   * @param {import("../contract.js").LabData} data
   * @param {number} index
   * @param {(side: Side) => void} changed
   */
  constructor({ sides, common, trains }, index, changed) {
    const { name, about, parts } = sides[index];
    this.changed = changed;
    /** What the frame reported last. @type {Shown | null} */
    this.shown = null;
    /** How many orders it was given. */
    this.orders = 0;
    /** Whether it may say where its gradient ends. */
    this.isRevealed = false;
    this.loss = make("output", { class: "loss" });
    this.curve = makeSvg("svg", {
      class: "curve",
      role: "img",
      "aria-label": `The loss of ${name} at each training step`,
    });
    this.end = make("p", { class: "end", role: "status" });
    const srcdoc = parts.map((part) => (typeof part === "number" ? common[part] : part)).join("");
    this.frame = make("iframe", { title: name, srcdoc });
    this.element = make(
      "section",
      { class: "side card", "aria-label": name },
      make(
        "header",
        {},
        make("div", {}, make("h2", { text: name }), make("p", { class: "quiet", text: about })),
        trains && this.loss,
        trains && this.curve,
      ),
      this.end,
      this.frame,
    );
  }

  /** @param {MessageEventSource | null} source */
  isFrom(source) {
    return source === this.frame.contentWindow;
  }

  /** @param {{ edgewiseReady?: boolean, edgewiseShown?: Shown }} message */
  hear({ edgewiseReady, edgewiseShown }) {
    const { theme } = document.documentElement.dataset;
    if (edgewiseReady && theme) this.setTheme(theme);
    if (!edgewiseShown) return;
    this.shown = edgewiseShown;
    this.changed(this);
  }

  /** @param {Order} order */
  ask(order) {
    this.orders += 1;
    this.frame.contentWindow?.postMessage({ edgewiseOrder: order }, "*");
  }

  /** @param {string} theme */
  setTheme(theme) {
    this.frame.contentWindow?.postMessage({ edgewiseTheme: theme }, "*");
  }

  /** Shows its loss on the scale of all. @param {number} most of the steps that any was trained @param {number} highest loss of any */
  refresh(most, highest) {
    const { shown } = this;
    if (!shown) return;
    this.loss.textContent = `loss ${figure(shown.loss)} after ${shown.steps} ${shown.steps === 1 ? "step" : "steps"}`;
    const at = shown.points.findIndex(({ step }) => step >= shown.steps);
    drawLosses(this.curve, shown.points, Math.max(0, at), { most, highest });
    this.end.textContent = this.isRevealed && shown.end ? shown.end.text : "";
  }
}
