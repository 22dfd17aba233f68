import { make } from "./dom.js";
import {
  between,
  elementFormula,
  formulaClass,
  hookNote,
  isArray,
  mathOr,
  moduleAround,
  numbersOf,
  shapeLine,
  sign,
  singleNumber,
  sourceOf,
  tile,
} from "./equation_parts.js";
import { moduleContent, sumSoFar } from "./equation_module.js";
import { updateContent } from "./equation_update.js";
import { figure } from "./figures.js";
import { formula } from "./mathml.js";
import { operandsOf, operandTiles, readBy, saidOperands, tilesBeside } from "./operands.js";
import { outcomeOf, sentenceOf } from "./sentences.js";
import { saidNumbers } from "./spoken.js";
import { chainTo, MOST_FACTORS } from "./timeline.js";

/**
 * The equation of each moment: on the left what is known, on the right what follows.
 *
 * @typedef {import("./equation_parts.js").Context} Context
 * @typedef {import("./equation_parts.js").Content} Content
 * @typedef {import("./equation_parts.js").Part} Part
 * @typedef {import("./timeline.js").Moment} Moment
 * @typedef {import("../contract.js").Tensor} Tensor
 * @typedef {import("../contract.js").Node} Node
 * @typedef {import("../contract.js").Edge} Edge
 */

/** @type {Record<Moment["kind"], (context: Context, moment: Moment) => Content>} */
const CONTENTS = {
  start: startContent,
  forward: forwardContent,
  seed: seedContent,
  backward: backwardContent,
  sum: sumContent,
  update: updateContent,
};

/** @param {Context} context @returns {Content} */
export function equationContent(context) {
  const { moment } = context;
  const content = moment.kind === "module" ? moduleContent(context, moment) : CONTENTS[moment.kind](context, moment);
  const outcome = outcomeOf(context);
  const last = outcome && make("p", { class: "outcome", text: outcome });
  return {
    sentence: sentenceOf(context),
    ...content,
    elements: last ? make("div", {}, content.elements, last) : content.elements,
  };
}

/** @param {Context} context @returns {Content} */
function startContent({ graph }) {
  const known = graph.tensors.filter((tensor) => tensor.node === null).length;
  return {
    title: ["Before the first operation"],
    note: [
      `Only inputs and parameters have values: ${known} of ${graph.tensors.length}. Edges carry data, nodes are operations.`,
    ],
    tiles: [],
    spoken: "Start: only inputs and parameters have values.",
  };
}

/** @param {Context} context @param {Moment} moment @returns {Content} */
function forwardContent(context, moment) {
  const { graph, model, timeline, step } = context;
  const node = graph.nodes[/** @type {number} */ (moment.node)];
  if (node.failure) return failureContent(node, moment);
  const output = graph.tensors[node.output];
  const numbers = formula(node.marked, (id) => singleNumber(model.value(Number(id))));
  const values = model.value(node.output);
  const text = node.text ?? node.label;
  const operands = operandsOf(graph, node.operands, /** @type {number} */ (moment.node));
  const inputs = node.inputs.map((id) => graph.edges[id].tensor);
  const isBeside = !operands && [...inputs, node.output].some((id) => isArray(graph.tensors[id]));
  const written = make("span", { class: formulaClass(node.text) }, mathOr(node.math, text));
  const name = mathOr(node.name, node.label);
  // What ended the program after its last operation, as an error of backward().
  const stopped = step === timeline.moments.length - 1 ? graph.stopped : undefined;
  return {
    title: ["Forward through ", name],
    note: [...sourceOf(node), moduleAround(node, moment.node)],
    tiles: [
      ...(isBeside && inputs.length ? [...tilesBeside(context, inputs), sign("→")] : []),
      tile(operands ? "formula spelt" : "formula", mathOr(node.name, node.label), null, written),
      numbers && sign("="),
      numbers && tile("numbers", null, null, numbers),
      ...(operands ? [speltSign(), ...operandTiles(context, operands)] : []),
      sign("="),
      tile(
        "result value",
        [formula(output.math), shapeLine(output)],
        "value",
        numbersOf(context, values, output, "value"),
      ),
      stopped && make("div", { class: "failure" }, make("p", { text: stopped })),
    ],
    elements: elementFormula(node),
    axes: node.axes,
    spoken: `Forward: ${output.said} = ${text}${operands ? `: ${saidOperands(context, operands)}; equals ` : " = "}${saidNumbers(values, output.shape)}${stopped ? `. ${stopped}` : ""}`,
  };
}

