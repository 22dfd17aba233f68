import { byId, make } from "./dom.js";
import { namedIndices } from "./element_names.js";
import { IN_PICTURE, layOutSheet } from "./heat.js";
import { elementAt, exactly } from "./tiles.js";
import { indexAt } from "./elements.js";

/**
 * The number under the pointer in the picture's heat maps, with its place in the array, where it can't be looked into.
 *
 * @param {import("./main.js").Page} page
 * @param {HTMLElement} picture
 * @param {(tensor: number) => boolean} isUpdated whether a parameter has been changed at this moment
 */
export function pointAtMaps(page, picture, isUpdated) {
  const { graph, model } = page;
  const reading = make("p", { id: "map-number", hidden: true });
  byId("picture-area").append(reading);

  /** What a map shows. @param {Element} map @returns {{ values: ArrayLike<number> | undefined, tensor: import("../contract.js").Tensor, kind: string } | null} */
  function shownBy(map) {
    const group = /** @type {SVGGElement | null} */ (map.closest("g[data-kind]"));
    const id = Number(group?.dataset.id);
    const isGradient = map.classList.contains("of-gradient");
    if (group?.dataset.kind === "edge") {
      return { values: model.contribution(id), tensor: graph.tensors[graph.edges[id].tensor], kind: "gradient" };
    }
    if (group?.dataset.kind !== "tensor") return null;
    if (isGradient) return { values: model.gradient(id), tensor: graph.tensors[id], kind: "gradient" };
    return isUpdated(id)
      ? { values: model.after(id), tensor: graph.tensors[id], kind: "after" }
      : { values: model.value(id), tensor: graph.tensors[id], kind: "value" };
  }

  picture.addEventListener("pointermove", (event) => {
    const map = /** @type {Element} */ (event.target);
    const shown = map.localName === "image" && getComputedStyle(map).opacity !== "0" ? shownBy(map) : null;
    const at = shown ? elementAt(layOutSheet(shown.tensor, IN_PICTURE), map, event) : -1;
    const isElsewhere = shown?.kind !== "after" && Boolean(page.looking);
    reading.hidden = !shown?.values || at < 0 || isElsewhere;
    if (!shown?.values || at < 0 || isElsewhere) return;
    const { values, tensor, kind } = shown;
    const place = tensor.wholeShape
      ? "one of a sample"
      : `${tensor.symbol}[${namedIndices(indexAt(at, tensor.shape), tensor.labels).join(", ")}]`;
    reading.className = `is-${kind}`;
    reading.replaceChildren(
      make("span", { class: "quiet", text: kind === "gradient" ? `gradient of ${place}` : place }),
      make("b", { text: exactly(values[at], tensor.dtype).replaceAll("-", "\u2212") }),
    );
    const frame = byId("picture-area").getBoundingClientRect();
    reading.style.left = `${Math.max(6, Math.min(event.clientX - frame.left + 14, frame.width - reading.offsetWidth - 6))}px`;
    reading.style.top = `${Math.max(6, Math.min(event.clientY - frame.top + 16, frame.height - reading.offsetHeight - 6))}px`;
  });
  for (const end of ["pointerleave", "wheel", "scroll"]) {
    picture.addEventListener(
      end,
      () => {
        reading.hidden = true;
      },
      { passive: true },
    );
  }
}
