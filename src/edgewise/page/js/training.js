import { drawLosses, pointUnder } from "./chart.js";
import { byId, make } from "./dom.js";
import { numberField } from "./field.js";
import { figure } from "./figures.js";
import { PACES, runnerOf } from "./pace.js";

/**
 * The card in which the network is trained.
 *
 * @param {import("./main.js").Page} page
 */
export function trainingOf(page) {
  const { graph, model } = page;
  const stepsTaken = () => `${model.steps} ${model.steps === 1 ? "step" : "steps"}`;

  function refresh() {
    const { points, at } = model;
    drawLosses(byId("losses"), points, at);
    const seek = byId("seek");
    // As far as the curve has room, so that both are at the same place.
    seek.max = String(Math.max(10, points.length - 1));
    seek.value = String(at);
    seek.disabled = points.length < 2;
    seek.setAttribute("aria-valuetext", `${model.steps} of ${points[points.length - 1].step}`);
    byId("loss").textContent = `${graph.lossName} ${figure(model.loss())}`;
    byId("page").classList.toggle("is-untrained", points.length < 2);
    byId("trained").textContent = model.steps ? `${stepsTaken()} taken` : "";
    byId("batch").textContent = `Batch ${model.batch + 1} of ${model.batchCount}`;
    byId("rate-range").value = String(Math.log10(model.rate || 1e-4));
    byId("rate-range").setAttribute("aria-valuetext", figure(model.rate));
    const isFinite = Number.isFinite(model.loss());
    byId("stopped").textContent = isFinite ? "" : whyStopped();
    for (const id of ["train1", "train10", "run"]) byId(id).disabled = !isFinite;
    rate.refresh();
  }

  function whyStopped() {
    const now = `The loss is ${figure(model.loss())}`;
    // No learning rate mends what was so before the first step.
    if (!model.steps || !Number.isFinite(model.points[0].loss))
      return `${model.steps ? `The loss was ${figure(model.points[0].loss)}` : now} before any step: its numbers can't be learned from.`;
    return `${now} after ${stepsTaken()}, so training stops here. Go back along the loss, and try a smaller learning rate.`;
  }

  /** @param {number} steps */
  function train(steps) {
    for (let i = 0; i < steps && Number.isFinite(model.loss()); i++) model.train();
    page.refresh();
  }

  const runner = runnerOf({
    train() {
      model.train();
      return Number.isFinite(model.loss());
    },
    show: () => page.refresh(),
    turned(on) {
      byId("run").textContent = on ? "Stop" : "Run";
      byId("run").setAttribute("aria-pressed", String(on));
    },
  });

  /** @param {string} pace */
  function choose(pace) {
    runner.choose(pace);
    byId("pace").value = runner.pace;
  }

  /** @param {number} point */
  function seek(point) {
    runner.turn(false);
    model.seek(point);
    page.refresh();
  }

  function setUpCurve() {
    const losses = byId("losses");
    losses.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      losses.setPointerCapture(event.pointerId);
      const follow = (/** @type {PointerEvent} */ move) => seek(pointUnder(losses, move.clientX, model.points));
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
    runner.turn(!runner.isRunning());
    page.refresh();
  });
  byId("pace").append(...PACES.map(([value, text]) => make("option", { value, text })));
  byId("pace").addEventListener("change", () => {
    choose(byId("pace").value);
    page.keep();
  });
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
  byId("seek").addEventListener("input", () => seek(Number(byId("seek").value)));
  byId("rate-range").addEventListener("input", () => {
    page.edit("rate", 0, Number((10 ** Number(byId("rate-range").value)).toPrecision(2)), true);
  });

  return {
    refresh,
    stop: () => runner.turn(false),
    isRunning: runner.isRunning,
    /** What the address keeps of it. */
    kept: () => ({ pace: runner.pace === "full" ? "" : runner.pace }),
    /** @param {{ pace?: string }} state */
    restore: ({ pace }) => choose(pace ?? ""),
  };
}
