import { escaped, make } from "./dom.js";
import { equationLines, formulaClass, mathOr, numbersOf, shapeLine, sign, tile } from "./equation_parts.js";
import { figure } from "./figures.js";
import { formula } from "./mathml.js";
import { saidNumbers, saidText } from "./spoken.js";
import { sumSquares } from "./statistics.js";

/**
 * The equations of a passage through a closed module: what comes in and what goes out, as if it were one operation.
 *
 * @typedef {import("./equation_parts.js").Context} Context
 * @typedef {import("./equation_parts.js").Content} Content
 * @typedef {import("./equation_parts.js").Part} Part
 * @typedef {import("./module_moment.js").ModuleMoment} ModuleMoment
 * @typedef {import("../contract.js").Tensor} Tensor
 */

/** Of more tensors on one side only the first are shown. */
const MOST_TILES = 3;
/** So many parameters have maps of their gradients; of more there are the norms, */
const MOST_MAPPED = 4;
/** and of still more the first ones. */
const MOST_ROWS = 12;
/** The sum of fewer parts is seen when they are there. */
const FEWEST_SUMMED = 3;
/** Of longer sums only the last terms are written. */
const MOST_TERMS = 5;

/** The room for a map in a row. @type {import("./tiles.js").Room} */
const IN_ROW = { cells: 2, width: 100, height: 44, isFixed: true };

/** @param {Context} context @param {ModuleMoment} moment @returns {Content} */
export function moduleContent(context, moment) {
  if (moment.scope < 0) return passageBeyond(moment);
  if (moment.phase === "forward") return passageForward(context, moment);
  return moment.phase === "backward" ? passageBack(context, moment) : updateOfModule(context, moment);
}

/** @param {ModuleMoment} moment @returns {Content} */
function passageBeyond({ phase, from, to, modules }) {
  const title = modules.titleOf(modules.top);
  const count = to - from + 1;
  const words = `${count} ${count === 1 ? "step" : "steps"} ${phase === "forward" ? "forward" : phase === "backward" ? "back" : "of the update"}`;
  return {
    title: ["Outside ", plain(title)],
    note: [`${words} in the rest of the network.`, leadButton("out", "↑ show it")],
    tiles: [],
    spoken: `Outside ${title}: ${words} in the rest of the network.`,
  };
}

/** @param {Context} context @param {ModuleMoment} moment @returns {Content} */
function passageForward(context, moment) {
  const { graph, model } = context;
  const { inputs, outputs, parameters } = moment.boundary;
  const [given, made] = [inputs, outputs].map((ids) => ids.map((id) => graph.tensors[id]));
  const name = nameOf(moment);
  const call = `<math><mrow><mi>${escaped(name)}</mi><mo form="prefix" fence="true" stretchy="false">(</mo>${listOf(given)}<mo form="postfix" fence="true" stretchy="false">)</mo></mrow></math>`;
  /** @param {string} kind @param {string} role @param {number} id */
  const valueTile = (kind, role, id) => {
    const tensor = graph.tensors[id];
    const head = [mathOr(tensor.math, tensor.name), shapeLine(tensor)];
    return tile(kind, head, role, numbersOf(context, model.value(id), tensor, "value"));
  };
  const results = outputs.map(
    (id) => `${graph.tensors[id].said} = ${saidNumbers(model.value(id), graph.tensors[id].shape)}`,
  );
  return {
    title: ["Forward through ", plain(moment.modules.titleOf(moment.scope))],
    note: noteOf(moment, parameters.length ? ` with ${counted(parameters.length, "parameter")}` : ""),
    tiles: [
      ...row(inputs, (id) => valueTile("value given", "given", id)),
      inputs.length ? sign("→") : null,
      tile("formula", null, null, make("span", { class: formulaClass(name) }, formula(call))),
      sign("="),
      ...row(outputs, (id) => valueTile("result value", "value", id)),
    ],
    elements: formulaOf(context, moment),
    spoken: `Forward through ${saidTitle(moment)}, ${counted(moment.boundary.inside.size, "operation")}: ${results.join("; ")}`,
  };
}

