import { decodeBytes } from "./bytes.js";

/**
 * Unpacks what a page is made of, and begins it. The style and the code that are unpacked hold only if they are those
 * whose hashes stand in the page's policy.
 */

/** @param {string} id of the element that it is packed in */
function stream(id) {
  const { textContent, dataset } = /** @type {HTMLElement} */ (document.getElementById(id));
  const bytes = decodeBytes(textContent ?? "", Number(dataset.bytes));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")));
}

async function load() {
  const notice = /** @type {HTMLElement} */ (document.getElementById("notice"));
  if (typeof DecompressionStream === "undefined") {
    notice.textContent = "This browser is too old for this page, which needs one of 2023 or later.";
    return;
  }
  const shared = /** @type {{ edgewise: object }} */ (/** @type {unknown} */ (globalThis));
  const [style, data, numbers, code] = await Promise.all([
    stream("style").text(),
    stream("data").json(),
    stream("numbers").arrayBuffer(),
    stream("library").text(),
  ]);
  shared.edgewise = { ...shared.edgewise, data, numbers: new Uint8Array(numbers) };
  const sheet = document.createElement("style");
  sheet.id = "sheet";
  sheet.textContent = style;
  document.head.append(sheet);
  const script = document.createElement("script");
  script.type = "module";
  script.textContent = code;
  document.body.append(script);
}

load();
