import { byId, make } from "./dom.js";
import { elementKey } from "./elements.js";
import { ElementTrace } from "./element_trace.js";
import { figure } from "./figures.js";
import { IN_PICTURE, layOutSheet } from "./heat.js";
import { Lights } from "./lights.js";
import { formula } from "./mathml.js";
import { TermWriter } from "./term_math.js";
import { ELEMENT_REACHED, elementAt, shownArrays } from "./tiles.js";
import { listenTo } from "./outside.js";

/**
 * Looking into a single number: the sum that made it, written out, with the elements that it came from marked.
 *
 * @typedef {import("./element_names.js").Target} Target
 * @typedef {import("./sums.js").Sum} Sum
 */

/** The letters of parts, of which those that are names in the network are left out. */
const LETTERS = [..."abcdhkmnpqrsuvw"];
/** A sum of at most so many numbers is written with names as well. */
const MOST_NAMED = 8;
/** Of a longer walk the address keeps so many elements. */
const MOST_IN_ADDRESS = 12;
/** Between the pointer and the panel, in pixels. */
const AWAY = 14;
/** What the panel covers only if there is no other place for it. */
const CONTROLS = "#page :is(button, input, select):not(#look *)";

export class Looking {
  /** @param {import("./main.js").Page} page @param {import("../contract.js").StepData[]} steps */
  constructor(page, steps) {
    this.page = page;
    this.trace = new ElementTrace(page.graph, page.model, steps);
    this.names = this.trace.names;
    this.lights = new Lights(this.names, page.model);
    /** The elements that were looked into, the present one last. @type {Target[]} */
    this.path = [];
    this.isPinned = false;
    this.version = -1;
    /** Whether all terms of the present sum are written. */
    this.isWhole = false;
    this.letters = LETTERS.filter((letter) => !page.graph.tensors.some(({ symbol }) => symbol === letter));
    this.panel = make("section", { id: "look", hidden: true, "aria-label": "Where a number comes from" });
    byId("page").append(this.panel);
    /** The numbers of each tensor by its description, which views are made with. */
    this.ids = new Map(page.graph.tensors.map((tensor, id) => [tensor, id]));
    this.#listen();
  }