/** @param {Context} context @param {ModuleMoment} moment @returns {Content} */
function passageBack(context, moment) {
  const { graph, model } = context;
  const { inputs, outputs, parameters, edges } = moment.boundary;
  const arriving = outputs.filter((id) => model.gradient(id));
  /** @param {number} id */
  const edgesOf = (id) => edges.filter((edge) => graph.edges[edge].tensor === id);
  /** @param {number} id */
  const resultTile = (id) => {
    const tensor = graph.tensors[id];
    const isPart = usesOf(context, id) > edgesOf(id).length;
    const name = formula(tensor.gradientMath);
    const through = isPart && make("span", { class: "part-of", text: ` through ${nameOf(moment)}` });
    const numbers = numbersOf(context, model.contributions(edgesOf(id)), tensor, "gradient");
    return tile("result gradient", [name, through, shapeLine(tensor)], isPart ? "part" : "gradient", numbers);
  };
  const shown = inputs.length ? inputs : parameters;
  const results = inputs.map(
    (id) =>
      `gradient of ${graph.tensors[id].said} ${saidNumbers(model.contributions(edgesOf(id)) ?? [], graph.tensors[id].shape)}`,
  );
  return {
    title: ["Back through ", plain(moment.modules.titleOf(moment.scope))],
    note: noteOf(moment),
    tiles: [
      ...row(arriving, (id) => {
        const tensor = graph.tensors[id];
        const numbers = numbersOf(context, model.gradient(id), tensor, "gradient");
        return tile("incoming gradient", [formula(tensor.gradientMath), shapeLine(tensor)], "incoming", numbers);
      }),
      arriving.length ? sign("→") : null,
      tile("local wide", null, "map", ...productsOf(context, moment, arriving, shown.slice(0, MOST_TILES))),
      inputs.length ? sign("=") : null,
      ...row(inputs, resultTile),
      parameters.length ? gradientsTile(context, moment, edgesOf) : null,
    ],
    elements: formulaOf(context, moment),
    spoken: [
      `Back through ${saidTitle(moment)}, ${counted(moment.boundary.inside.size, "operation")}`,
      ...results,
      ...(parameters.length ? [`gradients of ${counted(parameters.length, "parameter")}`] : []),
    ].join("; "),
  };
}

/** The formula of a module, if it has one: what it computes, or its gradients. @param {Context} context @param {ModuleMoment} moment */
function formulaOf({ graph }, { scope, phase }) {
  const found = graph.modules[scope];
  if (!found) return null;
  const { forwardLines, backwardLines, words, wordsBack } = found;
  const box = phase === "forward" ? equationLines(forwardLines, words) : equationLines(backwardLines, wordsBack);
  box?.classList.add("is-module");
  return box;
}

/**
 * What the module multiplies by: of one operation its own derivatives, of several the whole of them by the chain rule.
 *
 * @param {Context} context
 * @param {ModuleMoment} moment
 * @param {number[]} arriving
 * @param {number[]} shown
 */
function productsOf({ graph }, { boundary }, arriving, shown) {
  const { inside, edges } = boundary;
  const own = edges.map((edge) => graph.edges[edge]).filter(({ tensor }) => shown.includes(tensor));
  if (inside.size === 1 && own.length === shown.length && own.every(({ isLocal }) => !isLocal))
    return own.map((edge) => formulaLine(edge.math));
  if (arriving.length === 1 && shown.length === 1) {
    const [output, input] = [arriving[0], shown[0]].map((id) => graph.tensors[id]);
    return [
      formulaLine(
        `<math><mrow>${product(inner(output.gradientMath), inner(output.math), inner(input.math))}</mrow></math>`,
      ),
    ];
  }
  const loss = `<mi>${escaped(graph.lossSymbol)}</mi>`;
  const one = product(ratio(loss, "<mi>y</mi>"), "<mi>y</mi>", "<mi>x</mi>");
  const sum = arriving.length > 1 ? "<munder><mo>∑</mo><mi>y</mi></munder>" : "";
  return [
    formulaLine(`<math><mrow>${sum}${one}</mrow></math>`),
    make("small", { text: "to each input x, from what comes out, y" }),
  ];
}

/** @param {string | null} markup */
const formulaLine = (markup) => make("span", { class: "local-formula" }, formula(markup));

