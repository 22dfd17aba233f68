import { createAnimation, switchPictures } from "./animate.js";
import { createBreadcrumb } from "./breadcrumb.js";
import { byId } from "./dom.js";
import { Drawing } from "./drawing.js";
import { createFlights, findFlights } from "./flight.js";
import { highlight, writeNumbers } from "./highlight.js";
import { STILL_READ } from "./modules.js";
import { NeuronsView, setUpExamples } from "./neurons.js";
import { Opening } from "./opening.js";
import { explainMarks, PictureParts } from "./picture_parts.js";
import { pointAtMaps } from "./pointing.js";
import { drawPng, saveFile, savedSvg } from "./saving.js";
import { Viewport, graphScale, mostScale, neuronsScale } from "./viewport.js";
import { clickLines } from "./wiring.js";
import { followPrinter, followSize } from "./outside.js";

/** Frames that differ by less have the same arrangement. */
const STEP_OF_SIZE = 50;
/** @param {number} length */
const stepped = (length) => length - (length % STEP_OF_SIZE);

/** How long numbers fly, in milliseconds. */
const FLIGHT = 420;

/** A second click within so many milliseconds is part of a double click. */
const DOUBLE = 700;

/** The pictures of the network, the graph and the neurons, of which one is seen. */
export class PictureArea {
  /** @param {import("./main.js").Page} page */
  constructor(page) {
    const { graph, modules } = page;
    this.page = page;
    this.frame = byId("picture");
    this.modules = modules;
    this.isNeurons = false;
    /** Whether the picture has the window for itself. */
    this.isLarge = false;
    /** Which picture is the one for this width: that for a wide screen, or that for a phone. */
    this.shown = -1;
    /** For which size of the area things stand where they do. */
    this.room = { width: 0, height: 0 };
    /** Whether they stand so that all of it is as large as can be. */
    this.isOverview = false;
    /** The key of what is selected. */
    this.chosen = "";
    /** The module that was opened last, and when: a second click on it enters it. */
    this.opened = { scope: -1, at: 0 };
    /** When a thing was selected: a second click on it goes to where something happens to it. */
    this.pressedAt = -Infinity;
    this.opening = new Opening(page, this);
    this.parts = new PictureParts(page, this.modules, {
      press: (key) => this.press(key),
      toggle: (scope) => this.opening.toggle(scope),
      enter: (scope) => this.opening.enter(scope),
      isChosen: (key) => key === this.chosen,
    });
    /** @type {Drawing} */
    this.drawing = new Drawing(graph, {
      made: (key, group) => this.parts.setUp(key, group, this.drawing),
      frameOf: (frame) => this.parts.frameOf(frame),
      rank: (key) => this.parts.rank(key),
      hiderOf: (key) => this.modules.hiderOf(key),
    });
    this.flights = createFlights(this.drawing);
    this.breadcrumb = createBreadcrumb(this.modules, {
      enter: (scope) => this.opening.enter(scope),
      chooseRepeat: (scope) => this.opening.chooseRepeat(scope),
      asAtFirst: () => this.change(() => this.modules.asAtFirst()),
    });
    this.neurons = graph.chain ? this.#createNeurons(graph.chain) : null;
    this.viewport = this.#createViewport();
    this.keys = { ...this.viewport.view.keys, 0: () => this.toggleAll(), f: () => void this.enlarge(!this.isLarge) };
    this.#listen();
  }

