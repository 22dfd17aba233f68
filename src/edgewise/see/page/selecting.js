import { byId } from "./dom.js";
import { detailsOf } from "./panel.js";
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

  /** @param {string | null} kind @param {number} id @param {boolean} jumps */
  function select(kind, id = 0, jumps = false) {
    selected = kind ? { kind, id } : null;
    const act = { go: page.story.jump, select, edit: page.edit, close: () => select(null) };
    details = selected ? detailsOf(graph, model, timeline, selected, act) : null;
    byId("details").replaceChildren(...(details ? [details.element] : []));
    page.stage.mark(kind, id);
    const moment = jumps && kind ? momentOf(kind, id) : undefined;
    if (moment !== undefined) page.story.jump(moment);
    else {
      details?.refresh();
      page.keep();
    }
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
    refresh: () => details?.refresh(),
    get selected() {
      return selected;
    },
  };
}
