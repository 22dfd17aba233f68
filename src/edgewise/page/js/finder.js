import { byId, make } from "./dom.js";
/**
 * Finding things by what they are called.
 *
 * @typedef {{ kind: string, id: number, name: string, about: string, text: string }} Entry
 */

/** At most so many are listed. */
const MOST_FOUND = 12;

/** @param {import("../contract.js").Graph} graph @returns {Entry[]} all that can be found */
function searchable(graph) {
  /** The module in which a result was made; parameters have it in their names. @param {import("../contract.js").Tensor} tensor */
  const placeOf = (tensor) => (tensor.node === null ? "" : graph.nodes[tensor.node].path);
  /** @param {import("../contract.js").Tensor} tensor */
  const isLettered = (tensor) => tensor.node !== null && tensor.symbol && tensor.symbol !== tensor.name;
  const tensors = graph.tensors.map((tensor, id) => ({
    kind: "tensor",
    id,
    // A result may have a letter for a name, such as z₁; what made it is then what it is about.
    name: (isLettered(tensor) && tensor.symbol) || tensor.name,
    about: [isLettered(tensor) && tensor.name, placeOf(tensor), tensor.kind, tensor.shape.join(" × "), tensor.dtype]
      .filter(Boolean)
      .join(" · "),
  }));
  const nodes = graph.nodes.map((node, id) => ({
    kind: "node",
    id,
    name: node.label,
    about: [node.path, node.line ? `${node.line.text}  ${node.line.file}:${node.line.number}` : node.operation]
      .filter(Boolean)
      .join(" · "),
  }));
  return [...tensors, ...nodes].map((entry) => ({ ...entry, text: plainly(`${entry.name} ${entry.about}`) }));
}

/** @param {Entry[]} entries @param {string} query @returns {Entry[]} the best first: those called so, then the others */
function findIn(entries, query) {
  const words = plainly(query).split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const found = entries.filter(({ text }) => words.every((word) => text.includes(word)));
  /** @param {Entry} entry */
  const rank = (entry) => {
    const name = plainly(entry.name);
    return name === words[0] ? 0 : name.startsWith(words[0]) ? 1 : name.includes(words[0]) ? 2 : 3;
  };
  return found
    .map((entry, i) => ({ entry, i, rank: rank(entry) }))
    .sort((a, b) => a.rank - b.rank || a.i - b.i)
    .slice(0, MOST_FOUND)
    .map(({ entry }) => entry);
}

/** In small letters, with plain digits. @param {string} text */
function plainly(text) {
  return text.toLowerCase().replace(/[\u2080-\u2089]/g, (digit) => String(digit.charCodeAt(0) - 0x2080));
}

/** With fewer operations there is nothing to look for that can't be seen. */
const MANY = 12;

/**
 * The field in which things are looked for.
 *
 * @param {import("../contract.js").Graph} graph
 * @param {(kind: string, id: number) => void} select
 */
export function setUpFinder(graph, select) {
  const [box, query, found] = ["find", "query", "found"].map(byId);
  const all = searchable(graph);
  box.hidden = graph.nodes.length < MANY;
  query.addEventListener("input", () => {
    const entries = findIn(all, query.value).map(makeEntry);
    found.replaceChildren(
      ...(entries.length || !query.value.trim()
        ? entries
        : [make("p", { class: "quiet", text: "Nothing has this in its name." })]),
    );
  });
  query.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter") found.querySelector("button")?.click();
    if (event.key === "ArrowDown") found.querySelector("button")?.focus();
    if (event.key === "Escape") query.blur();
  });
  box.addEventListener("focusout", (/** @type {FocusEvent} */ event) => {
    if (!box.contains(event.relatedTarget)) setTimeout(() => found.replaceChildren(), 150);
  });

  /** @param {Entry} entry */
  function makeEntry({ kind, id, name, about }) {
    const chosen = () => {
      found.replaceChildren();
      select(kind, id);
    };
    return make(
      "button",
      { type: "button", onclick: chosen },
      make("span", { text: name }),
      make("span", { class: "quiet", text: about }),
    );
  }
}
