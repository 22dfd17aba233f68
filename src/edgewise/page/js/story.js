import { byId, make } from "./dom.js";
import { equationOf } from "./equation.js";
import { equationContent } from "./equation_content.js";
import { phaseAt } from "./timeline.js";

/** How long a moment is shown while the story plays, in milliseconds. */
const MOMENT = 1700;

/**
 * The story of a training step: where in it the page is, what is told there, and the buttons that lead through it.
 *
 * @param {import("./main.js").Page} page
 */
export function storyOf(page) {
  const { graph, model, timeline } = page;
  const last = timeline.moments.length - 1;
  const equation = equationOf(graph, timeline, (at, isTight = false) =>
    equationContent({ graph, model, timeline, step: at, go: (to) => go(to), isTight }),
  );
  let playing = false;
  let timer = 0;

  function refresh() {
    const { step } = page;
    const phase = phaseAt(timeline, step);
    const board = equation.fill(step);
    if (byId("spoken").textContent !== board.spoken) byId("spoken").textContent = board.spoken;
    const scrub = byId("scrub");
    scrub.value = String(step);
    scrub.setAttribute("aria-valuetext", board.spoken);
    scrub.style.setProperty("--at", String(step / last));
    byId("count").textContent = `${step} / ${last}`;
    byId("page").dataset.phase = phase;
    byId("page").dataset.step = String(step);
    // All is written before anything is measured.
    equation.show(step);
  }

  byId("remark").addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const { node } = /** @type {HTMLElement} */ (event.target).dataset;
    if (node) page.stage.revealThing(`node ${node}`);
  });

  /** @param {number} to @param {boolean} animated */
  function go(to, animated = false) {
    page.step = Math.max(0, Math.min(last, to));
    page.refresh();
    page.keepSoon();
    page.stage.stop();
    page.stage.reveal();
    if (animated) page.stage.fly(Number(byId("speed").value));
  }

  function next() {
    if (page.step < last) go(page.step + 1, true);
    else if (page.isLive) {
      // The update has been made: the next way forward begins with what it gave.
      model.train();
      go(0);
    }
  }

  function previous() {
    if (page.step > 0) go(page.step - 1);
    else if (model.at > 0) {
      model.seek(model.at - 1);
      go(last);
    }
  }

  /** @param {boolean} on */
  function play(on) {
    playing = on;
    clearTimeout(timer);
    byId("play").setAttribute("aria-label", on ? "pause" : "play");
    byId("page").classList.toggle("playing", on);
    // Being told every step while it plays would be too much.
    byId("spoken").setAttribute("aria-live", on ? "off" : "polite");
    if (!on) return;
    if (page.step >= timeline.backwardEnd) go(0);
    const tick = () => {
      if (!playing) return;
      if (page.step === last) {
        play(false);
        return;
      }
      next();
      timer = window.setTimeout(tick, MOMENT / Number(byId("speed").value));
    };
    timer = window.setTimeout(tick, 500);
  }

  /** @param {() => void} act */
  const stopped = (act) => () => {
    play(false);
    act();
  };

  const keys = {
    ArrowRight: stopped(next),
    ArrowLeft: stopped(previous),
    Home: stopped(() => go(0)),
    End: stopped(() => go(last)),
    " ": () => play(!playing),
  };

  function setUpPhases() {
    const { forwardEnd, backwardEnd } = timeline;
    const spans = [
      ["Forward", 0, forwardEnd],
      ["Backward", forwardEnd, backwardEnd],
      ["Update", backwardEnd, last],
    ];
    for (const [name, from, to] of /** @type {[string, number, number][]} */ (spans)) {
      if (to <= from) continue;
      const part = make("button", {
        type: "button",
        class: `phase ${name.toLowerCase()}`,
        text: name,
        onclick: () => go(from + (from ? 1 : 0)),
      });
      part.style.flexGrow = String(to - from);
      byId("phases").append(part);
    }
    const scrub = byId("scrub");
    scrub.max = String(last);
    scrub.style.setProperty("--forward", String(forwardEnd / last));
    scrub.style.setProperty("--backward", String(backwardEnd / last));
    scrub.addEventListener(
      "input",
      stopped(() => go(Number(scrub.value))),
    );
  }

  let size = "";
  /** Gives the board the room that it needs, if it has another size than before: whether it has. */
  function makeRoom() {
    const board = byId("board");
    const now = () => `${board.offsetWidth} ${board.offsetHeight} ${window.innerHeight}`;
    if (size && now() === size) return false;
    // At first nothing is asked before there is something in it: each question lays the page out.
    if (!size || !size.startsWith(`${board.offsetWidth} `) || !size.endsWith(` ${window.innerHeight}`))
      equation.reserve();
    size = now();
    return true;
  }

  /** Shows the equation at another size. */
  function follow() {
    if (!makeRoom()) return;
    equation.fill(page.step);
    equation.show(page.step);
  }

  setUpPhases();
  byId("first").addEventListener("click", keys.Home);
  byId("back").addEventListener("click", keys.ArrowLeft);
  byId("play").addEventListener("click", keys[" "]);
  byId("next").addEventListener("click", keys.ArrowRight);
  byId("last").addEventListener("click", keys.End);

  return {
    refresh,
    follow,
    /** Begins to follow the size of the window. What is to be seen at first is shown afterwards. */
    begin() {
      makeRoom();
      new ResizeObserver(follow).observe(byId("board"));
    },
    go,
    keys,
    /** Goes to a moment that the reader has chosen. @param {number} to */
    jump(to) {
      play(false);
      go(to, true);
    },
    /** @param {number} step */
    nearest: (step) => Math.max(0, Math.min(last, step)),
  };
}
