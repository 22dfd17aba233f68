import { byId, make } from "./dom.js";
import { Evaluator } from "./evaluating.js";
import { Enlarged, percent } from "./gallery_enlarged.js";
import { lookOf, paintImage } from "./images.js";

/** At most so many mistakes of a set are shown. */
const MOST_SHOWN = 40;

/** While it trains, all images are judged at most this often, in milliseconds. */
const PAUSE = 400;

const SETS = ["that it trains on", "that it never saw"];

/**
 * @typedef {import("./evaluating.js").Verdict} Verdict
 * @typedef {{ set: number, batch: number, index: number }} Chosen an image
 *
 * @typedef {object} Thumbnail
 * @property {HTMLButtonElement} element
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} caption
 * @property {Chosen} one
 */

/**
 * The images that the network classifies: those of a batch or the mistakes among all, and one of them large, with
 * what the network makes of it.
 */
export class Gallery {
  /**
   * @param {import("./main.js").Page} page
   * @param {import("../contract.js").GalleryData} data
   * @param {import("../contract.js").Program} program the network once more
   * @param {() => boolean} isRunning whether it is being trained all the time
   */
  constructor(page, data, program, isRunning) {
    const { graph, model } = page;
    this.page = page;
    this.model = model;
    this.isRunning = isRunning;
    this.classes = data.classes;
    this.isWordy = data.classes.some((name) => name.length > 2);
    this.evaluator = new Evaluator(graph, data, model, program);
    this.look = lookOf([this.evaluator.look({ set: 0, batch: model.batch }).values.slice()], data.shape);
    this.batch = model.batch; // the one that is shown; it stays while the network runs through all
    this.showsMistakes = false;
    /** @type {Verdict[] | null} of all images */
    this.verdicts = null;
    this.judgedVersion = -1; // of the numbers that these are of
    this.shownBatch = ""; // of which numbers and batch the thumbnails are
    this.timer = 0;
    this.enlarged = new Enlarged(data, this.evaluator, this.look, { set: 0, batch: this.batch, index: 0 });
    this.batchTab = make("button", { type: "button", onclick: () => this.#showTab(false) });
    this.mistakesTab = make("button", { type: "button", onclick: () => this.#showTab(true) });
    this.shares = this.evaluator.sets.map(({ images }, set) => this.#share(images, set));
    this.thumbnails = Array.from({ length: this.evaluator.count }, (_, index) =>
      this.#thumbnail({ set: 0, batch: 0, index }),
    );
    const wordy = this.isWordy ? " is-wordy" : "";
    this.grid = make("div", { class: `thumbs${wordy}` }, ...this.thumbnails.map(({ element }) => element));
    this.mistakes = make("div", { class: `mistakes${wordy}`, hidden: true });
    this.element = byId("gallery");
    this.#begin();
  }

  #begin() {
    const { element, batchTab, mistakesTab, grid, mistakes } = this;
    element.hidden = false;
    element.classList.toggle("has-ink", this.look.isInk);
    element.append(
      ...this.shares.map(({ row }) => row),
      this.enlarged.element,
      make("div", { class: "tabs", role: "group", "aria-label": "which images" }, batchTab, mistakesTab),
      grid,
      mistakes,
      make("p", { class: "quiet", text: "Below each image what it is taken for; where that is wrong, ≠ what it is." }),
    );
    for (const list of [grid, mistakes]) list.addEventListener("keydown", walk);
    this.#showTab(false);
  }

  /** How much of a set is right. @param {number} images @param {number} set */
  #share(images, set) {
    const [fill, text] = [make("span", { class: "share-fill" }), make("output", {})];
    const counted = `${images.toLocaleString("en")} images`;
    const about = make("span", {
      class: "quiet",
      text: this.evaluator.sets.length > 1 ? `${counted} ${SETS[set]}` : `all ${counted}`,
    });
    const row = make("div", { class: "share" }, about, text, make("span", { class: "share-bar" }, fill));
    return { row, fill, text };
  }

  /** @param {Chosen} one @returns {Thumbnail} */
  #thumbnail(one) {
    const [canvas, caption] = [make("canvas", { class: "image" }), make("span", { class: "caption" })];
    const sheet = make("span", { class: "sheet" }, canvas);
    const onclick = () => this.#choose(one);
    const element = make("button", { type: "button", class: "thumb", onclick }, sheet, caption);
    return { element, canvas, caption, one };
  }

  /** Says below a thumbnail what the image is taken for. @param {Thumbnail} thumbnail @param {Verdict} verdict */
  #label({ element, caption, one }, { truth, guess, sure }) {
    const { classes } = this;
    // What it is taken for is not said before the story comes to it.
    const { isEarly } = this.page;
    const isWrong = guess !== truth && !isEarly;
    const text = isWrong ? `${classes[guess]} ≠ ${classes[truth]}` : classes[truth];
    if (caption.textContent !== text) caption.textContent = text;
    element.classList.toggle("is-mistake", isWrong);
    element.setAttribute("aria-pressed", String(this.enlarged.shows(one)));
    const label = isWrong
      ? `${classes[truth]}, taken for ${classes[guess]}, ${percent(sure)}`
      : `${classes[truth]}${isEarly ? "" : `, recognised, ${percent(sure)}`}`;
    if (element.title === label) return;
    element.title = label;
    element.setAttribute("aria-label", `${text}: ${label}`);
  }

  #updateBatch() {
    const { isEarly } = this.page;
    const now = `${this.model.version} ${this.batch} ${isEarly}`;
    if (now === this.shownBatch) return;
    this.shownBatch = now;
    const source = { set: 0, batch: this.batch };
    const found = this.evaluator.judge(source);
    const { values, pixels } = this.evaluator.look(source);
    this.thumbnails.forEach((thumbnail, i) => {
      thumbnail.one.batch = this.batch;
      paintImage(thumbnail.canvas, values, i * pixels, this.look);
      this.#label(thumbnail, found[i]);
    });
    const right = found.filter(({ truth, guess }) => truth === guess).length;
    const name = this.model.batchCount > 1 ? `Batch ${this.batch + 1}` : "Images";
    this.batchTab.textContent = isEarly ? name : `${name}: ${right} of ${this.evaluator.count} right`;
  }

