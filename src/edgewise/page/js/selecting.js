import { byId, isStill, showsMore } from "./dom.js";
import { NeuronCard } from "./neuron_card.js";
import { ModuleDetails } from "./module_card.js";
import { createDetails } from "./panel.js";
import { phaseAt } from "./timeline.js";

/** Whether all of a card can be seen. @param {Element} card */
function isInSight(card) {
  const { top, bottom } = card.getBoundingClientRect();
  return top >= byId("side").getBoundingClientRect().top && top >= 0 && bottom <= innerHeight;
}

/** Whether cards are beside the picture, which stays in sight when they are scrolled. */
function isBesidePicture() {
  return byId("side").getBoundingClientRect().left >= byId("picture").getBoundingClientRect().right;
}

/** What is selected, with its cards. */
export class Selection {
  /** @param {import("./main.js").Page} page */
  constructor(page) {
    this.page = page;
    /** @type {{ kind: string, id: number } | null} */
    this.selected = null;
    /** @type {ReturnType<typeof createDetails> | ModuleDetails | null} */
    this.details = null;
    /** @type {NeuronCard | null} */
    this.neuron = null;
  }

  /**
   * Shows the card of a thing. The player stays where it is, unless the thing is not there yet.
   *
   * @param {string | null} kind
   * @param {number} id
   * @param {boolean} isChosen by the reader
   * @param {import("./neuron_card.js").Neuron} [neuron] the neuron that is meant, which has a card of its own
   */
  select(kind, id = 0, isChosen = false, neuron) {
    const { page } = this;
    const cards = byId("details");
    this.selected = kind ? { kind, id } : null;
    this.details =
      this.selected && (kind === "module" ? new ModuleDetails(page, id) : createDetails(page, this.selected));
    this.neuron = neuron
      ? new NeuronCard(page.graph, page.model, neuron, page.edit, (tensor, way) => page.knows(tensor, way))
      : null;
    cards.replaceChildren(...[this.neuron, this.details].flatMap((card) => (card ? [card.element] : [])));
    page.picture.mark(kind, id, neuron);
    const begin = kind ? this.#beginOf(kind, id) : 0;
    if (isChosen && begin > page.step) page.player.jump(begin);
    else {
      this.refresh();
      page.keep();
    }
    // Who looks into a number of the picture stays there, and so does who opens a module in it.
    const card = cards.firstElementChild;
    const stays = page.looking?.isPinned || (kind === "module" && !isBesidePicture());
    if (isChosen && card && !stays && !isInSight(card))
      card.scrollIntoView({ block: "start", behavior: isStill() ? "instant" : "smooth" });
  }

  /** What the address keeps of it: a neuron as its number and, if a weight is meant, that of the input. */
  kept() {
    const { order, input } = this.neuron?.neuron ?? {};
    const { neurons } = this.page.picture;
    return {
      ...(this.selected && { [this.selected.kind]: String(this.selected.id) }),
      neuron: [order, input].filter((part) => part !== undefined).join("."),
      example: neurons?.example ? String(neurons.example + 1) : "",
    };
  }

  /** @param {import("./state.js").AddressState} state @param {string[]} wrong */
  restore({ kind, id = 0, neuron, example }, wrong) {
    const { page } = this;
    const { graph, picture } = page;
    const { neurons } = picture;
    if (example > (neurons?.examples ?? 1) || !example) wrong.push(`example=${example}`);
    else neurons?.turn(example - 1 - neurons.example);
    const meant = neuron ? neurons?.find(id, neuron) : undefined;
    if (neuron && !(meant && kind === "tensor")) wrong.push(`neuron=${neuron}`);
    if (kind && picture.shows(kind, id)) page.select(kind, id, false, meant);
    else if (this.selected) page.select(null);
    const known = { tensor: graph.tensors, node: graph.nodes, edge: graph.edges };
    if (kind && (kind === "module" ? !picture.modules.has(id) : id >= known[kind].length)) wrong.push(`${kind}=${id}`);
  }

  refresh() {
    this.neuron?.update();
    this.details?.refresh();
    const scrolled = ".use-formula, .formula-line, .elements, .numbers-frame, .editor";
    for (const long of byId("details").querySelectorAll(scrolled)) {
      if (long.scrollWidth > long.clientWidth + 1) showsMore(long, "More of it is at the side")()();
    }
  }

  /** When a part of the picture has its value. @param {string} kind @param {number} id */
  #beginOf(kind, id) {
    const { graph, timeline } = this.page;
    if (kind === "module") return 0; // it can be looked at before it has run
    if (kind === "edge") return timeline.valueAt[graph.edges[id].tensor];
    return timeline.valueAt[kind === "node" ? graph.nodes[id].output : id];
  }

  /** Goes to where something happens to what is selected. */
  visit() {
    const moment = this.selected && this.#momentOf(this.selected.kind, this.selected.id);
    if (typeof moment === "number") this.page.player.jump(moment);
  }

  /** When something happens to a part of the picture: on the way forward its value, else its gradient. @param {string} kind @param {number} id */
  #momentOf(kind, id) {
    const { graph, timeline, step } = this.page;
    const phase = phaseAt(timeline, step);
    if (kind === "module") return undefined;
    if (kind === "edge") return timeline.contributionAt[id];
    if (kind === "node") {
      const back = timeline.moments.findIndex((moment) => moment.kind === "backward" && moment.node === id);
      return phase === "forward" || back < 0 ? timeline.valueAt[graph.nodes[id].output] : back;
    }
    if (phase === "update" && timeline.updateAt[id] !== undefined) return timeline.updateAt[id];
    if (phase === "forward" && graph.tensors[id].node !== null) return timeline.valueAt[id];
    return timeline.gradientAt[id];
  }
}
