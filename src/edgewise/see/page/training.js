import { drawLosses, pointUnder } from "./chart.js";
import { byId } from "./dom.js";
import { numberField } from "./field.js";
import { figure } from "./figures.js";

/**
 * The card in which the network is trained.
 *
 * @param {import("./main.js").Page} page
 */
export function trainingOf(page) {
  const { graph, model } = page;
  let training = false;

  function refresh() {
    const { points, at, stride } = model;
    drawLosses(byId("losses"), points, at, stride);
    const seek = byId("seek");
    seek.max = String(points.length - 1);
    seek.value = String(at);
    seek.disabled = points.length < 2;
    byId("loss").textContent = `${graph.lossName} ${figure(model.loss())}`;
    byId("page").classList.toggle("is-untrained", points.length < 2);
    byId("trained").textContent = at ? `${at * stride} ${at * stride === 1 ? "step" : "steps"} taken` : "";
    byId("batch").textContent = `Batch ${model.batch + 1} of ${model.batchCount}`;
    byId("rate-range").value = String(Math.log10(model.rate || 1e-4));
    byId("rate-range").setAttribute("aria-valuetext", figure(model.rate));
    byId("stopped").textContent = Number.isFinite(model.loss()) ? "" : whyStopped();
    rate.refresh();
  }

  function whyStopped() {
    const { at, stride } = model;
    const now = `The loss is ${figure(model.loss())}`;
    if (!at) return `${now} before any step: its numbers can't be learned from.`;
    const steps = `${at * stride} ${at * stride === 1 ? "step" : "steps"}`;
    return `${now} after ${steps}, so training stops here. Go back along the loss, and try a smaller learning rate.`;
  }

  /** @param {number} steps */
  function train(steps) {
    for (let i = 0; i < steps; i++) model.train();
    page.refresh();
  }

  /** @param {boolean} on */
  function runOn(on) {
    training = on;
    byId("run").textContent = on ? "Stop" : "Run";
    byId("run").setAttribute("aria-pressed", String(on));
    const frame = () => {
      if (!training) return;
      train(1);
      if (Number.isFinite(model.loss())) requestAnimationFrame(frame);
      else runOn(false);
    };
    if (on) requestAnimationFrame(frame);
  }

  /** @param {number} point */
  function seek(point) {
    runOn(false);
    model.seek(point);
    page.refresh();
  }

  function setUpCurve() {
    const losses = byId("losses");
    losses.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      losses.setPointerCapture(event.pointerId);
      const follow = (/** @type {PointerEvent} */ move) => seek(pointUnder(losses, move.clientX, model.points.length));
      follow(event);
      losses.onpointermove = follow;
      losses.onpointerup = losses.onpointercancel = () => {
        losses.onpointermove = null;
      };
    });
  }

  const rate = numberField({
    label: "learning rate",
    ratio: true,
    single: false,
    read: () => model.rate,
    write: (value, together) => page.edit("rate", 0, value, together),
  });
  byId("rate").append(rate.element);
  setUpCurve();
  byId("train1").addEventListener("click", () => train(1));
  byId("train10").addEventListener("click", () => train(10));
  byId("run").addEventListener("click", () => {
    runOn(!training);
    page.refresh();
  });
  byId("batches").hidden = model.batchCount === 1;
  byId("draws").hidden = !model.draws;
  for (const [id, by] of /** @type {[string, number][]} */ ([["batch-before", -1], ["batch-after", 1]])) {
    byId(id).addEventListener("click", () => {
      model.turn(by);
      page.refresh();
    });
  }
  byId("seek").addEventListener("input", () => seek(Number(byId("seek").value)));
  byId("rate-range").addEventListener("input", () => {
    page.edit("rate", 0, Number((10 ** Number(byId("rate-range").value)).toPrecision(2)), true);
  });

  return { refresh, stop: () => runOn(false), isRunning: () => training };
}
