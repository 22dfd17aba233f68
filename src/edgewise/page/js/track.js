import { byId, make } from "./dom.js";
import { phaseAt } from "./timeline.js";

/** Of more chapters none could be hit, or its name be read. */
const MOST_CHAPTERS = 60;

/** Says that one is in a part of the story. @param {Element} button @param {boolean} isNow */
function setNow(button, isNow) {
  if (isNow) button.setAttribute("aria-current", "step");
  else button.removeAttribute("aria-current");
}

/** The line of the story: its phases, its chapters, and where on it one is. */
export class Track {
  /**
   * @param {import("./main.js").Page} page
   * @param {(moment: number) => void} go to a moment that the reader has chosen
   */
  constructor(page, go) {
    this.page = page;
    this.go = go;
    this.scrub = byId("scrub");
    /** @type {import("./story.js").Story | null} */
    this.story = null;
    /** @type {{ chapter: import("./story.js").Chapter, button: HTMLElement }[]} */
    this.chapters = [];
    this.scrub.addEventListener("input", () => go(this.page.story.stops[Number(this.scrub.value)].to));
  }

  /** Draws the line of another story. */
  #renew() {
    const { page, scrub } = this;
    const { story, timeline } = page;
    const [forward, backward] = [timeline.forwardEnd, timeline.backwardEnd].map((end) => story.indexOf(end));
    scrub.max = String(story.last);
    scrub.style.setProperty("--forward", String(forward / story.last));
    scrub.style.setProperty("--backward", String(backward / story.last));
    this.#drawPhases(forward, backward);
    this.#drawChapters();
    this.story = story;
  }

  /** @param {number} forward the last stop on the way forward @param {number} backward the last one on the way back */
  #drawPhases(forward, backward) {
    const { story } = this.page;
    /** @type {[string, number, number][]} */
    const phases = [
      ["Forward", 0, forward],
      ["Backward", forward, backward],
      ["Update", backward, story.last],
    ];
    const parts = phases
      .filter(([, from, to]) => to > from)
      .map(([name, from, to]) => {
        const onclick = () => this.go(story.stops[from + (from ? 1 : 0)].to);
        const part = make("button", { type: "button", class: `phase ${name.toLowerCase()}`, text: name, onclick });
        part.style.flexGrow = String(to - from);
        return part;
      });
    byId("phases").replaceChildren(...parts);
  }

  #drawChapters() {
    const { story, picture } = this.page;
    const element = byId("chapters");
    const all = story.chapters();
    element.hidden = all.length > MOST_CHAPTERS || all.every(({ scope }) => scope < 0);
    this.chapters = element.hidden
      ? []
      : all.map((chapter) => {
          const { scope, phase, first, last } = chapter;
          const name = scope < 0 ? "" : picture.modules.titleOf(scope);
          const steps = first === last ? `step ${first}` : `steps ${first} to ${last}`;
          const title = `${name ? `${name}, ` : ""}${phase}: ${steps}`;
          const onclick = () => this.go(story.stops[first].to);
          const given = { type: "button", title, "aria-label": title, tabindex: -1, onclick };
          const text = picture.modules.clusters.get(scope)?.name || name;
          const label = make("span", { "aria-hidden": "true", text });
          const button = make("button", { class: `chapter ${phase}${name ? "" : " is-loose"}`, ...given }, label);
          // A line between stops belongs to the later one.
          button.style.flexGrow = String(last - first + (first ? 1 : 0.5));
          return { chapter, button };
        });
    element.replaceChildren(...this.chapters.map(({ button }) => button));
  }

  /** Shows where on the line one is. What happens there is said elsewhere. */
  refresh() {
    const { page, scrub } = this;
    const { story, step, timeline } = page;
    if (story !== this.story) this.#renew();
    const at = story.indexOf(step);
    scrub.value = String(at);
    scrub.setAttribute("aria-valuetext", `${at} of ${story.last}`);
    scrub.style.setProperty("--at", String(at / story.last));
    byId("count").textContent = `${at} / ${story.last}`;
    const phase = phaseAt(timeline, step);
    byId("page").dataset.phase = phase;
    for (const part of byId("phases").children) setNow(part, part.classList.contains(phase));
    byId("page").dataset.step = String(step);
    for (const { chapter, button } of this.chapters) {
      const isNow = chapter.first <= at && at <= chapter.last;
      setNow(button, isNow);
      // Only that which one is in can be reached by Tab: there may be dozens.
      button.tabIndex = isNow ? 0 : -1;
    }
  }

  /** The first stop of the chapter so many chapters from here; of the present one if that is not where one is. @param {1 | -1} way @returns {number} a moment */
  beginOf(way) {
    const { story, step } = this.page;
    const at = story.indexOf(step);
    const firsts = story.chapters().map(({ first }) => first);
    const before = firsts.filter((first) => first < at).pop() ?? 0;
    const next = firsts.find((first) => first > at) ?? story.last;
    return story.stops[way > 0 ? next : before].to;
  }
}
