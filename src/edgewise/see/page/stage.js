import { byId, isStill } from "./dom.js";
import { draggable } from "./field.js";
import { drawingOf, pngOf, savedSvg, saveFile, textsOf } from "./drawing.js";
import { flightsIn } from "./flight.js";
import { light, writeNumbers } from "./lighting.js";
import { neuronsOf } from "./neurons.js";
import { isEditable } from "./panel.js";
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

  function refresh() {
    if (neurons && isNeurons) neurons.refresh(model, timeline, page.step);
    else {
      writeNumbers(drawings[shown], graph, model, isUpdated, seen());
      light(drawings[shown], graph, timeline, page.step);
    }
  }

  /** What of the picture can be seen, in its own units. */
  function seen() {
    const { width } = graph.places[shown];
    const scale = (parseFloat(drawings[shown].svg.style.width) || width) / width;
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = picture;
    return [scrollLeft, scrollTop, scrollLeft + clientWidth, scrollTop + clientHeight].map((at) => at / scale);
  }

  /** Brings what is at work into sight, where the picture is larger than its frame. */
  function reveal() {
    if (picture.scrollHeight <= picture.clientHeight + 1 && picture.scrollWidth <= picture.clientWidth + 1) return;
    const frame = picture.getBoundingClientRect();
    const boxes = [...present().querySelectorAll("g.now, g.forward-now, g.backward-now, g.update-now")].map((group) => group.getBoundingClientRect());
    if (!boxes.length) return;
    const left = Math.min(...boxes.map((box) => box.left)) - frame.left - 30;
    const right = Math.max(...boxes.map((box) => box.right)) - frame.left + 30;
    const top = Math.min(...boxes.map((box) => box.top)) - frame.top - 30;
    const bottom = Math.max(...boxes.map((box) => box.bottom)) - frame.top + 30;
    const x = left < 0 || right > frame.width ? (left + right - frame.width) / 2 : 0;
    const y = top < 0 || bottom > frame.height ? (top + bottom - frame.height) / 2 : 0;
    if (x || y) picture.scrollBy({ left: x, top: y, behavior: isStill() ? "instant" : "smooth" });
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

  function fitNeurons() {
    if (!neurons) return;
    const { svg, width, height } = neurons;
    const high = Math.max(340, window.innerHeight - 452);
    const scale = Math.max(0.75, Math.min(picture.clientWidth / width, high / height, 1.4));
    picture.style.maxHeight = `${high + 8}px`;
    svg.style.width = `${scale * width}px`;
    svg.style.height = `${scale * height}px`;
  }

  function fit() {
    if (isNeurons) {
      fitNeurons();
      return;
    }
    const room = picture.clientWidth;
    const best = drawings.length > 1 && room < graph.places[0].width * 0.72 ? 1 : 0;
    const { width, height } = graph.places[best];
    // Below it the equation and the buttons are to be seen without scrolling.
    const high = best ? Infinity : Math.max(340, window.innerHeight - 452);
    picture.style.maxHeight = best ? "" : `${high + 8}px`;
    const scale = Math.min(room / width, high / height, best ? 1.3 : 1.25);
    // A picture that would be too small to read is panned instead.
    const wide = Math.max(scale, 0.85) * width;
    drawings[best].svg.style.width = `${wide}px`;
    drawings[best].svg.style.height = `${(wide * height) / width}px`;
    if (best !== shown || !picture.firstChild) {
      shown = best;
      picture.replaceChildren(drawings[best].svg);
      refresh();
    }
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
    /** Begins to follow the size of the window and where the reader scrolls. */
    begin() {
      fit();
      picture.addEventListener("scroll", () => {
        if (!isNeurons) writeNumbers(drawings[shown], graph, model, isUpdated, seen());
      });
      new ResizeObserver(fit).observe(byId("stage"));
    },
    /** Whether a part of the graph is in the picture. @param {string} kind @param {number} id */
    shows: (kind, id) => Boolean(drawings[0].groupOf(kind, id)),
    get isNeurons() {
      return isNeurons;
    },
  };
}
