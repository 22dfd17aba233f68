import { byId, isStill } from "../../page/js/dom.js";
import { figure } from "../../page/js/figures.js";
import { Curves } from "./curves.js";
import { LayerList } from "./layers.js";
import { Replay } from "./replay.js";
import { forgetColours } from "./strips.js";
import { counted, inSteps, lasted } from "./words.js";

/** In how many milliseconds a run is played, and how many moments take at least so long. */
const PLAYED = 12_000;
const FEW_MOMENTS = 24;

/** The page of a run: which moment it shows, what is selected, and the parts that show it. */
export class RunPage {
  /** @param {import("../contract.js").RunData} data */
  constructor(data) {
    this.replay = new Replay(data);
    /** Which of the recorded steps is shown. */
    this.at = Math.max(0, this.replay.moments.length - 1);
    /** The key of the tensor that is shown large. @type {string | null} */
    this.selected = null;
    /** The animation while it is played; 0 if it isn't. */
    this.playing = 0;
    /** Goes to the record nearest to a step. @param {number} step */
    this.seek = (step) => {
      this.play(false);
      this.go(this.replay.nearest(step));
    };
    this.curves = new Curves(this);
    this.layers = new LayerList(this);
  }

  /** Shows a tensor large, or no longer. @param {string | null} key */
  select(key) {
    this.selected = key === this.selected ? null : key;
    this.layers.choose();
    this.#keep();
  }

  // Where it stands ---------------------------------------------------------------------------------------------------

  /** @param {number} at */
  go(at) {
    this.at = Math.max(0, Math.min(this.replay.moments.length - 1, at));
    this.show();
    this.#keep();
  }

  /** @param {number} by */
  move(by) {
    this.play(false);
    this.go(this.at + by);
  }

  show() {
    const { replay, at } = this;
    const { step, seconds } = replay.moments[at];
    const last = replay.moments.length - 1;
    const scrub = byId("scrub");
    scrub.max = String(last);
    scrub.value = String(at);
    scrub.setAttribute("aria-valuetext", `step ${counted(step)}`);
    byId("count").textContent = `Step ${counted(step)} of ${counted(replay.steps)}`;
    byId("count").title = `${lasted(seconds)} after the beginning`;
    byId("page").dataset.step = String(step);
    this.curves.mark(step);
    this.layers.mark();
    byId("back").disabled = byId("first").disabled = at === 0;
    byId("next").disabled = byId("last").disabled = at === last;
  }

  #keep() {
    const { replay, at, selected } = this;
    const state = new URLSearchParams();
    if (at < replay.moments.length - 1) state.set("step", String(replay.moments[at].step));
    if (selected) state.set("at", selected);
    const text = state.toString();
    try {
      history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    } catch {
      // Where a page may not change its address, it goes on without.
    }
  }

  restore() {
    const { replay, layers } = this;
    const state = new URLSearchParams(location.hash.slice(1));
    const key = state.get("at");
    this.selected = key && layers.has(key) ? key : null;
    const step = Number(state.get("step") ?? NaN);
    this.at = Number.isFinite(step) ? replay.nearest(step) : replay.moments.length - 1;
    layers.choose();
    this.show();
  }

  /** Plays the run, in about the same time whatever its length. @param {boolean} on */
  play(on) {
    cancelAnimationFrame(this.playing);
    this.playing = 0;
    byId("page").classList.toggle("playing", on);
    byId("play").setAttribute("aria-label", on ? "pause" : "play");
    if (!on) return;
    const { moments } = this.replay;
    const last = () => this.replay.moments.length - 1;
    let at = this.at >= last() ? 0 : this.at;
    let before = performance.now();
    const forward = (/** @type {number} */ now) => {
      // A frame's time may lie before that of the click.
      at += (Math.max(0, now - before) * Number(byId("speed").value) * Math.max(moments.length, FEW_MOMENTS)) / PLAYED;
      before = now;
      if (Math.floor(at) !== this.at) {
        this.at = Math.min(Math.floor(at), last());
        this.show();
      }
      if (this.at < last()) this.playing = requestAnimationFrame(forward);
      else {
        this.play(false);
        this.#keep();
      }
    };
    this.at = Math.floor(at);
    this.show();
    this.playing = requestAnimationFrame(forward);
  }

  // What is shown -----------------------------------------------------------------------------------------------------

  #drawCurves() {
    const { replay } = this;
    this.curves.draw();
    const last = replay.moments[replay.moments.length - 1];
    const rates = replay.optimizers.map((name, i) => {
      const rate = last.rates[i];
      return typeof rate === "number" ? `${name}, learning rate ${figure(rate)}` : name;
    });
    byId("facts").textContent = [
      inSteps(replay.steps),
      `${counted(replay.moments.length)} recorded`,
      lasted(last.seconds),
      ...rates,
    ].join(" · ");
    byId("notice").textContent = replay.remark;
  }

  /** Draws all again, as the data or the colours are others now. */
  redraw() {
    this.#drawCurves();
    this.layers.redraw();
    this.show();
  }

  /** Shows the first moment that is there. */
  begin() {
    const isWaiting = !this.replay.moments.length;
    byId("page").classList.toggle("is-waiting", isWaiting);
    if (isWaiting) return;
    this.#drawCurves();
    this.layers.rebuild();
    this.restore();
  }

  /** Shows what came in of a run that goes on. @param {import("../contract.js").RunNews} news */
  update(news) {
    const { replay } = this;
    const titles = () => replay.series.map((series) => replay.title(series)).join();
    const [count, known] = [replay.moments.length, titles()];
    const isAtEnd = this.at >= count - 1;
    const { step } = replay.moments[this.at] ?? { step: 0 };
    if (!news.isWhole && !news.frames.length && news.steps === replay.steps && !news.ended) return;
    replay.absorb(news);
    if (!replay.moments.length) return;
    if (!count) {
      this.begin();
      return;
    }
    this.at = isAtEnd && !this.playing ? replay.moments.length - 1 : replay.nearest(step);
    if (known !== titles()) this.layers.rebuild();
    this.redraw();
  }
}

