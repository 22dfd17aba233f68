import { byId, make } from "./dom.js";

/**
 * A story that leads through the page: texts, each at a step, after a change, or after some training.
 *
 * @typedef {import("../contract.js").StoryPartData} StoryPart
 */

export class Lesson {
  /** @param {import("./main.js").Page} page @param {StoryPart[]} parts */
  constructor(page, parts) {
    this.page = page;
    this.parts = parts;
    /** Which part is shown; none before the first. */
    this.at = -1;
    this.text = make("p", { "aria-live": "polite" });
    this.count = make("span", { class: "quiet" });
    /** @param {string} id @param {string} label @param {string} text @param {number} by */
    const button = (id, label, text, by) =>
      make("button", { type: "button", id, "aria-label": label, text, onclick: () => this.go(this.at + by) });
    this.back = button("story-back", "the part of the story before", "‹ Back", -1);
    this.next = button("story-next", "the next part of the story", "Next ›", 1);
    const bar = make("section", { id: "story", "aria-label": "Story" }, this.text, this.count, this.back, this.next);
    byId("picture-area").append(bar);
  }

  /** Shows a part. What it and those before it change starts from the first numbers, so that it can be gone back to. @param {number} to */
  go(to) {
    const { page, parts } = this;
    const goal = Math.max(0, Math.min(parts.length - 1, to));
    if (goal === this.at) return;
    page.training.stop();
    page.player.play(false);
    if (goal < this.at) {
      page.model.reset();
      this.at = -1;
      page.step = 0;
    }
    let { step } = page;
    while (this.at < goal) {
      this.at += 1;
      this.apply(this.at);
      step = this.#stepOf(parts[this.at]) ?? step;
    }
    this.#show();
    page.player.go(step);
  }

  /** Changes what a part changes. @param {number} which */
  apply(which) {
    const { model } = this.page;
    const { changes = [], rate, train = 0 } = this.parts[which];
    if (!this.#isAct(which)) return;
    model.acts.part(which, () => {
      for (const [leaf, numbers] of changes) model.assign(leaf, numbers);
      if (rate !== undefined) model.edit("rate", 0, rate);
      for (let i = 0; i < train && Number.isFinite(model.loss()); i++) model.train();
    });
  }

  /** Whether a part changes numbers. @param {number} which */
  #isAct(which) {
    const { changes, rate, train } = this.parts[which];
    return Boolean(changes || train || rate !== undefined);
  }

  /** What is done to the numbers until a part, as the address says it. @param {number} [to] by default the one that is shown */
  acts(to = this.at) {
    return this.parts.flatMap((_, i) => (i <= to && this.#isAct(i) ? [`p${i}`] : [])).join();
  }

  /** Shows a part without what it changes. @param {number} to */
  turnTo(to) {
    this.at = Math.max(0, Math.min(this.parts.length - 1, to));
    this.#show();
  }

  /** The step that a part names. @param {StoryPart} part */
  #stepOf({ step, tensor, node, way }) {
    const { graph, timeline } = this.page;
    if (tensor !== undefined) {
      if (way === "forward") return timeline.valueAt[tensor];
      return way === "backward" ? timeline.gradientAt[tensor] : timeline.updateAt[tensor];
    }
    if (node === undefined) return step;
    if (way === "forward") return timeline.valueAt[graph.nodes[node].output];
    return timeline.moments.findIndex((moment) => moment.kind === "backward" && moment.node === node);
  }

  #show() {
    const { parts, at } = this;
    this.text.textContent = parts[at].text;
    this.count.textContent = `${at + 1} / ${parts.length}`;
    byId("page").dataset.story = String(at);
    this.back.disabled = at === 0;
    this.next.disabled = at === parts.length - 1;
  }

  /** What the address keeps of it. */
  kept() {
    return { story: this.at > 0 ? String(this.at) : "" };
  }

  /** @param {{ story?: number }} state @param {boolean} isReset whether the numbers are as at first */
  restore({ story }, isReset) {
    if (isReset) this.at = -1;
    this.go(story ?? 0);
  }
}
