import { readActs } from "./acts.js";
import { byId, make } from "./dom.js";
import { Replay } from "./replay.js";
import { readState, quoted, writeState } from "./state.js";
import { createThrottle } from "./throttle.js";
import { stepOf } from "./timeline.js";
import { listenTo } from "./outside.js";

/** So many milliseconds are between two writes of the address while one goes from step to step: some browsers allow 100 in half a minute. */
const ADDRESS_REST = 400;
/** What was done to the numbers has at most so many letters: longer addresses are cut by programs that pass them on. */
const MOST_LETTERS = 1800;
/** Of each array so many bytes tell whether it is the one that the address was made with. */
const MOST_COMPARED = 4096;
/** Stands for nothing that was done, where a story would have done something. */
const NOTHING_DONE = "-";

/**
 * The address of the page as it is: the step, what is open and selected, and what was done to the numbers. Who opens it
 * elsewhere sees the same.
 *
 * @typedef {import("./acts.js").Act} Act
 */
export class Address {
  /** @param {import("./main.js").Page} page */
  constructor(page) {
    this.page = page;
    this.throttle = createThrottle(() => this.#write(), ADDRESS_REST, 0);
    /** @type {Replay | null} */
    this.replay = null;
    /** What the address says was done, while it is being done again. */
    this.asked = "";
    /** Of the acts that the address has. */
    this.count = -1;
    byId("link").hidden = !location.protocol.match(/^(https?|file):$/);
    byId("link").addEventListener("click", () => void this.copy());
  }

  /** Writes to the address what is to be found again. */
  keep() {
    this.throttle.now();
  }

  /** Likewise, but not for each of many steps. */
  keepSoon() {
    this.throttle.soon();
  }

  /** Likewise, if something was done to the numbers. While it trains all the time, that waits. */
  keepActs() {
    const { page } = this;
    if (this.count !== page.model.acts.count && !page.training.isRunning() && !this.replay?.isRunning) this.keepSoon();
  }

  /** What was done to the numbers, as a text; null if that is what the part of the story does. */
  #done() {
    const { model, lesson } = this.page;
    if (this.replay?.isRunning) return this.asked;
    const text = model.acts.text();
    if (text === (lesson?.acts() ?? "")) return null;
    return text || NOTHING_DONE;
  }