/** @param {string} arriving @param {string} output @param {string} input */
const product = (arriving, output, input) => `${arriving}<mo>·</mo>${ratio(output, input)}`;

/**
 * The gradients of parameters that the way back through a module has filled in. Where a parameter is used elsewhere,
 * too, as in the steps of a loop, this is a part, and beside it stands the sum until now.
 *
 * @param {Context} context
 * @param {ModuleMoment} moment
 * @param {(id: number) => number[]} edgesOf
 */
function gradientsTile(context, moment, edgesOf) {
  const { graph, model } = context;
  const { parameters } = moment.boundary;
  const isFew = parameters.length <= MOST_MAPPED;
  const isShared = (/** @type {number} */ id) => usesOf(context, id) > edgesOf(id).length;
  const items = parameters.slice(0, MOST_ROWS).map((id) => {
    const tensor = graph.tensors[id];
    const part = cellOf(context, model.contributions(edgesOf(id)), tensor, isFew);
    const sum = isShared(id) ? [make("small", { text: "sum so far" }), ...sumCell(context, moment.to, id, isFew)] : [];
    return [nameIn(moment, tensor), ...part, ...sum];
  });
  const head = parameters.some(isShared) ? "to shared parameters" : "to parameters";
  return listTile("gradient", head, items, parameters.length);
}

/** A tile with an item for each parameter. @param {string} kind @param {string} head @param {Part[][]} items @param {number} count of all parameters */
function listTile(kind, head, items, count) {
  const rest = count - items.length;
  const list = items.map((parts) => make("li", {}, ...parts.filter(Boolean)));
  if (rest > 0) list.push(make("li", {}, make("small", { text: `and ${rest} more` })));
  return tile(
    `${kind} filled-in`,
    make("span", { text: head }),
    "parameters",
    make("ul", { class: "filled" }, ...list),
  );
}

/** What a parameter is called within its module. @param {ModuleMoment} moment @param {Tensor} tensor */
function nameIn({ modules, scope }, tensor) {
  const path = `${modules.clusters.get(scope)?.path ?? ""}.`;
  return tensor.name.startsWith(path)
    ? make("span", { class: "plain", text: tensor.name.slice(path.length) })
    : mathOr(tensor.math, tensor.name);
}

/** The parts of a shared parameter's gradient that are there until a moment, and their sum. @param {Context} context @param {number} until @param {number} id @param {boolean} isMapped @returns {Part[]} */
function sumCell(context, until, id, isMapped) {
  const { graph, model, timeline } = context;
  const tensor = graph.tensors[id];
  const at = (/** @type {number} */ edge) => timeline.contributionAt[edge] ?? Infinity;
  const all = tensor.edges.filter((edge) => graph.edges[edge].hasGradient);
  const there = all.filter((edge) => at(edge) <= until).sort((a, b) => at(a) - at(b));
  const sum = model.contributions(there);
  const count = make("small", { text: `${there.length} of ${all.length}` });
  if (sum?.length !== 1) return [...cellOf(context, sum, tensor, isMapped), count];
  const terms = there.map((edge) => figure(model.contribution(edge)?.[0] ?? NaN));
  const written = terms.length > MOST_TERMS ? ["…", ...terms.slice(-MOST_TERMS)] : terms;
  return [
    make("span", { class: "terms", text: `${written.join(" + ")} =`.replaceAll("+ −", "− ") }),
    ...cellOf(context, sum, tensor, false),
    count,
  ];
}

/** What the parts of a parameter's gradient add up to until now, if there are more than two. @param {Context} context @param {number} id */
export function sumSoFar(context, id) {
  const { graph, step } = context;
  if (graph.tensors[id].kind !== "parameter" || usesOf(context, id) < FEWEST_SUMMED) return null;
  return tile("so-far gradient", make("span", { text: "sum so far" }), "sum", ...sumCell(context, step, id, true));
}

/** @param {Context} context @param {ArrayLike<number> | undefined} values @param {Tensor} tensor @param {boolean} isMapped @returns {Part[]} */
function cellOf(context, values, tensor, isMapped) {
  if (!values) return [];
  if (values.length === 1) return [make("span", { class: "number", text: figure(values[0]) })];
  if (isMapped) return [numbersOf({ ...context, room: IN_ROW }, values, tensor, "gradient")];
  return [make("span", { class: "number", text: normOf(values) })];
}

