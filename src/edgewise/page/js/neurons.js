import { byId, makeSvg } from "./dom.js";
import { figure } from "./figures.js";
import { scaleOf } from "./heat.js";

/** The same network as neurons joined by weights, for chains of layers. */

const ACROSS = 190;
const DOWN = 62;
const RADIUS = 24;
/** Of many neurons. */
const CLOSER_DOWN = 52;
const TOP = 60;
const SIDE = 70;

/** More neurons are abridged to so many at each end. */
const MOST = 8;
const AT_ENDS = 3;

/**
 * @param {any} graph
 * @param {(kind: string, id: number, unit?: import("./neuron.js").Unit) => void} select
 */
export function neuronsOf(graph, select) {
  const { chain, tensors, outputs } = graph;
  const layers = chain.layers;
  const columns = [
    columnOf(chain.input, Boolean(layers[0].upright)),
    ...layers.map((/** @type {any} */ layer) => columnOf(layer.output, layer.upright)),
  ];
  const end = chain.tail.length ? columnOf(outputs[0], false) : null;
  const all = end ? [...columns, end] : columns;
  const tallest = Math.max(...all.map(({ shown }) => shown.length));
  const down = tallest > 5 ? CLOSER_DOWN : DOWN;
  const examples =
    tensors[chain.input].shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1) / columns[0].size;
  /** Which example of the batch is shown. */
  let example = 0;
  const width = 2 * SIDE + (all.length - 1) * ACROSS + 40;
  const height = TOP + tallest * down + 16;
  /** The weights as they are at the present moment. */
  const shown = {
    weight: (/** @type {number} */ _) => /** @type {ArrayLike<number>} */ ([]),
    gradient: (/** @type {number} */ _) => /** @type {ArrayLike<number> | undefined} */ (undefined),
  };
  const svg = makeSvg("svg", {
    class: "edgewise-auto neurons",
    viewBox: `0 0 ${width} ${height}`,
    role: "group",
    "aria-label": "The network as neurons",
  });
  const middle = TOP + (tallest * down) / 2;
  all.forEach((column, k) => {
    column.x = SIDE + 20 + k * ACROSS;
    column.y = column.shown.map(
      (/** @type {unknown} */ _, /** @type {number} */ i) => middle + (i - (column.shown.length - 1) / 2) * down,
    );
  });
  const bundles = layers.map((/** @type {any} */ layer, /** @type {number} */ k) =>
    bundleOf(layer, columns[k], columns[k + 1]),
  );
  if (end) svg.append(linesToEnd(columns[columns.length - 1], end));
  /** @type {Map<number, SVGGElement>} */
  const groups = new Map();
  for (const bundle of bundles) {
    svg.append(bundle.group);
    groups.set(bundle.id, bundle.group);
  }
  all.forEach((column, k) => {
    const layer = column === end ? null : k ? layers[k - 1] : null;
    const title =
      column === end ? tensors[outputs[0]].symbol : layer ? layer.labels.join(" → ") : tensors[column.id].symbol;
    const own = tensors[column.id].symbol;
    const counted = `${column.size} ${layer ? "neuron" : "input"}${column.size === 1 ? "" : "s"}`;
    const about =
      column === end
        ? chain.tail.join(" → ")
        : column.size > 1 || examples > 1
          ? counted
          : layer && !layer.labels.includes(own)
            ? own
            : "";
    svg.append(drawn(column, cut(title), cut(about), layer, k ? columns[k - 1] : null));
    groups.set(column.id, column.group);
  });

  /** @param {number} id @param {boolean} upright */
  function columnOf(id, upright) {
    const { shape } = tensors[id];
    const columnCount = shape.length ? shape[shape.length - 1] : 1;
    const size = upright ? shape[0] : columnCount;
    const places = Array.from({ length: size }, (_, i) => (upright && shape.length > 1 ? i * columnCount : i));
    /** @type {(number | null)[]} */
    const shown = size <= MOST ? places : [...places.slice(0, AT_ENDS), null, ...places.slice(-AT_ENDS)];
    const order =
      size <= MOST
        ? shown.map((/** @type {unknown} */ _, /** @type {number} */ i) => i)
        : [...Array(AT_ENDS).keys(), -1, ...Array.from({ length: AT_ENDS }, (_, i) => size - AT_ENDS + i)];
    return {
      id,
      size,
      shown,
      order,
      upright,
      x: 0,
      y: /** @type {number[]} */ ([]),
      group: /** @type {any} */ (null),
      units: false,
      cells:
        /** @type {{ place: number, value: any, gradient: any, circle: any, map: any, knob: any, order: number }[]} */ ([]),
    };
  }

  /** Where in a column's tensor the number of a neuron is for the present example. @param {any} column @param {number} place */
  const placed = (column, place) => place + example * (column.upright ? 1 : column.size);

  /** @param {any} column @param {string} title @param {string} about @param {any} layer @param {any} before the column that its inputs are in */
  function drawn(column, title, about, layer, before) {
    const bias = layer?.bias ?? null;
    const tensor = tensors[column.id];
    const group = makeSvg("g", {
      "data-kind": "tensor",
      "data-id": column.id,
      role: "group",
      "aria-label": `${title}, ${about || tensor.kind}`,
    });
    const head = makeSvg(
      "g",
      { class: "column-head", tabindex: 0, role: "button", "aria-description": tensor.kind },
      makeSvg("rect", { class: "ring", x: column.x - ACROSS / 2 + 8, y: 14, width: ACROSS - 16, height: 38, rx: 8 }),
      makeSvg("text", { class: "name", x: column.x, y: 30, "text-anchor": "middle", text: title }),
      makeSvg("text", { class: "note", x: column.x, y: 46, "text-anchor": "middle", text: about }),
    );
    group.append(head);
    /** @type {SVGGElement[]} */
    const units = [];
    column.shown.forEach((/** @type {number | null} */ place, /** @type {number} */ i) => {
      const y = column.y[i];
      if (place === null) {
        group.append(
          ...[-7, 0, 7].map((dy) => makeSvg("circle", { class: "dot", cx: column.x, cy: y - 6 + dy, r: 1.8 })),
        );
        group.append(
          makeSvg("text", {
            class: "note",
            x: column.x,
            y: y + 18,
            "text-anchor": "middle",
            text: `${column.size - 2 * AT_ENDS} more`,
          }),
        );
        return;
      }
      const value = makeSvg("text", { class: "value", x: column.x, y: y - 1, "text-anchor": "middle" });
      const gradient = makeSvg("text", { class: "gradient", x: column.x, y: y + 13, "text-anchor": "middle" });
      const kind = tensor.node === null ? ` ${tensor.kind}` : outputs.includes(column.id) ? " output" : "";
      const circle = makeSvg("circle", { class: `neuron chip${kind}`, cx: column.x, cy: y, r: RADIUS });
      const map = makeSvg("image", {
        class: "over",
        x: column.x - RADIUS + 1,
        y: y - RADIUS + 1,
        width: 2 * RADIUS - 2,
        height: 2 * RADIUS - 2,
        preserveAspectRatio: "none",
      });
      const knob = bias === null ? null : makeSvg("circle", { class: "knob", cx: column.x - 20, cy: y + 20, r: 5 });
      const unit = makeSvg(
        "g",
        { class: "unit" },
        circle,
        map,
        value,
        document.createTextNode(" "),
        gradient,
        ...(knob ? [knob] : []),
      );
      const order = column.order[i];
      if (layer) {
        unit.append(makeSvg("title", { text: `neuron ${order + 1} of ${column.size}: a click shows its sum` }));
        const choose = () => select("tensor", column.id, unitOf(layer, order, column, before));
        unit.setAttribute("role", "button");
        units.push(unit);
        unit.addEventListener("click", (/** @type {Event} */ event) => {
          event.stopPropagation();
          choose();
        });
        onEnter(unit, choose);
      }
      group.append(unit);
      column.cells.push({ place, value, gradient, circle, map, knob, order });
    });
    column.bias = bias;
    group.addEventListener("click", () => select("tensor", column.id));
    onEnter(head, () => select("tensor", column.id));
    roam(units);
    column.units = units.length > 0;
    column.group = group;
    return group;
  }

  /** @param {any} layer @param {number} order @param {any} column @param {any} before @returns {import("./neuron.js").Unit} */
  function unitOf(layer, order, column, before) {
    return {
      layer,
      order,
      size: column.size,
      inputs: before.id,
      wide: before.size,
      at: (id, neuron) => placeIn(id, neuron),
    };
  }

  /** @param {number} id @param {number} neuron */
  function placeIn(id, neuron) {
    const column = /** @type {any} */ (columns.find((one) => one.id === id));
    return column.upright
      ? neuron * (tensors[id].shape.length > 1 ? tensors[id].shape[1] : 1) + example
      : neuron + example * column.size;
  }

  /** @param {any} layer @param {any} left @param {any} right */
  function bundleOf(layer, left, right) {
    const { shape } = tensors[layer.weights];
    const wide = shape.length > 1 ? shape[1] : layer.transposed ? 1 : (shape[0] ?? 1);
    const group = makeSvg("g", {
      class: "bundle",
      "data-kind": "tensor",
      "data-id": layer.weights,
      tabindex: 0,
      role: "button",
      "aria-label": tensors[layer.weights].said,
      "aria-description": "weights: arrows up and down go through them",
    });
    /** @type {{ at: number, i: number, j: number, line: any, pull: any, title: any }[]} */
    const lines = [];
    /** Which of the weights the keyboard is at. */
    let pointed = -1;
    right.y.forEach((/** @type {number} */ yEnd, /** @type {number} */ a) => {
      left.y.forEach((/** @type {number} */ yStart, /** @type {number} */ b) => {
        const [i, j] = [right.order[a], left.order[b]];
        if (i < 0 || j < 0) return;
        const [x, xEnd] = [left.x + RADIUS, right.x - RADIUS];
        const half = (x + xEnd) / 2;
        const d = `M${x} ${yStart}C${half} ${yStart} ${half} ${yEnd} ${xEnd} ${yEnd}`;
        const title = makeSvg("title");
        const [line, pull] = [makeSvg("path", { class: "weight", d }, title), makeSvg("path", { class: "pull", d })];
        group.append(line, pull);
        lines.push({ at: layer.transposed ? j * wide + i : i * wide + j, i, j, line, pull, title });
      });
    });
    const spoken = (/** @type {typeof lines[number]} */ { at, i, j }) => {
      const gradient = shown.gradient(layer.weights)?.[at];
      return `weight from ${left.id === chain.input ? "input" : "neuron"} ${j + 1} to neuron ${i + 1}: ${figure(shown.weight(layer.weights)[at])}${gradient === undefined ? "" : `, gradient ${figure(gradient)}`}`;
    };
    /** @param {number} to */
    const point = (to) => {
      lines.forEach(({ line }, k) => line.classList.toggle("is-pointed", k === to));
      pointed = to;
      group.classList.toggle("is-pointed", to >= 0);
      if (to >= 0) byId("spoken").textContent = spoken(lines[to]);
    };
    group.addEventListener("pointerover", (/** @type {Event} */ event) => {
      const over = lines.find(({ line }) => line === event.target);
      if (over) over.title.textContent = spoken(over);
    });
    group.addEventListener("click", () => select("tensor", layer.weights));
    group.addEventListener("blur", () => point(-1));
    group.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!by || !lines.length) return;
      event.preventDefault();
      point(pointed < 0 ? (by > 0 ? 0 : lines.length - 1) : (pointed + by + lines.length) % lines.length);
    });
    onEnter(group, () => {
      if (pointed < 0) {
        select("tensor", layer.weights);
        return;
      }
      const { i, j } = lines[pointed];
      select("tensor", right.id, unitOf(layer, i, right, left));
      /** @type {HTMLElement | null} */ (document.querySelector(`.neuron-card tr:nth-child(${j + 1}) .field`))?.focus();
    });
    return { id: layer.weights, group, lines };
  }

  /** @param {any} last @param {any} end */
  function linesToEnd(last, end) {
    const group = makeSvg("g", {});
    last.shown.forEach((/** @type {number | null} */ place, /** @type {number} */ i) => {
      if (place === null) return;
      const [x, xEnd, y] = [last.x + RADIUS, end.x - RADIUS, end.y[0]];
      const half = (x + xEnd) / 2;
      group.append(
        makeSvg("path", { class: "forward", d: `M${x} ${last.y[i]}C${half} ${last.y[i]} ${half} ${y} ${xEnd} ${y}` }),
      );
    });
    return group;
  }

  /**
   * Writes the numbers, and lights what is there at a moment.
   *
   * @param {any} model
   * @param {import("./timeline.js").Timeline} timeline
   * @param {number} step
   * @param {import("./colouring.js").Colouring} colouring
   */
  function refresh(model, timeline, step, colouring) {
    const { valueAt, gradientAt, moments } = timeline;
    const moment = moments[step];
    shown.weight = (id) => (timeline.updateAt[id] <= step ? model.after(id) : model.value(id));
    shown.gradient = (id) => (gradientAt[id] !== undefined && gradientAt[id] <= step ? model.gradient(id) : undefined);
    const nodeNow = moment.node === undefined ? -1 : moment.node;
    const last = columns[columns.length - 1].id;
    /** Which column an operation belongs to. @param {number} node */
    const columnAt = (node) =>
      (columns.find(({ id }) => tensors[id].node !== null && node <= tensors[id].node) ?? end ?? { id: last }).id;
    for (const column of all) {
      const { id } = column;
      const back = gradientAt[id];
      const [value, gradient] = [model.value(id), model.gradient(id)];
      const isNow = moment.tensor === id || (nodeNow >= 0 && moment.kind !== "update" && columnAt(nodeNow) === id);
      column.group.classList.toggle("waits", valueAt[id] > step);
      column.group.classList.toggle("forward-now", isNow && moment.kind === "forward");
      column.group.classList.toggle("backward-now", isNow && moment.kind !== "forward" && moment.kind !== "start");
      const bias = column.bias === null ? null : model.value(column.bias);
      const scale = bias && scaleOf(bias);
      for (const cell of column.cells) {
        const place = column === end ? cell.place : placed(column, cell.place);
        const [isThere, hasReturned] = [valueAt[id] <= step, gradient && back !== undefined && back <= step];
        cell.value.textContent = isThere ? brief(value[place]) : "";
        cell.gradient.textContent = hasReturned ? brief(gradient[place]) : "";
        const size =
          colouring.measure === "gradient"
            ? hasReturned && gradient[place]
            : colouring.measure === "value" && isThere && value[place];
        const tone = typeof size === "number" ? colouring.toneOf(Math.abs(size)) : null;
        cell.circle.style.fill = tone?.fill ?? "";
        for (const text of [cell.value, cell.gradient]) text.style.fill = tone?.ink ?? "";
        if (column.units)
          cell.circle.parentNode.setAttribute(
            "aria-label",
            [`neuron ${cell.order + 1} of ${column.size}`, cell.value.textContent, cell.gradient.textContent]
              .filter(Boolean)
              .join(" "),
          );
        if (!bias) continue;
        const b = bias.length === 1 ? bias[0] : bias[cell.order];
        cell.knob.setAttribute("class", `knob ${b < 0 ? "minus-fill" : "plus-fill"}`);
        cell.knob.setAttribute("fill-opacity", Math.min(1, Math.abs(b) / scale).toFixed(2));
      }
    }
    for (const { id, lines, group } of bundles) {
      const updated = timeline.updateAt[id] <= step;
      const weights = updated ? model.after(id) : model.value(id);
      const gradient = model.gradient(id);
      const back = gradientAt[id];
      const shows = gradient && back !== undefined && back <= step;
      const scale = scaleOf(weights);
      const pull = gradient ? scaleOf(gradient) : 1;
      const thick = lines.length > 60 ? 3 : 5;
      group.classList.toggle("backward-now", moment.tensor === id && moment.kind === "backward");
      group.classList.toggle("update-now", moment.tensor === id && moment.kind === "update");
      for (const line of lines) {
        const weight = weights[line.at];
        const share = Number.isFinite(weight) ? Math.min(1, Math.abs(weight) / scale) : 1;
        const isPointed = line.line.classList.contains("is-pointed");
        line.line.setAttribute(
          "class",
          `weight ${isPointed ? "is-pointed " : ""}${!Number.isFinite(weight) ? "bad-line" : weight < 0 ? "minus-line" : "plus-line"}`,
        );
        line.line.setAttribute("stroke-width", (0.5 + thick * share).toFixed(2));
        const tone =
          colouring.measure === "value"
            ? colouring.toneOf(Math.abs(weight))
            : colouring.measure === "gradient" && shows
              ? colouring.toneOf(Math.abs(gradient[line.at]))
              : null;
        line.line.style.stroke = tone?.fill ?? "";
        const size = shows ? Math.abs(gradient[line.at]) / pull : 0;
        // Beside the weight's line, not on it.
        line.pull.setAttribute("transform", `translate(0 ${(1.6 + (thick * share) / 2).toFixed(1)})`);
        line.pull.setAttribute("stroke-width", size >= 0.1 ? (0.8 + 1.4 * size).toFixed(2) : "0");
      }
    }
  }

  const small = document.createElement("canvas");
  return {
    svg,
    width,
    height,
    groups,
    refresh,
    examples,
    get example() {
      return example;
    },
    /** Shows another example of the batch. @param {number} by */
    turn(by) {
      example = (example + by + examples) % examples;
    },
    /** The neurons that are shown, as maps over the inputs are to be made of. */
    wanted: () =>
      new Map(
        columns.map((/** @type {any} */ { id, cells }) => [id, cells.map((/** @type {any} */ { order }) => order)]),
      ),
    /** @param {import("./surface.js").Found | null} found none for no maps @param {(canvas: HTMLCanvasElement, values: Float32Array) => void} [paint] */
    showMaps(found, paint) {
      svg.classList.toggle("has-maps", Boolean(found));
      for (const { id, cells } of columns) {
        cells.forEach((/** @type {any} */ { map }, /** @type {number} */ i) => {
          if (!found || !paint) map.removeAttribute("href");
          else {
            paint(small, /** @type {Float32Array[]} */ (found.maps.get(id))[i]);
            map.setAttribute("href", small.toDataURL());
          }
        });
      }
    },
  };
}

/** @param {SVGGElement} element @param {() => void} act */
function onEnter(element, act) {
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    act();
  });
}

/** One of several buttons is reached by Tab, the others by the arrows up and down. @param {SVGGElement[]} buttons */
function roam(buttons) {
  buttons.forEach((button, i) => {
    button.setAttribute("tabindex", i ? "-1" : "0");
    button.addEventListener("keydown", (event) => {
      const next = buttons[i + ({ ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0)];
      if (!next || next === button) return;
      event.preventDefault();
      button.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
    });
  });
}

/** A number in few characters. @param {number} value */
function brief(value) {
  const text = figure(value, 3);
  return text.length > 6 ? figure(value, 2) : text;
}

/** @param {string} text */
function cut(text) {
  return text.length > 28 ? `${text.slice(0, 26)}…` : text;
}
