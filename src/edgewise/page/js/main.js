import { Address } from "./address.js";
import { Beside } from "./beside.js";
import { byId, showsMore } from "./dom.js";
import { setUpFinder } from "./finder.js";
import { Gallery } from "./gallery.js";
import { listInputs } from "./inputs.js";
import { setUpKeys } from "./keys.js";
import { KeysHelp } from "./keys_help.js";
import { Lesson } from "./lesson.js";
import { Looking } from "./look.js";
import { Model } from "./model.js";
import { Modules } from "./modules.js";
import { Note } from "./note.js";
import { followSize, listenTo } from "./outside.js";
import { Passes } from "./passes.js";
import { PictureArea } from "./picture_area.js";
import { makeRecording } from "./recording.js";
import { createPlane } from "./plane.js";
import { Player } from "./player.js";
import { Predicting } from "./predict.js";
import { Presenting } from "./present.js";
import { Selection } from "./selecting.js";
import { Story } from "./story.js";
import { complete } from "./templates.js";
import { makeTimeline } from "./timeline.js";
import { Training } from "./training.js";
import { Warnings } from "./warnings.js";

/**
 * The page: its state, which is the model's numbers, the step and the selection, and the parts that show it.
 *
 * @typedef {import("../contract.js").Programs} Programs
 */
export class Page {
  /**
   * @param {import("../contract.js").Graph} graph
   * @param {Programs | null} programs none, if the network can't run here
   * @param {{ passes: import("./passes.js").Passes, model: Model }} [one] of several passes
   */
  constructor(graph, programs, one) {
    /** All passes of the training step, if this is one of several. */
    this.passes = one?.passes ?? null;
    this.graph = graph;
    this.programs = programs;
    /** Whether the network runs here. */
    this.isLive = programs !== null;
    this.model = one?.model ?? makeModel(graph, programs);
    this.modules = new Modules(graph);
    this.timeline = makeTimeline(graph, (key) => this.modules.around(key));
    /** The moment that was gone to last, which may be inside a module that is closed now. */
    this.place = 0;
    this.story = new Story(graph, this.timeline, this.modules);
    this.help = new KeysHelp();
    this.predicting = new Predicting(this);
    this.presenting = new Presenting(this);
    this.warnings = new Warnings(this);
    /** Changes a number. @type {(what: number | "rate", index: number, value: number, together: boolean) => void} */
    this.edit = (what, index, value, together) => {
      this.model.edit(what, index, value, together);
      this.refresh();
    };
    this.selection = new Selection(this);
    this.note = new Note();
    this.address = new Address(this);
    this.picture = new PictureArea(this);
    this.player = new Player(this);
    this.training = new Training(this);
    const gallery =
      programs && graph.gallery
        ? [new Gallery(this, graph.gallery, programs.makeNetwork(), () => this.training.isRunning())]
        : [];
    this.plane = programs && createPlane ? createPlane(this, programs.makeNetwork) : null;
    const inputs = listInputs(this);
    /** The sum behind a single number. */
    this.looking = programs && graph.steps ? new Looking(this, graph.steps) : null;
    /** The texts that lead through the page, if it has some. */
    this.lesson = graph.story && Lesson ? new Lesson(this, graph.story) : null;
    /** The player measures its equation: what others write comes before. @type {{ refresh: () => void }[]} */
    this.parts = [
      ...(this.plane ? [this.plane] : []),
      this.picture,
      this.training,
      ...gallery,
      ...inputs,
      this.selection,
      this.predicting,
      this.player,
      ...(this.looking ? [this.looking] : []),
      ...(graph.beside && Beside ? [new Beside(this)] : []),
    ];
    const { neurons } = this.picture;
    if (this.plane?.isPlane && neurons) showMaps(this, this.plane, neurons);
  }

  /** Where the story stops now. */
  get stop() {
    return this.story.stopAt(this.place);
  }

  /** The present moment: all until then has happened. */
  get step() {
    return this.stop.to;
  }

  set step(moment) {
    this.place = moment;
  }

  /** The story as it is while other modules are open. */
  retell() {
    this.story = new Story(this.graph, this.timeline, this.modules, !this.picture.isNeurons);
  }

  /** The step as far as which results are shown. */
  get known() {
    return this.predicting.hides ? this.stop.from - 1 : this.step;
  }

  /** Whether the story has come to a value, or back to a gradient. @param {number} tensor @param {"value" | "gradient"} way */
  knows(tensor, way) {
    const { valueAt, gradientAt } = this.timeline;
    return (way === "value" ? valueAt[tensor] : (gradientAt[tensor] ?? Infinity)) <= this.known;
  }

  /** Whether the story has yet to come to the loss, and no training has shown it either. */
  get isEarly() {
    const { graph, timeline, model, known } = this;
    return model.points.length < 2 && graph.outputs.some((id) => timeline.valueAt[id] > known);
  }

  /** Shows everything as it is now. */
  refresh() {
    for (const part of this.parts) part.refresh();
    this.address.keepActs();
    byId("undo").disabled = !this.model.canUndo;
    byId("redo").disabled = !this.model.canRedo;
  }

  /** Selects a thing, or nothing. @param {Parameters<Selection["select"]>} given */
  select(...given) {
    this.selection.select(...given);
  }

  /** Goes to where something happens to what is selected. */
  visit() {
    this.selection.visit();
  }

  /** Writes to the address what is to be found again. */
  keep() {
    this.address.keep();
  }

  /** Likewise, but not for each of many steps. */
  keepSoon() {
    this.address.keepSoon();
  }