/** @param {Node} node @param {Moment} moment @returns {Content} */
function failureContent(node, moment) {
  const lines = [node.failure, ...(node.givenShapes ?? [])];
  return {
    title: ["Here it failed: ", mathOr(node.name, node.label)],
    note: [...sourceOf(node), moduleAround(node, moment.node)],
    tiles: [make("div", { class: "failure" }, ...lines.map((text) => make("p", { text })))],
    spoken: `${node.label} failed: ${node.failure}`,
  };
}

/** @param {Context} context @param {Moment} moment @returns {Content} */
function seedContent(context, moment) {
  const { graph, model, timeline } = context;
  const id = /** @type {number} */ (moment.tensor);
  const tensor = graph.tensors[id];
  // What was given for it; where other results add to it, there is one number, and it begins with 1.
  const isAlone = !tensor.edges.some((one) => graph.edges[one].hasGradient);
  const begun = isAlone ? model.gradient(id) : [1];
  const { once, paths } = timeline.work;
  const work =
    paths > once
      ? `From here each of ${once} edges is worked on once. Path by path it would be ${paths.toLocaleString("en")} products.`
      : "A change of the loss changes the loss by as much.";
  const { definition } = graph;
  return {
    title: definition
      ? ["The way back begins at ", mathOr(tensor.math, tensor.name)]
      : ["The way back begins at the loss"],
    note: [definition ? `${definition}: this is what is differentiated.` : work],
    tiles: [gradientTile(context, tensor, begun)],
    spoken: definition
      ? `Backward: ${definition}. The way back begins at ${tensor.said}.`
      : "Backward: the gradient of the loss with respect to itself is 1.",
  };
}

/** The tile with the gradient that follows. @param {Context} context @param {Tensor} tensor @param {ArrayLike<number> | undefined} values */
function gradientTile(context, tensor, values) {
  return tile(
    "result gradient",
    [formula(tensor.gradientMath), shapeLine(tensor)],
    "gradient",
    numbersOf(context, values, tensor, "gradient"),
  );
}

/** @param {Context} context @param {Moment} moment @returns {Content} */
function backwardContent(context, moment) {
  const { graph, model } = context;
  const id = /** @type {number} */ (moment.edge);
  const edge = graph.edges[id];
  const node = graph.nodes[edge.node];
  const output = graph.tensors[node.output];
  const tensor = graph.tensors[edge.tensor];
  const part = model.contribution(id);
  const isPart = tensor.edges.filter((one) => graph.edges[one].hasGradient).length > 1;
  const name = formula(tensor.gradientMath);
  return {
    title: ["Back through ", mathOr(node.name, node.label), " to ", mathOr(tensor.math, tensor.name)],
    note: [
      moduleAround(node, moment.node),
      isPart && `One of several uses of ${tensor.symbol}: the parts are summed when all are there.`,
      edge.summed &&
        make("span", {
          class: "summed",
          text: `Summed over ${edge.summed}, along which ${tensor.symbol} was repeated.`,
        }),
      edge.repeats && make("span", { class: "repeated", text: repeatedTo(tensor, node, output) }),
      hookNote(tensor),
    ],
    tiles: [
      ...derivativeTiles(context, moment),
      edge.summed && edge.isLocal
        ? make("span", { class: "sign over" }, "= Σ", make("small", { text: edge.summed }))
        : sign("="),
      tile(
        "result gradient",
        [name, isPart && make("span", { class: "part-of", text: ` through ${node.label}` }), shapeLine(tensor)],
        isPart ? "part" : "gradient",
        numbersOf(context, part, tensor, "gradient"),
      ),
      sumSoFar(context, edge.tensor),
    ],
    chain: chainOfFactors(context, id),
    elements: elementFormula(edge),
    axes: edge.axes,
    spoken: backwardSpoken(context, moment),
  };
}

