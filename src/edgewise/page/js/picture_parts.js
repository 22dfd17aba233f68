import { byId, make, makeSvg } from "./dom.js";
import { draggable } from "./field.js";
import { faceOf } from "./drawing.js";
import { isEditable } from "./panel.js";

/**
 * What the parts of the graph's picture are called, and what they do when they are pressed.
 *
 * @typedef {object} PartActions
 * @property {(key: string) => void} press
 * @property {(scope: number) => void} toggle opens or closes a module
 * @property {(scope: number) => void} enter shows a module alone
 * @property {(key: string) => boolean} isChosen
 */
export class PictureParts {
  /**
   * @param {import("./main.js").Page} page
   * @param {import("./modules.js").Modules} modules
   * @param {PartActions} act
   */
  constructor(page, modules, act) {
    this.page = page;
    this.modules = modules;
    this.act = act;
  }

  /** The elements of an open module. @param {import("./arrangement.js").Frame} frame */
  frameOf(frame) {
    const { modules, act } = this;
    const { scope } = frame;
    const buttons = modules.has(scope) ? { close: () => act.toggle(scope), enter: () => act.enter(scope) } : null;
    return frameElement(frame, modules.titleOf(scope), modules.kindOf(scope), buttons);
  }

  /** Prepares a thing that has got elements. @param {string} key @param {SVGGElement} group @param {import("./drawing.js").Drawing} drawing */
  setUp(key, group, drawing) {
    const [kind, text] = key.split(" ");
    const id = Number(text);
    const face = faceOf(group);
    face.setAttribute("tabindex", "0");
    face.setAttribute("role", "button");
    if (kind === "tensor") this.#nameTensor(id, face);
    if (kind === "edge") this.#nameEdge(id, group);
    if (kind === "node") this.#nameNode(id, group, face);
    if (kind === "module") this.#setUpModule(id, group, drawing);
    face.addEventListener("click", () => this.act.press(key));
    face.addEventListener("keydown", (event) => this.#pressKey(event, key));
    if (kind === "tensor") this.#letDrag(id, drawing.chips.get(key));
    this.mark(key, group);
  }

  /** Shows whether a thing is selected. @param {string} key @param {SVGGElement} group */
  mark(key, group) {
    const isChosen = this.act.isChosen(key);
    group.classList.toggle("chosen", isChosen);
    if (group.hasAttribute("tabindex")) group.setAttribute("aria-pressed", String(isChosen));
  }

  /** @param {KeyboardEvent} event @param {string} key */
  #pressKey(event, key) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const [kind, id] = key.split(" ");
    if (kind === "module" && event.shiftKey) this.act.enter(Number(id));
    else if (kind !== "module" && this.act.isChosen(key)) this.page.visit();
    else this.act.press(key);
  }

  /** @param {number} id @param {Element} face */
  #nameTensor(id, face) {
    const { kind, shape } = this.page.graph.tensors[id];
    face.setAttribute("aria-description", [kind, shape.join(" by ")].filter(Boolean).join(", "));
  }

  /** Names a part of a gradient, which has no name until its number is there. @param {number} id @param {Element} group */
  #nameEdge(id, group) {
    const { edges, tensors } = this.page.graph;
    const chip = group.querySelector(".chip");
    chip?.setAttribute("role", "img");
    chip?.setAttribute("aria-label", `part of the gradient of ${tensors[edges[id].tensor].said}`);
  }

  /** @param {number} id @param {Element} group @param {Element} face */
  #nameNode(id, group, face) {
    const { label, text, line } = this.page.graph.nodes[id];
    // What is written on it may be cut.
    const written = Array.from(group.querySelectorAll("text"), ({ textContent }) => textContent).join(" ");
    const name = [written, "operation", written === label ? "" : label].filter(Boolean).join(" ");
    face.setAttribute("aria-label", name);
    const tooltip = [text ? `${label} = ${text}` : label, line ? `line ${line.number}: ${line.text}` : ""];
    group.append(makeSvg("title", { text: tooltip.filter(Boolean).join("\n") }));
  }

  /** @param {number} scope @param {SVGGElement} group @param {import("./drawing.js").Drawing} drawing */
  #setUpModule(scope, group, drawing) {
    const { modules, act } = this;
    const { width } = /** @type {import("./arrangement.js").Thing} */ (drawing.placeOf(`module ${scope}`));
    const title = modules.titleOf(scope);
    faceOf(group).setAttribute("aria-description", "closed module");
    if (!modules.has(scope)) return;
    group.append(
      makeSvg("title", { text: `${modules.clusters.get(scope)?.path}\nA click opens it here, two show it alone.` }),
      roundButton("enter", `Show ${title} alone`, 14, 14, () => act.enter(scope)),
      roundButton("open", `Open ${title}`, width - 18, 14, () => act.press(`module ${scope}`)),
    );
  }

  /** Lets the number of a leaf be dragged. @param {number} id @param {import("./drawing.js").Chip | undefined} chip */
  #letDrag(id, chip) {
    const { graph, model, edit } = this.page;
    if (!isEditable(graph, model, id) || model.value(id).length !== 1) return;
    const nothing = () => {};
    for (const cell of chip?.value.cells ?? []) {
      cell.classList.add("drags");
      draggable(
        cell,
        () => model.value(id)[0],
        (value, together) => edit(id, 0, value, together),
        false,
        nothing,
        nothing,
      );
    }
  }

  /** Where a thing comes in the order of the keyboard, which is that of the forward pass. @param {string} key */
  rank(key) {
    const { graph, timeline } = this.page;
    const [kind, text] = key.split(" ");
    const id = Number(text);
    /** @param {number} node */
    const madeAt = (node) => 2 * timeline.valueAt[graph.nodes[node].output];
    if (kind === "module") return Math.min(...this.modules.nodesIn(id).map(madeAt));
    if (kind === "node") return madeAt(id);
    if (kind === "edge") return madeAt(graph.edges[id].node) - 1;
    const { node, edges } = graph.tensors[id];
    if (node !== null) return 2 * timeline.valueAt[id] + 0.5;
    return edges.length ? madeAt(graph.edges[edges[0]].node) - 1 : 0;
  }
}

