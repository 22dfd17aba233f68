import { byId, make } from "./dom.js";

/** So long a note stays that nothing has to be done about, in milliseconds. */
const NOTE_STAYS = 6000;

/** A sentence of the page about itself, above all else, which stays until it is closed. */
export class Note {
  #fading = 0;

  constructor() {
    this.text = make("p");
    this.more = make("span");
    const close = make("button", { type: "button", class: "close", "aria-label": "close", text: "×" });
    close.addEventListener("click", () => this.hide());
    this.element = make("div", { class: "note", role: "status", hidden: true }, this.text, this.more, close);
    if (!byId("notes")) byId("page").append(make("div", { id: "notes" }));
    byId("notes").append(this.element);
  }

  /** @param {string} text @param {...Element} more buttons or fields after it */
  show(text, ...more) {
    clearTimeout(this.#fading);
    this.text.textContent = text;
    this.more.replaceChildren(...more);
    this.element.hidden = !text;
  }

  /** Shows a sentence for a while. @param {string} text */
  showBriefly(text) {
    this.show(text);
    this.#fading = window.setTimeout(() => this.hide(), NOTE_STAYS);
  }

  hide() {
    this.show("");
  }
}
