import { indexAt } from "./elements.js";
import { figure } from "./figures.js";

/**
 * What a step means, as a sentence made from its present numbers: the same for every operation, as it needs only values,
 * local derivatives and gradients.
 *
 * @typedef {Pick<import("./equation_parts.js").Context, "graph" | "model" | "timeline" | "step" | "moment">} SentenceContext
 * @typedef {import("./timeline.js").Moment} Moment
 * @typedef {import("../contract.js").Tensor} Tensor
 */

/** By so much sentences raise a number. */
const NUDGE = 0.01;
/** More inputs of an operation are counted instead of listed. */
const MOST_INPUTS_SAID = 4;

/** @type {Record<Moment["kind"], (context: SentenceContext, moment: Moment) => string>} */
const SENTENCES = {
  start: startSentence,
  forward: forwardSentence,
  seed: seedSentence,
  backward: backwardSentence,
  sum: sumSentence,
  update: updateSentence,
};

/** The sentence of a step. @param {SentenceContext} context */
export function sentenceOf(context) {
  const { moment } = context;
  return moment.kind === "module" ? moduleSentence(context, moment) : SENTENCES[moment.kind](context, moment);
}

/** What a whole update does to the loss, at its last step. @param {SentenceContext} context */
export function outcomeOf({ graph, model, timeline, step }) {
  if (step < timeline.moments.length - 1 || step <= timeline.backwardEnd) return "";
  const [before, after] = [model.loss(), model.lossAfter()];
  if (after === null) return "";
  const [was, is] = [before, after].map((loss) => figure(loss));
  const way = was === is ? "stays at" : `${after < before ? "falls" : "rises"} from ${was} to`;
  // Against the gradients a step is too large if the loss rises. What has momentum may go another way.
  const isTooLarge = !(after <= before) && goesDownhill(model);
  const advice = isTooLarge ? ": a smaller learning rate may help" : "";
  return `For the same inputs, ${lossText(graph)} ${way} ${is}${advice}.`;
}

/** Whether the loss would fall by the update if it were small. @param {import("./model.js").Model} model */
function goesDownhill(model) {
  let slope = 0;
  for (const id of model.trained) {
    const [value, after, gradient] = [model.value(id), model.after(id), model.gradient(id) ?? []];
    for (let i = 0; i < gradient.length; i++) slope += (after[i] - value[i]) * gradient[i];
  }
  return !(slope >= 0);
}

/** A passage through a closed module. @param {Pick<SentenceContext, "graph" | "model">} context @param {import("./module_moment.js").ModuleMoment} moment */
function moduleSentence({ graph, model }, { scope, phase, boundary, modules }) {
  if (scope < 0) return "";
  const name = modules.titleOf(scope);
  const [input] = boundary.inputs;
  if (phase === "forward") {
    const [output] = boundary.outputs;
    if (output === undefined) return "";
    const [tensor, values] = [graph.tensors[output], model.value(output)];
    const given = input === undefined ? undefined : model.value(input);
    const isOne = given?.length === 1;
    const from = given ? ` from ${isOne ? figure(given[0]) : `${shapeText(graph.tensors[input])} numbers`}` : "";
    const made = values.length === 1 ? figure(values[0]) : `${shapeText(tensor)} numbers`;
    const extreme = values.length === 1 ? "" : extremeText(tensor, values);
    return `${name} makes ${made}${from}, through ${boundary.inside.size} operations${extreme}.`;
  }
  const id = input ?? boundary.parameters[0];
  if (id === undefined) return "";
  if (phase === "update") return updateSentence({ graph, model }, { tensor: id });
  const edges = boundary.edges.filter((edge) => graph.edges[edge].tensor === id);
  const part = model.contributions(edges) ?? [];
  return part.length ? `Through ${name}: ${largestText(graph, graph.tensors[id], part, "")}` : "";
}

/** @param {SentenceContext} context */
function startSentence({ timeline }) {
  const way = timeline.backwardEnd > timeline.forwardEnd ? ", and gradients come back" : "";
  return `Press →, or the button for one step forward: values go through one operation after the other${way}.`;
}

/** @param {SentenceContext} context @param {Moment} moment */
function forwardSentence({ graph, model }, moment) {
  const node = graph.nodes[/** @type {number} */ (moment.node)];
  if (node.failure) return "";
  const output = graph.tensors[node.output];
  const values = model.value(node.output);
  const inputs = node.inputs.map((one) => {
    const { tensor } = graph.edges[one];
    const { symbol } = graph.tensors[tensor];
    const given = model.value(tensor);
    return given.length === 1 ? `${symbol} = ${figure(given[0])}` : `${symbol} (${shapeText(graph.tensors[tensor])})`;
  });
  const isListed = inputs.length > 0 && inputs.length <= MOST_INPUTS_SAID;
  const from = isListed ? ` from ${listText(inputs)}` : inputs.length ? ` from ${inputs.length} inputs` : "";
  if (values.length === 1) return `${node.label} makes ${figure(values[0])}${from}.`;
  return `${node.label} makes ${shapeText(output)} numbers${from}${extremeText(output, values)}.`;
}

