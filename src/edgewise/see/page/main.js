import { boardAt } from "./board.js";
import { drawLosses, pointUnder } from "./chart.js";
import { byId, isStill, make } from "./dom.js";
import { drawingOf, pngOf, savedSvg, saveFile, textsOf } from "./drawing.js";
import { draggable, numberField } from "./field.js";
import { figure } from "./figures.js";
import { setUpFinder } from "./finder.js";
import { flightsIn } from "./flight.js";
import { listLeaves } from "./leaves.js";
import { light, writeNumbers } from "./lighting.js";
import { modelOf, recordingOf } from "./model.js";
import { neuronsOf } from "./neurons.js";
import { detailsOf, isEditable } from "./panel.js";
import { readState, writeState } from "./state.js";
import { switchPictures } from "./switch.js";
import { phaseAt, timelineOf } from "./timeline.js";

/** How long a moment is shown while the story plays, and how long numbers fly. In milliseconds. */
const MOMENT = 1700;
const FLIGHT = 420;

/**
 * The page. It is given the data and what makes the network's Program.
 *
 * @param {any} graph
 * @param {(() => any) | null} makeProgram none, if the network can't run here
 */
export function startPage(graph, makeProgram) {
  const model = modelOf(graph, makeProgram ? makeProgram() : recordingOf(graph.recorded));
  const timeline = timelineOf(graph);
  const last = timeline.moments.length - 1;
  const picture = byId("picture");
  /** @type {import("./drawing.js").Drawing[]} */
  const drawings = graph.places.map((/** @type {any} */ place) => drawingOf(place, graph));
  /** @type {ReturnType<typeof flightsIn>[]} */
  const flights = drawings.map(flightsIn);
  const neurons = graph.chain ? neuronsOf(graph, (kind, id) => select(kind, id, true)) : null;
  let isNeurons = false;
  let shown = 0;
  let step = timeline.backwardEnd;
  /** @type {{ kind: string, id: number } | null} */
  let selection = null;
  /** @type {{ element: HTMLElement, refresh: () => void } | null} */
  let details = null;
  let playing = false;
  let timer = 0;
  let training = false;
  /** @type {{ refresh: () => void }[]} */
  const fields = [];

  // What is shown ------------------------------------------------------------------------------------------------

  /** @param {number} id */
  const isUpdated = (id) => timeline.updateAt[id] <= step;

  function refresh() {
    const drawing = drawings[shown];
    if (neurons && isNeurons) neurons.refresh(model, timeline, step);
    else {
      writeNumbers(drawing, graph, model, isUpdated, seen());
      light(drawing, graph, timeline, step);
    }
    const board = boardAt(graph, model, timeline, step, (to) => go(to));
    byId("moment").replaceChildren(...board.title);
    byId("remark").replaceChildren(...board.note.filter(Boolean).flatMap((part) => [part, " "]));
    byId("tiles").replaceChildren(...board.tiles.filter(Boolean));
    byId("chain").replaceChildren(...(board.chain ? [board.chain] : []));
    byId("board").className = phaseAt(timeline, step);
    if (byId("spoken").textContent !== board.spoken) byId("spoken").textContent = board.spoken;
    const scrub = byId("scrub");
    scrub.value = String(step);
    scrub.setAttribute("aria-valuetext", board.spoken);
    scrub.style.setProperty("--at", String(step / last));
    byId("count").textContent = `${step} / ${last}`;
    byId("page").dataset.phase = phaseAt(timeline, step);
    byId("page").dataset.step = String(step);
    refreshTraining();
    for (const field of fields) field.refresh();
    details?.refresh();
    byId("undo").disabled = !model.canUndo;
    byId("redo").disabled = !model.canRedo;
  }

  /** What of the picture can be seen, in its own units. */
  function seen() {
    const { width } = graph.places[shown];
    const scale = (parseFloat(drawings[shown].svg.style.width) || width) / width;
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = picture;
    return [scrollLeft, scrollTop, scrollLeft + clientWidth, scrollTop + clientHeight].map((at) => at / scale);
  }

  function refreshTraining() {
    const { points, at, stride } = model;
    drawLosses(byId("losses"), points, at, stride);
    const seek = byId("seek");
    seek.max = String(points.length - 1);
    seek.value = String(at);
    seek.disabled = points.length < 2;
    byId("loss").textContent = `${graph.tensors[graph.outputs[0]].name} ${figure(model.loss())}`;
    byId("trained").textContent = at ? `${at * stride} ${at * stride === 1 ? "step" : "steps"} taken` : "";
    byId("batch").textContent = `Batch ${model.batch + 1} of ${model.batchCount}`;
    byId("rate-range").value = String(Math.log10(model.rate || 1e-4));
  }

  // The story ----------------------------------------------------------------------------------------------------

  /** @param {number} to @param {boolean} animated */
  function go(to, animated = false) {
    step = Math.max(0, Math.min(last, to));
    refresh();
    writeState(step, selection, isNeurons);
    flights.forEach((flight) => flight.stop());
    reveal();
    if (animated) fly();
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

  function next() {
    if (step < last) go(step + 1, true);
    else if (makeProgram) {
      // The update has been made: the next way forward begins with what it gave.
      model.train();
      go(0);
    }
  }

  function previous() {
    if (step > 0) go(step - 1);
    else if (model.at > 0) {
      model.seek(model.at - 1);
      go(last);
    }
  }

  function fly() {
    if (isNeurons) return;
    const drawing = drawings[shown];
    const moment = timeline.moments[step];
    const speed = Number(byId("speed").value);
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

  /** @param {boolean} on */
  function play(on) {
    playing = on;
    clearTimeout(timer);
    byId("play").setAttribute("aria-label", on ? "pause" : "play");
    byId("page").classList.toggle("playing", on);
    // Being told every step while it plays would be too much.
    byId("spoken").setAttribute("aria-live", on ? "off" : "polite");
    if (!on) return;
    if (step >= timeline.backwardEnd) go(0);
    const tick = () => {
      if (!playing) return;
      if (step === last) {
        play(false);
        return;
      }
      next();
      timer = window.setTimeout(tick, MOMENT / Number(byId("speed").value));
    };
    timer = window.setTimeout(tick, 500);
  }

  // Selecting and changing ---------------------------------------------------------------------------------------

  /** @param {string | null} kind @param {number} id @param {boolean} jumps */
  function select(kind, id = 0, jumps = false) {
    selection = kind ? { kind, id } : null;
    details = selection
      ? detailsOf(graph, model, timeline, selection, {
          go: (to) => {
            play(false);
            go(to, true);
          },
          select,
          edit,
          close: () => select(null),
        })
      : null;
    byId("details").replaceChildren(...(details ? [details.element] : []));
    for (const drawing of drawings) {
      for (const [key, group] of drawing.groups) {
        const chosen = key === `${kind} ${id}`;
        group.classList.toggle("chosen", chosen);
        if (group.hasAttribute("tabindex")) group.setAttribute("aria-pressed", String(chosen));
      }
    }
    for (const [own, group] of neurons?.groups ?? []) group.classList.toggle("chosen", kind === "tensor" && own === id);
    const moment = jumps && kind ? momentOf(kind, id) : undefined;
    if (moment !== undefined) {
      play(false);
      go(moment, true);
    } else {
      details?.refresh();
      writeState(step, selection, isNeurons);
    }
  }

  /** When something happens to a part of the picture: on the way forward its value, else its gradient. @param {string} kind @param {number} id */
  function momentOf(kind, id) {
    const phase = phaseAt(timeline, step);
    if (kind === "edge") return timeline.contributionAt[id];
    if (kind === "node") {
      const back = timeline.moments.findIndex((moment) => moment.kind === "backward" && moment.node === id);
      return phase === "forward" || back < 0 ? timeline.valueAt[graph.nodes[id].output] : back;
    }
    if (phase === "update" && timeline.updateAt[id] !== undefined) return timeline.updateAt[id];
    if (phase === "forward" && graph.tensors[id].node !== null) return timeline.valueAt[id];
    return timeline.gradientAt[id];
  }

  /** @param {number} tensor @param {number} index @param {number} value @param {boolean} together */
  function edit(tensor, index, value, together) {
    model.edit(tensor, index, value, together);
    refresh();
  }

  // Training -----------------------------------------------------------------------------------------------------

  /** @param {number} steps */
  function train(steps) {
    for (let i = 0; i < steps; i++) model.train();
    refresh();
  }

  /** @param {boolean} on */
  function runOn(on) {
    training = on;
    byId("run").textContent = on ? "Stop" : "Run";
    byId("run").setAttribute("aria-pressed", String(on));
    const frame = () => {
      if (!training) return;
      train(1);
      if (Number.isFinite(model.loss())) requestAnimationFrame(frame);
      else runOn(false);
    };
    if (on) requestAnimationFrame(frame);
  }

  // Setting up ---------------------------------------------------------------------------------------------------

  /** The picture that is seen. */
  const present = () => (neurons && isNeurons ? neurons.svg : drawings[shown].svg);

  /** @param {boolean} on @param {boolean} animated */
  function viewNeurons(on, animated) {
    if (!neurons || on === isNeurons) return;
    const before = present();
    isNeurons = on;
    flights.forEach((flight) => flight.stop());
    byId("view").textContent = on ? "Graph" : "Neurons";
    fit();
    byId("page").dataset.view = on ? "neurons" : "graph";
    if (animated) switchPictures(picture, before, present());
    else picture.replaceChildren(present());
    refresh();
    reveal();
    writeState(step, selection, isNeurons);
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

  for (const drawing of drawings) {
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
      group.addEventListener("click", () => select(kind, id, true));
      group.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        select(kind, id, true);
      });
      if (kind === "tensor" && isEditable(graph, model, id) && model.value(id).length === 1) {
        for (const cell of drawing.chips.get(key)?.value.cells ?? []) {
          cell.classList.add("drags");
          draggable(cell, () => model.value(id)[0], (value, together) => edit(id, 0, value, together), false, () => {}, () => {});
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

  function setUpFields() {
    fields.push(...listLeaves(graph, model, edit, (id) => select("tensor", id)));
    const rate = numberField({
      label: "learning rate", ratio: true, single: false, read: () => model.rate,
      write: (value, together) => {
        model.edit("rate", 0, value, together);
        refresh();
      },
    });
    byId("rate").append(rate.element);
    fields.push(rate);
  }

  function setUpPhases() {
    const { forwardEnd, backwardEnd } = timeline;
    const spans = [["Forward", 0, forwardEnd], ["Backward", forwardEnd, backwardEnd], ["Update", backwardEnd, last]];
    for (const [name, from, to] of /** @type {[string, number, number][]} */ (spans)) {
      if (to <= from) continue;
      const part = make("button", { type: "button", tabindex: "-1", class: `phase ${name.toLowerCase()}`, text: name, onclick: () => go(from + (from ? 1 : 0)) });
      part.style.flexGrow = String(to - from);
      byId("phases").append(part);
    }
    const scrub = byId("scrub");
    scrub.max = String(last);
    scrub.style.setProperty("--forward", String(forwardEnd / last));
    scrub.style.setProperty("--backward", String(backwardEnd / last));
  }

  function setUpButtons() {
    /** @param {string} id @param {() => void} act */
    const on = (id, act) => byId(id).addEventListener("click", act);
    /** @param {() => void} act */
    const stopped = (act) => () => {
      play(false);
      act();
    };
    on("first", stopped(() => go(0)));
    on("back", stopped(previous));
    on("play", () => play(!playing));
    on("next", stopped(next));
    on("last", stopped(() => go(step < timeline.backwardEnd ? timeline.backwardEnd : last)));
    byId("scrub").addEventListener("input", () => {
      play(false);
      go(Number(byId("scrub").value));
    });
    on("train1", () => train(1));
    on("train10", () => train(10));
    on("run", () => runOn(!training));
    byId("batches").hidden = model.batchCount === 1;
    for (const [id, by] of /** @type {[string, number][]} */ ([["batch-before", -1], ["batch-after", 1]])) {
      on(id, () => {
        model.turn(by);
        refresh();
      });
    }
    byId("seek").addEventListener("input", () => {
      runOn(false);
      model.seek(Number(byId("seek").value));
      refresh();
    });
    byId("rate-range").addEventListener("input", () => {
      model.edit("rate", 0, Number((10 ** Number(byId("rate-range").value)).toPrecision(2)), true);
      refresh();
    });
    on("undo", () => {
      model.undo();
      refresh();
    });
    on("redo", () => {
      model.redo();
      refresh();
    });
    on("reset", () => {
      runOn(false);
      model.reset();
      refresh();
    });
    on("save", () => saveFile("graph.svg", new Blob([picturedAs()], { type: "image/svg+xml" })));
    on("save-png", async () => saveFile("graph.png", await pngOf(picturedAs(), size())));
    byId("view").hidden = !neurons;
    on("view", () => viewNeurons(!isNeurons, true));
    on("theme", () => {
      const root = document.documentElement;
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
    });
    const losses = byId("losses");
    losses.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      runOn(false);
      losses.setPointerCapture(event.pointerId);
      const seek = (/** @type {PointerEvent} */ move) => {
        model.seek(pointUnder(losses, move.clientX, model.points.length));
        refresh();
      };
      seek(event);
      losses.onpointermove = seek;
      losses.onpointerup = losses.onpointercancel = () => {
        losses.onpointermove = null;
      };
    });
  }

  const size = () => (neurons && isNeurons ? neurons : graph.places[shown]);

  /** The picture as SVG, in the colours in which it is seen. */
  function picturedAs() {
    writeNumbers(drawings[shown], graph, model, isUpdated, [0, 0, Infinity, Infinity]);
    const styles = document.querySelector("style")?.textContent ?? "";
    const own = styles.slice(0, styles.indexOf("/* The page */"));
    const seen = getComputedStyle(byId("page"));
    const names = new Set([...own.matchAll(/--[\w-]+(?=:)/g)].map(([name]) => name));
    const colours = [...names].map((name) => `${name}:${seen.getPropertyValue(name)}`).join(";");
    return savedSvg(present(), size(), `${own.replace(/^.*--.*$/gm, "")}.edgewise-auto{${colours}}`);
  }

  function setUpKeys() {
    for (const end of ["change", "focusout", "pointerup"]) document.addEventListener(end, () => model.settle());
    document.addEventListener("keydown", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      const typing = target.matches("input[type=text], select, textarea");
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing) {
        event.preventDefault();
        if (event.shiftKey) model.redo();
        else model.undo();
        refresh();
        return;
      }
      if (event.key === "/" && !typing) {
        event.preventDefault();
        byId("query").focus();
        return;
      }
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (target.matches("input[type=range]") && event.key !== " ") return;
      const pressed = target.matches("button, summary") && event.key === " ";
      /** @type {Record<string, () => void>} */
      const keys = {
        ArrowRight: () => { play(false); next(); },
        ArrowLeft: () => { play(false); previous(); },
        Home: () => { play(false); go(0); },
        End: () => { play(false); go(timeline.backwardEnd); },
        " ": () => play(!playing),
        Escape: () => select(null),
      };
      const act = keys[event.key];
      if (!act || pressed) return;
      event.preventDefault();
      act();
    });
  }

  function restore() {
    const state = readState();
    if (state.step !== undefined) step = Math.max(0, Math.min(last, state.step));
    viewNeurons(state.view === "neurons", false);
    const known = state.kind && drawings[0].groupOf(state.kind, state.id ?? 0);
    if (known) select(/** @type {string} */ (state.kind), state.id);
  }

  document.title = graph.title;
  byId("title").textContent = graph.title;
  // Long programs take long to lay out: this one only when it is asked for.
  byId("program").addEventListener("toggle", () => {
    byId("code").textContent = String(makeProgram);
  });
  if (!makeProgram) {
    byId("page").classList.add("recording");
    byId("notice").textContent = `This page is a recording: its numbers can be looked at, but not changed. ${graph.why}`;
  }
  setUpFields();
  setUpPhases();
  setUpButtons();
  setUpKeys();
  setUpFinder(graph, (kind, id) => select(kind, id, true));
  fit();
  restore();
  refresh();
  reveal();
  picture.addEventListener("scroll", () => {
    if (!isNeurons) writeNumbers(drawings[shown], graph, model, isUpdated, seen());
  });
  new ResizeObserver(fit).observe(byId("stage"));
  window.addEventListener("hashchange", () => {
    restore();
    refresh();
  });
  byId("page").dataset.ready = "yes";
}
