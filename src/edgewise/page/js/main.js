import { byId } from "./dom.js";
import { setUpFinder } from "./finder.js";
import { galleryOf } from "./gallery.js";
import { setUpKeys } from "./keys.js";
import { listLeaves } from "./leaves.js";
import { modelOf, recordingOf } from "./model.js";
import { planeOf } from "./plane.js";
import { selectionOf } from "./selecting.js";
import { stageOf } from "./stage.js";
import { restingOf } from "./resting.js";
import { showsMore } from "./scrolling.js";
import { readState, writeState } from "./state.js";
import { storyOf } from "./story.js";
import { complete } from "./templates.js";
import { timelineOf } from "./timeline.js";
import { trainingOf } from "./training.js";

/**
 * The page, as its parts know it.
 *
 * @typedef {object} Page
 * @property {import("../contract.js").Graph} graph the data it was made with
 * @property {import("./model.js").Model} model
 * @property {import("./timeline.js").Timeline} timeline
 * @property {boolean} isLive whether the network runs here
 * @property {number} step where in the story it is
 * @property {ReturnType<typeof stageOf>} stage
 * @property {ReturnType<typeof storyOf>} story
 * @property {() => void} refresh shows everything as it is now
 * @property {() => void} keep writes to the address what is to be found again
 * @property {() => void} keepSoon likewise, but not for each of many steps
 * @property {(kind: string | null, id?: number, isChosen?: boolean, unit?: import("./neuron_card.js").Neuron) => void} select
 * @property {import("./plane.js").Plane | null} [plane]
 * @property {() => void} visit goes to where something happens to what is selected
 * @property {() => boolean} hasSelected
 * @property {(what: number | "rate", index: number, value: number, together: boolean) => void} edit
 */

/** So many milliseconds are between two writes of the address while one goes from step to step: some browsers allow 100 in half a minute. */
const REST_OF_ADDRESS = 400;

/** A program without what only the page needs of it: where it finds values and steps. @param {string} text */
function lessonOf(text) {
  return text.replace(/\n *return runnable\(\{[^]*?\n {2}\}\);(?=\n\})/, "").replace(/\n +(?=\n)/g, "\n");
}

/**
 * Draws in each neuron what it says over the plane of the inputs, as long as that is wanted.
 *
 * @param {Page} page
 * @param {import("./plane.js").Plane} plane
 */
function showMapsOf(page, plane) {
  const neurons = /** @type {import("./neurons.js").NeuronsView} */ (page.stage.neurons);
  const choice = byId("maps-on");
  const isOn = () => choice.checked && page.stage.isNeurons;
  byId("maps").hidden = false;
  plane.watch({
    wanted: () => (isOn() ? neurons.wanted() : new Map()),
    show: (found, paint) => neurons.showMaps(isOn() ? found : null, paint),
  });
  choice.addEventListener("change", () => plane.renew());
}

/**
 * Begins the page. It is given the data and what makes the Programs of the network and of its update.
 *
 * @param {import("../contract.js").PageData} data
 * @param {import("../contract.js").Programs | null} programs none, if the network can't run here
 */