/** @param {Context} context @param {ModuleMoment} moment @returns {Content} */
function updateOfModule(context, moment) {
  const { graph, model } = context;
  const { parameters } = moment.boundary;
  const items = parameters.slice(0, MOST_ROWS).map((id) => {
    const tensor = graph.tensors[id];
    const [before, after] = [model.value(id), model.after(id)];
    const change = Float64Array.from(after, (value, i) => value - before[i]);
    const [gradient, changed] = [model.gradient(id) ?? [], change].map((values) =>
      values.length === 1 ? figure(values[0]) : normOf(values),
    );
    return [
      nameIn(moment, tensor),
      make("span", { class: "number is-gradient", text: gradient }),
      make("small", { text: "→" }),
      make("span", { class: "number is-change", text: changed }),
    ];
  });
  return {
    title: ["Update ", plain(moment.modules.titleOf(moment.scope))],
    note: noteOf(moment),
    tiles: [listTile("after", "of each parameter its gradient → its change", items, parameters.length)],
    spoken: `Update of ${saidTitle(moment)}: ${counted(parameters.length, "parameter")}.`,
  };
}

/** How much is passed in this step, and the way into it. @param {ModuleMoment} moment @param {string} [more] @returns {Part[]} */
function noteOf({ modules, scope, boundary, phase, visit }, more = "") {
  const { inside, parameters } = boundary;
  const count = visit.of > 1 ? inside.size : modules.nodesIn(scope).length;
  const what = phase === "update" ? counted(parameters.length, "parameter") : counted(count, "operation");
  const visits = visit.of > 1 ? `, passage ${visit.number} of ${visit.of}` : "";
  return [`${what}${more} in one step${visits}.`, leadButton("into", "↓ go into it")];
}

/** A button that does what the key does. @param {"into" | "out"} way @param {string} text */
function leadButton(way, text) {
  return make("button", { type: "button", class: "where", "data-way": way, text });
}

/** @param {number} count @param {string} noun */
const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/** How many gradients come back to a tensor. @param {Context} context @param {number} id */
const usesOf = ({ graph }, id) => graph.tensors[id].edges.filter((edge) => graph.edges[edge].hasGradient).length;

/** @param {ArrayLike<number>} values */
const normOf = (values) => `‖·‖ ${figure(Math.sqrt(sumSquares(values)))}`;

/** The first of several, and how many more there are. @param {number[]} ids @param {(id: number) => Element} tileOf @returns {Element[]} */
function row(ids, tileOf) {
  const rest = ids.length - MOST_TILES;
  const tiles = ids.slice(0, MOST_TILES).map(tileOf);
  return rest > 0 ? [...tiles, make("span", { class: "sign more-tiles", text: `+ ${rest} more` })] : tiles;
}

/** What a module is called in a formula: its name, or its class where that is only a number, or how often a loop is repeated. @param {ModuleMoment} moment */
function nameOf({ modules, scope }) {
  const cluster = modules.clusters.get(scope);
  return (/^[\d× ]*$/.test(cluster?.name ?? "") ? cluster?.kind : cluster?.name) ?? "";
}

/** @param {string} text */
const plain = (text) => make("span", { class: "plain", text });

/** @param {ModuleMoment} moment */
const saidTitle = ({ modules, scope }) => saidText(modules.titleOf(scope)).replaceAll("·", "");

/** What is in a formula. @param {string | null} markup */
const inner = (markup) => (markup ?? "").replace(/^<math>|<\/math>$/g, "");

/** @param {string} top @param {string} bottom */
function ratio(top, bottom) {
  const [above, under] = [top, bottom].map((name) => `<mrow><mo form="prefix">∂</mo>${name}</mrow>`);
  return `<mfrac>${above}${under}</mfrac>`;
}

/** The names of tensors with commas between them. @param {Tensor[]} tensors */
function listOf(tensors) {
  const names = tensors.slice(0, MOST_TILES).map(({ math }) => inner(math));
  if (tensors.length > MOST_TILES) names.push("<mi>…</mi>");
  return names.join('<mo separator="true">,</mo>');
}
