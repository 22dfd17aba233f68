import { byId, isStill, make } from "../../page/js/dom.js";
import { figure } from "../../page/js/figures.js";
import { layersOf } from "./layers.js";
import { follow } from "./live.js";
import { plotOf } from "./plot.js";
import { replayOf } from "./replay.js";
import { forgetColours } from "./strips.js";
import { counted, inSteps, lasted } from "./words.js";

/**
 * The page, as its parts know it.
 *
 * @typedef {object} RunPage
 * @property {import("./replay.js").Replay} replay
 * @property {number} at which of the recorded steps is shown
 * @property {string | null} selected the key of the tensor that is shown large
 * @property {(step: number) => void} seek goes to the record nearest to a step
 * @property {(key: string | null) => void} select
 */

const LINES = ["is-value", "is-gradient", "is-module", "is-plus"];
const PLAYED = 12_000;

/** Begins the page. @param {import("../contract.js").RunData} data */
export function startRun(data) {
  const replay = replayOf(data);
  /** @type {RunPage} */
  const page = {
    replay,
    at: Math.max(0, replay.moments.length - 1),
    selected: null,
    seek: (step) => {
      play(false);
      go(replay.nearest(step));
    },
    select: (key) => {
      page.selected = key === page.selected ? null : key;
      layers.choose();
      keep();
    },
  };
  const sizes = replay.losses.flatMap(({ values }) => values).filter((value) => value > 0 && value < Infinity);
  let isLog =
    sizes.length > 1 && sizes.reduce((a, b) => Math.max(a, b)) > 3000 * sizes.reduce((a, b) => Math.min(a, b));
  let playing = 0;

  // The loss and what else there is a curve of ------------------------------------------------------------------------

  const isLoss = (/** @type {string} */ name) => /loss/i.test(name);
  const lossPlot = plotOf({
    label: "The loss over the steps",
    height: 230,
    replay: () => replay,
    log: () => isLog,
    seek: page.seek,
    lines: () => [
      ...replay.losses
        .filter(({ values }) => values.length)
        .map((curve, i) => ({
          name: replay.losses.length > 1 ? curve.name : "loss",
          colour: LINES[i % LINES.length],
          steps: curve.steps,
          values: curve.values,
          smooth: true,
        })),
      ...replay.notes
        .filter(({ name }) => isLoss(name))
        .map((curve) => ({
          name: curve.name,
          colour: "is-after",
          steps: curve.steps,
          values: curve.values,
          dots: curve.values.length < 200,
        })),
    ],
  });
  byId("loss-plot").append(lossPlot.element);
  /** @type {Map<string, ReturnType<typeof plotOf>>} */
  const others = new Map();

  /** @returns {{ name: string, lines: import("./plot.js").PlotLine[] }[]} */
  function otherCurves() {
    /** @type {{ name: string, lines: import("./plot.js").PlotLine[] }[]} */
    const found = replay.notes
      .filter(({ name }) => !isLoss(name))
      .map((curve) => ({
        name: curve.name,
        lines: [
          {
            name: curve.name,
            colour: "is-after",
            steps: curve.steps,
            values: curve.values,
            dots: curve.values.length < 200,
          },
        ],
      }));
    const rates = replay.optimizers.map((name, i) => {
      const known = replay.moments.filter(({ rates: [...all] }) => typeof all[i] === "number");
      return {
        name,
        colour: LINES[i % LINES.length],
        steps: known.map(({ step }) => step),
        values: known.map(({ rates: all }) => Number(all[i])),
      };
    });
    if (rates.some(({ values }) => new Set(values).size > 1)) found.push({ name: "learning rate", lines: rates });
    return found;
  }

  function drawCurves() {
    lossPlot.draw();
    const legend = lossPlot
      ? [
          ...replay.losses
            .filter(({ values }) => values.length)
            .map(({ name }, i) => [replay.losses.length > 1 ? name : "loss of each batch", LINES[i % LINES.length]]),
          ...replay.notes.filter(({ name }) => isLoss(name)).map(({ name }) => [name, "is-after"]),
        ]
      : [];
    byId("loss-legend").replaceChildren(
      ...(legend.length > 1
        ? legend.map(([name, colour]) => make("span", { class: `line-key ${colour}`, text: name }))
        : []),
    );
    const curves = otherCurves();
    for (const { name } of curves) {
      if (others.has(name)) continue;
      const plot = plotOf({
        label: `${name} over the steps`,
        height: 120,
        replay: () => replay,
        seek: page.seek,
        lines: () => otherCurves().find((one) => one.name === name)?.lines ?? [],
      });
      others.set(name, plot);
      byId("more-plots").append(make("figure", {}, make("figcaption", { text: name }), plot.element));
    }
    for (const plot of others.values()) plot.draw();
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

  // Where it stands ---------------------------------------------------------------------------------------------------

  /** @param {number} at */
  function go(at) {
    page.at = Math.max(0, Math.min(replay.moments.length - 1, at));
    show();
    keep();
  }

  function show() {
    const { step, seconds } = replay.moments[page.at];
    const scrub = byId("scrub");
    scrub.max = String(replay.moments.length - 1);
    scrub.value = String(page.at);
    scrub.setAttribute("aria-valuetext", `step ${counted(step)}`);
    byId("count").textContent = `Step ${counted(step)} of ${counted(replay.steps)}`;
    byId("count").title = `${lasted(seconds)} after the beginning`;
    byId("page").dataset.step = String(step);
    lossPlot.mark(step);
    for (const plot of others.values()) plot.mark(step);
    layers.mark();
    byId("back").disabled = byId("first").disabled = page.at === 0;
    byId("next").disabled = byId("last").disabled = page.at === replay.moments.length - 1;
  }

  function keep() {
    const state = new URLSearchParams();
    if (page.at < replay.moments.length - 1) state.set("step", String(replay.moments[page.at].step));
    if (page.selected) state.set("at", page.selected);
    const text = state.toString();
    try {
      history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    } catch {
      // Where a page may not change its address, it goes on without.
    }
  }

  function restore() {
    const state = new URLSearchParams(location.hash.slice(1));
    const key = state.get("at");
    page.selected = key && layers.has(key) ? key : null;
    const step = Number(state.get("step") ?? NaN);
    page.at = Number.isFinite(step) ? replay.nearest(step) : replay.moments.length - 1;
    layers.choose();
    show();
  }

  /** Plays the run, in about the same time whatever its length. @param {boolean} on */
  function play(on) {
    cancelAnimationFrame(playing);
    byId("page").classList.toggle("playing", on);
    byId("play").setAttribute("aria-label", on ? "pause" : "play");
    if (!on) {
      playing = 0;
      return;
    }
    let at = page.at >= replay.moments.length - 1 ? 0 : page.at;
    let before = performance.now();
    const forward = (/** @type {number} */ now) => {
      // A frame's time may lie before that of the click.
      at += (Math.max(0, now - before) * Number(byId("speed").value) * Math.max(replay.moments.length, 24)) / PLAYED;
      before = now;
      if (Math.floor(at) !== page.at) {
        page.at = Math.min(Math.floor(at), replay.moments.length - 1);
        show();
      }
      if (page.at < replay.moments.length - 1) playing = requestAnimationFrame(forward);
      else {
        play(false);
        keep();
      }
    };
    page.at = Math.floor(at);
    show();
    playing = requestAnimationFrame(forward);
  }

  function redraw() {
    drawCurves();
    layers.redraw();
    show();
  }

  const layers = layersOf(page);

  // What the reader can do --------------------------------------------------------------------------------------------

  /** @param {string} id @param {() => void} act */
  const does = (id, act) => byId(id).addEventListener("click", act);
  /** @param {number} by */
  const move = (by) => {
    play(false);
    go(page.at + by);
  };
  does("first", () => move(-Infinity));
  does("back", () => move(-1));
  does("next", () => move(1));
  does("last", () => move(Infinity));
  does("play", () => play(!playing));
  byId("scrub").addEventListener("input", () => {
    play(false);
    go(Number(byId("scrub").value));
  });
  byId("log-loss").setAttribute("aria-pressed", String(isLog));
  does("log-loss", () => {
    isLog = !isLog;
    byId("log-loss").setAttribute("aria-pressed", String(isLog));
    lossPlot.draw();
    show();
  });
  does("theme", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    forgetColours();
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    forgetColours();
    redraw();
  });
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (target.id === "filter") return;
      if (page.selected) page.select(page.selected);
      return;
    }
    if (target.closest("input:not([type=range]), select, summary")) return;
    const isButton = target.closest("button");
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => move(-1),
      ArrowRight: () => move(1),
      Home: () => move(-Infinity),
      End: () => move(Infinity),
      "/": () => byId("filter").focus(),
      ...(isButton ? {} : { " ": () => play(!playing) }),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    redraw();
  });
  window.addEventListener("hashchange", restore);
  window.addEventListener("beforeprint", () => layers.drawAll());

  document.title = data.title;
  byId("title").textContent = data.title;

  function begin() {
    byId("page").classList.remove("is-waiting");
    drawCurves();
    layers.rebuild();
    restore();
  }

  if (replay.moments.length) begin();
  else byId("page").classList.add("is-waiting");

  if (data.live) {
    const status = byId("status");
    status.textContent = replay.moments.length ? "running" : "waiting for the first step";
    status.className = "is-running";
    follow(
      replay,
      (news) => {
        const before = replay.moments.length;
        const isAtEnd = page.at >= before - 1;
        const { step } = replay.moments[page.at] ?? { step: 0 };
        const keys = String(replay.series.map((series) => replay.title(series)));
        if (!news.isWhole && !news.frames.length && news.steps === replay.steps && !news.ended) return;
        replay.absorb(news);
        if (!replay.moments.length) return;
        if (!before) {
          begin();
          return;
        }
        page.at = isAtEnd && !playing ? replay.moments.length - 1 : replay.nearest(step);
        if (keys !== String(replay.series.map((series) => replay.title(series)))) layers.rebuild();
        redraw();
      },
      (state, said) => {
        status.className = `is-${state}`;
        status.textContent =
          state === "running"
            ? replay.moments.length
              ? "running"
              : "waiting for the first step"
            : state === "ended"
              ? "ended"
              : "no connection";
        if (state === "ended") byId("notice").textContent = [replay.remark, said].filter(Boolean).join(" ");
        if (state === "lost")
          byId("notice").textContent =
            "The run that was shown here can no longer be reached. What came in until then stays, until this page is closed.";
      },
    );
  }
  byId("page").classList.toggle("is-still", isStill());
  byId("page").dataset.ready = "yes";
}