export function startPage(data, programs) {
  const graph = complete(data);
  const model = programs
    ? modelOf(graph, programs.makeNetwork(), programs.makeUpdate())
    : modelOf(graph, recordingOf(graph.recorded ?? []));
  const timeline = timelineOf(graph);
  const page = /** @type {Page} */ ({ graph, model, timeline, isLive: Boolean(programs), step: timeline.backwardEnd });
  /** @type {{ refresh: () => void }[]} */
  const parts = [];
  page.refresh = () => {
    for (const part of parts) part.refresh();
    byId("undo").disabled = !model.canUndo;
    byId("redo").disabled = !model.canRedo;
  };
  page.edit = (what, index, value, together) => {
    model.edit(what, index, value, together);
    page.refresh();
  };
  const selection = selectionOf(page);
  page.select = selection.select;
  page.visit = selection.visit;
  page.hasSelected = () => selection.selected !== null;
  const address = restingOf(
    () => {
      const view = page.stage.isNeurons ? "neurons" : "graph";
      writeState(page.step, selection.selected, view === graph.view ? "" : view, {
        ...page.stage.kept(),
        ...training.kept(),
      });
    },
    REST_OF_ADDRESS,
    0,
  );
  page.keep = address.now;
  page.keepSoon = address.soon;
  // It is right when it may be read, copied, or come back to.
  for (const end of ["blur", "pagehide"]) window.addEventListener(end, address.now);
  page.stage = stageOf(page);
  page.story = storyOf(page);
  const training = trainingOf(page);
  const gallery = programs && graph.gallery ? [galleryOf(page, programs.makeNetwork(), training.isRunning)] : [];
  const plane = programs && planeOf ? planeOf(page, programs.makeNetwork) : null;
  page.plane = plane;
  if (plane) parts.push(plane);
  if (plane?.isPlane && page.stage.neurons) showMapsOf(page, plane);
  const leaves = listLeaves(graph, model, page.edit, (id) => page.select("tensor", id));
  // The story measures its equation: what others write comes before.
  parts.push(page.stage, training, ...gallery, ...leaves, selection, page.story);

  /** @param {string} id @param {() => void} act */
  function does(id, act) {
    byId(id).addEventListener("click", () => {
      act();
      page.refresh();
    });
  }
  does("undo", model.undo);
  does("redo", model.redo);
  does("reset", () => {
    training.stop();
    model.reset();
  });
  byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  // A notebook that shows this page tells it when it turns light or dark itself.
  window.addEventListener("message", ({ source, data }) => {
    const theme = data?.edgewiseTheme;
    if (source === window.parent && ["light", "dark"].includes(theme)) document.documentElement.dataset.theme = theme;
  });
  if (window.parent !== window) window.parent.postMessage({ edgewiseReady: true }, "*");
  if (graph.theme !== "auto") document.documentElement.dataset.theme = graph.theme;
  setUpKeys(page);
  setUpFinder(graph, (kind, id) => {
    page.stage.revealThing(`${kind} ${id}`);
    page.select(kind, id, true);
  });

  document.title = graph.title;
  byId("title").textContent = graph.title;
  // Long programs take long to lay out: this one only when it is asked for.
  byId("program").addEventListener("toggle", () => {
    byId("code").textContent = Object.values(programs ?? {})
      .map((program) => lessonOf(String(program)))
      .join("\n");
  });
  const remarks = [
    graph.definition && `${graph.definition}: all gradients here are those of ${graph.lossSymbol}.`,
    graph.remark,
  ];
  byId("notice").textContent = remarks.filter(Boolean).join(" ");
  if (!programs) {
    byId("page").classList.add("recording");
    byId("page").classList.toggle("forward-only", timeline.backwardEnd === timeline.forwardEnd);
    byId("notice").textContent =
      `${graph.definition ? `${remarks[0]} ` : ""}This page is a recording: its numbers can be looked at, but not changed. ${graph.reason}`;
  }
  const lookAtNotice = showsMore(byId("notice"), "");
  new ResizeObserver(() => lookAtNotice()()).observe(byId("notice"));

  function restore() {
    const state = readState();
    if (state.step !== undefined) page.step = page.story.nearest(state.step);
    page.stage.viewNeurons((state.view || graph.view) === "neurons", false);
    page.stage.restore(state);
    training.restore(state);
    if (state.kind && page.stage.shows(state.kind, state.id ?? 0)) page.select(state.kind, state.id);
    page.refresh();
  }

  page.story.begin();
  page.stage.begin();
  restore();
  page.stage.reveal(false);
  window.addEventListener("hashchange", restore);
  byId("page").dataset.ready = "yes";
}
