import { make } from "./dom.js";
import { figure } from "./figures.js";
import { formula } from "./mathml.js";
import { saidNumbers } from "./spoken.js";
import { arrayView } from "./tiles.js";
import { chainTo, MOST_FACTORS } from "./timeline.js";

/** Formulas of more letters are long. */
export const LONG_FORMULA = 60;

/**
 * The equation of the present moment: on the left what is known, on the right what follows.
 *
 * @param {any} graph
 * @param {any} model
 * @param {import("./timeline.js").Timeline} timeline
 * @param {number} step
 * @param {(step: number) => void} go
 * @param {boolean} [isTight] whether it has to do with little room
 * @returns {{ title: any[], note: any[], tiles: any[], spoken: string, chain?: any }}
 */
export function boardAt(graph, model, timeline, step, go, isTight = false) {
  const moment = timeline.moments[step];
  const tell = { start, forward, seed, backward, sum, update }[moment.kind];
  return tell();

  function start() {
    const known = graph.tensors.filter((/** @type {any} */ tensor) => tensor.node === null).length;
    return {
      title: ["Before the first operation"],
      note: [
        `Only inputs and parameters have values: ${known} of ${graph.tensors.length}. Edges carry data, nodes are operations.`,
      ],
      tiles: [],
      spoken: "Start: only inputs and parameters have values.",
    };
  }

  function forward() {
    const node = graph.nodes[/** @type {number} */ (moment.node)];
    const output = graph.tensors[node.output];
    if (node.failure) return failed(node);
    const numbers = formula(node.marked, (id) => only(model.value(Number(id))));
    const values = model.value(node.output);
    // What ended the program after its last operation, as an error of backward().
    const stopped = step === timeline.moments.length - 1 ? graph.stopped : undefined;
    return {
      title: ["Forward through ", mathOr(node.name, node.label)],
      note: [...sourceOf(node), moduleAround(node, moment.node)],
      tiles: [
        tile(
          "formula",
          mathOr(node.name, node.label),
          null,
          make("span", { class: longOr(node.text ?? "") }, mathOr(node.math, node.text ?? node.label)),
        ),
        numbers && sign("="),
        numbers && tile("numbers", null, null, numbers),
        sign("="),
        tile("result value", formula(output.math), "value", array(values, output, "value")),
        stopped && make("div", { class: "failure" }, make("p", { text: stopped })),
      ],
      spoken: `Forward: ${output.said} = ${node.text ?? node.label} = ${saidNumbers(values, output.shape)}${stopped ? `. ${stopped}` : ""}`,
    };
  }

  /** @param {any} node */
  function failed(node) {
    return {
      title: ["Here it failed: ", mathOr(node.name, node.label)],
      note: [...sourceOf(node), moduleAround(node, moment.node)],
      tiles: [
        make(
          "div",
          { class: "failure" },
          make("p", { text: node.failure }),
          ...node.given.map((/** @type {string} */ text) => make("p", { text })),
        ),
      ],
      spoken: `${node.label} failed: ${node.failure}`,
    };
  }

  function seed() {
    const id = /** @type {number} */ (moment.tensor);
    const tensor = graph.tensors[id];
    // What was given for it; where other results add to it, there is one number, and it begins with 1.
    const isAlone = !tensor.edges.some((/** @type {number} */ one) => graph.edges[one].flows);
    const begun = isAlone ? model.gradient(id) : [1];
    return {
      title: graph.definition
        ? ["The way back begins at ", mathOr(tensor.math, tensor.name)]
        : ["The way back begins at the loss"],
      note: [graph.definition ? `${graph.definition}: this is what is differentiated.` : workText()],
      tiles: [tile("result gradient", formula(tensor.gradientMath), "gradient", array(begun, tensor, "gradient"))],
      spoken: graph.definition
        ? `Backward: ${graph.definition}. The way back begins at ${tensor.said}.`
        : "Backward: the gradient of the loss with respect to itself is 1.",
    };
  }

  function workText() {
    const { once, paths } = timeline.work;
    return paths > once
      ? `From here each of ${once} edges is worked on once. Path by path it would be ${paths.toLocaleString("en")} products.`
      : "A change of the loss changes the loss by as much.";
  }

  /** The whole product from the loss to here: all but its last factor is known already. */
  function chain() {
    const id = /** @type {number} */ (moment.edge);
    const { from, edges } = chainTo(graph, id, MOST_FACTORS);
    if (edges.length < 2 || edges.length > MOST_FACTORS) return null;
    const locals = edges.map((one) => only(graph.edges[one].local ? model.local(one) : undefined));
    if (locals.includes(undefined)) return null;
    /** @param {any} name @param {number} number */
    const factor = (name, number) =>
      make(
        "span",
        { class: "factor" },
        make("span", { class: "factor-name" }, name),
        make("span", { class: "factor-number", text: figure(number) }),
      );
    const factors = edges.map((one, i) =>
      factor(formula(graph.edges[one].localMath), /** @type {number} */ (locals[i])),
    );
    const isLoss = graph.outputs.includes(from) && model.gradient(from)[0] === 1;
    if (!isLoss) factors.unshift(factor(formula(graph.tensors[from].gradientMath), model.gradient(from)[0]));
    const final = /** @type {any} */ (factors.pop());
    const known = make(
      "span",
      { class: "known" },
      make("span", { class: "known-factors" }, ...between(factors)),
      make("span", {
        class: "known-label",
        text: `already computed: ${figure(model.gradient(graph.nodes[graph.edges[id].node].output)[0])}`,
      }),
    );
    return make(
      "div",
      { class: "chain", "aria-hidden": "true" },
      known,
      make("span", { class: "dot", text: "·" }),
      final,
    );
  }

  function backward() {
    const edge = graph.edges[/** @type {number} */ (moment.edge)];
    const node = graph.nodes[edge.node];
    const output = graph.tensors[node.output];
    const tensor = graph.tensors[edge.tensor];
    const incoming = model.gradient(node.output);
    const part = model.contribution(/** @type {number} */ (moment.edge));
    const local = edge.local ? model.local(/** @type {number} */ (moment.edge)) : undefined;
    const several = tensor.edges.filter((/** @type {number} */ id) => graph.edges[id].flows).length > 1;
    const numbers = edge.local && formula(edge.marked, (id) => only(model.value(Number(id))));
    const middle = edge.local
      ? tile(
          "local",
          formula(edge.localMath),
          "local",
          !isNumeral(edge.text) && make("span", { class: "local-formula" }, mathOr(edge.math, edge.text)),
          numbers &&
            /⟦/.test(edge.marked) &&
            edge.marked !== plainMark(edge) &&
            make("span", { class: "local-numbers" }, "= ", numbers),
          isNumeral(edge.text)
            ? make("span", { class: "figure is-local", text: edge.text })
            : local && array(local, localOf(local, output), "local"),
        )
      : tile("local wide", null, "map", make("span", { class: longOr(edge.text) }, mathOr(edge.math, edge.text)));
    const again =
      moment.before === undefined
        ? null
        : make("button", {
            type: "button",
            class: "again",
            text: `already computed · step ${timeline.gradientAt[node.output]}`,
            title:
              "This gradient was used before and is not computed again: that is the work which backpropagation saves.",
            onclick: () => go(/** @type {number} */ (timeline.gradientAt[node.output])),
          });
    const partOf = several
      ? [formula(tensor.gradientMath), make("span", { class: "part-of", text: ` through ${node.label}` })]
      : [formula(tensor.gradientMath)];
    const summed = edge.summed
      ? make("span", {
          class: "summed",
          text: `Summed over ${edge.summed}, along which ${tensor.symbol} was repeated.`,
        })
      : null;
    const repeated = edge.repeats ? make("span", { class: "repeated", text: repeatedTo(tensor, node, output) }) : null;
    return {
      title: ["Back through ", mathOr(node.name, node.label), " to ", mathOr(tensor.math, tensor.name)],
      note: [
        moduleAround(node, moment.node),
        several ? `One of several uses of ${tensor.symbol}: the parts are summed when all are there.` : null,
        summed,
        repeated,
        hookOn(tensor),
      ],
      tiles: [
        tile("incoming gradient", formula(output.gradientMath), "incoming", array(incoming, output, "gradient"), again),
        sign(edge.local ? "×" : "→"),
        middle,
        edge.summed && edge.local
          ? make("span", { class: "sign over" }, "= Σ", make("small", { text: edge.summed }))
          : sign("="),
        tile("result gradient", partOf, several ? "part" : "gradient", array(part, tensor, "gradient")),
      ],
      chain: chain(),
      spoken:
        part.length === 1 && local?.length === 1
          ? `Backward: gradient of ${tensor.said} = incoming ${figure(incoming[0])} times local ${edge.localText} ${figure(local[0])} = ${figure(part[0])}${moment.before === undefined ? "" : ", the incoming gradient was already computed"}`
          : `Backward: gradient of ${tensor.said} through ${node.label} = ${edge.text} = ${saidNumbers(part, tensor.shape)}`,
    };
  }

  function sum() {
    const id = /** @type {number} */ (moment.tensor);
    const tensor = graph.tensors[id];
    /** @type {any[]} */
    const tiles = [];
    for (const one of tensor.edges) {
      if (!graph.edges[one].flows) continue;
      if (tiles.length) tiles.push(sign("+"));
      const { label, name } = graph.nodes[graph.edges[one].node];
      tiles.push(
        tile(
          "part gradient",
          [make("span", { text: "through " }), mathOr(name, label)],
          "part",
          array(model.contribution(one), tensor, "gradient"),
        ),
      );
    }
    const gradient = model.gradient(id);
    const isOutput = graph.outputs.includes(id);
    if (isOutput) {
      // It begins with what no use sent: 1, unless another gradient was given.
      const parts = tensor.edges
        .filter((/** @type {number} */ one) => graph.edges[one].flows)
        .map((/** @type {number} */ one) => model.contribution(one));
      const begun = Array.from(gradient, (/** @type {number} */ whole, i) =>
        parts.reduce((/** @type {number} */ rest, /** @type {any} */ part) => rest - part[i], whole),
      );
      tiles.unshift(
        tile("part gradient", [make("span", { text: "as an output" })], "part", array(begun, tensor, "gradient")),
        sign("+"),
      );
    }
    tiles.push(
      sign("="),
      tile("result gradient", formula(tensor.gradientMath), "gradient", array(gradient, tensor, "gradient")),
    );
    return {
      title: ["Where edges meet, contributions add up"],
      note: [
        `${tensor.symbol} was used ${tensor.edges.length} times, and each use sent its part back.${isOutput ? " It is an output, too." : ""}`,
        hookOn(tensor),
      ],
      tiles,
      spoken: `Sum: the contributions to ${tensor.said} add up to ${saidNumbers(gradient, tensor.shape)}.`,
    };
  }

  function update() {
    const id = /** @type {number} */ (moment.tensor);
    const tensor = graph.tensors[id];
    const after = model.after(id);
    const value = model.value(id);
    const rule = graph.rules[id];
    if (!rule.plain) return ruled(tensor, rule, id, value, after);
    const rate = tile(
      "rate",
      make("i", { text: "η" }),
      "rate",
      make("span", { class: "figure is-rate", text: figure(model.rate) }),
    );
    return {
      title: ["Update ", mathOr(tensor.math, tensor.name)],
      note: [
        mathOr(tensor.math, tensor.name),
        "←",
        formula(rule.math),
        make("span", { class: "where", text: "one step against the gradient; η is the learning rate" }),
      ],
      tiles: [
        tile("old value", formula(tensor.math), "before", array(value, tensor, "value")),
        sign("−"),
        rate,
        sign("×"),
        tile("gradient", formula(tensor.gradientMath), "incoming", array(model.gradient(id), tensor, "gradient")),
        sign("="),
        tile(
          "result after",
          [make("span", { text: "new " }), mathOr(tensor.math, tensor.name)],
          "after",
          array(after, tensor, "after"),
        ),
      ],
      spoken:
        after.length === 1
          ? `Update: ${tensor.said} becomes ${figure(value[0])} minus ${figure(model.rate)} times ${figure(model.gradient(id)[0])} = ${figure(after[0])}`
          : `Update: ${tensor.said} becomes ${saidNumbers(after, tensor.shape)}`,
    };
  }

  /**
   * The rule of an optimiser, line by line: what it remembers after the step, and the parameter.
   *
   * @param {any} tensor
   * @param {any} rule
   * @param {number} id
   * @param {ArrayLike<number>} value
   * @param {ArrayLike<number>} after
   */
  function ruled(tensor, rule, id, value, after) {
    const lines = rule.lines ?? (rule.math ? [{ math: rule.math }] : []);
    const isOne = value.length === 1;
    const known = [
      tile("old value", formula(tensor.math), "before", array(value, tensor, "value")),
      tile("gradient", formula(tensor.gradientMath), "incoming", array(model.gradient(id), tensor, "gradient")),
    ];
    const parts = lines.map((/** @type {any} */ line) => {
      const isLast = line.state === undefined;
      const left = isLast ? mathOr(tensor.math, tensor.name) : formula(line.name);
      const result = isLast ? after : model.remembered(line.state)[1];
      const numbers = isOne && formula(line.marked, (mark) => only(numbersOf(mark, id)), markKind);
      const head = make("span", { class: "rule-formula" }, left, isLast ? " ← " : " = ", formula(line.math));
      const kind = isLast ? "after" : "memory";
      if (!isOne)
        return tile(
          `${isLast ? "result after" : "memory"}`,
          head,
          kind,
          array(result, tensor, isLast ? "after" : "memory"),
        );
      return make(
        "div",
        { class: `rule-line is-${kind}`, "data-role": kind },
        head,
        numbers && make("span", { class: "rule-numbers" }, "= ", numbers),
        make("span", { class: "rule-result" }, "= ", array(result, tensor, isLast ? "after" : "memory")),
      );
    });
    const told = rule.meanings.map((/** @type {any} */ { math, words, state }) => {
      const before =
        typeof state !== "number"
          ? undefined
          : only(model.remembered(state)[/^the number of the step/.test(words) ? 1 : 0]);
      return make(
        "span",
        { class: "meaning" },
        formula(math),
        before === undefined ? ": " : ` = ${figure(before)}, `,
        words,
      );
    });
    if (model.isLive && lines.length)
      told.push(
        make("span", { class: "meaning" }, make("i", { text: "η" }), ` = ${figure(model.rate)}, the learning rate`),
      );
    if (lines.some((/** @type {any} */ line) => line.state !== undefined))
      told.push(make("span", { class: "meaning", text: "with ′ after this step" }));
    const about = lines.length
      ? `the rule of ${rule.optimiser ?? "its optimiser"}`
      : `the rule of ${rule.optimiser ?? "its optimiser"}, which no formula says`;
    const result = tile(
      "result after",
      [make("span", { text: "new " }), mathOr(tensor.math, tensor.name)],
      "after",
      array(after, tensor, "after"),
    );
    const isWritten = lines.length > 0 && (isOne || rule.lines);
    return {
      title: ["Update ", mathOr(tensor.math, tensor.name)],
      note: [make("span", { class: "where", text: about }), ...(isWritten ? [] : [formula(rule.math)]), ...told],
      tiles: isWritten
        ? isOne
          ? [...known, make("div", { class: "rule-lines" }, ...parts)]
          : [...known, sign("→"), ...parts]
        : [...known, sign("→"), result],
      spoken: `Update: ${tensor.said} becomes ${saidNumbers(after, tensor.shape)}`,
    };
  }

  /** @param {ArrayLike<number>} values @param {any} tensor @param {string} kind */
  function array(values, tensor, kind) {
    return isTight ? arrayView(values, tensor, kind, 2, 100, 44) : arrayView(values, tensor, kind, 5, 116, 58);
  }

  /** What stands for a mark in the rule of an update. @param {string} mark @param {number} id */
  function numbersOf(mark, id) {
    if (mark === "p") return model.value(id);
    if (mark === "g") return model.gradient(id);
    if (mark === "η") return [model.rate];
    return model.remembered(Number(mark.slice(1)))[mark[0] === "n" ? 1 : 0];
  }
}

