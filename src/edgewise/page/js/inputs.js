import { mathOr } from "./equation_parts.js";
import { byId, make } from "./dom.js";
import { createEditor, isEditable, isShort } from "./panel.js";

/** Longer paths are shortened where there is no room for them. */
const LONG_PATH = 16;

/**
 * A long path in two parts, of which the second always stays: what distinguishes a weight from a bias.
 *
 * @param {string} name
 * @param {string} symbol
 */
function shortened(name, symbol) {
  const cut = name.lastIndexOf(".");
  if (symbol !== name || cut < 1 || name.length <= LONG_PATH) return null;
  return [
    make("span", { class: "path-start", text: name.slice(0, cut) }),
    make("span", { class: "path-end", text: name.slice(cut) }),
  ];
}

/** Networks with more leaves have the first ones listed. */
const MOST_LISTED = 60;

/**
 * The list of inputs and parameters: fields for those that are small, below them the names of the others.
 *
 * @param {import("./main.js").Page} page
 * @returns {{ refresh: () => void }[]}
 */
export function listInputs({ graph, model, edit, selection }) {
  const select = (/** @type {number} */ id) => selection.select("tensor", id, true);
  const fields = [];
  const [small, large] = [[], []].map((list) => /** @type {HTMLElement[]} */ (list));
  for (const id of graph.leaves.slice(0, MOST_LISTED)) {
    const { kind, name, symbol, math, shape, dtype } = graph.tensors[id];
    const button = make(
      "button",
      { type: "button", class: "leaf-name", title: name, onclick: () => select(id) },
      ...(shortened(name, symbol) ?? [mathOr(math, name)]),
    );
    if (isEditable(graph, model, id) && isShort(shape) && !(kind === "constant" && shape.length)) {
      const editor = createEditor(graph, model, id, edit);
      const isWide = model.value(id).length > 1 || symbol.length > 8;
      fields.push(editor);
      small.push(make("div", { class: `leaf ${kind}${isWide ? " is-wide" : ""}` }, button, editor.element));
    } else {
      // What is too large for this list is looked at, and changed where it can be, in its own card.
      const size = [shape.join(" × "), dtype === "float32" ? "" : dtype].filter(Boolean).join(" ");
      const about = isEditable(graph, model, id)
        ? make(
            "span",
            { class: "quiet" },
            `${size} · `,
            make("button", {
              type: "button",
              class: "edit",
              text: "change",
              "aria-label": `change ${name}`,
              onclick: () => {
                select(id);
                /** @type {HTMLElement | null} */ (document.querySelector("#details .field"))?.focus();
              },
            }),
          )
        : make("span", { class: "quiet", text: size });
      large.push(make("div", { class: `leaf is-wide ${kind}` }, button, about));
    }
  }
  byId("fields").append(...small, ...large);
  const others = graph.leaves.length - MOST_LISTED;
  if (others > 0)
    byId("fields").append(
      make("p", { class: "quiet", text: `${others} more: find them by name, or click them in the picture.` }),
    );
  return fields;
}
