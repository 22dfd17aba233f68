import { unpacked } from "./unpacking.js";

/**
 * Unpacks what a page is made of, and begins it. The code that is unpacked runs only if it is the one whose hash stands
 * in the page's policy.
 */

/** @param {string} id of the element that it is packed in */
function stream(id) {
  const bytes = unpacked(/** @type {HTMLElement} */ (document.getElementById(id)).textContent ?? "", Uint8Array);
  return new Response(new Blob([/** @type {any} */ (bytes)]).stream().pipeThrough(new DecompressionStream("deflate")));
}

async function load() {
  const notice = /** @type {HTMLElement} */ (document.getElementById("notice"));
  if (typeof DecompressionStream === "undefined") {
    notice.textContent = "This browser is too old for this page, which needs one of 2023 or later.";
    return;
  }
  const shared = /** @type {any} */ (globalThis);
  const [data, numbers, code] = await Promise.all([stream("data").json(), stream("numbers").arrayBuffer(), stream("library").text()]);
  shared.edgewise = { ...shared.edgewise, data, numbers: new Uint8Array(numbers) };
  const script = document.createElement("script");
  script.type = "module";
  script.textContent = code;
  document.body.append(script);
}

load();