/** @param {SentenceContext} context @param {Moment} moment */
function seedSentence({ graph }, moment) {
  const { symbol } = graph.tensors[/** @type {number} */ (moment.tensor)];
  const loss = lossText(graph);
  return graph.definition
    ? `Raise ${symbol} by ${NUDGE} and ${loss} rises by as much, as ${graph.definition}.`
    : `Raise ${loss} by ${NUDGE} and it rises by as much: its gradient with respect to itself is 1.`;
}

/** @param {SentenceContext} context @param {Moment} moment */
function backwardSentence(context, moment) {
  const { graph, model } = context;
  const id = /** @type {number} */ (moment.edge);
  const edge = graph.edges[id];
  const node = graph.nodes[edge.node];
  const part = model.contribution(id) ?? [];
  const incoming = model.gradient(node.output) ?? [];
  const uses = graph.tensors[edge.tensor].edges.filter((one) => graph.edges[one].hasGradient);
  const through = uses.length > 1 ? ` through ${node.label} alone` : "";
  return part.length === 1 && incoming.length === 1
    ? describeNumber(context, id, through)
    : describeArray(context, id, through);
}

/** A gradient that is one number. @param {SentenceContext} context @param {number} id of an edge @param {string} through */
function describeNumber({ graph, model }, id, through) {
  const edge = graph.edges[id];
  const node = graph.nodes[edge.node];
  const { symbol } = graph.tensors[edge.tensor];
  const output = graph.tensors[node.output].symbol;
  const [arrives, part] = [(model.gradient(node.output) ?? [])[0], (model.contribution(id) ?? [])[0]];
  const local = (edge.isLocal ? model.local(id) : undefined)?.[0] ?? part / arrives;
  const loss = lossText(graph);
  if (arrives === 0) return `0 arrives at ${output}: changing ${symbol} a little does not change ${loss}${through}.`;
  if (!Number.isFinite(part))
    return `${figure(arrives)} arrives, the local derivative is ${figure(local)}, and what goes on to ${symbol} is ${figure(part)}.`;
  if (part === 0)
    return `Change ${symbol} a little and ${output} does not change: nothing of the ${figure(arrives)} that arrives goes on${through}.`;
  const factor = node.inputs
    .map((one) => graph.tensors[graph.edges[one].tensor].symbol)
    .find((one) => one === edge.text);
  const why = factor ? `, as ${factor} is ${figure(local)}` : "";
  return `Raise ${symbol} by ${NUDGE} and ${loss} ${moveText(part)}${through}: ${output} ${rateText(local)}${why}, and ${figure(arrives)} arrives.`;
}

/** Gradients of several elements. @param {SentenceContext} context @param {number} id of an edge @param {string} through */
function describeArray({ graph, model }, id, through) {
  const edge = graph.edges[id];
  const node = graph.nodes[edge.node];
  const tensor = graph.tensors[edge.tensor];
  const part = model.contribution(id) ?? [];
  const [comes, goes] = [graph.tensors[node.output], tensor].map(gradientsText);
  return `${comes.text} ${comes.verb} at ${node.label}, and ${goes.amount} ${goes.onward} on to ${tensor.symbol}. ${largestText(graph, tensor, part, through)}`;
}

/** What the largest of several gradients says. @param {import("../contract.js").Graph} graph @param {Tensor} tensor @param {ArrayLike<number>} part @param {string} through */
function largestText(graph, tensor, part, through) {
  const loss = lossText(graph);
  const at = largestAt(part);
  if (at < 0 || part[at] === 0)
    return `All are 0: changing ${tensor.symbol} a little does not change ${loss}${through}.`;
  const value = part[at];
  const place = placeText(tensor, at);
  if (!Number.isFinite(value)) return `One of them is ${figure(value)}${place}.`;
  if (part.length === 1) return `Raise ${tensor.symbol} by ${NUDGE} and ${loss} ${moveText(value)}${through}.`;
  return `The largest in size is ${figure(value)}${place}: raise that element by ${NUDGE} and ${loss} ${moveText(value)}${through}.`;
}

