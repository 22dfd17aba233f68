import { Acts } from "./acts.js";
import { byId, make } from "./dom.js";
import { Model } from "./model.js";
import { leavePage } from "./outside.js";
import { makeRecording } from "./recording.js";
import { readState } from "./state.js";
import { complete } from "./templates.js";

/** How much of a run of all passes together is there to go back to. */
const MOST_TOGETHER = { bytes: 48e6, points: 5000 };

/**
 * Several backward passes of one training step, each with a network of its own: what an earlier one moves, a later one
 * works with. One of them is shown at a time.
 *
 * @typedef {import("./main.js").Page} Page
 *
 * @typedef {(passes: Passes, programs: import("../contract.js").Programs | null, model: Model) => Page} Open makes the page of one of them
 *
 * @typedef {object} Place a leaf in one of the passes
 * @property {number} pass
 * @property {number} id
 * @property {number} mover the pass before this one that moves it; -1 for none
 */

export class Passes {
  /**
   * @param {import("../contract.js").PassesData} data
   * @param {(import("../contract.js").Programs | null)[]} programs
   * @param {Open} open
   */
  constructor({ title, passes, shared }, programs, open) {
    this.title = title;
    this.programs = programs;
    this.open = open;
    /** What the page is before anything is written into it. */
    this.blank = byId("page").cloneNode(true);
    this.graphs = passes.map(complete);
    const parameters = this.graphs.flatMap(({ rules }, i) => Object.keys(rules).map((id) => ({ i, id: Number(id) })));
    const size = parameters.reduce((sum, { i, id }) => sum + 12 * count(this.graphs[i].tensors[id].shape), 64);
    const most = { bytes: Infinity, points: Math.max(4, Math.min(MOST_TOGETHER.points, MOST_TOGETHER.bytes / size)) };
    this.models = this.graphs.map((graph, i) => {
      const own = programs[i];
      if (!own) return new Model(graph, makeRecording(graph.recorded ?? []));
      return new Model(graph, own.makeNetwork(), own.makeUpdate(), most);
    });
    /** The leaves that several passes have. @type {Place[][]} */
    this.shared = shared.map((places) =>
      places.map(([pass, id]) => ({ pass, id, mover: this.#moverOf(places, pass) })),
    );
    // Numbers of leaves in the address: those of all passes one after the other, each with its learning rate.
    this.offsets = this.graphs.map((_, i) =>
      this.graphs.slice(0, i).reduce((sum, { tensors }) => sum + tensors.length + 1, 0),
    );
    this.at = 0;
    /** @type {Page | null} */
    this.page = null;
    if (programs.every(Boolean)) this.#join();
  }

  /** The last pass before another one that moves a leaf. @param {[number, number][]} places @param {number} before */
  #moverOf(places, before) {
    const found = places.filter(([pass, id]) => pass < before && this.graphs[pass].rules[id]);
    return found.length ? found[found.length - 1][0] : -1;
  }

  /** Makes them one network. */
  #join() {
    const acts = new Acts({
      firstOf: (key, index) => {
        const { model, what } = this.#leafOf(key);
        return model.firstOf(what, index);
      },
      isSingle: (key) => {
        const { model, what } = this.#leafOf(key);
        return what !== "rate" && model.isSingle(what);
      },
      trained: this.models.flatMap((model) => model.trained.map((id) => Number(this.keyOf(model, id)))),
      replaced: this.models.flatMap((model) => model.masks.map(([id]) => Number(this.keyOf(model, id)))),
    });
    for (const model of this.models) {
      model.acts = acts;
      model.passes = this;
    }
    // What an update gives is nothing to change.
    for (const { pass, id, mover } of this.shared.flat()) if (mover >= 0) this.models[pass].leaves.delete(id);
    this.#spread(null, (model) => model.renew());
  }

  // Numbers ----------------------------------------------------------------------------------------------------------

  /** A leaf of a pass, as acts have it: the first place of a leaf that several have. @param {Model} model @param {number | "rate"} what @returns {number | "rate"} */
  keyOf(model, what) {
    const pass = this.models.indexOf(model);
    if (what === "rate") return pass ? this.offsets[pass] + this.graphs[pass].tensors.length : what;
    const places = this.shared.find((group) => group.some((place) => place.pass === pass && place.id === what));
    const first = places?.find(({ mover }) => mover < 0) ?? { pass, id: what };
    return this.offsets[first.pass] + first.id;
  }

  /** @param {number | "rate"} key @returns {{ model: Model, what: number | "rate" }} */
  #leafOf(key) {
    if (key === "rate") return { model: this.models[0], what: key };
    const pass = this.offsets.filter((offset) => offset <= key).length - 1;
    const id = key - this.offsets[pass];
    return { model: this.models[pass], what: id === this.graphs[pass].tensors.length ? "rate" : id };
  }

  /** @param {number | "rate"} key @param {number} index @param {number} to */
  edit(key, index, to) {
    const { model, what } = this.#leafOf(key);
    model.edit(what, index, to);
  }