/** From what a gradient follows: the incoming one, and the derivative. @param {Context} context @param {Moment} moment */
function derivativeTiles(context, moment) {
  const { graph, model } = context;
  const id = /** @type {number} */ (moment.edge);
  const edge = graph.edges[id];
  const node = graph.nodes[edge.node];
  const output = graph.tensors[node.output];
  const again = () => againButton(context, moment, node);
  const derivative = derivativeTile(context, id);
  const operands = edge.isLocal ? null : operandsOf(graph, edge.operands, edge.node);
  if (operands) {
    derivative.classList.add("spelt");
    return [derivative, speltSign(), ...operandTiles(context, operands, again)];
  }
  const incoming = tile(
    "incoming gradient",
    [formula(output.gradientMath), shapeLine(output)],
    "incoming",
    numbersOf(context, model.gradient(node.output), output, "gradient"),
    again(),
  );
  if (edge.isLocal) return [incoming, sign("×"), derivative];
  const beside = tilesBeside(context, readBy(graph, edge));
  return [incoming, ...(beside.some(Boolean) ? [sign(","), ...beside] : []), sign("→"), derivative];
}

/** The sign behind a formula that operands spell: both are left out where there is less room. */
function speltSign() {
  return make("span", { class: "sign spelt", text: "=" });
}

/** A button to where the incoming gradient was computed, if that was before. @param {Context} context @param {Moment} moment @param {Node} node */
function againButton({ timeline, numberOf, go }, moment, node) {
  if (moment.before === undefined) return null;
  const step = /** @type {number} */ (timeline.gradientAt[node.output]);
  return make("button", {
    type: "button",
    class: "again",
    text: `already computed · step ${numberOf(step)}`,
    title: "This gradient was used before and is not computed again: that is the work which backpropagation saves.",
    onclick: () => go(step),
  });
}

/** The tile between the incoming gradient and the one that follows. @param {Context} context @param {number} id of an edge */
function derivativeTile(context, id) {
  const { graph, model } = context;
  const edge = graph.edges[id];
  const text = edge.text ?? "";
  if (!edge.isLocal)
    return tile("local wide", null, "map", make("span", { class: formulaClass(text) }, mathOr(edge.math, text)));
  const local = model.local(id);
  const output = graph.tensors[graph.nodes[edge.node].output];
  const numbers = formula(edge.marked, (one) => singleNumber(model.value(Number(one))));
  const hasNumbers = numbers && /⟦/.test(edge.marked ?? "") && !isSingleMark(edge.marked ?? "");
  return tile(
    "local",
    [formula(edge.localMath), local && shapeLine(shapedAs(output, local))],
    "local",
    !isNumeral(text) && make("span", { class: "local-formula" }, mathOr(edge.math, text)),
    hasNumbers && make("span", { class: "local-numbers" }, "= ", numbers),
    isNumeral(text)
      ? make("span", { class: "figure is-local", text })
      : local && numbersOf(context, local, shapedAs(output, local), "local"),
  );
}

/** @param {Context} context @param {Moment} moment */
function backwardSpoken(context, moment) {
  const { graph, model } = context;
  const id = /** @type {number} */ (moment.edge);
  const edge = graph.edges[id];
  const node = graph.nodes[edge.node];
  const tensor = graph.tensors[edge.tensor];
  const [part, local] = [model.contribution(id) ?? [], edge.isLocal ? model.local(id) : undefined];
  const incoming = model.gradient(node.output) ?? [];
  const operands = edge.isLocal ? null : operandsOf(graph, edge.operands, edge.node);
  return part.length === 1 && local?.length === 1
    ? `Backward: gradient of ${tensor.said} = incoming ${figure(incoming[0])} times ${edge.localText}, ${figure(local[0])}, = ${figure(part[0])}${moment.before === undefined ? "" : ", the incoming gradient was already computed"}`
    : `Backward: gradient of ${tensor.said} through ${node.label} = ${edge.text}${operands ? `: ${saidOperands(context, operands)}; equals ` : " = "}${saidNumbers(part, tensor.shape)}`;
}