/** Which colour a number has in the rule of an update. @param {string} mark */
function markKind(mark) {
  return { p: "value", g: "gradient", η: "rate" }[mark] ?? "memory";
}

/** A derivative whose formula is a single symbol needs no second way to say its number. @param {any} edge */
function plainMark(edge) {
  return /^<math><mi>⟦\w+⟧<\/mi><\/math>$/.test(edge.marked) ? edge.marked : "";
}

/** @param {string} text */
function isNumeral(text) {
  return /^[−-]?[\d.]+$/.test(text);
}

/** The shape of a local derivative: that of the result, or one number for all. @param {any} local @param {any} output */
function localOf(local, output) {
  return local.length === output.shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1)
    ? output
    : { dtype: output.dtype, shape: [local.length] };
}

/** Long formulas are written smaller. @param {string} text */
function longOr(text) {
  return `local-formula${text.length > LONG_FORMULA ? " is-long" : ""}`;
}

/** @param {ArrayLike<number>} values @returns {number | undefined} */
function only(values) {
  return values && values.length === 1 ? values[0] : undefined;
}

/** @param {string | null} markup @param {string} text */
export function mathOr(markup, text) {
  return formula(markup) ?? make("span", { class: "plain", text });
}

/** @param {any} tensor */
const hookOn = (tensor) =>
  tensor.hooked
    ? make("span", { class: "hooked", text: "A hook may change it in backward(): this is before the hook." })
    : null;