/** @param {SentenceContext} context @param {Moment} moment */
function sumSentence({ graph, model }, moment) {
  const id = /** @type {number} */ (moment.tensor);
  const tensor = graph.tensors[id];
  const gradient = model.gradient(id) ?? [];
  const uses = tensor.edges.filter((one) => graph.edges[one].hasGradient);
  const [whole] = gradient;
  if (gradient.length !== 1 || !Number.isFinite(whole))
    return `The parts of ${uses.length} uses add up, element by element. ${largestText(graph, tensor, gradient, "")}`;
  const parts = uses.map((one) => ({
    share: (model.contribution(one) ?? [])[0],
    label: graph.nodes[graph.edges[one].node].label,
  }));
  const own = parts.reduce((rest, { share }) => rest - share, whole);
  const said = parts.map(({ share, label }) => `${figure(share * NUDGE)} through ${label}`);
  if (graph.outputs.includes(id)) said.unshift(`${figure(own * NUDGE)} as an output`);
  const moves = whole === 0 ? "does not change" : moveText(whole);
  return `Raise ${tensor.symbol} by ${NUDGE} and ${lossText(graph)} ${moves}: ${listText(said)}.`;
}

/** @param {Pick<SentenceContext, "graph" | "model">} context @param {{ tensor?: number }} moment */
function updateSentence({ graph, model }, moment) {
  const id = /** @type {number} */ (moment.tensor);
  const tensor = graph.tensors[id];
  const [before, after, gradient] = [model.value(id), model.after(id), model.usedGradient(id) ?? []];
  const changes = Array.from(after, (value, i) => value - before[i]);
  const at = Math.max(0, largestAt(changes));
  const [change, slope] = [changes[at], gradient[at]];
  const isOne = before.length === 1;
  const name = isOne ? tensor.symbol : `it`;
  const begin = isOne ? "" : `Of the ${shapeText(tensor)} numbers, that${placeText(tensor, at)} changes most: `;
  if (!Number.isFinite(change))
    return `${begin}${name} becomes ${figure(after[at])}: nothing can be learned from that.`;
  if (change === 0)
    return `${isOne ? tensor.symbol : `All of ${tensor.symbol}`} stays as it is${slope === 0 ? ", as its gradient is 0" : ""}.`;
  const way = change > 0 ? "up" : "down";
  const move = `${begin}${name} goes ${way} by ${figure(Math.abs(change))} to ${figure(after[at])}`;
  if (slope === 0 || Math.sign(change) === Math.sign(slope))
    return `${move}, which its gradient of ${figure(slope)} alone would not do: the rule takes more into account.`;
  return `${move}: its gradient of ${figure(slope)} says that ${lossText(graph)} falls when it goes ${way}.`;
}

// Words ---------------------------------------------------------------------------------------------------------------

/** @param {import("../contract.js").Graph} graph */
export function lossText({ lossName, lossSymbol, definition }) {
  return lossName === "loss" && !definition ? "the loss" : lossSymbol;
}

/** How the loss moves for a nudge, to first order. @param {number} gradient */
function moveText(gradient) {
  return `${gradient < 0 ? "falls" : "rises"} by about ${figure(Math.abs(gradient) * NUDGE)}`;
}

/** How an output moves with an input. @param {number} local its derivative */
function rateText(local) {
  const way = local < 0 ? "falls" : "rises";
  return Math.abs(local) === 1 ? `${way} by as much` : `${way} ${figure(Math.abs(local))} times as much`;
}

/** @param {{ shape: number[], wholeShape?: number[] }} tensor */
function shapeText({ shape, wholeShape = shape }) {
  return wholeShape.length ? wholeShape.join("×") : "1";
}

/** @param {Tensor} tensor */
function gradientsText(tensor) {
  const isOne = (tensor.wholeShape ?? tensor.shape).every((size) => size === 1);
  return isOne
    ? { text: "One gradient", amount: "one", verb: "arrives", onward: "goes" }
    : { text: `${shapeText(tensor)} gradients`, amount: shapeText(tensor), verb: "arrive", onward: "go" };
}

/** The largest of several values, or the first that is not finite. @param {Tensor} tensor @param {ArrayLike<number>} values */
function extremeText(tensor, values) {
  const at = largestAt(values);
  if (at < 0) return "";
  const what = Number.isFinite(values[at]) ? "the largest in size is" : "not all are finite:";
  return `; ${what} ${figure(values[at])}${placeText(tensor, at)}`;
}

/** Where an element is. @param {Tensor} tensor @param {number} at */
export function placeText(tensor, at) {
  if (tensor.wholeShape) return " in a sample of them";
  return tensor.shape.length ? ` at ${tensor.symbol}[${indexAt(at, tensor.shape).join(", ")}]` : "";
}

/** The position of the largest size, or of the first number that is not finite; -1 if there are none. @param {ArrayLike<number>} values */
export function largestAt(values) {
  let best = -1;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) return i;
    if (best < 0 || Math.abs(values[i]) > Math.abs(values[best])) best = i;
  }
  return best;
}

/** @param {string[]} parts */
export function listText(parts) {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;
}