/** What stands in the corners of modules, and opens, closes or enters them. */

const SIGNS = {
  open: "M-3.2 0H3.2M0-3.2V3.2",
  close: "M-3.2 0H3.2",
  enter: "M-.8-3.3H-3.3V-.8M.8 3.3H3.3V.8M-3.3-3.3L-1-1M3.3 3.3L1 1",
};

/**
 * A small round button.
 *
 * @param {keyof typeof SIGNS} what
 * @param {string} label
 * @param {number} x
 * @param {number} y
 * @param {() => void} act
 */
export function roundButton(what, label, x, y, act) {
  const button = makeSvg(
    "g",
    { class: `round ${what}`, transform: `translate(${x} ${y})`, role: "button", tabindex: 0, "aria-label": label },
    makeSvg("circle", { class: "around", r: 10 }),
    makeSvg("circle", { r: 7 }),
    makeSvg("path", { d: SIGNS[what] }),
    makeSvg("title", { text: label }),
  );
  button.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    event.stopPropagation();
    act();
  });
  button.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  return button;
}

/** The kinds of recorded backward passes, by their order. */
const DERIVATIVE_KINDS = ["derivative", "second derivative", "higher derivative"];

/**
 * The frame of an open module.
 *
 * @param {import("./arrangement.js").Frame} frame
 * @param {string} title
 * @param {string} kind its class, or that it is a derivative
 * @param {{ close: () => void, enter: () => void } | null} act none, if it stays open
 * @returns {SVGGElement}
 */
export function frameElement({ scope, x, y, width, height }, title, kind, act) {
  const most = Math.max(2, Math.floor((width - 20) / 6.4));
  const shown = title.length > most ? `${title.slice(0, most - 1)}…` : title;
  const group = makeSvg(
    "g",
    { "data-kind": "frame", "data-id": scope },
    makeSvg("rect", {
      class: DERIVATIVE_KINDS.includes(kind) ? `module ${kind}` : "module",
      x,
      y,
      width,
      height,
      rx: 10,
    }),
    makeSvg("text", { class: "title", x: x + 12, y: y + 18, text: shown }),
  );
  // On the border, where they leave the title its room; at its beginning, which is in sight once it is opened.
  if (act) {
    group.append(
      roundButton("enter", `Show ${title} alone`, x + 34, y, act.enter),
      roundButton("close", `Close ${title}`, x + 15, y, act.close),
    );
  }
  return group;
}

/** Shows the keys of the legend whose marks occur. @param {import("../contract.js").Graph} graph @param {import("./modules.js").Modules} modules */
export function explainMarks(graph, modules) {
  const looks = graph.places.templates.map(([look]) => look).join("");
  byId("page").classList.toggle("has-maps", looks.includes("<image"));
  byId("page").classList.toggle("has-norms", looks.includes("‖·‖"));
  byId("page").classList.toggle("has-parts", looks.includes("chip branch"));
  if (JSON.stringify(graph.places.forms).includes("[axis "))
    byId("legend").append(make("span", { class: "axis-key", text: "axis 0 the rows, axis 1 the columns of a matrix" }));
  const kinds = new Set([...modules.clusters.values()].map(({ kind }) => kind));
  for (const kind of DERIVATIVE_KINDS) {
    if (kinds.has(kind)) byId("legend").append(make("span", { class: `key ${kind}`, text: kind }));
  }
}
