import { byId, make } from "./dom.js";

/**
 * Above the picture: which module is shown, with the way back out, and of a loop which repeat.
 *
 * @param {import("./modules.js").Modules} modules
 * @param {{ enter: (scope: number) => void, chooseRepeat: (scope: number) => void, asAtFirst: () => void }} act
 */
export function createBreadcrumb(modules, act) {
  const element = byId("breadcrumb");
  const steps = make("ol");
  const slider = make("input", { type: "range", min: 1, step: 1, "aria-label": "Repeat of the loop, t" });
  const text = make("output");
  const repeats = make("label", { class: "repeats" }, slider, text);
  const first = make("button", {
    type: "button",
    class: "as-first",
    text: "As at first",
    title: "All modules open or closed as they were at first",
    onclick: act.asAtFirst,
  });
  element.append(steps, repeats, first);
  const shownRepeats = () => modules.repeats.get(modules.loopOf(modules.top) ?? -1) ?? [];
  slider.addEventListener("input", () => act.chooseRepeat(shownRepeats()[Number(slider.value) - 1]));

  /** @param {number} scope @param {boolean} isLast */
  function stepTo(scope, isLast) {
    const text = scope === -1 ? "Whole network" : modules.clusters.get(scope)?.name || modules.titleOf(scope);
    const current = isLast ? "page" : null;
    const onclick = () => act.enter(scope);
    return make("li", {}, make("button", { type: "button", text, disabled: isLast, "aria-current": current, onclick }));
  }

  function refresh() {
    element.hidden = modules.isFirst;
    if (element.hidden) return;
    const path = [-1, ...modules.pathOf(modules.top).reverse()];
    steps.replaceChildren(...path.map((scope, i) => stepTo(scope, i === path.length - 1)));
    const all = shownRepeats();
    repeats.hidden = !all.length;
    if (!all.length) return;
    const at = all.indexOf(modules.top) + 1;
    slider.max = String(all.length);
    slider.value = String(at);
    slider.setAttribute("aria-valuetext", `t = ${at} of ${all.length}`);
    text.textContent = `t = ${at} of ${all.length}`;
  }

  return { refresh };
}