/** Why one gradient is that of several elements. @param {any} tensor @param {any} node @param {any} output */
function repeatedTo(tensor, node, output) {
  const isOne = output.shape.every((/** @type {number} */ size) => size === 1);
  const elements = isOne
    ? `All elements of ${tensor.symbol} count alike in ${node.label}`
    : `The elements of ${tensor.symbol} that made one of ${node.label} count alike in it`;
  return `${elements}, so its gradient is repeated to each of them.`;
}

/** @param {string} text */
function sign(text) {
  return make("span", { class: "sign", text });
}

/** @param {any[]} factors */
function between(factors) {
  return factors.flatMap((factor, i) => (i ? [make("span", { class: "dot", text: "·" }), factor] : [factor]));
}

/** @param {any} node */
function sourceOf(node) {
  return node.line
    ? [
        make("code", { text: node.line.text }),
        make("span", { class: "where", text: `${short(node.line.file)}:${node.line.number}` }),
      ]
    : [];
}

/** The module that an operation is in; a click shows it there. @param {any} node @param {number | undefined} id */
function moduleAround(node, id) {
  return node.path
    ? make("button", {
        type: "button",
        class: "where",
        "data-node": String(id),
        title: "Show it in the picture",
        text: `in ${node.path}`,
      })
    : null;
}

/** @param {string} file */
function short(file) {
  return file.split(/[\\/]/).pop() ?? file;
}

/**
 * @param {string} kind
 * @param {any} head
 * @param {string | null} role for those who look for it
 * @param {...any} body
 */
function tile(kind, head, role, ...body) {
  return make(
    "div",
    { class: `tile ${kind}`, "data-role": role },
    head && make("div", { class: "tile-head" }, ...(Array.isArray(head) ? head : [head])),
    make("div", { class: "tile-body" }, ...body),
  );
}
