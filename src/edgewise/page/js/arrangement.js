/** Rooms and drawings as they are given with the page, in few letters, made into what the page works with. */

/** @type {Record<string, string>} */
const KINDS_OF_THINGS = { t: "tensor", n: "node", e: "edge", m: "module" };

/** The keys of things as they are given, in few letters. @param {string} text */
function keysIn(text) {
  return text ? text.split(" ").map((short) => `${KINDS_OF_THINGS[short[0]]} ${short.slice(1)}`) : [];
}

/** @param {any} places @param {number} form */
function lookIn({ templates, forms }, form) {
  const [, width, height, port] = templates[forms[form][0]];
  return { form, width, height, port };
}

/**
 * The rooms as they are given with the page.
 *
 * @param {any} places
 * @returns {Map<number, import("./compose.js").Room>}
 */
export function roomsOf(places) {
  /** @type {ReturnType<typeof lookIn>[]} */
  const known = [];
  /** @param {number} form */
  const lookOnce = (form) => (known[form] ??= lookIn(places, form));
  return new Map(
    places.rooms.map((/** @type {any} */ room) => [
      room.scope,
      { ...room, layout: places.layouts[room.layout], things: keysIn(room.things), looks: room.forms.map(lookOnce) },
    ]),
  );
}

/**
 * A drawing that Python laid out as a whole.
 *
 * @param {any} places
 * @param {any} drawing
 * @returns {import("./compose.js").Arrangement}
 */
export function drawnArrangement(places, drawing) {
  const keys = keysIn(drawing.things);
  return {
    width: drawing.width,
    height: drawing.height,
    things: keys.map((key, i) => ({ key, x: drawing.x[i], y: drawing.y[i], ...lookIn(places, drawing.forms[i]) })),
    lines: drawing.lines.map((/** @type {number[]} */ [tensor, source, target, back, bent, ...flat]) => {
      /** @type {number[][]} */
      const points = [];
      for (let k = 0; k < flat.length; k += 2) points.push([flat[k], flat[k + 1]]);
      return { tensor, source: keys[source], target: keys[target], points, back: Boolean(back), bent: Boolean(bent) };
    }),
    frames: drawing.frames.map((/** @type {number[]} */ [scope, x, y, width, height]) => ({
      scope,
      x,
      y,
      width,
      height,
    })),
  };
}
