import { make } from "./dom.js";
import { equationLines } from "./equation_parts.js";
import { describeUse, formulaOfNode, heading, jumpTo, makeCard } from "./panel.js";

/** What is said of a module that nothing is said of by a formula. */
const NO_FORMULA = "Too long for a formula of its own: the modules and operations inside have theirs.";

/** The card of a module: what it computes, as one formula, and what it does to gradients. */
export class ModuleDetails {
  /** @param {import("./main.js").Page} page @param {number} scope */
  constructor(page, scope) {
    const { modules } = page.picture;
    const path = modules.clusters.get(scope)?.path ?? "";
    const title = modules.titleOf(scope);
    this.page = page;
    this.scope = scope;
    this.live = make("div", { class: "live" });
    const name = make("span", { class: "plain", text: title });
    const count = modules.nodesIn(scope).length;
    const about = `${count} ${count === 1 ? "operation" : "operations"}`;
    this.element = makeCard(page, heading(name, about, path.includes(".") ? path : ""), this.live);
  }

  refresh() {
    this.live.replaceChildren(...this.#parts().filter((part) => part !== null));
  }

  /** @returns {(Element | null)[]} */
  #parts() {
    const { page, scope } = this;
    const { graph, timeline, picture } = page;
    const nodes = picture.modules.nodesIn(scope);
    const found = graph.modules[scope];
    const last = Math.max(...nodes.map((node) => timeline.valueAt[graph.nodes[node].output]));
    const forward = make("h3", { text: "Forward" }, jumpTo(page, last, "step"));
    if (found) {
      const back = equationLines(found.backwardLines, found.wordsBack);
      return [
        forward,
        moduleLines(equationLines(found.forwardLines, found.words)),
        back && make("h3", { text: "Back, each gradient from those that come in", class: "is-gradient" }),
        moduleLines(back),
      ];
    }
    if (nodes.length > 1) return [forward, make("p", { class: "quiet", text: NO_FORMULA })];
    const edges = nodes.flatMap((node) => graph.nodes[node].inputs.filter((one) => graph.edges[one].hasGradient));
    return [
      forward,
      ...nodes.map((node) => formulaOfNode(graph, node)),
      edges.length ? make("h3", { text: "Back", class: "is-gradient" }) : null,
      ...edges.map((edge) => describeUse(page, edge)),
    ];
  }
}

/** @param {HTMLElement | null} box */
function moduleLines(box) {
  box?.classList.add("is-module");
  return box;
}
