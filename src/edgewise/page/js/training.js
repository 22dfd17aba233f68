import { drawLosses, pointUnder } from "./chart.js";
import { byId, make } from "./dom.js";
import { numberField } from "./field.js";
import { figure } from "./figures.js";
import { PACES, createRunner } from "./pace.js";

/** The card in which the network is trained. */
export class Training {
  /** @param {import("./main.js").Page} page */
  constructor(page) {
    const { model } = page;
    this.page = page;
    this.rate = numberField({
      label: "learning rate",
      ratio: true,
      single: false,
      read: () => model.rate,
      write: (value, together) => page.edit("rate", 0, value, together),
    });
    this.runner = createRunner({
      train() {
        model.train();
        return Number.isFinite(model.loss());
      },
      show: () => page.refresh(),
      turned(on) {
        byId("run").textContent = on ? "Stop" : "Run";
        byId("run").setAttribute("aria-pressed", String(on));
        // Hearing every loss while it runs would be too much.
        byId("loss").setAttribute("aria-live", on ? "off" : "polite");
        // While it runs nothing looks for what goes wrong.
        if (!on) page.refresh();
      },
    });
    this.#setUpSteps();
    this.#setUpBatches();
    this.#setUpCurve();
    byId("rate").append(this.rate.element);
    byId("rate-range").addEventListener("input", () => {
      page.edit("rate", 0, Number((10 ** Number(byId("rate-range").value)).toPrecision(2)), true);
    });
  }

  #setUpSteps() {
    const { page, runner } = this;
    byId("train1").addEventListener("click", () => this.train(1));
    byId("train10").addEventListener("click", () => this.train(10));
    byId("run").addEventListener("click", () => {
      runner.turn(!runner.isRunning());
      page.refresh();
    });
    byId("pace").append(...PACES.map(([value, text]) => make("option", { value, text })));
    byId("pace").addEventListener("change", () => {
      this.#choose(byId("pace").value);
      page.keep();
    });
  }

  #setUpBatches() {
    const { page } = this;
    const { model } = page;
    byId("batches").hidden = model.batchCount === 1;
    byId("draws").hidden = !model.draws;
    for (const [id, by] of /** @type {[string, number][]} */ ([
      ["batch-before", -1],
      ["batch-after", 1],
    ])) {
      byId(id).addEventListener("click", () => {
        model.turn(by);
        page.refresh();
      });
    }
  }

  /** Lets the pointer go along the curve of the loss. */
  #setUpCurve() {
    const losses = byId("losses");
    byId("seek").addEventListener("input", () => this.#seek(Number(byId("seek").value)));
    losses.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      losses.setPointerCapture(event.pointerId);
      const follow = (/** @type {PointerEvent} */ move) =>
        this.#seek(pointUnder(losses, move.clientX, this.page.model.points));
      follow(event);
      losses.onpointermove = follow;
      losses.onpointerup = losses.onpointercancel = () => {
        losses.onpointermove = null;
      };
    });
  }

  #stepsTaken() {
    const { steps } = this.page.model;
    return `${steps} ${steps === 1 ? "step" : "steps"}`;
  }

  refresh() {
    const { graph, model } = this.page;
    const { points, at } = model;
    drawLosses(byId("losses"), points, at);
    const seek = byId("seek");
    // As far as the curve has room, so that both are at the same place.
    seek.max = String(Math.max(10, points.length - 1));
    seek.value = String(at);
    seek.disabled = points.length < 2;
    seek.setAttribute("aria-valuetext", `${model.steps} of ${points[points.length - 1].step}`);
    const { isEarly } = this.page;
    byId("page").classList.toggle("is-early", isEarly);
    byId("loss").textContent = isEarly ? "" : `${graph.lossName} ${figure(model.loss())}`;
    byId("page").classList.toggle("is-untrained", points.length < 2);
    byId("trained").textContent = model.steps ? `${this.#stepsTaken()} taken` : "";
    byId("batch").textContent = `Batch ${model.batch + 1} of ${model.batchCount}`;
    byId("rate-range").value = String(Math.log10(model.rate || 1e-4));
    byId("rate-range").setAttribute("aria-valuetext", figure(model.rate));
    const isFinite = Number.isFinite(model.loss());
    byId("stopped").textContent = isFinite ? "" : this.#whyStopped();
    for (const id of ["train1", "train10", "run"]) byId(id).disabled = !isFinite;
    this.rate.refresh();
  }

  #whyStopped() {
    const { model } = this.page;
    const now = `The loss is ${figure(model.loss())}`;
    // No learning rate mends what was so before the first step.
    if (!model.steps || !Number.isFinite(model.points[0].loss))
      return `${model.steps ? `The loss was ${figure(model.points[0].loss)}` : now} before any step: its numbers can't be learned from.`;
    return `${now} after ${this.#stepsTaken()}, so training stops here. Go back along the loss, and try a smaller learning rate.`;
  }

  /** @param {number} steps */
  train(steps) {
    const { model } = this.page;
    for (let i = 0; i < steps && Number.isFinite(model.loss()); i++) model.train();
    this.page.refresh();
  }

  /** @param {string} pace */
  #choose(pace) {
    this.runner.choose(pace);
    byId("pace").value = this.runner.pace;
  }

  /** Goes to a point of the run. @param {number} point */
  #seek(point) {
    this.stop();
    this.page.model.seek(point);
    this.page.refresh();
  }

  stop() {
    this.runner.turn(false);
  }

  /** Whether it is being trained all the time. */
  isRunning() {
    return this.runner.isRunning();
  }

  /** What the address keeps of it. */
  kept() {
    const { pace } = this.runner;
    return { pace: pace === "full" ? "" : pace };
  }

  /** @param {{ pace?: string }} state */
  restore({ pace }) {
    this.#choose(pace ?? "");
  }
}