  /** @param {import("../contract.js").ChainData} chain */
  #createNeurons(chain) {
    return new NeuronsView(this.page.graph, chain, (kind, id, neuron) =>
      neuron ? this.page.select(kind, id, true, neuron) : this.press(`${kind} ${id}`),
    );
  }

  #createViewport() {
    const { page, modules } = this;
    return new Viewport(page, this.frame, {
      drawing: this.drawing,
      titleOf: (scope) => modules.titleOf(scope),
      open: (key) => this.press(key),
      coloured: () => this.#refreshNeurons(),
      subject: () => ({ element: this.#present(), ...this.#size() }),
      usual: () => this.#usualScale(),
      overview: (on) => this.#overview(on),
      near: (isOther, part) => {
        this.#writeNumbers(part);
        if (!isOther) return;
        highlight(this.drawing, page, modules);
        page.warnings.mark(this.drawing);
      },
    });
  }

  #listen() {
    const { page, frame } = this;
    // A double click on nothing means nothing, however soon it comes after a click on something.
    frame.addEventListener("click", () => (this.pressedAt = -Infinity), true);
    frame.addEventListener("dblclick", () => this.#pressTwice());
    byId("large").addEventListener("click", () => this.enlarge(!this.isLarge));
    byId("whole").addEventListener("click", () => this.toggleAll());
    byId("view").hidden = !this.neurons;
    byId("view").addEventListener("click", () => this.viewNeurons(!this.isNeurons, true));
    byId("save").addEventListener("click", () =>
      saveFile("graph.svg", new Blob([this.#savedSvg()], { type: "image/svg+xml" })),
    );
    byId("save-png").addEventListener("click", async () =>
      saveFile("graph.png", await drawPng(this.#savedSvg(), this.#size())),
    );
    followPrinter(this);
    pointAtMaps(page, frame, (id) => this.isUpdated(id));
    clickLines(page, frame, this.drawing);
    explainMarks(page.graph, this.modules);
    if (this.neurons && this.neurons.examples > 1) setUpExamples(page, this.neurons);
  }

  /** Begins to follow the size of the window. */
  begin() {
    this.#fit();
    followSize(this.frame, () => this.#fit(), { box: "border-box" });
  }

  /** The picture that is seen. */
  #present() {
    return this.neurons && this.isNeurons ? this.neurons.svg : this.drawing.svg;
  }

  #size() {
    const { width, height } = this.neurons && this.isNeurons ? this.neurons : this.drawing.arrangement;
    return { width, height };
  }

  /** Whether a parameter has been changed at this moment. @param {number} id */
  isUpdated(id) {
    return this.page.timeline.updateAt[id] <= this.page.step;
  }

  refresh() {
    this.viewport.refresh();
    this.#refreshNeurons();
  }

  #refreshNeurons() {
    const { model, timeline, step, known } = this.page;
    if (this.isNeurons) this.neurons?.update({ model, timeline, step, known, colouring: this.viewport.colouring });
  }

  /** Brings what is at work into sight. @param {boolean} [glides] whether the reader may see how: not at first, when nothing was in sight */
  reveal(glides = true) {
    if (!this.isNeurons) {
      this.viewport.reveal(glides);
      return;
    }
    const { view } = this.viewport;
    const working = [...this.#present().querySelectorAll("g.forward-now, g.backward-now, g.update-now")];
    if (!working.length) return;
    const boxes = working.map((group) => group.getBoundingClientRect());
    const { left, top } = this.frame.getBoundingClientRect();
    const { x, y } = view.origin();
    const box = [
      Math.min(...boxes.map((one) => one.left)) - left - x,
      Math.min(...boxes.map((one) => one.top)) - top - y,
      Math.max(...boxes.map((one) => one.right)) - left - x,
      Math.max(...boxes.map((one) => one.bottom)) - top - y,
    ];
    view.reveal(
      box.map((at) => at / view.scale),
      false,
    );
  }

  /** Lets the numbers of the present step fly along their lines. @param {number} speed */
  fly(speed) {
    const stages = this.isNeurons ? [] : findFlights(this.page, this.drawing);
    if (!stages.length) return;
    const arriving = this.drawing.svg.querySelectorAll(".arrives");
    arriving.forEach((chip) => chip.classList.add("expects"));
    this.flights.show(stages, FLIGHT / Math.sqrt(speed)).then(() => {
      arriving.forEach((chip) => chip.classList.remove("expects"));
    });
  }

  stop() {
    this.flights.stop();
  }

  /** Shows what is selected as such. @param {string | null} kind @param {number} id @param {import("./neuron_card.js").Neuron} [neuron] */
  mark(kind, id, neuron) {
    this.chosen = kind ? `${kind} ${id}` : "";
    for (const [key, group] of this.drawing.groups) this.parts.mark(key, group);
    this.neurons?.mark(kind === "tensor" ? id : -1, neuron);
    this.viewport.mark(this.chosen);
  }

  // Which picture, and how large ---------------------------------------------------------------------------------

  /** @param {boolean} on @param {boolean} animated */
  viewNeurons(on, animated) {
    if (!this.neurons || on === this.isNeurons) return;
    const before = this.#present();
    this.isNeurons = on;
    this.page.retell();
    this.stop();
    byId("view").textContent = on ? "Graph" : "Neurons";
    this.#fit();
    byId("page").dataset.view = on ? "neurons" : "graph";
    this.page.plane?.renew();
    if (animated) switchPictures(this.frame, before, this.#present());
    else this.frame.replaceChildren(this.#present());
    this.refresh();
    this.reveal();
    this.page.keep();
  }

  /** How large the picture is drawn until the reader zooms. */
  #usualScale() {
    if (this.isNeurons) return neuronsScale(this.#size(), this.frame, this.#mostScale());
    return graphScale(this.#size(), this.frame, this.shown > 0, this.#mostScale());
  }

  #mostScale() {
    return mostScale(this.isLarge, this.page.presenting.isOn);
  }

  #fit() {
    const { frame, room } = this;
    const best = this.modules.pictureFor(frame.clientWidth);
    const area = byId("picture-area");
    const now = { width: stepped(area.clientWidth), height: stepped(area.clientHeight) };
    const isOther = best !== this.shown || now.width !== room.width || now.height !== room.height;
    this.shown = best;
    this.room = now;
    if (isOther) this.arrange();
    if (!frame.firstChild) frame.replaceChildren(this.#present());
    this.viewport.view.fit();
    if (isOther) this.refresh();
  }

  /** The picture alone, or with what belongs to it. Whether that is another state. @param {boolean} on */
  enlarge(on) {
    if (on === this.isLarge) return false;
    const { view } = this.viewport;
    const { isWhole } = view;
    if (isWhole) {
      this.#overview(false);
      view.zoom(null);
    }
    this.isLarge = on;
    byId("page").classList.toggle("large", on);
    byId("large").setAttribute("aria-pressed", String(on));
    this.page.player.follow();
    this.#fit();
    // All of it stays all of it.
    if (isWhole) view.toggle();
    this.refresh();
    this.reveal();
    return true;
  }

  /** All of it, or its usual size. */
  toggleAll() {
    const { view } = this.viewport;
    if (this.isNeurons) {
      view.toggle();
      return;
    }
    this.stop();
    const animate = createAnimation(this.drawing, view);
    view.toggle();
    this.refresh();
    if (!view.isWhole) this.reveal();
    animate(() => []);
    this.page.keep();
  }

  // Modules ------------------------------------------------------------------------------------------------------

  /** Says where things stand. @param {{ width: number, height: number }} [paper] all of it is to be on */
  arrange(paper) {
    const room = paper ?? { width: this.room.width, height: this.frame.clientHeight };
    const { modules, shown } = this;
    this.drawing.arrange(
      paper || this.isOverview ? modules.overview(room) : modules.arrangement(shown, room, this.#mostScale()),
    );
    this.viewport.renew();
    this.breadcrumb.refresh();
  }

  /** Arranges things so that all of it is as large as can be, or as usual. @param {boolean} on */
  #overview(on) {
    const now = on && !this.isNeurons && this.shown === 0;
    if (now === this.isOverview) return;
    this.isOverview = now;
    this.arrange();
  }

  /** Another arrangement; what is there before and after glides. @param {() => void} act @param {number} [around] the module that stays where it is */
  change(act, around) {
    const { modules, frame } = this;
    this.stop();
    const animate = createAnimation(this.drawing, this.viewport.view);
    const before = around === undefined ? null : this.#cornerOf(around);
    this.isOverview = false;
    act();
    this.page.retell();
    // A module is seen from its beginning.
    if (!before) frame.scrollTo(0, 0);
    this.arrange();
    this.viewport.view.fit();
    const after = around === undefined ? null : this.#cornerOf(around);
    if (before && after) {
      frame.scrollLeft += after[0] - before[0];
      frame.scrollTop += after[1] - before[1];
    }
    const opened = this.drawing.arrangement.frames.find(({ scope }) => scope === around);
    if (opened) this.#bringNear(opened);
    this.refresh();
    animate((key) => {
      const path = modules.pathOf(modules.homes.get(key) ?? -1);
      const scope = Number(key.split(" ")[1]);
      return [...(key.startsWith("module") ? [`frame ${scope}`] : []), ...path.map((one) => `module ${one}`)];
    });
    this.page.keep();
  }

  /** Shows a part of the graph as large as it can be read. @param {{ x: number, y: number, width: number, height: number }} part */
  #bringNear({ x, y, width, height }) {
    if (this.isNeurons) return;
    const { view } = this.viewport;
    if (view.scale < STILL_READ) view.zoom(null);
    view.reveal([x, y, x + width, y + height], false);
  }

  /** Where in the frame of the picture the line comes into a module, in pixels. @param {number} scope */
  #cornerOf(scope) {
    const { view } = this.viewport;
    const box = this.drawing.placeOf(`module ${scope}`);
    const frame = this.drawing.arrangement.frames.find((one) => one.scope === scope);
    const at = box ?? frame;
    if (!at) return null;
    const { x, y } = view.origin();
    const level = box ? box.height / 2 : (frame?.level ?? 0);
    return [x + at.x * view.scale, y + (at.y + level) * view.scale];
  }

  /** Does what a click on a thing means. @param {string} key */
  press(key) {
    const [kind, text] = key.split(" ");
    const id = Number(text);
    if (kind !== "module") {
      this.pressedAt = performance.now();
      this.page.select(kind, id, true);
    } else if (this.modules.repeats.has(id)) {
      this.opening.enterLoop(id);
    } else if (this.modules.has(id)) {
      this.opened = { scope: id, at: performance.now() };
      this.opening.toggle(id);
      this.page.select("module", id, true);
      const own = /** @type {SVGElement | null | undefined} */ (
        this.drawing.frameGroups.get(id)?.querySelector(".close")
      );
      if (document.activeElement === document.body) own?.focus({ preventScroll: true });
    }
  }

  #pressTwice() {
    const { opened, modules } = this;
    if (performance.now() - this.pressedAt < DOUBLE) this.page.visit();
    if (performance.now() - opened.at > DOUBLE || !modules.isOpen(opened.scope)) return;
    modules.toggle(opened.scope);
    this.opening.enter(opened.scope);
    this.opened = { scope: -1, at: 0 };
  }

  /** Whether there is such a part of the graph. @param {string} kind @param {number} id */
  shows(kind, id) {
    return this.modules.homes.has(`${kind} ${id}`);
  }

  /** Opens the modules that hide a thing. @param {string} key */
  revealThing(key) {
    const { modules, drawing } = this;
    if (!modules.homes.has(key)) return;
    if (this.isOverview || !drawing.has(key)) this.change(() => modules.show(key));
    const thing = drawing.placeOf(key);
    if (thing) this.#bringNear(thing);
  }

  /** Goes back from the large picture, or out of the module that is shown alone. Whether there was anything. */
  out() {
    const { modules } = this;
    if (this.enlarge(false)) return true;
    if (modules.top === -1) return false;
    this.opening.enter(modules.pathOf(modules.top)[1] ?? -1);
    return true;
  }

  // Saving -------------------------------------------------------------------------------------------------------

  /** Writes the numbers in a part of the picture. @param {number[]} part left, top, right and bottom */
  #writeNumbers(part) {
    writeNumbers(this.drawing, this.page, this.modules, (id) => this.isUpdated(id), part);
  }

  /** Gives shapes and numbers to all of the picture, and not only to what is in sight. */
  finish() {
    this.drawing.see([0, 0, 0, 0], true);
    this.viewport.dress();
    this.#writeNumbers([0, 0, Infinity, Infinity]);
    highlight(this.drawing, this.page, this.modules);
  }

  /** The picture as SVG, in the colours in which it is seen. */
  #savedSvg() {
    this.finish();
    const saved = savedSvg(this.#present(), this.#size(), byId("page"));
    this.viewport.show();
    return saved;
  }

  /** What the address keeps of how the picture is seen. */
  kept() {
    const { view, colouring } = this.viewport;
    const zoom = view.isWhole ? "all" : (view.chosen?.toPrecision(3) ?? "");
    return { ...this.modules.kept(), colour: colouring.measure, zoom };
  }

  /** @param {{ colour?: string, zoom?: number | "all", turned?: string, in?: string }} state */
  restore({ colour, zoom, ...state }) {
    const { modules } = this;
    const { view, colouring } = this.viewport;
    const before = JSON.stringify(modules.kept());
    modules.restore(state);
    if (JSON.stringify(modules.kept()) !== before) {
      this.page.retell();
      this.arrange();
    }
    colouring.choose(colour ?? "");
    view.restore(typeof zoom === "number" ? zoom : null);
    if (zoom === "all" && !view.isWhole) view.toggle();
  }
}
