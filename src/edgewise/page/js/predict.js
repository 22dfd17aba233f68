import { byId, make } from "./dom.js";
import { figure, parseNumber } from "./figures.js";
import { formula } from "./mathml.js";
import { largestAt, listText, placeText } from "./sentences.js";

/**
 * Predicting gradients: each is hidden until the reader has said how large it is, or goes on.
 *
 * @typedef {{ sign: number | undefined, size: number, text: string }} Guess a sign, the position of a size or -1, and what was typed
 * @typedef {"right" | "wrong"} Outcome
 * @typedef {{ outcome: Outcome, text: string }} Verdict
 * @typedef {{ value: number, tensor: number, place: string }} Asked the number that is asked for, whose it is, and where in its array
 */

/** Between the sizes that a reader chooses from. */
const SIZE_BORDERS = [0.01, 0.1, 1, 10];
/** A number that is off by this part of it is right. */
const CLOSE = 0.02;
/** @type {[string, number, string][]} */
const SIGN_CHOICES = [
  ["−", -1, "negative"],
  ["0", 0, "zero"],
  ["+", 1, "positive"],
];

/** The names of the sizes. @returns {string[]} */
function sizeNames() {
  return ["", ...SIZE_BORDERS].map((from, i) => {
    const to = SIZE_BORDERS[i];
    if (from === "") return `below ${to}`;
    return to === undefined ? `above ${from}` : `${from} to ${to}`;
  });
}

/** Whether a number has a size, or lies at its border. @param {number} value @param {number} size */
function hasSize(value, size) {
  const from = size ? SIZE_BORDERS[size - 1] : 0;
  const to = SIZE_BORDERS[size] ?? Infinity;
  return Math.abs(value) >= from * (1 - CLOSE) && Math.abs(value) <= to * (1 + CLOSE);
}

/**
 * Whether a guess is right, with a kind word if it is not; a text if it is no guess.
 *
 * @param {Guess} guess
 * @param {number} value the gradient
 * @returns {Verdict | string}
 */
export function judgeGuess({ sign, size, text }, value) {
  const truth = `it is ${figure(value)}`;
  /** @param {string} why @returns {Verdict} */
  const wrong = (why) => ({ outcome: "wrong", text: `Not quite: ${truth}. ${why}` });
  /** @type {Verdict} */
  const right = { outcome: "right", text: `Right: ${truth}.` };
  if (text.trim()) {
    const parsed = parseNumber(text);
    if (parsed === undefined) return `“${text.trim()}” is no number: type one such as −0.75, or choose a sign.`;
    // A number without a sign of its own has the one that was chosen.
    const typed = sign && /^[\d.]/.test(text.trim()) ? sign * parsed : parsed;
    if (Math.abs(typed - value) <= CLOSE * Math.abs(value) || figure(typed, 2) === figure(value, 2)) return right;
    if (typed && Math.sign(typed) === -Math.sign(value)) return wrong("The sign is the other one.");
    const isLarger = Math.abs(value) > Math.abs(typed);
    return wrong(
      `${typed && value ? "The sign is right. " : ""}It is ${isLarger ? "larger" : "smaller"} than you said.`,
    );
  }
  if (sign === undefined) return "Choose a sign, or type the number.";
  if (sign !== Math.sign(value)) {
    if (!value) return wrong("Nothing comes back here.");
    return wrong(sign ? "The sign is the other one." : "Something does come back here.");
  }
  if (!sign || size < 0 || hasSize(value, size)) return right;
  const isLarger = Math.abs(value) > SIZE_BORDERS[Math.min(size, SIZE_BORDERS.length - 1)];
  return wrong(`The sign is right, and its size is ${isLarger ? "larger" : "smaller"}.`);
}

