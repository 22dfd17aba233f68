import { byId, make } from "../../page/js/dom.js";
import { makeControl } from "./controls.js";
import { Lead } from "./lead.js";
import { Side } from "./side.js";
import { makeTable } from "./table.js";

/**
 * The page of an experiment: networks side by side, each a page of its own in a frame, with one player for all of them.
 * What the run found is shown when the reader has made a prediction.
 *
 * @typedef {import("../contract.js").LabData} LabData
 */
export class LabPage {
  /** @param {LabData} data */
  constructor(data) {
    this.data = data;
    this.sides = data.sides.map((_, i) => new Side(data, i, (side) => this.#hear(side)));
    byId("sides").append(...this.sides.map(({ element }) => element));
    byId("sides").style.setProperty("--count", String(this.sides.length));
    this.lead = new Lead(this.sides);
    const controls = data.controls.map((control) => makeControl(control, this.sides));
    byId("controls").append(...controls.map(({ element }) => element));
    byId("reset").addEventListener("click", () => controls.forEach(({ reset }) => reset()));
    byId("train").hidden = !data.trains;
    byId("lead").hidden = byId("sides").hidden = !this.sides.length;
    window.addEventListener("message", (/** @type {MessageEvent} */ { source, data: message }) => {
      const side = this.sides.find((one) => one.isFrom(source));
      if (!side) return;
      if (message.edgewiseKey) this.lead.keys[message.edgewiseKey]?.();
      else side.hear(message);
    });
    this.#setUpTexts();
    this.#setUpTheme();
  }

  /** @param {Side} side which has reported what it shows */
  #hear(side) {
    this.refresh();
    this.lead.follow(side);
    this.lead.answered();
  }

  /** Shows what the sides have reported. */
  refresh() {
    this.lead.refresh();
    const most = Math.max(...this.sides.map(({ shown }) => shown?.points.at(-1)?.step ?? 0));
    const highest = Math.max(...this.sides.flatMap(({ shown }) => shown?.points.map(({ loss }) => loss) ?? []));
    for (const side of this.sides) side.refresh(most, highest);
    if (this.sides.every(({ shown }) => shown)) byId("page").dataset.ready = "yes";
  }

  #setUpTexts() {
    const { question, claims, tables, code, prediction } = this.data;
    document.title = question;
    byId("title").textContent = question;
    byId("claims").append(
      ...claims.map(({ text, holds }) =>
        make(
          "li",
          { class: holds ? "holds" : "fails" },
          holds ? "" : make("strong", { text: "Not so in this run: " }),
          text,
        ),
      ),
    );
    byId("tables").append(...tables.map(makeTable));
    byId("code").textContent = code;
    byId("go-on").hidden = !code;
    if (prediction) this.#ask(prediction);
    else this.#reveal();
    if (!this.sides.length) byId("page").dataset.ready = "yes";
  }

  /** @param {import("../contract.js").PredictionData} prediction */
  #ask({ question, choices, right, because }) {
    byId("asked").hidden = false;
    byId("asked-question").textContent = question;
    const buttons = choices.map((text, i) => make("button", { type: "button", text, onclick: () => answer(i) }));
    const skip = make("button", { type: "button", class: "quiet", text: "Show me", onclick: () => answer(-1) });
    byId("choices").append(...buttons, skip);
    const answer = (/** @type {number} */ choice) => {
      for (const [i, button] of buttons.entries()) {
        button.disabled = true;
        button.setAttribute("aria-pressed", String(i === choice));
        if (i === right) button.classList.add("is-right");
      }
      skip.remove();
      const said = choice < 0 ? "" : choice === right ? "Yes. " : `Not quite: ${choices[right]}. `;
      byId("verdict").textContent = said + because;
      this.#reveal();
      this.lead.showEnd();
    };
  }

  #reveal() {
    byId("findings").hidden = !this.data.claims.length && !this.data.tables.length;
    for (const side of this.sides) side.isRevealed = true;
    this.refresh();
  }

  #setUpTheme() {
    const { dataset } = document.documentElement;
    if (this.data.theme !== "auto") dataset.theme ??= this.data.theme;
    byId("theme").addEventListener("click", () => {
      const isDark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      dataset.theme = isDark ? "light" : "dark";
      for (const side of this.sides) side.setTheme(dataset.theme);
    });
  }
}

/** Begins the page. @param {LabData} data */
export function startLab(data) {
  return new LabPage(data);
}
