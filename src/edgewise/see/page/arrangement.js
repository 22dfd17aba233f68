/**
 * Where things are in a drawing, read from its own shapes.
 *
 * @param {import("./drawing.js").Drawing} drawing
 * @param {{ width: number, height: number }} size
 * @returns {import("./scene.js").Arrangement}
 */
export function arrangementOf(drawing, { width, height }) {
  const things = [];
  const frames = [];
  for (const [key, group] of drawing.groups) {
    const open = group.querySelector(":scope > rect.module");
    const box = open ?? group.querySelector(":scope > :is(rect.chip, rect.operation, rect.closed)");
    if (!box) continue;
    const [x, y, wide, high] = ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name)));
    if (open) frames.push({ scope: Number(key.split(" ")[1]), x, y, width: wide, height: high });
    else things.push({ key, x, y, width: wide, height: high });
  }
  const lines = drawing.lines.map(({ tensor, source, target, forward, backward }) => {
    const path = forward.getAttribute("d") ?? "";
    return { tensor, source, target, points: pointsOf(path), back: Boolean(backward), bent: path.includes("Q") };
  });
  return { width, height, things, lines, frames };
}

/** The points that a line goes through, as its path has them. @param {string} path */
function pointsOf(path) {
  /** @type {number[][]} */
  const points = [];
  const bent = path.includes("Q");
  for (const [, letter, text] of path.matchAll(/([MHCLQ])([^MHCLQ]*)/g)) {
    const numbers = text.trim().split(/[ ,]+/).map(Number);
    if (letter === "H") points.push([numbers[0], points[points.length - 1][1]]);
    else if (letter === "Q") points.push(numbers.slice(0, 2));
    // A corner is the middle of its Q; the lines to it and from it end before.
    else if (letter !== "L" || path.endsWith(`L${text}`)) points.push(numbers.slice(-2));
  }
  return points.map(([x, y]) => [x, bent ? y : y + 2]);
}
