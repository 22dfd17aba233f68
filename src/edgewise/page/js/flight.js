import { isStill, makeSvg } from "./dom.js";
import { writeTexts } from "./drawing.js";
import { edgesAt } from "./scene.js";

/** @typedef {{ route: (SVGPathElement | undefined)[], text: string, kind: "value" | "gradient" }} Flight */

/**
 * What flies at the present step: first what arrives at an operation, then what leaves it.
 *
 * @param {import("./main.js").Page} page
 * @param {import("./drawing.js").Drawing} drawing
 * @returns {Flight[][]}
 */
export function findFlights({ graph, model, story, step }, drawing) {
  const { moment } = story.stopAt(step);
  const way = moment.kind === "module" ? moment.phase : moment.kind;
  if (way !== "forward" && way !== "backward") return [];
  /** A number, or the shape of several. @param {ArrayLike<number> | undefined} values @param {number} tensor */
  const brief = (values, tensor) => {
    const { shape, dtype } = graph.tensors[tensor];
    return !values ? "" : values.length === 1 ? writeTexts(values, dtype)[0] : shape.join("×");
  };
  const { edges, nodes } = edgesAt(graph, moment);
  const isForward = way === "forward";
  const kind = isForward ? "value" : "gradient";
  /** @type {Set<SVGPathElement | undefined>} */
  const taken = new Set();
  /** @type {Flight[]} */
  const alongEdges = [];
  for (const edge of edges) {
    const { tensor } = graph.edges[edge];
    const route = drawing.linesOfEdge(edge).map((line) => line[way]);
    // Several uses in a closed module have one line, and in some cases none.
    const end = route[route.length - 1];
    if (taken.has(end)) continue;
    taken.add(end);
    const text = brief(isForward ? model.value(tensor) : model.contribution(edge), tensor);
    alongEdges.push({ route: isForward ? route : route.reverse(), text, kind });
  }
  /** @type {Flight[]} */
  const alongOutputs = nodes.map((node) => {
    const { output } = graph.nodes[node];
    const text = brief(isForward ? model.value(output) : model.gradient(output), output);
    return { route: [drawing.lineFromNode(node)?.[way]], text, kind };
  });
  return isForward ? [alongEdges, alongOutputs] : [alongOutputs, alongEdges];
}

/**
 * Numbers that fly along the lines of the picture.
 *
 * @param {import("./drawing.js").Drawing} drawing
 */
export function createFlights(drawing) {
  const layer = makeSvg("g", { class: "flight", "aria-hidden": "true" });
  drawing.svg.append(layer);
  let turn = 0;

  /**
   * @param {(SVGPathElement | undefined)[]} route lines, one after the other
   * @param {string} text
   * @param {"value" | "gradient"} kind
   * @param {number} duration in milliseconds
   * @param {number} own
   */
  function fly(route, text, kind, duration, own) {
    const paths = /** @type {SVGPathElement[]} */ (route.filter(Boolean));
    if (!paths.length) return Promise.resolve();
    const lengths = paths.map((path) => path.getTotalLength());
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const wide = 14 + 6.7 * text.length;
    const pill = makeSvg(
      "g",
      { class: `pill ${kind}-pill` },
      makeSvg("rect", { x: -wide / 2, y: -10, width: wide, height: 20, rx: 10 }),
      makeSvg("text", { y: 4, "text-anchor": "middle", text }),
    );
    layer.append(pill);
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        /** @type {number | undefined} */
        let began;
        /** @param {number} time */
        function frame(time) {
          began ??= time;
          const part = Math.min(1, (time - began) / duration);
          if (part >= 1 || own !== turn) {
            pill.remove();
            resolve();
            return;
          }
          const eased = part < 0.5 ? 2 * part * part : 1 - (2 - 2 * part) ** 2 / 2;
          let at = eased * total;
          let i = 0;
          while (i < paths.length - 1 && at > lengths[i]) at -= lengths[i++];
          // The way back is drawn from left to right, too.
          const { x, y } = paths[i].getPointAtLength(kind === "gradient" ? lengths[i] - at : at);
          pill.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
          requestAnimationFrame(frame);
        }
        requestAnimationFrame(frame);
      })
    );
  }

  return {
    /**
     * Does several flights at once, then others. Resolves to false if something else began meanwhile.
     *
     * @param {Flight[][]} stages
     * @param {number} duration of each stage
     */
    async show(stages, duration) {
      turn += 1;
      const own = turn;
      if (isStill() || duration < 60) return true;
      for (const stage of stages) {
        await Promise.all(stage.map(({ route, text, kind }) => fly(route, text, kind, duration, own)));
        if (own !== turn) return false;
      }
      return true;
    },
    stop() {
      turn += 1;
      layer.replaceChildren();
    },
  };
}
