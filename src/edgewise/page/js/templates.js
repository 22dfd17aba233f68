/**
 * What many parts of a graph have in common comes once: lines of the program, paths of modules, and formulas as templates with places
 * for names. Here each part is given its own; formulas are put together when they are first looked at.
 */

const FIRST = 0x13000;
const PLACE = /[\u{13000}-\u{1342f}]_?/gu;
const PLACE_IN_MARKUP = /<mi>([\u{13000}-\u{1342f}])_?<\/mi>/gu;

/** @param {any} graph */
export function complete(graph) {
  const { templates, names } = graph.formulas;

  /** @param {number[] | undefined | null} filled @param {0 | 1} kind MathML or plain text */
  function written(filled, kind) {
    if (!filled) return null;
    const [template, ...own] = filled;
    const text = templates[template][kind];
    /** @param {string} place */
    const nameAt = (place) => names[own[/** @type {number} */ (place.codePointAt(0)) - FIRST]][kind];
    if (kind) return text.replace(PLACE, nameAt);
    return `<math>${text.replace(PLACE_IN_MARKUP, (/** @type {string} */ _, /** @type {string} */ place) => nameAt(place))}</math>`;
  }

  /** @param {number} name */
  const named = (name) => `<math>${names[name][0]}</math>`;
  // Prototypes with getters: large graphs have tens of thousands of parts, few of which are looked at.
  const tensorFormulas = {
    /** @this {any} */
    get math() {
      return named(this.letter);
    },
    /** What it is called in words: paths as in the picture. @this {any} */
    get said() {
      return this.name.includes(".") ? this.symbol : this.name;
    },
    /** @this {any} */
    get gradientMath() {
      return written(this.back, 0);
    },
  };
  const ownFormula = {
    /** @this {any} */
    get math() {
      return written(this.formula, 0);
    },
    /** @this {any} */
    get text() {
      return written(this.formula, 1);
    },
    /** @this {any} */
    get marked() {
      return written(this.filling, 0);
    },
  };
  const nodeFormulas = Object.create(ownFormula, {
    name: {
      /** @this {any} */
      get() {
        return named(this.letter);
      },
    },
  });
  const edgeFormulas = Object.create(ownFormula, {
    localMath: {
      /** @this {any} */
      get() {
        return written(this.ratio, 0);
      },
    },
    localText: {
      /** @this {any} */
      get() {
        return written(this.ratio, 1);
      },
    },
  });
  for (const tensor of graph.tensors) {
    tensor.symbol ??= tensor.name;
    tensor.node ??= null;
    Object.setPrototypeOf(tensor, tensorFormulas);
  }
  for (const node of graph.nodes) {
    node.params ??= {};
    node.line = graph.lines[node.source];
    node.path = graph.paths[node.scope] ?? "";
    Object.setPrototypeOf(node, nodeFormulas);
  }
  for (const edge of graph.edges) Object.setPrototypeOf(edge, edgeFormulas);
  for (const rule of Object.values(graph.rules)) {
    Object.setPrototypeOf(rule, ownFormula);
    for (const line of rule.lines ?? []) Object.setPrototypeOf(line, nodeFormulas);
    rule.meanings = (rule.meanings ?? []).map((/** @type {[number, string, number?]} */ [name, words, state]) => ({
      math: named(name),
      words,
      state,
    }));
  }
}
