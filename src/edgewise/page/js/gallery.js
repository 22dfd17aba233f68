import { byId, make } from "./dom.js";
import { evaluatorOf } from "./evaluating.js";
import { lookOf, paintImage } from "./images.js";

/** At most so many mistakes of a set are shown. */
const MOST_SHOWN = 40;

/** While it trains, all images are judged at most this often, in milliseconds. */
const PAUSE = 400;

/**
 * The images that the network is to tell apart: those of a batch or the mistakes among all, and one of them large, with
 * what the network makes of it.
 *
 * @typedef {import("./evaluating.js").Verdict} Verdict
 *
 * @param {import("./main.js").Page} page
 * @param {import("../contract.js").Program} program the network once more
 * @param {() => boolean} isRunning whether it is being trained all the time
 */
export function galleryOf(page, program, isRunning) {
  const { graph, model } = page;
  const { classes, shape } = /** @type {import("../contract.js").GalleryData} */ (graph.gallery);
  const evaluator = evaluatorOf(graph, model, program);
  const look = lookOf([evaluator.look({ set: 0, batch: model.batch }).values.slice()], shape);
  const isWordy = classes.some((name) => name.length > 2);
  const names = ["that it trains on", "that it never saw"];

  let batch = model.batch; // the one that is shown; it stays while the network runs through all
  let isOfMistakes = false;
  /** @type {{ set: number, batch: number, index: number }} */
  let chosen = { set: 0, batch, index: 0 };
  /** @type {Float32Array | null} what the reader drew in its place */
  let drawn = null;
  /** @type {Verdict[] | null} of all images */
  let verdicts = null;
  let judged = -1; // the version of the numbers that these are of
  let shown = ""; // of which numbers and batch the images are
  let timer = 0;

  // The parts of the card -------------------------------------------------------------------------------------------

  const batchTab = make("button", { type: "button", onclick: () => show(false) });
  const mistakesTab = make("button", { type: "button", onclick: () => show(true) });
  const shares = evaluator.sets.map(({ images }, set) => {
    const fill = make("span", { class: "share-fill" });
    const text = make("output", {});
    const about =
      evaluator.sets.length > 1
        ? `${images.toLocaleString("en")} images ${names[set]}`
        : `all ${images.toLocaleString("en")} images`;
    const row = make(
      "div",
      { class: "share" },
      make("span", { class: "quiet", text: about }),
      text,
      make("span", { class: "share-bar" }, fill),
    );
    return { row, fill, text };
  });
  const thumbs = Array.from({ length: evaluator.count }, (_, index) => thumbOf({ set: 0, batch: 0, index }));
  const grid = make("div", { class: `thumbs${isWordy ? " is-wordy" : ""}` }, ...thumbs.map(({ element }) => element));
  const mistakes = make("div", { class: `mistakes${isWordy ? " is-wordy" : ""}`, hidden: true });
  const large = make("canvas", { class: "image", role: "img" });
  const said = make("p", { class: "said" });
  const again = make("button", {
    type: "button",
    class: "jump",
    text: "as it was",
    hidden: true,
    onclick: () => draw(null),
  });
  const hint = make("span", { class: "quiet", text: "Draw on it" });
  const bars = classes.map((name) => {
    const fill = make("span", { class: "bar-fill" });
    const text = make("span", { class: "bar-share" });
    return {
      fill,
      text,
      row: make(
        "div",
        { class: "bar" },
        make("span", { class: "bar-name", text: name }),
        make("span", { class: "bar-track" }, fill),
        text,
      ),
    };
  });
  byId("gallery").hidden = false;
  byId("gallery").classList.toggle("has-ink", look.isInk);
  byId("gallery").append(
    ...shares.map(({ row }) => row),
    make(
      "div",
      { class: "one" },
      make(
        "div",
        { class: "one-image" },
        make("span", { class: "sheet" }, large),
        make("p", {}, shape[0] === 1 && hint, " ", again),
      ),
      make("div", { class: `one-classes${isWordy ? " is-wordy" : ""}` }, said, ...bars.map(({ row }) => row)),
    ),
    make("div", { class: "tabs", role: "group", "aria-label": "which images" }, batchTab, mistakesTab),
    grid,
    mistakes,
    make("p", { class: "quiet", text: "Below each image what it is taken for; where that is wrong, ≠ what it is." }),
  );
  for (const list of [grid, mistakes]) list.addEventListener("keydown", walk);
  if (shape[0] === 1) setUpDrawing();

  /** @param {{ set: number, batch: number, index: number }} one */
  function thumbOf(one) {
    const canvas = make("canvas", { class: "image" });
    const caption = make("span", { class: "caption" });
    const element = make(
      "button",
      { type: "button", class: "thumb", onclick: () => choose(one) },
      make("span", { class: "sheet" }, canvas),
      caption,
    );
    return { element, canvas, caption, one };
  }

  /** @param {ReturnType<typeof thumbOf>} thumb @param {Verdict} verdict */
  function tell({ element, caption, one }, verdict) {
    const { truth, guess, sure } = verdict;
    const isWrong = guess !== truth;
    const text = isWrong ? `${classes[guess]} ≠ ${classes[truth]}` : classes[guess];
    if (caption.textContent !== text) caption.textContent = text;
    element.classList.toggle("is-mistake", isWrong);
    element.setAttribute("aria-pressed", String(isSame(one, chosen)));
    const label = isWrong
      ? `${classes[truth]}, taken for ${classes[guess]}, ${percent(sure)}`
      : `${classes[truth]}, recognised, ${percent(sure)}`;
    if (element.title !== label) {
      element.title = label;
      element.setAttribute("aria-label", `${text}: ${label}`);
    }
  }

  // What is shown ----------------------------------------------------------------------------------------------------

  function showBatch() {
    const now = `${model.version} ${batch}`;
    if (now === shown) return;
    shown = now;
    const source = { set: 0, batch };
    const found = evaluator.judge(source);
    const { values, pixels } = evaluator.look(source);
    thumbs.forEach((thumb, i) => {
      thumb.one.batch = batch;
      paintImage(thumb.canvas, values, i * pixels, look);
      tell(thumb, found[i]);
    });
    const right = found.filter(({ truth, guess }) => truth === guess).length;
    const name = model.batchCount > 1 ? `Batch ${batch + 1}` : "Images";
    batchTab.textContent = `${name}: ${right} of ${evaluator.count} right`;
  }

  function showMistakes() {
    const wrong = (verdicts ?? []).filter(({ truth, guess }) => truth !== guess);
    mistakesTab.textContent = verdicts ? `Mistakes: ${wrong.length.toLocaleString("en")}` : "Mistakes";
    if (!isOfMistakes) return;
    const parts = [];
    // Those that it never saw first: they tell more.
    for (const set of evaluator.sets.map((_, i) => i).reverse()) {
      const own = wrong.filter((one) => one.set === set).sort((a, b) => b.sure - a.sure);
      const what = `${own.length || "none"} among the images ${evaluator.sets.length > 1 ? names[set] : ""}`;
      const more =
        own.length > MOST_SHOWN
          ? `; the ${MOST_SHOWN} that it is surest of:`
          : own.length > 1
            ? ", the surest first:"
            : "";
      parts.push(make("p", { class: "quiet", text: `${what.trim()}${more}` }));
      const list = make("div", { class: "thumbs" });
      for (const verdict of own.slice(0, MOST_SHOWN)) {
        const thumb = thumbOf({ set, batch: verdict.batch, index: verdict.index });
        const { values, pixels } = evaluator.look(verdict);
        paintImage(thumb.canvas, values, verdict.index * pixels, look);
        tell(thumb, verdict);
        list.append(thumb.element);
      }
      parts.push(list);
    }
    const had = mistakes.contains(document.activeElement);
    mistakes.replaceChildren(...parts);
    if (had) mistakes.querySelector("[aria-pressed=true], .thumb")?.focus();
  }

  function showShares() {
    evaluator.sets.forEach((_, set) => {
      const own = (verdicts ?? []).filter((one) => one.set === set);
      const share = own.filter(({ truth, guess }) => truth === guess).length / (own.length || 1);
      shares[set].text.textContent = own.length ? `${(100 * share).toFixed(1)} % right` : "";
      shares[set].fill.style.width = `${100 * share}%`;
    });
  }

  function showChosen() {
    const { all, truth } = evaluator.ask(chosen, drawn);
    const { values, pixels } = evaluator.look(chosen);
    paintImage(large, drawn ?? values, drawn ? 0 : chosen.index * pixels, look);
    const guess = all.indexOf(Math.max(...all));
    const isWrong = guess !== truth && !drawn;
    const read = make("b", { class: drawn ? "" : isWrong ? "is-wrong" : "is-right", text: classes[guess] });
    said.replaceChildren(drawn ? "Your drawing" : make("b", { text: classes[truth] }), ", taken for ", read);
    large.setAttribute("aria-label", said.textContent);
    bars.forEach(({ row, fill, text }, i) => {
      fill.style.width = `${100 * all[i]}%`;
      text.textContent = percent(all[i]);
      row.classList.toggle("is-true", i === truth && !drawn);
      row.classList.toggle("is-wrong", i === guess && isWrong);
    });
    again.hidden = !drawn;
    hint.hidden = Boolean(drawn);
  }

  // Judging all ------------------------------------------------------------------------------------------------------

  function judgeSoon() {
    if (timer || judged === model.version) return;
    timer = window.setTimeout(begin, isRunning() ? PAUSE : 30);
  }

  function begin() {
    const version = model.version;
    const all = evaluator.judgeAll();
    const more = () => {
      const { done, value } = all.next();
      if (!done) {
        timer = window.setTimeout(more);
        return;
      }
      timer = 0;
      verdicts = value;
      judged = version;
      showShares();
      showMistakes();
      judgeSoon();
    };
    more();
  }

  // What the reader does ---------------------------------------------------------------------------------------------

  /** @param {boolean} mistakesOnly */
  function show(mistakesOnly) {
    isOfMistakes = mistakesOnly;
    batchTab.setAttribute("aria-pressed", String(!isOfMistakes));
    mistakesTab.setAttribute("aria-pressed", String(isOfMistakes));
    grid.hidden = isOfMistakes;
    mistakes.hidden = !isOfMistakes;
    showMistakes();
  }

  /** @param {{ set: number, batch: number, index: number }} one */
  function choose(one) {
    chosen = { ...one };
    drawn = null;
    showChosen();
    shown = "";
    showBatch();
    showMistakes();
  }

  /** Arrow keys go from image to image. @param {KeyboardEvent} event */
  function walk(event) {
    const all = [.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll(".thumb")].map(
      (one) => /** @type {HTMLElement} */ (one),
    );
    const at = all.findIndex((one) => one === document.activeElement);
    const columns = all.filter((one) => one.offsetTop === all[0].offsetTop).length;
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (by === undefined || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    all[at + by]?.focus();
  }

  /** @param {Float32Array | null} pixels */
  function draw(pixels) {
    drawn = pixels;
    showChosen();
  }

  /** The large image is a sheet to draw on: with the pointer ink, with Shift or the other button none. */
  function setUpDrawing() {
    const [, rows, columns] = shape;
    const radius = Math.max(0.6, columns / 20);
    large.addEventListener("contextmenu", (/** @type {Event} */ event) => event.preventDefault());
    large.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      event.preventDefault();
      large.setPointerCapture(event.pointerId);
      const to = event.shiftKey || event.button === 2 ? look.low : look.high;
      /** @param {PointerEvent} move */
      const stroke = (move) => {
        const box = large.getBoundingClientRect();
        const x = ((move.clientX - box.left) / box.width) * columns - 0.5;
        const y = ((move.clientY - box.top) / box.height) * rows - 0.5;
        const { values, pixels } = evaluator.look(chosen);
        const sheet = drawn ?? Float32Array.from(values.subarray(chosen.index * pixels, (chosen.index + 1) * pixels));
        for (let i = 0; i < pixels; i++) {
          const far = Math.hypot((i % columns) - x, Math.floor(i / columns) - y);
          const share = Math.max(0, Math.min(1, 1.3 - far / radius));
          const wanted = sheet[i] + share * (to - sheet[i]);
          sheet[i] = to === look.high ? Math.max(sheet[i], wanted) : Math.min(sheet[i], wanted);
        }
        draw(sheet);
      };
      stroke(event);
      large.onpointermove = stroke;
      large.onpointerup = large.onpointercancel = () => {
        large.onpointermove = null;
      };
    });
  }

  function refresh() {
    if (!isRunning()) batch = model.batch;
    showBatch();
    showChosen();
    judgeSoon();
  }

  show(false);
  return { refresh };
}

/** @param {{ set: number, batch: number, index: number }} a @param {{ set: number, batch: number, index: number }} b */
function isSame(a, b) {
  return a.set === b.set && a.batch === b.batch && a.index === b.index;
}

/** @param {number} share */
function percent(share) {
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}
