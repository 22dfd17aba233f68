import { byId, makeSvg } from "./dom.js";
import { draggable } from "./field.js";
import { drawingOf, faceOf, textsOf } from "./drawing.js";
import { flightsIn } from "./flight.js";
import { frameElement, roundButton } from "./frames.js";
import { glidesOf } from "./glide.js";
import { light, writeNumbers } from "./lighting.js";
import { LEAST_PANNED, STILL_READ, modulesOf } from "./modules.js";
import { NeuronsView } from "./neurons.js";
import { isEditable } from "./panel.js";
import { pointAtMaps } from "./pointing.js";
import { pngOf, savedSvg, saveFile } from "./saving.js";
import { sightOf } from "./sight.js";
import { switchPictures } from "./switch.js";
import { trailOf } from "./trail.js";
import { clickLines } from "./wiring.js";

/** Frames that differ by less have the same arrangement. */
const STEP_OF_SIZE = 50;
/** @param {number} length */
const stepped = (length) => length - (length % STEP_OF_SIZE);

/** So much of a narrow drawing, in its own units, is to be seen from top to bottom. */
const LEAST_SEEN = 300;

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
  const looks = graph.places.templates.map(([look]) => look).join("");
  const hasMaps = looks.includes("<image");
  const modules = modulesOf(graph);
  const drawing = drawingOf(graph, { made: setUp, frameOf, rank });
  drawing.hiderOf = modules.hiderOf;
  const flights = flightsIn(drawing);
  const trail = trailOf(modules, {
    enter: (scope) => change(() => modules.enter(scope)),
    asAtFirst: () => change(modules.asAtFirst),
  });
  const neurons = graph.chain
    ? new NeuronsView(graph, graph.chain, (kind, id, unit) =>
        unit ? page.select(kind, id, true, unit) : press(`${kind} ${id}`),
      )
    : null;
  let isNeurons = false;
  /** Whether the picture has the window for itself. */
  let isLarge = false;
  /** Which of the drawings that were made at first is the one for this width. */
  let shown = -1;
  /** For which size of the stage things stand where they do. */
  let frame = { width: 0, height: 0 };
  /** Whether they stand so that all of it is as large as can be. */
  let isOverview = false;
  let chosen = "";

  /** The picture that is seen. */
  const present = () => (neurons && isNeurons ? neurons.svg : drawing.svg);
  const size = () => (neurons && isNeurons ? neurons : drawing.arrangement);

  /** @param {number} id */
  const isUpdated = (id) => timeline.updateAt[id] <= page.step;

  const sight = sightOf(page, picture, {
    drawing,
    titleOf: modules.titleOf,
    open: (key) => press(key),
    coloured: () => refreshNeurons(),
    subject: () => ({ element: present(), width: size().width, height: size().height }),
    usual,
    overview,
    near(isOther, part) {
      writeNumbers(drawing, graph, model, modules, isUpdated, part);
      if (isOther) light(drawing, graph, timeline, modules, page.step);
    },
  });

  function refresh() {
    sight.refresh();
    refreshNeurons();
  }

  function refreshNeurons() {
    if (neurons && isNeurons) neurons.update({ model, timeline, step: page.step, colouring: sight.colouring });
  }

  /** Brings what is at work into sight. @param {boolean} [glides] whether the reader may see how: not at first, when nothing was in sight */
  function reveal(glides = true) {
    if (!isNeurons) {
      sight.reveal(glides);
      return;
    }
    const frame = picture.getBoundingClientRect();
    const boxes = [...present().querySelectorAll("g.forward-now, g.backward-now, g.update-now")].map((group) =>
      group.getBoundingClientRect(),
    );
    if (!boxes.length) return;
    const { x, y } = sight.view.origin();
    const box = [
      Math.min(...boxes.map(({ left }) => left)) - frame.left - x,
      Math.min(...boxes.map(({ top }) => top)) - frame.top - y,
      Math.max(...boxes.map(({ right }) => right)) - frame.left - x,
      Math.max(...boxes.map(({ bottom }) => bottom)) - frame.top - y,
    ];
    sight.view.reveal(
      box.map((at) => at / sight.view.scale),
      false,
    );
  }

  /** Lets the numbers of the present step fly along their lines. @param {number} speed */
  function fly(speed) {
    if (isNeurons) return;
    const moment = timeline.moments[page.step];
    const stages = [];
    if (moment.kind === "forward") {
      const node = /** @type {number} */ (moment.node);
      const arriving = graph.nodes[node].inputs.map((edge) => ({
        route: drawing.linesOfEdge(edge).map((line) => line.forward),
        text: short(model.value(graph.edges[edge].tensor), graph.edges[edge].tensor),
        kind: "value",
      }));
      const output = graph.nodes[node].output;
      stages.push(arriving, [
        { route: [drawing.lineFromNode(node)?.forward], text: short(model.value(output), output), kind: "value" },
      ]);
    } else if (moment.kind === "backward") {
      const edge = /** @type {number} */ (moment.edge);
      const { output } = graph.nodes[/** @type {number} */ (moment.node)];
      const { tensor } = graph.edges[edge];
      stages.push(
        [
          {
            route: [drawing.lineFromNode(/** @type {number} */ (moment.node))?.backward],
            text: short(model.gradient(output), output),
            kind: "gradient",
          },
        ],
        [
          {
            route: drawing
              .linesOfEdge(edge)
              .map((line) => line.backward)
              .reverse(),
            text: short(model.contribution(edge), tensor),
            kind: "gradient",
          },
        ],
      );
    } else return;
    const arriving = drawing.svg.querySelectorAll(".arrives");
    arriving.forEach((/** @type {Element} */ chip) => chip.classList.add("expects"));
    flights.show(/** @type {any} */ (stages), FLIGHT / Math.sqrt(speed)).then(() => {
      arriving.forEach((/** @type {Element} */ chip) => chip.classList.remove("expects"));
    });
  }

  /** @param {ArrayLike<number> | undefined} values @param {number} tensor */
  function short(values, tensor) {
    if (!values) return "";
    const { shape, dtype } = graph.tensors[tensor];
    return values.length === 1 ? textsOf(values, dtype)[0] : shape.join("×");
  }

  const stop = () => flights.stop();

  /** Shows what is selected as such. @param {string | null} kind @param {number} id */
  function mark(kind, id) {
    chosen = kind ? `${kind} ${id}` : "";
    for (const [key, group] of drawing.groups) markOne(key, group);
    for (const [own, group] of neurons?.groups ?? []) group.classList.toggle("chosen", kind === "tensor" && own === id);
    sight.mark(chosen);
  }

  /** @param {string} key @param {SVGGElement} group */
  function markOne(key, group) {
    const isChosen = key === chosen;
    group.classList.toggle("chosen", isChosen);
    if (group.hasAttribute("tabindex")) group.setAttribute("aria-pressed", String(isChosen));
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
    page.plane?.renew();
    if (animated) switchPictures(picture, before, present());
    else picture.replaceChildren(present());
    refresh();
    reveal();
    page.keep();
  }

  /** How large the picture is drawn until the reader zooms. */
  function usual() {
    const room = picture.clientWidth - 1;
    const { width, height } = size();
    const isNarrow = shown > 0;
    // A narrow drawing is as wide as its frame, which it is scrolled in.
    const high = !isNeurons && isNarrow ? Infinity : picture.clientHeight - 1;
    const [least, most] = isNeurons
      ? [0.75, 1.4]
      : [
          LEAST_PANNED,
          isNarrow ? Math.max(LEAST_PANNED, Math.min(1.3, picture.clientHeight / LEAST_SEEN)) : isLarge ? 1.6 : 1.25,
        ];
    const whole = Math.min(room / width, high / height);
    const [read, wide] = isNeurons ? [0.62, least] : [STILL_READ, room / width];
    // A picture that would be too small to read is panned instead, if possible only along its rows; one that is a little
    // too large is not.
    const panned = isNeurons
      ? Math.max(read, Math.min(least, high / height))
      : Math.min(least, Math.max(STILL_READ, wide));
    return Math.max(Math.min(whole, most), whole >= read ? whole : panned);
  }

  function fit() {
    const { drawings } = graph.places;
    const best = drawings.length > 1 && picture.clientWidth < drawings[0].width * 0.72 ? 1 : 0;
    const stage = byId("stage");
    const now = { width: stepped(stage.clientWidth), height: stepped(stage.clientHeight) };
    const isOther = best !== shown || now.width !== frame.width || now.height !== frame.height;
    shown = best;
    frame = now;
    if (isOther) arrange();
    if (!picture.firstChild) picture.replaceChildren(present());
    sight.view.fit();
    if (isOther) refresh();
  }

  // Modules ------------------------------------------------------------------------------------------------------

  function arrange() {
    const room = { width: frame.width, height: picture.clientHeight };
    drawing.arrange(isOverview ? modules.overview(room) : modules.arrangement(shown, room), nodeKey);
    sight.renew();
    trail.refresh();
  }

  /** @param {boolean} on */
  function overview(on) {
    const now = on && !isNeurons && shown === 0;
    if (now === isOverview) return;
    isOverview = now;
    arrange();
  }

  /** All of it, or its usual size. */
  function toggleAll() {
    if (isNeurons) {
      sight.view.toggle();
      return;
    }
    stop();
    const glide = glidesOf(drawing, sight.view);
    sight.view.toggle();
    refresh();
    if (!sight.view.isWhole) reveal();
    glide(() => []);
    page.keep();
  }

  /** What shows an operation. @param {number} node */
  const nodeKey = (node) => drawing.shownAs(`node ${node}`);

  /** Another arrangement; what is there before and after glides. @param {() => void} act @param {number} [around] the module that stays where it is */
  function change(act, around) {
    stop();
    const glide = glidesOf(drawing, sight.view);
    const before = around === undefined ? null : cornerOf(around);
    isOverview = false;
    act();
    // A module is seen from its beginning.
    if (!before) picture.scrollTo(0, 0);
    arrange();
    sight.view.fit();
    const after = around === undefined ? null : cornerOf(around);
    if (before && after) {
      picture.scrollLeft += after[0] - before[0];
      picture.scrollTop += after[1] - before[1];
    }
    const frame = drawing.arrangement.frames.find(({ scope }) => scope === around);
    if (frame) bringNear(frame);
    refresh();
    glide((key) => {
      const path = modules.pathOf(modules.homes.get(key) ?? -1);
      const scope = Number(key.split(" ")[1]);
      return [...(key.startsWith("module") ? [`frame ${scope}`] : []), ...path.map((one) => `module ${one}`)];
    });
    page.keep();
  }

  /** Shows a part of the graph as large as it can be read. @param {{ x: number, y: number, width: number, height: number }} part */
  function bringNear({ x, y, width, height }) {
    if (isNeurons) return;
    if (sight.view.scale < STILL_READ) sight.view.zoom(null);
    sight.view.reveal([x, y, x + width, y + height], false);
  }

  /** Where in the frame of the picture the line comes into a module, in pixels. @param {number} scope */
  function cornerOf(scope) {
    const box = drawing.placeOf(`module ${scope}`);
    const frame = drawing.arrangement.frames.find((one) => one.scope === scope);
    const at = box ?? frame;
    if (!at) return null;
    const { x, y } = sight.view.origin();
    const level = box ? box.height / 2 : (frame?.level ?? 0);
    return [x + at.x * sight.view.scale, y + (at.y + level) * sight.view.scale];
  }

  /** @param {number} scope */
  const toggle = (scope) => change(() => modules.toggle(scope), scope);
  /** @param {number} scope */
  const enter = (scope) => change(() => modules.enter(scope));
  /** The module that was opened last, and when: a second click on it enters it. */
  let opened = { scope: -1, at: 0 };
  /** When a thing was selected: a second click on it goes to where something happens to it. */
  let pressedAt = -Infinity;

  /** What a click on a thing does. @param {string} key */
  function press(key) {
    const [kind, text] = key.split(" ");
    const id = Number(text);
    if (kind !== "module") {
      pressedAt = performance.now();
      page.select(kind, id, true);
    } else if (modules.has(id)) {
      opened = { scope: id, at: performance.now() };
      toggle(id);
      const own = drawing.frameGroups.get(id)?.querySelector(".close");
      if (document.activeElement === document.body)
        /** @type {SVGElement | null | undefined} */ (own)?.focus({ preventScroll: true });
    }
  }

  // A double click on nothing means nothing, however soon it comes after a click on something.
  picture.addEventListener(
    "click",
    () => {
      pressedAt = -Infinity;
    },
    true,
  );
  picture.addEventListener("dblclick", () => {
    if (performance.now() - pressedAt < 700) page.visit();
    if (performance.now() - opened.at > 700 || !modules.isOpen(opened.scope)) return;
    modules.toggle(opened.scope);
    enter(opened.scope);
    opened = { scope: -1, at: 0 };
  });

  /** @param {import("./compose.js").Frame} frame */
  function frameOf(frame) {
    const { scope } = frame;
    const group = frameElement(
      frame,
      modules.titleOf(scope),
      modules.has(scope) ? { close: () => toggle(scope), enter: () => enter(scope) } : null,
    );
    return group;
  }

  // The parts of a drawing ---------------------------------------------------------------------------------------

  /** @param {string} key @param {SVGGElement} group */
  function setUp(key, group) {
    const [kind, text] = key.split(" ");
    const id = Number(text);
    const face = faceOf(group);
    face.setAttribute("tabindex", "0");
    face.setAttribute("role", "button");
    if (kind === "tensor")
      face.setAttribute(
        "aria-description",
        [graph.tensors[id].kind, graph.tensors[id].shape.join(" by ")].filter(Boolean).join(", "),
      );
    if (kind === "edge") {
      // Without this it has no name until its number is there.
      const chip = group.querySelector(".chip");
      chip?.setAttribute("role", "img");
      chip?.setAttribute("aria-label", `part of the gradient of ${graph.tensors[graph.edges[id].tensor].said}`);
    }
    if (kind === "node") {
      // What is written on it may be cut.
      const written = Array.from(group.querySelectorAll("text"), ({ textContent }) => textContent).join(" ");
      face.setAttribute(
        "aria-label",
        [written, "operation", written === graph.nodes[id].label ? "" : graph.nodes[id].label]
          .filter(Boolean)
          .join(" "),
      );
      group.append(makeSvg("title", { text: toldOf(graph.nodes[id]) }));
    }
    if (kind === "module") setUpModule(id, group);
    face.addEventListener("click", () => press(key));
    face.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (kind === "module" && event.shiftKey) enter(id);
      else if (key === chosen) page.visit();
      else press(key);
    });
    if (kind === "tensor" && isEditable(graph, model, id) && model.value(id).length === 1) {
      for (const cell of drawing.chips.get(key)?.value.cells ?? []) {
        cell.classList.add("drags");
        draggable(
          cell,
          () => model.value(id)[0],
          (value, together) => page.edit(id, 0, value, together),
          false,
          () => {},
          () => {},
        );
      }
    }
    markOne(key, group);
  }

  /** @param {number} scope @param {SVGGElement} group */
  function setUpModule(scope, group) {
    const { width } = /** @type {import("./compose.js").Thing} */ (drawing.placeOf(`module ${scope}`));
    const title = modules.titleOf(scope);
    faceOf(group).setAttribute("aria-description", "closed module");
    if (!modules.has(scope)) return;
    group.append(
      makeSvg("title", { text: `${modules.rooms.get(scope)?.path}\nA click opens it here, two show it alone.` }),
      roundButton("enter", `Show ${title} alone`, 14, 14, () => enter(scope)),
      roundButton("open", `Open ${title}`, width - 18, 14, () => toggle(scope)),
    );
  }

  /** @param {import("../contract.js").Node} node */
  function toldOf({ label, text, line }) {
    return [text ? `${label} = ${text}` : label, line ? `line ${line.number}: ${line.text}` : ""]
      .filter(Boolean)
      .join("\n");
  }

  /** Things are reached by the keyboard in the order of the forward pass. @param {string} key */
  function rank(key) {
    const [kind, text] = key.split(" ");
    const id = Number(text);
    if (kind === "module")
      return Math.min(...modules.nodesIn(id).map((node) => 2 * timeline.valueAt[graph.nodes[node].output]));
    if (kind === "node") return 2 * timeline.valueAt[graph.nodes[id].output];
    if (kind === "edge") return 2 * timeline.valueAt[graph.nodes[graph.edges[id].node].output] - 1;
    const tensor = graph.tensors[id];
    if (tensor.node !== null) return 2 * timeline.valueAt[id] + 0.5;
    return tensor.edges.length ? 2 * timeline.valueAt[graph.nodes[graph.edges[tensor.edges[0]].node].output] - 1 : 0;
  }

  // Saving -------------------------------------------------------------------------------------------------------

  /** Gives shapes and numbers to all of the picture, and not only to what is in sight. */
  function finish() {
    drawing.see([0, 0, 0, 0], true);
    sight.dress();
    writeNumbers(drawing, graph, model, modules, isUpdated, [0, 0, Infinity, Infinity]);
    light(drawing, graph, timeline, modules, page.step);
  }

  window.addEventListener("beforeprint", finish);
  window.addEventListener("afterprint", () => sight.show());

  /** The picture as SVG, in the colours in which it is seen. */
  function picturedAs() {
    finish();
    const saved = savedSvg(present(), size(), byId("page"));
    sight.show();
    return saved;
  }

  /** The picture alone, or with what belongs to it. @param {boolean} on */
  function enlarge(on) {
    if (on === isLarge) return false;
    const { isWhole } = sight.view;
    if (isWhole) {
      overview(false);
      sight.view.zoom(null);
    }
    isLarge = on;
    byId("page").classList.toggle("large", on);
    byId("large").setAttribute("aria-pressed", String(on));
    page.story.follow();
    fit();
    // All of it stays all of it.
    if (isWhole) sight.view.toggle();
    refresh();
    reveal();
    return true;
  }

  if (neurons && neurons.examples > 1) {
    const told = () => {
      byId("example").textContent = `Example ${neurons.example + 1} of ${neurons.examples}`;
    };
    for (const [id, by] of /** @type {[string, number][]} */ ([
      ["example-before", -1],
      ["example-after", 1],
    ])) {
      byId(id).addEventListener("click", () => {
        neurons.turn(by);
        told();
        page.refresh();
      });
    }
    told();
    byId("examples").hidden = false;
  }
  byId("large").addEventListener("click", () => enlarge(!isLarge));
  byId("whole").addEventListener("click", toggleAll);
  pointAtMaps(page, picture, isUpdated);
  clickLines(page, picture, drawing);
  byId("page").classList.toggle("has-maps", hasMaps);
  byId("page").classList.toggle("has-norms", looks.includes("‖·‖"));
  byId("page").classList.toggle("has-parts", looks.includes("chip branch"));
  byId("view").hidden = !neurons;
  byId("view").addEventListener("click", () => viewNeurons(!isNeurons, true));
  byId("save").addEventListener("click", () =>
    saveFile("graph.svg", new Blob([picturedAs()], { type: "image/svg+xml" })),
  );
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
      new ResizeObserver(fit).observe(picture, { box: "border-box" });
    },
    keys: { ...sight.view.keys, 0: toggleAll, f: () => void enlarge(!isLarge) },
    /** What the address keeps of how the picture is seen. */
    kept: () => ({
      ...modules.kept(),
      colour: sight.colouring.measure,
      zoom: sight.view.isWhole ? "all" : (sight.view.chosen?.toPrecision(3) ?? ""),
    }),
    /** @param {{ colour?: string, zoom?: number | "all", turned?: string, in?: string }} state */
    restore({ colour, zoom, ...state }) {
      const before = JSON.stringify(modules.kept());
      modules.restore(state);
      if (JSON.stringify(modules.kept()) !== before) arrange();
      sight.colouring.choose(colour ?? "");
      sight.view.restore(typeof zoom === "number" ? zoom : null);
      if (zoom === "all" && !sight.view.isWhole) sight.view.toggle();
    },
    /** Whether there is such a part of the graph. @param {string} kind @param {number} id */
    shows: (kind, id) => modules.homes.has(`${kind} ${id}`),
    /** Opens the modules that hide a thing. @param {string} key */
    revealThing(key) {
      if (!modules.homes.has(key)) return;
      if (isOverview || !drawing.has(key)) change(() => modules.show(key));
      const thing = drawing.placeOf(key);
      if (thing) bringNear(thing);
    },
    /** Goes back from the large picture, or out of the module that is shown alone. Whether there was anything. */
    out() {
      if (enlarge(false)) return true;
      if (modules.top === -1) return false;
      const scope = modules.top;
      change(() => modules.enter(modules.pathOf(scope)[1] ?? -1));
      return true;
    },
    get isNeurons() {
      return isNeurons;
    },
    neurons,
  };
}
