import { byId, isStill } from "./dom.js";
import { NeuronCard } from "./neuron_card.js";
import { detailsOf } from "./panel.js";
import { showsMore } from "./scrolling.js";
import { phaseAt } from "./timeline.js";

/**
 * What is selected, with its card.
 *
 * @param {import("./main.js").Page} page
 */
export function selectionOf(page) {
  const { graph, model, timeline } = page;
  /** @type {{ kind: string, id: number } | null} */
  let selected = null;
  /** @type {{ element: HTMLElement, refresh: () => void } | null} */
  let details = null;
  /** @type {NeuronCard | null} */
  let neuron = null;

  /**
   * Shows the card of a thing. The story stays where it is, unless the thing is not there yet.
   *
   * @param {string | null} kind
   * @param {number} id
   * @param {boolean} isChosen by the reader
   * @param {import("./neuron_card.js").Neuron} [which] the neuron that is meant, which has a card of its own
   */
  function select(kind, id = 0, isChosen = false, which) {
    selected = kind ? { kind, id } : null;
    const act = { go: page.story.jump, select, edit: page.edit, close: () => select(null) };
    details = selected ? detailsOf(graph, model, timeline, selected, act) : null;
    neuron = which ? new NeuronCard(graph, model, which, page.edit) : null;
    byId("details").replaceChildren(...[neuron, details].flatMap((card) => (card ? [card.element] : [])));
    page.stage.mark(kind, id);
    if (isChosen && kind && beginOf(kind, id) > page.step) page.story.jump(beginOf(kind, id));
    else {
      refresh();
      page.keep();
    }
    // In a small window the card is below the picture.
    const card = byId("details").firstElementChild;
    if (isChosen && card && matchMedia("(max-width: 900px), (max-height: 560px)").matches)
      card.scrollIntoView({ block: "start", behavior: isStill() ? "instant" : "smooth" });
  }

  function refresh() {
    neuron?.update();
    details?.refresh();
    for (const long of byId("details").querySelectorAll(".use-formula, .formula-line, .numbers-frame")) {
      if (long.scrollWidth > long.clientWidth + 1) showsMore(long, "More of it is at the side")()();
    }
  }

  /** When a part of the picture has its value. @param {string} kind @param {number} id */
  function beginOf(kind, id) {
    if (kind === "edge") return timeline.valueAt[graph.edges[id].tensor];
    return timeline.valueAt[kind === "node" ? graph.nodes[id].output : id];
  }

  /** Goes to where something happens to what is selected. */
  function visit() {
    const moment = selected && momentOf(selected.kind, selected.id);
    if (typeof moment === "number") page.story.jump(moment);
  }

  /** When something happens to a part of the picture: on the way forward its value, else its gradient. @param {string} kind @param {number} id */
  function momentOf(kind, id) {
    const phase = phaseAt(timeline, page.step);
    if (kind === "edge") return timeline.contributionAt[id];
    if (kind === "node") {
      const back = timeline.moments.findIndex((moment) => moment.kind === "backward" && moment.node === id);
      return phase === "forward" || back < 0 ? timeline.valueAt[graph.nodes[id].output] : back;
    }
    if (phase === "update" && timeline.updateAt[id] !== undefined) return timeline.updateAt[id];
    if (phase === "forward" && graph.tensors[id].node !== null) return timeline.valueAt[id];
    return timeline.gradientAt[id];
  }

  return {
    select,
    visit,
    refresh,
    get selected() {
      return selected;
    },
  };
}
