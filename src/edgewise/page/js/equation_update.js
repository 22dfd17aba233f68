import { make } from "./dom.js";
import { mathOr, numbersOf, shapeLine, sign, singleNumber, tile } from "./equation_parts.js";
import { figure } from "./figures.js";
import { formula } from "./mathml.js";
import { saidNumbers } from "./spoken.js";

/**
 * The equation of an update: gradient descent, or the rule of another optimiser, line by line.
 *
 * @typedef {import("./equation_parts.js").Context} Context
 * @typedef {import("./equation_parts.js").Content} Content
 * @typedef {import("../contract.js").Rule} Rule
 */

/** @param {Context} context @param {import("./timeline.js").Moment} moment @returns {Content} */
export function updateContent(context, moment) {
  const id = /** @type {number} */ (moment.tensor);
  return context.graph.rules[id].isGradientDescent ? descentContent(context, id) : ruleContent(context, id);
}

/** The tiles of a parameter and of its gradient, and what it becomes. @param {Context} context @param {number} id */
function makeTiles(context, id) {
  const { graph, model } = context;
  const tensor = graph.tensors[id];
  const added = graph.backwardPass?.added[id]?.length ?? 0;
  const sum = added && make("span", { text: `${tensor.symbol}.grad, of ${added + 1} passes` });
  return {
    value: tile(
      "old value",
      [formula(tensor.math), shapeLine(tensor)],
      "before",
      numbersOf(context, model.value(id), tensor, "value"),
    ),
    gradient: tile(
      "gradient",
      [sum || formula(tensor.gradientMath), shapeLine(tensor)],
      "incoming",
      numbersOf(context, model.usedGradient(id), tensor, "gradient"),
    ),
    result: tile(
      "result after",
      [make("span", { text: "new " }), mathOr(tensor.math, tensor.name), shapeLine(tensor)],
      "after",
      numbersOf(context, model.after(id), tensor, "after"),
    ),
  };
}

/** @param {Context} context @param {number} id @returns {Content} */
function descentContent(context, id) {
  const { graph, model } = context;
  const tensor = graph.tensors[id];
  const [value, after, gradient] = [model.value(id), model.after(id), model.usedGradient(id) ?? []];
  const tiles = makeTiles(context, id);
  const rate = make("span", { class: "figure is-rate", text: figure(model.rate) });
  return {
    title: ["Update ", mathOr(tensor.math, tensor.name)],
    note: [
      mathOr(tensor.math, tensor.name),
      "←",
      formula(graph.rules[id].math),
      make("span", { class: "where", text: "one step against the gradient; η is the learning rate" }),
    ],
    tiles: [
      tiles.value,
      sign("−"),
      tile("rate", make("i", { text: "η" }), "rate", rate),
      sign("×"),
      tiles.gradient,
      sign("="),
      tiles.result,
    ],
    spoken:
      after.length === 1
        ? `Update: ${tensor.said} becomes ${figure(value[0])} minus ${figure(model.rate)} times ${figure(gradient[0])} = ${figure(after[0])}`
        : `Update: ${tensor.said}, ${saidNumbers(value, tensor.shape)}, minus ${figure(model.rate)} times its gradient, ${saidNumbers(gradient, tensor.shape)}, becomes ${saidNumbers(after, tensor.shape)}`,
  };
}

/** @param {Context} context @param {number} id @returns {Content} */
function ruleContent(context, id) {
  const { graph, model } = context;
  const tensor = graph.tensors[id];
  const rule = graph.rules[id];
  const { value, gradient, result } = makeTiles(context, id);
  const lines = ruleLines(rule);
  const isOne = model.value(id).length === 1;
  const isWritten = lines.length > 0 && Boolean(isOne || rule.lines);
  const parts = isWritten ? lines.map((line) => (isOne ? lineOf(context, id, line) : lineTile(context, id, line))) : [];
  const about = `the rule of ${rule.optimiser ?? "its optimiser"}${lines.length ? "" : ", which no formula says"}`;
  return {
    title: ["Update ", mathOr(tensor.math, tensor.name)],
    note: [
      make("span", { class: "where", text: about }),
      ...(isWritten ? [] : [formula(rule.math)]),
      ...describeLetters(context, rule),
    ],
    tiles: !isWritten
      ? [value, gradient, sign("→"), result]
      : isOne
        ? [value, gradient, make("div", { class: "rule-lines" }, ...parts)]
        : [value, gradient, sign("→"), ...parts],
    spoken: `Update: ${tensor.said} becomes ${saidNumbers(model.after(id), tensor.shape)}`,
  };
}

