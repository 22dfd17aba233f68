/** What a page follows outside of its own elements, until it is left for another one in the same window. */

let leaving = new AbortController();

/**
 * @param {EventTarget} target
 * @param {string} type
 * @param {(event: any) => void} act
 * @param {AddEventListenerOptions} [options]
 */
export function listenTo(target, type, act, options = {}) {
  target.addEventListener(type, act, { ...options, signal: leaving.signal });
}

/** @param {ResizeObserver | MutationObserver} observer which has begun */
export function untilLeft(observer) {
  leaving.signal.addEventListener("abort", () => observer.disconnect());
}

/** Follows nothing any more. */
export function leavePage() {
  leaving.abort();
  leaving = new AbortController();
}

/** Calls what makes the colours again whenever these change: light, dark, or as the reader's system has it. @param {() => void} act */
export function followTheme(act) {
  listenTo(matchMedia("(prefers-color-scheme: dark)"), "change", act);
  const observer = new MutationObserver(act);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  untilLeft(observer);
}

/** Calls something whenever an element has another size. @param {Element} element @param {() => void} act @param {ResizeObserverOptions} [options] */
export function followSize(element, act, options) {
  const observer = new ResizeObserver(act);
  observer.observe(element, options);
  untilLeft(observer);
}

/** The room for a picture on paper. */
const PAPER = { width: 720, height: 800 };

/** Shows all of a picture, arranged for paper, while the page is printed. @param {import("./picture_area.js").PictureArea} picture */
export function followPrinter(picture) {
  listenTo(window, "beforeprint", () => {
    picture.arrange(PAPER);
    picture.finish();
  });
  listenTo(window, "afterprint", () => {
    picture.arrange();
    picture.refresh();
  });
}