  #updateMistakes() {
    const wrong = (this.verdicts ?? []).filter(({ truth, guess }) => truth !== guess);
    this.mistakesTab.textContent = this.verdicts ? `Mistakes: ${wrong.length.toLocaleString("en")}` : "Mistakes";
    if (!this.showsMistakes) return;
    // Those that it never saw first: they say more.
    const sets = this.evaluator.sets.map((_, set) => set).reverse();
    const hadFocus = this.mistakes.contains(document.activeElement);
    this.mistakes.replaceChildren(
      ...sets.flatMap((set) =>
        this.#mistakesOf(
          set,
          wrong.filter((one) => one.set === set),
        ),
      ),
    );
    if (hadFocus) this.mistakes.querySelector("[aria-pressed=true], .thumb")?.focus();
  }

  /** @param {number} set @param {Verdict[]} wrong */
  #mistakesOf(set, wrong) {
    wrong.sort((a, b) => b.sure - a.sure);
    const name = this.evaluator.sets.length > 1 ? SETS[set] : "";
    const about = `${wrong.length || "none"} among the images ${name}`.trim();
    const most = `; the ${MOST_SHOWN} that it is surest of:`;
    const more = wrong.length > MOST_SHOWN ? most : wrong.length > 1 ? ", the surest first:" : "";
    const thumbnails = wrong.slice(0, MOST_SHOWN).map((verdict) => {
      const thumbnail = this.#thumbnail({ set, batch: verdict.batch, index: verdict.index });
      const { values, pixels } = this.evaluator.look(verdict);
      paintImage(thumbnail.canvas, values, verdict.index * pixels, this.look);
      this.#label(thumbnail, verdict);
      return thumbnail.element;
    });
    return [make("p", { class: "quiet", text: `${about}${more}` }), make("div", { class: "thumbs" }, ...thumbnails)];
  }

  #updateShares() {
    this.shares.forEach(({ text, fill }, set) => {
      const own = (this.verdicts ?? []).filter((one) => one.set === set);
      const share = own.filter(({ truth, guess }) => truth === guess).length / (own.length || 1);
      text.textContent = own.length ? `${(100 * share).toFixed(1)} % right` : "";
      fill.style.width = `${100 * share}%`;
    });
  }

  #judgeSoon() {
    if (this.timer || this.judgedVersion === this.model.version) return;
    this.timer = window.setTimeout(() => this.#judge(), this.isRunning() ? PAUSE : 30);
  }

  /** Judges all images, piece by piece. */
  #judge() {
    const { version } = this.model;
    const all = this.evaluator.judgeAll();
    const more = () => {
      const { done, value } = all.next();
      if (!done) {
        this.timer = window.setTimeout(more);
        return;
      }
      this.timer = 0;
      this.verdicts = value;
      this.judgedVersion = version;
      this.#updateShares();
      this.#updateMistakes();
      this.#judgeSoon();
    };
    more();
  }

  /** @param {boolean} mistakes whether these are shown, or the batch */
  #showTab(mistakes) {
    this.showsMistakes = mistakes;
    this.batchTab.setAttribute("aria-pressed", String(!mistakes));
    this.mistakesTab.setAttribute("aria-pressed", String(mistakes));
    this.grid.hidden = mistakes;
    this.mistakes.hidden = !mistakes;
    this.#updateMistakes();
  }

  /** Enlarges an image. @param {Chosen} one */
  #choose(one) {
    this.enlarged.choose(one);
    this.shownBatch = "";
    this.#updateBatch();
    this.#updateMistakes();
  }

  refresh() {
    if (!this.isRunning()) this.batch = this.model.batch;
    this.#updateBatch();
    const { isEarly } = this.page;
    const isOther = isEarly !== this.enlarged.isEarly;
    this.enlarged.isEarly = isEarly;
    this.enlarged.update();
    if (isOther) this.#updateMistakes();
    this.#judgeSoon();
  }
}

/** Arrow keys go from image to image. @param {KeyboardEvent} event */
function walk(event) {
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  const all = /** @type {HTMLElement[]} */ ([...list.querySelectorAll(".thumb")]);
  const at = all.findIndex((one) => one === document.activeElement);
  const columns = all.filter((one) => one.offsetTop === all[0].offsetTop).length;
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
  if (by === undefined || at < 0) return;
  event.preventDefault();
  event.stopPropagation();
  all[at + by]?.focus();
}