/**
 * @typedef {{ math: string | null, marked?: string | null, name?: string, state?: number, corrected?: [number, number] }} Line of a rule
 *
 * @param {Rule} rule
 * @returns {Line[]}
 */
function ruleLines(rule) {
  return rule.lines ?? (rule.math ? [{ math: rule.math }] : []);
}

/** What a line defines, its formula, and what it gives. @param {Context} context @param {number} id @param {Line} line */
function lineParts(context, id, line) {
  const { graph, model } = context;
  const tensor = graph.tensors[id];
  const isParameter = line.state === undefined;
  const left = isParameter ? mathOr(tensor.math, tensor.name) : formula(line.name ?? null);
  const head = make("span", { class: "rule-formula" }, left, isParameter ? " ← " : " = ", formula(line.math));
  const kind = isParameter ? "after" : "memory";
  const values = line.state === undefined ? model.after(id) : numbersOfLine(model, line.state, line.corrected);
  return { head, kind, result: numbersOf(context, values, tensor, kind) };
}

/**
 * What the optimiser remembers after the step, or that corrected for having begun with 0.
 *
 * @param {import("./model.js").Model} model
 * @param {number} state
 * @param {[number, number]} [corrected]
 */
function numbersOfLine(model, state, corrected) {
  const [, after] = model.remembered(state);
  if (!corrected) return after;
  const [decay, step] = corrected;
  const share = 1 - decay ** model.remembered(step)[1][0];
  return Float64Array.from(after, (value) => value / share);
}

/** A line as a tile, for arrays. @param {Context} context @param {number} id @param {Line} line */
function lineTile(context, id, line) {
  const { head, kind, result } = lineParts(context, id, line);
  return tile(kind === "after" ? "result after" : "memory", head, kind, result);
}

/** A line with its numbers, for a single number. @param {Context} context @param {number} id @param {Line} line */
function lineOf(context, id, line) {
  const { head, kind, result } = lineParts(context, id, line);
  const numbers = formula(line.marked ?? null, (mark) => singleNumber(markedNumbers(context, mark, id)), markKind);
  return make(
    "div",
    { class: `rule-line is-${kind}`, "data-role": kind },
    head,
    numbers && make("span", { class: "rule-numbers" }, "= ", numbers),
    make("span", { class: "rule-result" }, "= ", result),
  );
}

/** What the letters of a rule mean. @param {Context} context @param {Rule} rule */
function describeLetters({ model }, rule) {
  const lines = ruleLines(rule);
  const meanings = rule.meanings.map(({ math, words, state }) => {
    const isStep = /^the number of the step/.test(words);
    const before = typeof state === "number" ? singleNumber(model.remembered(state)[isStep ? 1 : 0]) : undefined;
    const number = before === undefined ? ": " : ` = ${figure(before)}, `;
    return make("span", { class: "meaning" }, formula(math), number, words);
  });
  if (model.isLive && lines.length) {
    const rate = ` = ${figure(model.rate)}, the learning rate`;
    meanings.push(make("span", { class: "meaning" }, make("i", { text: "η" }), rate));
  }
  if (lines.some((line) => line.state !== undefined))
    meanings.push(make("span", { class: "meaning", text: "with ′ after this step" }));
  if (lines.some((line) => line.corrected))
    meanings.push(make("span", { class: "meaning", text: "with ˆ corrected for having begun with 0" }));
  return meanings;
}

/** What stands for a mark in the rule of an update. @param {Context} context @param {string} mark @param {number} id */
function markedNumbers({ graph, model }, mark, id) {
  if (mark === "p") return model.value(id);
  if (mark === "g") return model.usedGradient(id);
  if (mark === "η") return [model.rate];
  const state = Number(mark.slice(1));
  if (mark[0] !== "h") return model.remembered(state)[mark[0] === "n" ? 1 : 0];
  const line = graph.rules[id].lines?.find((one) => one.state === state && one.corrected);
  return numbersOfLine(model, state, line?.corrected);
}

/** Which colour a number has in the rule of an update. @param {string} mark */
function markKind(mark) {
  return { p: "value", g: "gradient", η: "rate" }[mark] ?? "memory";
}