/** Whether there are moments yet. @param {Replay} replay */
function runningText(replay) {
  return replay.moments.length ? "running" : "waiting for the first step";
}

/** Follows a run that goes on. @param {RunPage} page */
function followRun(page) {
  const { replay } = page;
  const status = byId("status");
  status.textContent = runningText(replay);
  status.className = "is-running";
  follow(
    replay,
    (news) => page.update(news),
    (state, said) => {
      status.className = `is-${state}`;
      status.textContent = { running: runningText(replay), ended: "ended", lost: "no connection" }[state];
      if (state === "ended") byId("notice").textContent = [replay.remark, said].filter(Boolean).join(" ");
      if (state === "lost")
        byId("notice").textContent =
          "The run that was shown here can no longer be reached. What came in until then stays, until this page is closed.";
    },
  );
}

/** @param {RunPage} page */
function setUpButtons(page) {
  /** @param {string} id @param {() => void} act */
  const does = (id, act) => byId(id).addEventListener("click", act);
  does("first", () => page.move(-Infinity));
  does("back", () => page.move(-1));
  does("next", () => page.move(1));
  does("last", () => page.move(Infinity));
  does("play", () => page.play(!page.playing));
  byId("scrub").addEventListener("input", () => {
    page.play(false);
    page.go(Number(byId("scrub").value));
  });
  const otherColours = () => {
    forgetColours();
    page.redraw();
  };
  does("theme", () => {
    const { dataset } = document.documentElement;
    const isDark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    dataset.theme = isDark ? "light" : "dark";
    otherColours();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", otherColours);
}

/** @param {RunPage} page */
function setUpRunKeys(page) {
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => page.move(-1),
    ArrowRight: () => page.move(1),
    Home: () => page.move(-Infinity),
    End: () => page.move(Infinity),
    "/": () => byId("filter").focus(),
    " ": () => page.play(!page.playing),
  };
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (target.id !== "filter" && page.selected) page.select(page.selected);
      return;
    }
    if (target.closest("input:not([type=range]), select, summary")) return;
    // A button takes the space bar itself.
    const act = event.key === " " && target.closest("button") ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** @param {RunPage} page */
function followWindow(page) {
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    page.redraw();
  });
  window.addEventListener("hashchange", () => page.restore());
  window.addEventListener("beforeprint", () => page.layers.drawAll());
}

/** Begins the page. @param {import("../contract.js").RunData} data */
export function startRun(data) {
  const page = new RunPage(data);
  setUpButtons(page);
  setUpRunKeys(page);
  followWindow(page);
  document.title = data.title;
  byId("title").textContent = data.title;
  page.begin();
  if (data.live) followRun(page);
  byId("page").classList.toggle("is-still", isStill());
  byId("page").dataset.ready = "yes";
}

/** A run that still goes on: what is new is asked of the server that the page came from, until there is no more. */

const OFTEN = 700;
const MOST_TRIES = 4;

/**
 * @param {import("./replay.js").Replay} replay
 * @param {(news: import("../contract.js").RunNews) => void} take
 * @param {(state: "running" | "ended" | "lost", said?: string) => void} report
 */
export function follow(replay, take, report) {
  let tries = 0;
  async function ask() {
    // What nobody looks at needs nothing new, but for the end.
    const address = `data?since=${replay.serial}&generation=${replay.generation}`;
    try {
      const answer = await fetch(address, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      /** @type {import("../contract.js").RunNews} */
      const news = await answer.json();
      tries = 0;
      take(news);
      if (news.ended) {
        report("ended", news.said);
        return;
      }
      report("running");
    } catch {
      tries++;
      if (tries >= MOST_TRIES) {
        report("lost");
        return;
      }
    }
    setTimeout(ask, document.hidden ? OFTEN * 6 : OFTEN);
  }
  setTimeout(ask, OFTEN);
}
