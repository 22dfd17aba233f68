import { byId, make } from "./dom.js";

/**
 * Above the picture: which module is shown, with the way back out.
 *
 * @param {import("./modules.js").Modules} modules
 * @param {{ enter: (scope: number) => void, asAtFirst: () => void }} act
 */
export function createBreadcrumb(modules, act) {
  const element = byId("breadcrumb");

  function refresh() {
    element.hidden = modules.isFirst;
    if (element.hidden) return;
    const path = modules.pathOf(modules.top).reverse();
    const steps = [-1, ...path].map((scope, i, all) => {
      const text = scope === -1 ? "Whole network" : modules.clusters.get(scope)?.name || modules.titleOf(scope);
      const isLast = i === all.length - 1;
      return make(
        "li",
        {},
        make("button", {
          type: "button",
          text,
          disabled: isLast,
          "aria-current": isLast ? "page" : null,
          onclick: () => act.enter(scope),
        }),
      );
    });
    const first = make("button", {
      type: "button",
      class: "as-first",
      text: "As at first",
      title: "All modules open or closed as they were at first",
      onclick: act.asAtFirst,
    });
    element.replaceChildren(make("ol", {}, ...steps), first);
  }

  return { refresh };
}