  /** Begins to show itself. @param {number} [step] by default that of the address */
  begin(step) {
    // A program that failed on its way forward ends where it failed.
    const { forwardEnd, backwardEnd } = this.timeline;
    if (this.graph.begins || forwardEnd === backwardEnd) this.place = backwardEnd;
    this.player.begin();
    this.picture.begin();
    if (step === undefined) this.address.read();
    else {
      this.step = this.player.nearest(step);
      this.refresh();
      this.keep();
    }
    this.picture.reveal(false);
    this.address.begin();
  }

  /** Ends all that goes on by itself. */
  leave() {
    this.training.stop();
    this.player.play(false);
    this.address.leave();
  }
}

/** @param {import("../contract.js").Graph} graph @param {Programs | null} programs */
function makeModel(graph, programs) {
  if (!programs) return new Model(graph, makeRecording(graph.recorded ?? []));
  return new Model(graph, programs.makeNetwork(), programs.makeUpdate());
}

/**
 * Draws in each neuron what it says over the plane of the inputs, as long as that is wanted.
 *
 * @param {Page} page
 * @param {import("./plane.js").InputPlane} plane
 * @param {import("./neurons.js").NeuronsView} neurons
 */
function showMaps({ picture }, plane, neurons) {
  const choice = byId("maps-on");
  const isOn = () => choice.checked && picture.isNeurons;
  byId("maps").hidden = false;
  plane.watch({
    wanted: () => (isOn() ? neurons.wanted() : new Map()),
    show: (found, paint) => neurons.showMaps(isOn() ? found : null, paint),
  });
  choice.addEventListener("change", () => plane.renew());
}

/** The buttons above the page. @param {Page} page */
function setUpTools(page) {
  const { model, graph } = page;
  /** @param {string} id @param {() => void} act */
  const does = (id, act) =>
    byId(id).addEventListener("click", () => {
      act();
      page.refresh();
    });
  does("undo", () => model.undo());
  does("redo", () => model.redo());
  does("reset", () => {
    page.training.stop();
    model.reset();
  });
  setUpKeys(page);
  setUpFinder(graph, (kind, id) => {
    page.picture.revealThing(`${kind} ${id}`);
    page.select(kind, id, true);
  });
}

/** Light or dark: as the reader, or a notebook that shows this page, chooses. @param {Page} page */
function setUpTheme({ graph }) {
  const { dataset } = document.documentElement;
  byId("theme").addEventListener("click", () => {
    const isDark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    dataset.theme = isDark ? "light" : "dark";
  });
  listenTo(window, "message", (/** @type {MessageEvent} */ { source, data }) => {
    const theme = data?.edgewiseTheme;
    if (source === window.parent && ["light", "dark"].includes(theme)) dataset.theme = theme;
  });
  // Paper is light.
  let onScreen = dataset.theme;
  listenTo(window, "beforeprint", () => {
    onScreen = dataset.theme;
    dataset.theme = "light";
  });
  listenTo(window, "afterprint", () => {
    if (onScreen) dataset.theme = onScreen;
    else delete dataset.theme;
  });
  if (window.parent !== window) window.parent.postMessage({ edgewiseReady: true }, "*");
  if (graph.theme !== "auto") dataset.theme ??= graph.theme;
}

/** The title, what there is to know of the page, and its program. @param {Page} page */
function setUpTexts({ graph, programs, timeline, passes }) {
  const title = passes?.title ?? graph.title;
  document.title = title;
  byId("title").textContent = byId("title").title = title;
  // Long programs take long to lay out: this one only when it is asked for.
  byId("program").addEventListener("toggle", () => {
    byId("code").textContent = Object.values(programs ?? {})
      .map((program) => readableProgram(String(program)))
      .join("\n");
  });
  const definition = graph.definition && `${graph.definition}: all gradients here are those of ${graph.lossSymbol}.`;
  const recording = `This page is a recording: its numbers can be looked at, but not changed. ${graph.reason}`;
  byId("notice").textContent = [definition, programs ? graph.remark : recording].filter(Boolean).join(" ");
  byId("page").classList.toggle("recording", !programs);
  byId("page").classList.toggle("forward-only", !programs && timeline.backwardEnd === timeline.forwardEnd);
  const lookAtNotice = showsMore(byId("notice"), "");
  followSize(byId("notice"), () => lookAtNotice()());
}

/** A program without what only the page needs of it: where it finds values and steps. @param {string} text */
function readableProgram(text) {
  return text.replace(/\n *return runnable\(\{[^]*?\n {2}\}\);(?=\n\})/, "").replace(/\n +(?=\n)/g, "\n");
}

/** @param {Page} page */
function setUp(page) {
  setUpTools(page);
  setUpTheme(page);
  setUpTexts(page);
  return page;
}

/**
 * Begins the page. It is given the data and what makes the Programs of the network and of its update; where it shows
 * several backward passes, those of each.
 *
 * @param {import("../contract.js").PageData | import("../contract.js").PassesData} data
 * @param {Programs | null | (Programs | null)[]} programs none, if the network can't run here
 */
export function startPage(data, programs) {
  if ("passes" in data) {
    /** @type {import("./passes.js").Open} */
    const open = (passes, own, model) => setUp(new Page(passes.graphs[passes.at], own, { passes, model }));
    new Passes(data, /** @type {(Programs | null)[]} */ (programs), open).begin();
    return;
  }
  setUp(new Page(complete(data), /** @type {Programs | null} */ (programs))).begin();
  byId("page").dataset.ready = "yes";
}
