/** Clicks on the lines of the picture. */

/** So far beside a line, in pixels, it is still meant. */
const NEAR_LINE = 5;

/**
 * A click on a line goes to the moment at which something is on its way along it: a value, or what comes back.
 *
 * @param {import("./main.js").Page} page
 * @param {HTMLElement} picture
 * @param {import("./drawing.js").Drawing} drawing
 */
export function clickLines(page, picture, drawing) {
  const { graph, timeline } = page;

  /** @param {number} x of the window @param {number} y */
  function pathAt(x, y) {
    for (const [right, down] of [
      [0, 0],
      [0, 1],
      [0, -1],
      [1, 0],
      [-1, 0],
    ]) {
      const found = document.elementFromPoint(x + NEAR_LINE * right, y + NEAR_LINE * down);
      if (found?.matches("#picture [data-kind=lines] path")) return found;
    }
    return null;
  }

  /** The uses of a line's tensor that it leads to. @param {import("./drawing.js").Line} line */
  function findUses({ tensor, target }) {
    return graph.tensors[tensor].edges.filter(
      (edge) => target === `edge ${edge}` || drawing.keyOf(graph.edges[edge].node) === target,
    );
  }

  picture.addEventListener("click", (event) => {
    if (/** @type {Element} */ (event.target).closest("[role=button]") || picture.classList.contains("is-dragged"))
      return;
    const path = pathAt(event.clientX, event.clientY);
    const line = path && drawing.lines.find(({ group }) => group === path.parentNode);
    if (!line) return;
    const isBack = path.matches(".backward, .fro");
    const { tensor } = line;
    const uses = findUses(line);
    /** @type {number | undefined} */
    let moment;
    if (isBack) {
      // Of several uses in a closed module the last one brings all together.
      const backs = uses.map((edge) => timeline.contributionAt[edge] ?? -1);
      moment = uses.length ? Math.max(...backs) : timeline.gradientAt[tensor];
    } else
      moment = uses.length
        ? Math.min(...uses.map((edge) => timeline.valueAt[graph.nodes[graph.edges[edge].node].output]))
        : timeline.valueAt[tensor];
    if (moment === undefined || moment < 0) return;
    page.player.jump(moment);
    if (isBack && uses.length === 1) page.select("edge", uses[0], true);
    else page.select("tensor", tensor, true);
  });
}
