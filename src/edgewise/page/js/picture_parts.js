import { makeSvg } from "./dom.js";
import { draggable } from "./field.js";
import { faceOf } from "./drawing.js";
import { frameElement, roundButton } from "./frames.js";
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
    return frameElement(frame, modules.titleOf(scope), buttons);
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
    else if (this.act.isChosen(key)) this.page.visit();
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
      roundButton("open", `Open ${title}`, width - 18, 14, () => act.toggle(scope)),
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