export class Predicting {
  /** @param {import("./main.js").Page} page */
  constructor(page) {
    this.page = page;
    this.isOn = false;
    /** By step. @type {Map<number, Verdict>} */
    this.verdicts = new Map();
    /** Of which numbers the answers are. */
    this.version = -1;
    this.form = byId("prediction");
    this.button = byId("predict");
    this.shown = "";
    this.keys = { g: () => this.turn(!this.isOn) };
    this.button.hidden = page.timeline.backwardEnd === page.timeline.forwardEnd;
    this.button.addEventListener("click", () => this.turn(!this.isOn));
    this.form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#answer();
    });
  }

  /** @param {boolean} on */
  turn(on) {
    const { page } = this;
    if (this.button.hidden) return;
    this.isOn = on;
    this.verdicts.clear();
    this.shown = "";
    this.button.setAttribute("aria-pressed", String(on));
    byId("page").classList.toggle("predicting", on);
    const choice = byId("colour");
    const option = choice.querySelector("option[value=gradient]");
    if (option) option.disabled = on;
    if (on && choice.value === "gradient") page.picture.restore({ colour: "" });
    page.looking?.close();
    // Those who are behind the gradients already begin with the first one.
    if (on && page.step > page.timeline.forwardEnd) page.player.go(page.timeline.forwardEnd);
    else page.refresh();
  }

  /** The number that a step asks for; null where nothing is asked. @param {number} step @returns {Asked | null} */
  asked(step) {
    const { graph, model, story } = this.page;
    const { moment } = story.stopAt(step);
    /** @type {number | undefined} */
    let tensor;
    /** @type {ArrayLike<number> | undefined} */
    let values;
    let through = "";
    if (moment.kind === "module") {
      if (moment.phase !== "backward" || moment.scope < 0) return null;
      const { inputs, edges, parameters } = moment.boundary;
      tensor = inputs[0] ?? parameters[0];
      values = model.contributions(edges.filter((edge) => graph.edges[edge].tensor === tensor));
      through = ` through ${moment.modules.titleOf(moment.scope)}`;
    } else if (moment.kind === "backward") {
      const edge = /** @type {number} */ (moment.edge);
      tensor = moment.tensor;
      values = model.contribution(edge);
      const { edges } = graph.tensors[/** @type {number} */ (tensor)];
      const isPart = edges.filter((one) => graph.edges[one].hasGradient).length > 1;
      through = isPart ? ` through ${graph.nodes[graph.edges[edge].node].label}` : "";
    } else if (moment.kind === "sum") {
      tensor = moment.tensor;
      values = model.gradient(/** @type {number} */ (tensor));
    }
    const at = values ? largestAt(values) : -1;
    if (tensor === undefined || !values || at < 0 || !Number.isFinite(values[at])) return null;
    const place = values.length > 1 ? placeText(graph.tensors[tensor], at) : "";
    return { value: values[at], tensor, place: `${through}${place}` };
  }

  /** Whether the result of the present step is hidden. */
  get hides() {
    const { step } = this.page;
    return this.isOn && !this.verdicts.has(step) && this.asked(step) !== null;
  }

  /** Whether an element is to be hidden: one of a gradient that is not known yet. @param {import("./element_names.js").Target} target */
  hidesElement({ kind, id }) {
    return kind !== "value" && this.hidesGradient(kind, id);
  }

  /** Whether the gradient of a tensor, or the part of it that comes through an edge, is hidden. @param {"gradient" | "part"} kind @param {number} id */
  hidesGradient(kind, id) {
    if (!this.isOn) return false;
    const { timeline, known } = this.page;
    return ((kind === "part" ? timeline.contributionAt[id] : timeline.gradientAt[id]) ?? Infinity) > known;
  }

  /**
   * The equation of a step without what would tell its result.
   *
   * @param {import("./equation_parts.js").Content} content
   * @param {number} step
   */
  veiled(content, step) {
    if (!this.hides || step !== this.page.step) return content;
    // The sum so far has the part that is asked for in it.
    const tiles = content.tiles.filter((tile) => !(tile instanceof Element && tile.matches(".so-far")));
    for (const tile of tiles) {
      if (!(tile instanceof Element) || !tile.matches(".result, .local")) continue;
      for (const one of tile.querySelectorAll(".figure, .local-numbers, .numbers-frame, .map-frame")) one.remove();
      const body = tile.querySelector(".tile-body");
      if (tile.matches(".result")) body?.replaceChildren(make("span", { class: "figure veiled", text: "?" }));
    }
    const spoken = `${content.title.map((part) => (part instanceof Element ? part.textContent : part)).join("")}: what is its gradient?`;
    return { ...content, tiles, chain: null, sentence: "", spoken };
  }

  #answer() {
    const { page, form } = this;
    const asked = this.asked(page.step);
    if (!asked) return;
    const given = new FormData(form);
    const sign = given.get("sign");
    const verdict = judgeGuess(
      {
        sign: sign === null ? undefined : Number(sign),
        size: Number(given.get("size") ?? -1),
        text: String(given.get("number") ?? ""),
      },
      asked.value,
    );
    if (typeof verdict === "string") {
      form.querySelector("output").textContent = verdict;
      return;
    }
    this.verdicts.set(page.step, verdict);
    page.refresh();
    byId("next").focus();
  }

  refresh() {
    const { page, form, isOn } = this;
    if (isOn && this.version !== page.model.version) this.verdicts.clear();
    this.version = page.model.version;
    const { hides } = this;
    if (hides && page.player.isPlaying) page.player.play(false);
    const now = `${isOn} ${page.step} ${hides} ${page.model.version}`;
    if (this.shown === now) return;
    this.shown = now;
    const parts = !isOn ? [] : hides ? this.#question() : this.#report();
    form.replaceChildren(...parts);
    form.hidden = !parts.length;
  }

  #question() {
    const { graph, step } = this.page;
    const { place, tensor } = /** @type {Asked} */ (this.asked(step));
    const { gradientMath } = graph.tensors[tensor];
    const signs = SIGN_CHOICES.map(([text, value, label]) =>
      make("label", {}, make("input", { type: "radio", name: "sign", value, "aria-label": label }), text),
    );
    const sizes = ["any size", ...sizeNames()].map((text, i) => make("option", { value: i - 1, text }));
    return [
      make("span", { class: "asks" }, "Which sign has ", formula(gradientMath), `${place}, and how large is it?`),
      make("span", { class: "signs", role: "radiogroup", "aria-label": "Sign" }, ...signs),
      make("select", { name: "size", "aria-label": "Size" }, ...sizes),
      make("input", {
        type: "text",
        name: "number",
        size: 8,
        inputmode: "decimal",
        autocomplete: "off",
        placeholder: "or number",
        "aria-label": "or type the number",
      }),
      make("button", { type: "submit", text: "See" }),
      make("output", {}),
    ];
  }

  /** What is said after an answer, and at the end of the way back. */
  #report() {
    const { page, verdicts } = this;
    const verdict = verdicts.get(page.step);
    const { timeline, step } = page;
    const isWrong = verdict?.outcome === "wrong";
    return [
      verdict && make("output", { class: `is-${verdict.outcome}`, text: verdict.text }),
      isWrong && make("span", { class: "quiet", text: "The sentence of this step says why." }),
      step >= timeline.backwardEnd && this.#summary(),
    ].filter(Boolean);
  }

  /** What was right, and what was missed. */
  #summary() {
    const { page, verdicts } = this;
    const { graph, story } = page;
    const asked = story.stops.map(({ to }) => to).filter((step) => this.asked(step));
    const missed = asked.filter((step) => verdicts.get(step)?.outcome !== "right");
    const wrong = missed.filter((step) => verdicts.has(step)).length;
    const left = missed.length - wrong;
    const count = `${asked.length - missed.length} of ${asked.length} gradients were right`;
    const rest = listText([...(wrong ? [`${wrong} not quite`] : []), ...(left ? [`${left} without an answer`] : [])]);
    const buttons = missed.slice(0, MOST_LISTED_MISSED).map((step) => {
      const { symbol } = graph.tensors[/** @type {Asked} */ (this.asked(step)).tensor];
      const onclick = () => {
        verdicts.delete(step);
        page.player.go(step);
      };
      return make("button", {
        type: "button",
        text: `${symbol} · step ${story.indexOf(step)}`,
        title: "Try again",
        onclick,
      });
    });
    return make(
      "span",
      { class: "summary" },
      `${count}${rest ? `: ${rest}.` : ". Well done!"}`,
      ...(buttons.length ? [" Missed: ", ...buttons] : []),
    );
  }
}

/** Of more missed gradients the first are listed. */
const MOST_LISTED_MISSED = 8;
