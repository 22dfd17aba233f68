/** Clusters as they are given with the page, in few letters, made into what the page composes pictures of. */

/** @type {Record<string, string>} */
const KINDS_OF_THINGS = { t: "tensor", n: "node", e: "edge", m: "module" };

/**
 * The clusters as they are given with the page, by their scopes.
 *
 * @param {import("../contract.js").PlacesData} places
 * @returns {Map<number, import("./arrangement.js").Cluster>}
 */
export function readClusters({ clusters, layouts, templates, forms }) {
  /** @type {import("./arrangement.js").Look[]} */
  const known = [];
  /** @param {number} form */
  function lookOf(form) {
    if (!known[form]) {
      const [, width, height, port] = templates[forms[form][0]];
      known[form] = { form, width, height, port };
    }
    return known[form];
  }
  return new Map(
    clusters.map((cluster) => [
      cluster.scope,
      {
        ...cluster,
        layout: readLayout(layouts[cluster.layout]),
        things: cluster.things ? cluster.things.split(" ").map(keyOf) : [],
        looks: cluster.forms.map(lookOf),
        back: [...cluster.back].map((back) => back === "1"),
      },
    ]),
  );
}

/** @param {string} short the key of a thing as it is given */
const keyOf = (short) => `${KINDS_OF_THINGS[short[0]]} ${short.slice(1)}`;

/** @param {import("../contract.js").LayoutData} layout @returns {import("./arrangement.js").ClusterLayout} */
function readLayout(layout) {
  const routes = layout.lines.map(([source, target, ...flat]) => {
    /** @type {import("./arrangement.js").Point[]} */
    const points = [];
    for (let k = 0; k < flat.length; k += 2) points.push([flat[k], flat[k + 1]]);
    return { source, target, points };
  });
  return { ...layout, routes };
}