/** The whole product from the loss to an edge: all but its last factor is known already. @param {Context} context @param {number} id */
function chainOfFactors({ graph, model }, id) {
  const { from, edges } = chainTo(graph, id, MOST_FACTORS);
  if (edges.length < 2 || edges.length > MOST_FACTORS) return null;
  const locals = edges.map((one) => singleNumber(graph.edges[one].isLocal ? model.local(one) : undefined));
  if (locals.includes(undefined)) return null;
  /** @param {Element | null} name @param {number} number */
  const factor = (name, number) =>
    make(
      "span",
      { class: "factor" },
      make("span", { class: "factor-name" }, name),
      make("span", { class: "factor-number", text: figure(number) }),
    );
  /** @param {number} tensor */
  const gradientOf = (tensor) => model.gradient(tensor)?.[0] ?? NaN;
  const factors = edges.map((one, i) => factor(formula(graph.edges[one].localMath), /** @type {number} */ (locals[i])));
  const isLoss = graph.outputs.includes(from) && gradientOf(from) === 1;
  if (!isLoss) factors.unshift(factor(formula(graph.tensors[from].gradientMath), gradientOf(from)));
  const final = factors.pop();
  const text = `already computed: ${figure(gradientOf(graph.nodes[graph.edges[id].node].output))}`;
  const known = make(
    "span",
    { class: "known" },
    make("span", { class: "known-factors" }, ...between(factors)),
    make("span", { class: "known-label", text }),
  );
  const dot = make("span", { class: "dot", text: "·" });
  return make("div", { class: "chain", "aria-hidden": "true" }, known, dot, final);
}

/** @param {Context} context @param {Moment} moment @returns {Content} */
function sumContent(context, moment) {
  const { graph, model } = context;
  const id = /** @type {number} */ (moment.tensor);
  const tensor = graph.tensors[id];
  const gradient = model.gradient(id) ?? [];
  const uses = tensor.edges.filter((one) => graph.edges[one].hasGradient);
  const isOutput = graph.outputs.includes(id);
  const parts = uses.map((one) => model.contribution(one) ?? []);
  const tiles = uses.map((one, i) => {
    const { label, name } = graph.nodes[graph.edges[one].node];
    const head = [make("span", { text: "through " }), mathOr(name, label), shapeLine(tensor)];
    return tile("part gradient", head, "part", numbersOf(context, parts[i], tensor, "gradient"));
  });
  if (isOutput) {
    // It begins with what no use sent: 1, unless another gradient was given.
    const begun = Array.from(gradient, (whole, i) => parts.reduce((rest, part) => rest - part[i], whole));
    const head = [make("span", { text: "as an output" }), shapeLine(tensor)];
    tiles.unshift(tile("part gradient", head, "part", numbersOf(context, begun, tensor, "gradient")));
  }
  return {
    title: ["Where edges meet, contributions add up"],
    note: [
      `${tensor.symbol} was used ${tensor.edges.length} times, and each use sent its part back.${isOutput ? " It is an output, too." : ""}`,
      hookNote(tensor),
    ],
    tiles: [
      ...tiles.flatMap((one, i) => (i ? [sign("+"), one] : [one])),
      sign("="),
      gradientTile(context, tensor, gradient),
    ],
    spoken: `Sum: the contributions to ${tensor.said} add up to ${saidNumbers(gradient, tensor.shape)}.`,
  };
}

/** Whether a derivative is a single symbol, which needs no second way to say its number. @param {string} markup */
function isSingleMark(markup) {
  return /^<math><mi>⟦\w+⟧<\/mi><\/math>$/.test(markup);
}

/** @param {string} text */
function isNumeral(text) {
  return /^[−-]?[\d.]+$/.test(text);
}

/** The shape of a local derivative: that of the result, or one number for all. @param {Tensor} output @param {ArrayLike<number>} local */
function shapedAs(output, local) {
  const size = output.shape.reduce((a, b) => a * b, 1);
  return local.length === size ? output : { dtype: output.dtype, shape: [local.length] };
}

/** Why one gradient is that of several elements. @param {Tensor} tensor @param {Node} node @param {Tensor} output */
function repeatedTo(tensor, node, output) {
  const isOne = output.shape.every((size) => size === 1);
  const elements = isOne
    ? `All elements of ${tensor.symbol} count alike in ${node.label}`
    : `The elements of ${tensor.symbol} that made one of ${node.label} count alike in it`;
  return `${elements}, so its gradient is repeated to each of them.`;
}