  #listen() {
    listenTo(document, "pointermove", (/** @type {PointerEvent} */ event) => {
      if (event.pointerType === "mouse" && !this.isPinned) this.#point(event);
    });
    // First of all, so that others know that it is open.
    listenTo(
      document,
      "click",
      (/** @type {MouseEvent} */ event) => {
        const target = this.#targetAt(event);
        if (target) this.pin(target, event);
      },
      { capture: true },
    );
    listenTo(document, ELEMENT_REACHED, (/** @type {CustomEvent} */ event) => {
      const view = /** @type {HTMLElement} */ (event.target);
      const at = Number(/** @type {CustomEvent} */ (event).detail);
      const target = at >= 0 ? this.#targetOf(view, at) : null;
      if (target) this.pin(target, view.getBoundingClientRect());
    });
  }

  /** Shows the element under the pointer, or nothing. @param {PointerEvent} event */
  #point(event) {
    const target = this.#targetAt(event);
    if (!target) this.#hide();
    else this.#show([target], event);
  }

  /** @param {MouseEvent} event @returns {Target | null} */
  #targetAt(event) {
    const element = /** @type {Element} */ (event.target);
    if (!(element instanceof Element) || element.closest("#look")) return null;
    const view = element.closest(".numbers td, .map, .figure");
    if (view?.localName === "td")
      return this.#targetOf(
        /** @type {Element} */ (view.closest(".numbers")),
        Number(/** @type {HTMLElement} */ (view).dataset.at),
      );
    if (view) {
      const shown = shownArrays.get(view);
      const at = shown?.sheet ? elementAt(shown.sheet, view, /** @type {PointerEvent} */ (event)) : 0;
      return at < 0 ? null : this.#targetOf(view, at);
    }
    return this.#inPicture(element, event);
  }

  /** The element that a view shows at a position. @param {Element} view @param {number} at @returns {Target | null} */
  #targetOf(view, at) {
    const shown = shownArrays.get(view);
    const id = shown && this.ids.get(/** @type {import("../contract.js").Tensor} */ (shown.array));
    if (!shown || id === undefined) return null;
    const { model } = this.page;
    if (shown.values === model.value(id)) return { kind: "value", id, at };
    const edge = this.names.partsOf(id).find((one) => model.contribution(one) === shown.values);
    if (edge !== undefined && model.gradient(id) !== shown.values) return { kind: "part", id: edge, at };
    return shown.values === model.gradient(id) ? { kind: "gradient", id, at } : null;
  }

  /** @param {Element} element @param {MouseEvent} event @returns {Target | null} */
  #inPicture(element, event) {
    const group = /** @type {SVGGElement | null} */ (element.closest("#picture g[data-kind]"));
    if (!group || getComputedStyle(element).opacity === "0") return null;
    const way = element.matches(".gradient, .of-gradient") ? "gradient" : "value";
    const isEdge = group.dataset.kind === "edge";
    if (!isEdge && group.dataset.kind !== "tensor") return null;
    const id = Number(group.dataset.id);
    const { graph } = this.page;
    const tensor = graph.tensors[isEdge ? graph.edges[id].tensor : id];
    let at = -1;
    if (element.localName === "image")
      at = elementAt(layOutSheet(tensor, IN_PICTURE), element, /** @type {PointerEvent} */ (event));
    else if (element.matches("text.grid.value, text.grid.gradient"))
      at = [...group.querySelectorAll(`text.grid.${way}`)].indexOf(element);
    else if (element.matches("text.value, text.gradient") && !tensor.shape.some((size) => size > 1)) at = 0;
    // What the story has not come to yet is not shown, and what an update made of a parameter is not of this Program.
    const isHidden = group.matches(way === "gradient" ? ".waits, .no-gradient" : ".waits");
    if (at < 0 || isHidden || (way === "value" && !isEdge && this.page.picture.isUpdated(id))) return null;
    const kind = isEdge ? "part" : way;
    const target = { kind: /** @type {Target["kind"]} */ (kind), id, at };
    return this.names.placeOf(target) === undefined ? null : target;
  }

  /** Keeps the sum of an element on the screen, and goes on from there. @param {Target} target @param {{ clientX: number, clientY: number } | DOMRect} [near] */
  pin(target, near) {
    this.isPinned = true;
    this.#show([target], near);
    this.page.keep();
  }

  /** Goes on to an element that this one comes from or goes to. @param {Target} target */
  #walk(target) {
    this.#show([...this.path, target]);
    this.page.keep();
    /** @type {HTMLElement | null} */ (this.panel.querySelector("button"))?.focus();
  }

  /** @param {Target[]} path */
  #back(path) {
    this.#show(path);
    this.page.keep();
  }

  close() {
    const wasPinned = this.isPinned;
    this.isPinned = false;
    this.#hide();
    if (wasPinned) this.page.keep();
  }

  /** What the address keeps of it: the elements that were looked into, the present one last. */
  kept() {
    const path = this.isPinned ? this.path.slice(-MOST_IN_ADDRESS) : [];
    return { look: path.map(({ kind, id, at }) => `${kind[0]}${id}.${at}`).join("_") };
  }

  /** @param {{ look: string }} state */
  restore({ look }) {
    if (look === this.kept().look) return;
    const path = look.split("_").flatMap((text) => this.#targetIn(text) ?? []);
    const last = path[path.length - 1];
    this.isPinned = path.length > 0;
    if (!last) {
      this.#hide();
      return;
    }
    const kind = last.kind === "part" ? "edge" : "tensor";
    const near = document.querySelector(`#picture g[data-kind="${kind}"][data-id="${last.id}"]`);
    this.#show(path, (near ?? byId("picture")).getBoundingClientRect());
  }

  /** The element that a text of the address means, if there is one. @param {string} text @returns {Target | undefined} */
  #targetIn(text) {
    const [, letter, id, at] = text.match(/^([vgp])(\d+)\.(\d+)$/) ?? [];
    const kind = /** @type {Target["kind"][]} */ (["value", "gradient", "part"]).find((one) => one[0] === letter);
    const target = kind && { kind, id: Number(id), at: Number(at) };
    const place = target && this.names.placeOf(target);
    if (!target || place === undefined) return undefined;
    return target.at < this.page.model.program.values[place].data.length ? target : undefined;
  }

  /** @returns {boolean} whether there was something to close */
  out() {
    const wasOpen = this.isPinned;
    this.close();
    return wasOpen;
  }

  #hide() {
    if (this.panel.hidden) return;
    this.panel.hidden = true;
    this.path = [];
    this.lights.clear();
  }

  refresh() {
    if (this.panel.hidden) return;
    this.#show(this.path);
  }

  /** @param {Target[]} path @param {{ clientX: number, clientY: number } | DOMRect} [near] */
  #show(path, near) {
    const target = path[path.length - 1];
    if (this.page.predicting.hidesElement(target)) {
      this.#hide();
      return;
    }
    const before = this.path[this.path.length - 1];
    const { version } = this.page.model;
    const isSame =
      before && before.kind === target.kind && before.id === target.id && before.at === target.at && path.length === 1;
    if (!isSame) this.isWhole = false;
    if (!(isSame && this.version === version && !this.panel.hidden && !this.isPinned)) {
      this.version = version;
      this.path = path;
      const sum = this.isWhole ? this.trace.wholeSum(target) : this.trace.sum(target);
      this.panel.replaceChildren(...this.#content(target, sum));
      this.panel.classList.toggle("is-pinned", this.isPinned);
      this.panel.hidden = false;
      this.lights.show(target, this.trace.sources(target));
    }
    if (near) this.#place(near);
  }

  /** Puts the panel near a point, where it covers nothing of what is pointed at, and of controls as little as it can. @param {{ clientX: number, clientY: number } | DOMRect} near */
  #place(near) {
    const { offsetWidth: width, offsetHeight: height, style } = this.panel;
    const isBox = "bottom" in near;
    const [x, top, bottom] = isBox ? [near.left, near.top, near.bottom] : [near.clientX, near.clientY, near.clientY];
    // What it is about may be out of sight, where the address has pinned it.
    /** @param {number} at @param {number} most */
    const within = (at, most) => Math.max(6, Math.min(at, most - 6));
    const besideEquation = byId("equation-panel").getBoundingClientRect().left - AWAY - width;
    const lefts = [x + AWAY, x - AWAY - width, x - width / 2, besideEquation].map((left) =>
      within(left, innerWidth - width),
    );
    const tops = [bottom + AWAY, top - AWAY - height, top - height / 2].map((one) => within(one, innerHeight - height));
    const places = tops.flatMap((one) => lefts.map((left) => new DOMRect(left, one, width, height)));
    const point = new DOMRect(x, top, 1, bottom - top);
    const controls = [...document.querySelectorAll(CONTROLS)].map((one) => one.getBoundingClientRect());
    const costs = places.map((place) =>
      controls.reduce((cost, one) => cost + overlap(place, one), 1e9 * overlap(place, point)),
    );
    const best = places[costs.indexOf(Math.min(...costs))];
    style.left = `${best.left}px`;
    style.top = `${best.top}px`;
  }

  /** @param {Target} target @param {Sum} sum @returns {Element[]} */
  #content(target, sum) {
    const letters = new Map(sum.parts.map(({ element }, i) => [elementKey(element), this.letters[i] ?? `p${i}`]));
    const name = formula(`<math>${this.names.markup(target)}</math>`);
    const way = target.kind === "value" ? "value" : "gradient";
    const head = make(
      "header",
      {},
      make("h2", {}, name ?? this.names.text(target)),
      make("b", { class: `is-${way}`, text: figure(sum.element.number) }),
      this.isPinned &&
        make("button", {
          type: "button",
          class: "close",
          "aria-label": "close",
          text: "×",
          onclick: () => this.close(),
        }),
    );
    const origin = this.#origin(target, sum);
    const lines = origin
      ? [make("p", { class: "quiet", text: origin })]
      : [
          ...this.#lines(target, sum.term, letters, "="),
          ...sum.parts.map(({ element, term }) =>
            this.#part(target, letters.get(elementKey(element)) ?? "", term, letters),
          ),
        ];
    return [head, ...lines, ...(this.isPinned ? [this.#ways(target, hiddenTerms(sum))] : [this.#hint()])];
  }

  /** Writes all terms of the sum. */
  #unfold() {
    this.isWhole = true;
    this.#show(this.path);
    /** @type {HTMLElement | null} */ (this.panel.querySelector("button"))?.focus();
  }

  #hint() {
    return make("p", { class: "quiet hint", text: "Click to keep it, and to go on from here." });
  }

  /** What is said of an element that no step made. @param {Target} target @param {Sum} sum */
  #origin(target, { term, element }) {
    const isNumber = term.kind === "number" && (!term.element || term.element.place === element.place);
    if (!isNumber) return "";
    if (target.kind !== "value" || this.names.tensorOf(target).node !== null)
      return "It is the same for any numbers: nothing that can be changed is part of it.";
    return "It is given: no operation made it.";
  }

  /** A term in names, if it is short, and in numbers. @param {Target} target @param {import("./terms.js").Term} term @param {Map<number, string>} letters @param {string} sign */
  #lines(target, term, letters, sign) {
    const writer = new TermWriter(letters);
    const pieces = writer.formulas(term);
    const numbers = this.#numbers(target, pieces, writer.marked);
    const isNamed = writer.marked.length <= MOST_NAMED && writer.marked.length > 0;
    const symbols = isNamed && inLine(pieces.map((piece) => formula(this.#withNames(target, piece, writer.marked))));
    return [symbols, numbers].filter(Boolean).map((line) => make("p", { class: "look-line" }, `${sign} `, line));
  }

  /** @param {Target} target @param {string} letter @param {import("./terms.js").Term} term @param {Map<number, string>} letters */
  #part(target, letter, term, letters) {
    const writer = new TermWriter(letters);
    const line = this.#numbers(target, writer.formulas(term), writer.marked);
    return make(
      "p",
      { class: "look-line is-part" },
      "where ",
      make("i", { text: letter }),
      " = ",
      line,
      ` = ${figure(term.value)}`,
    );
  }

  /** A formula with a button for each number. @param {Target} target @param {string[]} pieces @param {import("./elements.js").Source[]} marked */
  #numbers(target, pieces, marked) {
    const targets = marked.map((source) =>
      this.names.named.has(source.place) ? this.names.targetOf(source, target) : null,
    );
    const wayOf = (/** @type {string} */ mark) => (targets[Number(mark)]?.kind === "value" ? "value" : "gradient");
    const line = inLine(
      pieces.map((piece) =>
        formula(
          piece,
          (mark) => marked[Number(mark)].number,
          (mark) => `${targets[Number(mark)] ? wayOf(mark) : "plain"} element-${mark}`,
        ),
      ),
    );
    targets.forEach((one, i) => {
      const number = line.querySelector(`.element-${i}`);
      if (!number || !one) return;
      const name = this.names.text(one);
      number.setAttribute("title", name);
      if (!this.isPinned) return;
      // Of what has the role of mathematics, screen readers do not reach the parts.
      number.closest("math")?.setAttribute("role", "group");
      for (const [attribute, text] of Object.entries({
        role: "button",
        tabindex: "0",
        "aria-label": `${name}, ${figure(marked[i].number)}`,
      }))
        number.setAttribute(attribute, text);
      number.addEventListener("click", () => this.#walk(one));
      number.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
        if (!["Enter", " "].includes(event.key)) return;
        event.preventDefault();
        event.stopPropagation();
        this.#walk(one);
      });
    });
    return line;
  }

  /** @param {Target} target @param {string} markup @param {import("./elements.js").Source[]} marked */
  #withNames(target, markup, marked) {
    return markup.replace(/<mi>⟦(\d+)⟧<\/mi>/g, (_, mark) => {
      const source = marked[Number(mark)];
      if (this.names.named.has(source.place)) return this.names.markup(this.names.targetOf(source, target));
      return `<mn>${figure(source.number)}</mn>`;
    });
  }

  /** Buttons: back, all terms, and to where it goes. @param {Target} target @param {number} hidden how many terms are not written */
  #ways(target, hidden) {
    const found = this.trace.goesTo(target);
    /** @type {Map<string, Target[]>} */
    const arrays = new Map();
    for (const one of found) {
      const key = `${one.kind} ${one.id}`;
      arrays.set(key, [...(arrays.get(key) ?? []), one]);
    }
    const back = this.path.slice(0, -1);
    const buttons = [...arrays.values()].map((group) => {
      const [first] = group;
      const name = this.names.text(group.length === 1 ? first : { ...first, at: first.at });
      const text = group.length === 1 ? name : `${name} … ${group.length} elements`;
      const light = () => this.lights.show(target, group);
      return make("button", {
        type: "button",
        class: "jump",
        text,
        onclick: () => this.#walk(first),
        onpointerenter: light,
        onfocus: light,
        onpointerleave: () => this.lights.show(target, this.trace.sources(target)),
      });
    });
    return make(
      "footer",
      {},
      back.length > 0 &&
        make("button", { type: "button", class: "jump", text: "‹ back", onclick: () => this.#back(back) }),
      hidden > 0 &&
        !this.isWhole &&
        make("button", { type: "button", class: "jump", text: "all terms", onclick: () => this.#unfold() }),
      buttons.length > 0 && make("span", { class: "quiet", text: "It goes into" }),
      ...buttons,
    );
  }
}

/** The area that two boxes share. @param {DOMRect} one @param {DOMRect} other */
function overlap(one, other) {
  const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return Math.max(0, width) * Math.max(0, height);
}

/** How many terms are counted and not written. @param {Sum} sum */
function hiddenTerms({ term, parts }) {
  let hidden = 0;
  const waiting = [term, ...parts.map((part) => part.term)];
  for (const one of waiting) {
    hidden += one.rest;
    waiting.push(...one.terms);
  }
  return hidden;
}

/** Formulas, between which a line can be broken. @param {(Element | null)[]} pieces */
function inLine(pieces) {
  return make("span", { class: "look-terms" }, ...pieces.flatMap((piece) => [piece, " "]));
}