  /** @param {number | "rate"} key */
  lengthOf(key) {
    const { model, what } = this.#leafOf(key);
    return model.lengthOf(what);
  }

  /** The gradient that moves a parameter: with those of earlier passes, where they add up. @param {Model} model @param {number} id */
  usedGradient(model, id) {
    const pass = this.models.indexOf(model);
    const own = model.gradient(id);
    const added = this.graphs[pass].backwardPass?.added[id] ?? [];
    const places = this.shared.find((group) => group.some((place) => place.pass === pass && place.id === id)) ?? [];
    const parts = places.flatMap((place) =>
      added.includes(place.pass) ? (this.models[place.pass].gradient(place.id) ?? []) : [],
    );
    if (!own || !parts.length) return own;
    const sum = own.slice();
    for (const part of parts) for (let i = 0; i < sum.length; i++) sum[i] += part[i];
    return sum;
  }

  /** After a change in one pass: the others follow. @param {Model} model */
  spread(model) {
    this.#spread(model, (other) => other.renew());
  }

  /** Gives all passes the leaves that others have too, and runs them. @param {Model | null} source whose leaves hold @param {(model: Model) => void} run */
  #spread(source, run) {
    this.models.forEach((model, pass) => {
      for (const places of this.shared) {
        const own = places.find((place) => place.pass === pass);
        if (!own) continue;
        const { mover } = own;
        const from = places.find((place) => (mover < 0 ? this.#holds(place, places, source) : place.pass === mover));
        if (!from || from === own) continue;
        const giver = this.models[from.pass];
        model.value(own.id).set(mover < 0 ? giver.value(from.id) : giver.after(from.id));
      }
      run(model);
    });
  }

  /** Whether a place has the number of a leaf that others have too, before any pass has moved it. @param {Place} place @param {Place[]} places @param {Model | null} source */
  #holds(place, places, source) {
    const first = places.filter(({ mover }) => mover < 0);
    const given = first.find(({ pass }) => this.models[pass] === source);
    const moved = first.find(({ pass, id }) => this.graphs[pass].rules[id]);
    return place === (given ?? moved ?? first[0]);
  }

  train() {
    // All that this step makes of parameters is there before anything is drawn for the next one.
    for (const model of this.models) for (const id of model.trained) model.after(id);
    for (const model of this.models) model.trainAlone();
    this.#spread(null, (model) => model.renew());
  }

  /** @param {number} index */
  seek(index) {
    for (const model of this.models) model.seekAlone(index);
    this.#spread(null, (model) => model.rerun());
  }

  reset() {
    for (const model of this.models) model.resetAlone();
    this.#spread(null, (model) => model.renew());
  }

  // What is shown ----------------------------------------------------------------------------------------------------

  /** Shows the pass that the address names, or the first one. */
  begin() {
    this.show(this.passIn(readState().state));
  }

  /** The pass that an address names. @param {import("./state.js").AddressState} state */
  passIn({ pass = 1 }) {
    return Math.max(0, Math.min(this.models.length, pass) - 1);
  }

  /** Shows a pass, at a step or at that which the address names. @param {number} pass @param {number} [step] */
  show(pass, step) {
    const hadFocus = byId("page").contains(document.activeElement);
    const inTabs = byId("passes")?.contains(document.activeElement);
    this.page?.leave();
    leavePage();
    byId("page").replaceWith(this.blank.cloneNode(true));
    this.at = pass;
    const page = this.open(this, this.programs[pass], this.models[pass]);
    this.page = page;
    byId("picture-area").prepend(this.#tabs());
    page.begin(step);
    byId("page").dataset.ready = "yes";
    if (inTabs) byId("passes").querySelector("[aria-pressed=true]").focus();
    else if (hadFocus) byId("picture").focus();
  }

  #tabs() {
    const { backwardPass: present } = this.graphs[this.at];
    const tabs = this.graphs.map(({ backwardPass }, i) =>
      make("button", {
        type: "button",
        "aria-pressed": String(i === this.at),
        text: `${i + 1} ${backwardPass?.name}`,
        onclick: () => i !== this.at && this.show(i, 0),
      }),
    );
    const group = make("span", { class: "tabs", role: "group", "aria-label": "Backward passes" }, ...tabs);
    return make("nav", { id: "passes", "aria-label": "Backward passes" }, group, make("p", { text: present?.moves }));
  }

  /** Goes on to the next pass, and after the last one to the next training step. Whether there is more. */
  next() {
    const isLast = this.at === this.models.length - 1;
    if (isLast && !this.models[0].isLive) return false;
    if (isLast) this.models[0].train();
    this.show(isLast ? 0 : this.at + 1, 0);
    return true;
  }

  /** Goes back to the end of the pass before. Whether there is one. */
  previous() {
    const [model] = this.models;
    if (this.at === 0 && model.at === 0) return false;
    if (this.at === 0) model.seek(model.at - 1);
    const before = this.at === 0 ? this.models.length - 1 : this.at - 1;
    this.show(before, Infinity);
    return true;
  }
}

/** @param {number[]} shape */
const count = (shape) => shape.reduce((product, size) => product * size, 1);
