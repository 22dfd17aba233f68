import { byId } from "./dom.js";
import { draggable } from "./field.js";
import { drawingOf, pngOf, savedSvg, saveFile, textsOf } from "./drawing.js";
import { flightsIn } from "./flight.js";
import { light, writeNumbers } from "./lighting.js";
import { neuronsOf } from "./neurons.js";
import { isEditable } from "./panel.js";
import { sightOf } from "./sight.js";
import { switchPictures } from "./switch.js";

/** How long numbers fly, in milliseconds. */
const FLIGHT = 420;

/**
 * The stage: the pictures of the network, of which one is seen.
 *
 * @param {import("./main.js").Page} page
 */
export function stageOf(page) {
  const { graph, model, timeline } = page;
  const picture = byId("picture");
  /** @type {import("./drawing.js").Drawing[]} */
  const drawings = graph.places.map((/** @type {any} */ place) => drawingOf(place, graph));
  /** @type {ReturnType<typeof flightsIn>[]} */
  const flights = drawings.map(flightsIn);
  const neurons = graph.chain ? neuronsOf(graph, (kind, id) => page.select(kind, id, true)) : null;
  let isNeurons = false;
  let shown = 0;

  /** The picture that is seen. */
  const present = () => (neurons && isNeurons ? neurons.svg : drawings[shown].svg);
  const size = () => (neurons && isNeurons ? neurons : graph.places[shown]);

  /** @param {number} id */
  const isUpdated = (id) => timeline.updateAt[id] <= page.step;

  const sight = sightOf(page, picture, {
    drawing: () => drawings[shown],
    subject: () => ({ element: present(), width: size().width, height: size().height }),
    usual,
    near() {
      writeNumbers(drawings[shown], graph, model, isUpdated, sight.view.seen());
      light(drawings[shown], graph, timeline, page.step);
    },
  });

  function refresh() {
    if (neurons && isNeurons) neurons.refresh(model, timeline, page.step);
    sight.refresh();
  }

  /** Brings what is at work into sight. */
  function reveal() {
    if (!isNeurons) {
      sight.reveal();
      return;
    }
    const frame = picture.getBoundingClientRect();
    const boxes = [...present().querySelectorAll("g.forward-now, g.backward-now, g.update-now")].map((group) => group.getBoundingClientRect());
    if (!boxes.length) return;
    const { x, y } = sight.view.origin();
    const box = [
      Math.min(...boxes.map(({ left }) => left)) - frame.left - x,
      Math.min(...boxes.map(({ top }) => top)) - frame.top - y,
      Math.max(...boxes.map(({ right }) => right)) - frame.left - x,
      Math.max(...boxes.map(({ bottom }) => bottom)) - frame.top - y,
    ];
    sight.view.reveal(box.map((at) => at / sight.view.scale), false);
  }

  /** Lets the numbers of the present step fly along their lines. @param {number} speed */
  function fly(speed) {
    if (isNeurons) return;
    const drawing = drawings[shown];
    const moment = timeline.moments[page.step];
    const stages = [];
    if (moment.kind === "forward") {
      const node = /** @type {number} */ (moment.node);
      const arriving = graph.nodes[node].inputs.map((/** @type {number} */ edge) => ({
        route: drawing.linesOfEdge(edge).map((line) => line.forward),
        text: short(model.value(graph.edges[edge].tensor), graph.edges[edge].tensor),
        kind: "value",
      }));
      const output = graph.nodes[node].output;
      stages.push(arriving, [{ route: [drawing.lineFromNode(node)?.forward], text: short(model.value(output), output), kind: "value" }]);
    } else if (moment.kind === "backward") {
      const edge = /** @type {number} */ (moment.edge);
      const { output } = graph.nodes[/** @type {number} */ (moment.node)];
      const { tensor } = graph.edges[edge];
      stages.push(
        [{ route: [drawing.lineFromNode(/** @type {number} */ (moment.node))?.backward], text: short(model.gradient(output), output), kind: "gradient" }],
        [{ route: drawing.linesOfEdge(edge).map((line) => line.backward).reverse(), text: short(model.contribution(edge), tensor), kind: "gradient" }],
      );
    } else return;
    const arriving = drawing.svg.querySelectorAll(".arrives");
    arriving.forEach((/** @type {Element} */ chip) => chip.classList.add("expects"));
    flights[shown].show(/** @type {any} */ (stages), FLIGHT / Math.sqrt(speed)).then(() => {
      arriving.forEach((/** @type {Element} */ chip) => chip.classList.remove("expects"));
    });
  }

  /** @param {ArrayLike<number> | undefined} values @param {number} tensor */
  function short(values, tensor) {
    if (!values) return "";
    const { shape, dtype } = graph.tensors[tensor];
    return values.length === 1 ? textsOf(values, dtype)[0] : shape.join("×");
  }

  const stop = () => flights.forEach((flight) => flight.stop());

  /** Shows what is selected as such. @param {string | null} kind @param {number} id */
  function mark(kind, id) {
    for (const drawing of drawings) {
      for (const [key, group] of drawing.groups) {
        const chosen = key === `${kind} ${id}`;
        group.classList.toggle("chosen", chosen);
        if (group.hasAttribute("tabindex")) group.setAttribute("aria-pressed", String(chosen));
      }
    }
    for (const [own, group] of neurons?.groups ?? []) group.classList.toggle("chosen", kind === "tensor" && own === id);
    sight.mark(`${kind} ${id}`);
  }

  // Which picture, and how large ---------------------------------------------------------------------------------

  /** @param {boolean} on @param {boolean} animated */
  function viewNeurons(on, animated) {
    if (!neurons || on === isNeurons) return;
    const before = present();
    isNeurons = on;
    stop();
    byId("view").textContent = on ? "Graph" : "Neurons";
    fit();
    byId("page").dataset.view = on ? "neurons" : "graph";
    if (animated) switchPictures(picture, before, present());
    else picture.replaceChildren(present());
    refresh();
    reveal();
    page.keep();
  }

  /** How large the picture is drawn until the reader zooms, and how high its frame may become. */
  function usual() {
    const room = picture.clientWidth;
    const { width, height } = size();
    // Below it the equation and the buttons are to be seen without scrolling.
    const high = !isNeurons && shown ? Infinity : Math.max(340, window.innerHeight - 452);
    const [least, most] = isNeurons ? [0.75, 1.4] : [0.85, shown ? 1.3 : 1.25];
    // A picture that would be too small to read is panned instead.
    return { scale: Math.max(least, Math.min(room / width, high / height, most)), high: high + 8 };
  }

  function fit() {
    const best = drawings.length > 1 && picture.clientWidth < graph.places[0].width * 0.72 ? 1 : 0;
    const isOther = !isNeurons && (best !== shown || !picture.firstChild);
    shown = best;
    if (isOther) {
      sight.prepare();
      picture.replaceChildren(drawings[best].svg);
    }
    sight.view.fit();
    if (isOther) refresh();
  }

  // The parts of a drawing ---------------------------------------------------------------------------------------

  /** @param {import("./drawing.js").Drawing} drawing */
  function setUp(drawing) {
    drawing.svg.removeAttribute("width");
    drawing.svg.removeAttribute("height");
    order(drawing);
    for (const [key, group] of drawing.groups) {
      const [kind, text] = key.split(" ");
      const id = Number(text);
      if (kind === "module") continue;
      group.setAttribute("tabindex", "0");
      group.setAttribute("role", "button");
      if (kind === "node") group.setAttribute("aria-label", `operation ${graph.nodes[id].label}`);
      group.addEventListener("click", () => page.select(kind, id, true));
      group.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        page.select(kind, id, true);
      });
      if (kind === "tensor" && isEditable(graph, model, id) && model.value(id).length === 1) {
        for (const cell of drawing.chips.get(key)?.value.cells ?? []) {
          cell.classList.add("drags");
          draggable(cell, () => model.value(id)[0], (value, together) => page.edit(id, 0, value, together), false, () => {}, () => {});
        }
      }
    }
  }

  /** Parts are reached by the keyboard in the order of the forward pass. @param {any} drawing */
  function order(drawing) {
    /** @param {string} key */
    const rank = (key) => {
      const [kind, text] = key.split(" ");
      const id = Number(text);
      if (kind === "module") return -1;
      if (kind === "node") return 2 * timeline.valueAt[graph.nodes[id].output];
      if (kind === "edge") return 2 * timeline.valueAt[graph.nodes[graph.edges[id].node].output] - 1;
      const tensor = graph.tensors[id];
      if (tensor.node !== null) return 2 * timeline.valueAt[id] + 0.5;
      return tensor.edges.length ? 2 * timeline.valueAt[graph.nodes[graph.edges[tensor.edges[0]].node].output] - 1 : 0;
    };
    const keys = [...drawing.groups.keys()].sort((a, b) => rank(a) - rank(b));
    for (const key of keys) if (!key.startsWith("module")) drawing.svg.append(drawing.groups.get(key));
    drawing.svg.append(drawing.svg.querySelector(".flight"));
  }

  // Saving -------------------------------------------------------------------------------------------------------

  /** The picture as SVG, in the colours in which it is seen. */
  function picturedAs() {
    writeNumbers(drawings[shown], graph, model, isUpdated, [0, 0, Infinity, Infinity]);
    const styles = document.querySelector("style")?.textContent ?? "";
    const own = styles.slice(0, styles.indexOf("/* The page */"));
    const colours = getComputedStyle(byId("page"));
    const names = new Set([...own.matchAll(/--[\w-]+(?=:)/g)].map(([name]) => name));
    const chosen = [...names].map((name) => `${name}:${colours.getPropertyValue(name)}`).join(";");
    return savedSvg(present(), size(), `${own.replace(/^.*--.*$/gm, "")}.edgewise-auto{${chosen}}`);
  }

  drawings.forEach(setUp);
  byId("view").hidden = !neurons;
  byId("view").addEventListener("click", () => viewNeurons(!isNeurons, true));
  byId("save").addEventListener("click", () => saveFile("graph.svg", new Blob([picturedAs()], { type: "image/svg+xml" })));
  byId("save-png").addEventListener("click", async () => saveFile("graph.png", await pngOf(picturedAs(), size())));

  return {
    refresh,
    reveal,
    fly,
    stop,
    mark,
    viewNeurons,
    /** Begins to follow the size of the window. */
    begin() {
      fit();
      new ResizeObserver(fit).observe(byId("stage"));
    },
    keys: sight.view.keys,
    /** What the address keeps of how the picture is seen. */
    kept: () => ({ colour: sight.colouring.measure, zoom: sight.view.chosen?.toPrecision(3) ?? "" }),
    /** @param {{ colour?: string, zoom?: number }} state */
    restore({ colour, zoom }) {
      sight.colouring.choose(colour ?? "");
      sight.view.restore(zoom ?? null);
    },
    /** Whether a part of the graph is in the picture. @param {string} kind @param {number} id */
    shows: (kind, id) => Boolean(drawings[0].groupOf(kind, id)),
    get isNeurons() {
      return isNeurons;
    },
  };
}
