/**
 * What many parts of a graph have in common comes once: lines of the program, and formulas as templates with places
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

  /** @param {any} owner @param {Record<string, () => string | null>} properties */
  function give(owner, properties) {
    for (const [name, make] of Object.entries(properties)) {
      Object.defineProperty(owner, name, {
        get() {
          const value = make();
          Object.defineProperty(owner, name, { value });
          return value;
        },
        configurable: true,
      });
    }
  }

  /** @param {number} name */
  const named = (name) => `<math>${names[name][0]}</math>`;
  for (const tensor of graph.tensors) {
    tensor.symbol ??= tensor.name;
    tensor.node ??= null;
    give(tensor, { math: () => named(tensor.letter), gradientMath: () => written(tensor.back, 0) });
  }
  for (const node of graph.nodes) {
    node.params ??= {};
    node.line = graph.lines[node.source];
    give(node, {
      name: () => named(node.letter),
      math: () => written(node.formula, 0),
      text: () => written(node.formula, 1),
      marked: () => written(node.filling, 0),
    });
  }
  for (const edge of graph.edges) {
    give(edge, {
      math: () => written(edge.formula, 0),
      text: () => written(edge.formula, 1),
      localMath: () => written(edge.ratio, 0),
      localText: () => written(edge.ratio, 1),
      marked: () => written(edge.filling, 0),
    });
  }
  for (const rule of Object.values(graph.rules)) give(rule, { math: () => written(/** @type {any} */ (rule).formula, 0) });
}
