import { byId, make } from "./dom.js";
import { findIn, searchable } from "./search.js";

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
    const entries = findIn(all, query.value).map(entryOf);
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

  /** @param {import("./search.js").Entry} entry */
  function entryOf({ kind, id, name, about }) {
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
