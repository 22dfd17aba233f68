/** Of large drawings only the shapes that can be seen are in the page: browsers look after each that is there. */

/**
 * @param {import("./drawing.js").Drawing} drawing
 * @param {import("./scene.js").Picture} scene
 */
export function shapesIn({ svg, groups, lines }, { boxes, places, bounds, linePlaces }) {
  /** @type {Map<Element, number[]>} where each group is */
  const around = new Map();
  /** @param {Element | null} group @param {ArrayLike<number>} box */
  const add = (group, box) => {
    if (!group) return;
    const known = around.get(group) ?? [Infinity, Infinity, -Infinity, -Infinity];
    around.set(group, [Math.min(known[0], box[0]), Math.min(known[1], box[1]), Math.max(known[2], box[2]), Math.max(known[3], box[3])]);
  };
  for (const [key, group] of groups) {
    const place = places.get(key);
    if (place !== undefined) add(group, boxes.subarray(4 * place, 4 * place + 4));
  }
  for (const { forward, source, target } of lines) {
    const place = linePlaces.get(`${source}>${target}`);
    if (place !== undefined) add(forward.parentElement, bounds.subarray(4 * place, 4 * place + 4));
  }
  const all = [...svg.children];
  /** What is held: left, top, right and bottom. */
  let held = [Infinity, Infinity, -Infinity, -Infinity];
  svg.replaceChildren(...all.filter((element) => !around.has(element)));

  return {
    /**
     * Puts into the page what is in a part of the picture, and some more around it.
     *
     * @param {number[]} part
     * @returns {boolean} whether anything has changed
     */
    hold([left, top, right, bottom]) {
      if (left >= held[0] && top >= held[1] && right <= held[2] && bottom <= held[3]) return false;
      const [across, down] = [(right - left) / 2, (bottom - top) / 2];
      held = [left - across, top - down, right + across, bottom + down];
      const seen = all.filter((element) => {
        const box = around.get(element);
        return !box || (box[0] < held[2] && box[2] > held[0] && box[1] < held[3] && box[3] > held[1]);
      });
      svg.replaceChildren(...seen);
      return true;
    },
  };
}
