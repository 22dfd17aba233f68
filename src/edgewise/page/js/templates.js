/**
 * What many parts of a graph have in common comes once: lines of the program, paths of modules, and formulas as
 * templates with places for names. Here each part is given its own. Formulas are put together when they are first
 * looked at: large graphs have tens of thousands of parts, few of which are.
 *
 * @typedef {import("../contract.js").PageData} PageData
 * @typedef {import("../contract.js").Graph} Graph
 * @typedef {import("../contract.js").Filled} Filled
 */

const FIRST = 0x13000;
const PLACE = /[\u{13000}-\u{1342f}]_?/gu;
const PLACE_IN_MARKUP = /<mi>([\u{13000}-\u{1342f}])_?<\/mi>/gu;

/** What writes formulas. @param {import("../contract.js").FormulasData} formulas */
function makeWriter({ templates, names, values, products }) {
  /** @param {Filled | undefined} filled @param {0 | 1} kind MathML or plain text */
  function written(filled, kind) {
    if (!filled) return null;
    const [template, ...own] = filled;
    const text = templates[template][kind];
    /** @param {string} place */
    const nameAt = (place) => names[own[/** @type {number} */ (place.codePointAt(0)) - FIRST]][kind];
    if (kind) return text.replace(PLACE, nameAt);
    return `<math>${text.replace(PLACE_IN_MARKUP, (/** @type {string} */ _, /** @type {string} */ place) => nameAt(place))}</math>`;
  }
  return {
    written,
    /** The operands of a formula that is a product of arrays. @param {Filled | undefined} filled */
    operands(filled) {
      const operands = filled && products[filled[0]];
      if (!operands) return null;
      return operands.map(({ formula: [template, ...places], sign = "", ...more }) => {
        const own = places.map((place) => filled[1 + place]);
        const math = /** @type {string} */ (written([template, ...own], 0));
        return { contracts: false, isGradient: false, isTransposed: false, ...more, sign, math, letter: own[0] };
      });
    },
    /** The names of values in a formula. @param {Filled | undefined} filled */
    letters: (filled) => (filled ? values[filled[0]].map((place) => filled[1 + place]) : []),
    /** @param {number} name */
    named: (name) => `<math>${names[name][0]}</math>`,
  };
}

/** Prototypes for the parts of a graph, whose getters write formulas. @param {ReturnType<typeof makeWriter>} writer */
function makePrototypes({ written, named, letters, operands }) {
  const tensor = {
    /** @this {import("../contract.js").Tensor} */
    get math() {
      return named(this.letter);
    },
    /** @this {import("../contract.js").Tensor} */
    get said() {
      return this.name.includes(".") || this.node !== null ? this.symbol : this.name;
    },
    /** @this {import("../contract.js").Tensor} */
    get gradientMath() {
      return written(this.gradientFormula, 0);
    },
  };
  /** @typedef {{ formula?: Filled, numbersFormula?: Filled, elements?: [Filled | null, Filled][] }} Own */
  const formula = {
    /** @this {Own} */
    get math() {
      return written(this.formula, 0);
    },
    /** @this {Own} */
    get text() {
      return written(this.formula, 1);
    },
    /** @this {Own} */
    get marked() {
      return written(this.numbersFormula, 0);
    },
    /** @this {Own} @returns {[string | null, string | null][]} */
    get elementLines() {
      return (this.elements ?? []).map(([left, right]) => [written(left ?? undefined, 0), written(right, 0)]);
    },
    /** @this {Own} */
    get letters() {
      return letters(this.formula);
    },
    /** @this {Own} */
    get operands() {
      return operands(this.formula);
    },
  };
  const defined = Object.create(formula, {
    name: {
      /** @this {{ letter: number }} */
      get() {
        return named(this.letter);
      },
    },
  });
  const edge = Object.create(formula, {
    localMath: {
      /** @this {import("../contract.js").Edge} */
      get() {
        return written(this.ratio, 0);
      },
    },
    localText: {
      /** @this {import("../contract.js").Edge} */
      get() {
        return written(this.ratio, 1);
      },
    },
  });
  /** @param {[Filled, Filled][]} lines @returns {[string | null, string | null][]} */
  const equations = (lines) => lines.map(([left, right]) => [written(left, 0), written(right, 0)]);
  const module = {
    /** @this {import("../contract.js").ModuleFormula} */
    get forwardLines() {
      return equations(this.forward);
    },
    /** @this {import("../contract.js").ModuleFormula} */
    get backwardLines() {
      return equations(this.backward ?? []);
    },
  };
  return { tensor, edge, node: defined, line: defined, rule: formula, module };
}

/**
 * Completes the data of a page, in place.
 *
 * @param {PageData} data
 * @returns {Graph}
 */
export function complete(data) {
  const graph = /** @type {Graph} */ (/** @type {unknown} */ (data));
  const writer = makeWriter(data.formulas);
  const prototypes = makePrototypes(writer);
  for (const tensor of graph.tensors) {
    tensor.symbol ??= tensor.name;
    tensor.node ??= null;
    const { axisLabels } = tensor;
    if (axisLabels)
      tensor.labels = Object.fromEntries(
        Object.entries(axisLabels).map(([axis, list]) => [axis, graph.axisLabels?.[list] ?? []]),
      );
    Object.setPrototypeOf(tensor, prototypes.tensor);
  }
  for (const node of graph.nodes) {
    node.params ??= {};
    node.line = node.lineIndex === undefined ? undefined : graph.lines[node.lineIndex];
    node.path = node.pathIndex === undefined ? "" : graph.paths[node.pathIndex];
    Object.setPrototypeOf(node, prototypes.node);
  }
  for (const module of Object.values(graph.modules)) Object.setPrototypeOf(module, prototypes.module);
  for (const edge of graph.edges) Object.setPrototypeOf(edge, prototypes.edge);
  for (const [id, { meanings = [] }] of Object.entries(data.rules)) {
    const rule = graph.rules[Number(id)];
    Object.setPrototypeOf(rule, prototypes.rule);
    for (const line of rule.lines ?? []) Object.setPrototypeOf(line, prototypes.line);
    rule.meanings = meanings.map(([name, words, state]) => ({ math: writer.named(name), words, state }));
  }
  return graph;
}