  #write() {
    const { page } = this;
    const { picture, graph, training, lesson, looking, model } = page;
    const view = picture.isNeurons ? "neurons" : "graph";
    const done = this.#done();
    const has = done !== null && done.length <= MOST_LETTERS;
    this.count = model.acts.count;
    writeState({
      pass: page.passes?.at ? String(page.passes.at + 1) : "",
      step: String(page.place),
      view: view === graph.view ? "" : view,
      ...page.selection.kept(),
      ...picture.kept(),
      ...training.kept(),
      ...lesson?.kept(),
      ...looking?.kept(),
      do: has ? done : "",
      of: has ? this.#network() : "",
    });
    return done === null || has;
  }

  /** Copies the address, and says what it does not have. */
  async copy() {
    const { note } = this.page;
    const isWhole = this.#write();
    const opens = isWhole ? "opens this page as it is now." : "opens the page at this step, with its first numbers.";
    const copied = `The link is copied. It ${opens}`;
    try {
      await navigator.clipboard.writeText(location.href);
      if (isWhole) note.showBriefly(copied);
      else note.show(`${this.#tooLong()} ${copied}`);
    } catch {
      const field = make("input", { type: "text", readonly: true, value: location.href, "aria-label": "the link" });
      note.show(`${isWhole ? "" : this.#tooLong()} This link ${opens}`.trim(), field);
      field.select();
    }
  }

  #tooLong() {
    const { acts } = this.page.model;
    const edits = acts.list.filter(({ kind }) => kind === "edit").length;
    const [changes, steps] = [edits, acts.steps].map((count) => count.toLocaleString("en"));
    return `More was done to the numbers than a link can hold: ${changes} changed numbers and ${steps} training steps are left out.`;
  }

  /** Tells the network, and the numbers that it begins with, from others. */
  #network() {
    const models = this.page.passes?.models ?? [this.page.model];
    const names = models.flatMap(({ data: { leaves, tensors, nodes } }) => [
      ...leaves.map((id) => `${tensors[id].name} ${tensors[id].shape}`),
      ...nodes.map(({ operation }) => operation),
    ]);
    const structure = hash(new TextEncoder().encode(names.join()));
    const numbers = models
      .flatMap(({ start }) => start)
      .reduce(
        (found, { buffer, byteOffset, byteLength }) =>
          hash(new Uint8Array(buffer, byteOffset, Math.min(byteLength, MOST_COMPARED)), found),
        hash(new TextEncoder().encode(String(models.map(({ firstRate }) => firstRate)))),
      );
    return letters(structure) + letters(numbers);
  }

  /** Makes the page what the address says. */
  read() {
    const { page } = this;
    const { picture, graph, player, looking } = page;
    const { state, wrong } = readState();
    if (page.passes && page.passes.passIn(state) !== page.passes.at) {
      page.passes.show(page.passes.passIn(state));
      return;
    }
    const remark = this.#repeat(state, wrong);
    if (state.step !== undefined) {
      page.step = player.nearest(stepOf(page.timeline, state.step));
      if (typeof state.step === "number" && state.step > player.last) wrong.push(`step=${state.step}`);
    }
    picture.viewNeurons((state.view || graph.view) === "neurons", false);
    picture.restore(state);
    page.training.restore(state);
    page.selection.restore(state, wrong);
    page.refresh();
    looking?.restore(state);
    if (wrong.length || remark) this.#sayWrong(wrong, remark);
  }

  /** @param {string[]} wrong @param {string} remark */
  #sayWrong(wrong, remark) {
    const parts = wrong.map((part) => `“${quoted(part)}”`).join(", ");
    const said = wrong.length ? `Not understood in the address, and left out: ${parts}.` : "";
    this.page.note.show([said, remark].filter(Boolean).join(" "));
  }

  /** Does what the address says was done, if it was not done already: what there is to say of that. @param {import("./state.js").AddressState} state @param {string[]} wrong */
  #repeat(state, wrong) {
    const { page } = this;
    const { model, lesson } = page;
    const given = state.do === NOTHING_DONE ? "" : state.do;
    const isSame = (given ?? lesson?.acts(state.story ?? 0) ?? "") === model.acts.text();
    if (given === null || !page.isLive) {
      if (!isSame && page.isLive) model.reset();
      lesson?.restore(state, !isSame);
      return given ? "This page is a recording: what was changed and trained can't be repeated." : "";
    }
    if (isSame) {
      lesson?.turnTo(state.story ?? 0);
      return "";
    }
    const network = this.#network();
    if (state.of && state.of.slice(0, HALF) !== network.slice(0, HALF)) {
      lesson?.restore(state, false);
      return "The address is that of another network: what was changed and trained there is left out.";
    }
    const { acts, wrong: unknown } = readActs(given, (act) => this.#isPossible(act));
    wrong.push(...unknown);
    this.replay?.stop();
    model.reset();
    lesson?.turnTo(state.story ?? 0);
    this.asked = given || NOTHING_DONE;
    this.replay = new Replay(page, acts, () => this.keep());
    this.replay.begin();
    if (state.of && state.of !== network)
      return "The address was made with other first numbers: the same was changed and trained here, which gives others.";
    return unknown.length ? "So the numbers may be others than those that were shared." : "";
  }

  /** @param {Act} act */
  #isPossible(act) {
    const { model, lesson, passes } = this.page;
    if (act.kind === "edit") return act.index < (passes ?? model).lengthOf(act.what);
    if (act.kind === "turn") return act.batch < model.batchCount;
    return act.kind !== "part" || act.part < (lesson?.parts.length ?? 0);
  }

  /** Ends what it does by itself. */
  leave() {
    this.replay?.stop();
    this.keep();
  }

  /** Begins to follow the address. */
  begin() {
    listenTo(window, "hashchange", () => this.read());
    // The address is right when it may be read, copied, or come back to.
    for (const end of ["blur", "pagehide"]) listenTo(window, end, () => this.keep());
  }
}

/** So many letters tell a structure, and as many its numbers. */
const HALF = 4;

/** A number that bytes determine: FNV-1a. @param {Uint8Array} bytes */
function hash(bytes, found = 0x811c9dc5) {
  for (const byte of bytes) found = Math.imul(found ^ byte, 0x01000193);
  return found >>> 0;
}

/** @param {number} number */
function letters(number) {
  return number.toString(36).padStart(HALF, "0").slice(-HALF);
}
