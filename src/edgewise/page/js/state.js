/** What the address keeps: the step of the story, and what is selected. */

/** @param {number} step @param {{ kind: string, id: number } | null} selection @param {string} view if it is not that which the page begins with @param {Record<string, string>} more */
export function writeState(step, selection, view, more) {
  const parts = [`step=${step}`];
  if (view) parts.push(`view=${view}`);
  if (selection) parts.push(`${selection.kind}=${selection.id}`);
  for (const [name, text] of Object.entries(more)) if (text) parts.push(`${name}=${text}`);
  try {
    history.replaceState(null, "", `#${parts.join("&")}`);
  } catch {
    // Within another page there is no address to keep it in.
  }
}

/** @returns {{ step?: number | string, kind?: string, id?: number, view?: string, colour?: string, zoom?: number | "all", turned?: string, in?: string, pace?: string, story?: number }} */
export function readState() {
  const given = new URLSearchParams(location.hash.slice(1));
  /** @param {string} name */
  const number = (name) => {
    const text = given.get(name);
    return text !== null && /^\d{1,7}$/.test(text) ? Number(text) : undefined;
  };
  const zoom = given.get("zoom") === "all" ? "all" : Number(given.get("zoom"));
  const kind = ["tensor", "node", "edge"].find((name) => number(name) !== undefined);
  return {
    step: ["forward", "backward", "update"].find((end) => given.get("step") === end) ?? number("step"),
    kind,
    id: kind ? number(kind) : undefined,
    view: given.get("view") ?? "",
    colour: given.get("colour") ?? "",
    zoom: zoom === "all" || (zoom > 0 && zoom < 100) ? zoom : undefined,
    turned: given.get("turned") ?? "",
    in: given.get("in") ?? "",
    pace: given.get("pace") ?? "",
    story: number("story"),
  };
}
