import { make } from "./dom.js";

/** Pictures as files. */

/**
 * The picture as a file of its own, with its colours.
 *
 * @param {SVGSVGElement} svg
 * @param {{ width: number, height: number }} size
 * @param {string} style
 */
export function savedSvg(svg, size, style) {
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
  copy.querySelectorAll(".flight").forEach((flight) => flight.remove());
  copy.removeAttribute("style"); // how large it is drawn in the page
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(size.width));
  copy.setAttribute("height", String(size.height));
  const sheet = document.createElementNS("http://www.w3.org/2000/svg", "style");
  sheet.textContent = style;
  copy.prepend(sheet);
  return new XMLSerializer().serializeToString(copy);
}

/**
 * A drawing as pixels.
 *
 * @param {string} svg
 * @param {{ width: number, height: number }} size
 * @returns {Promise<Blob>}
 */
export async function pngOf(svg, { width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large for a PNG")))),
  );
}

/** @param {string} name @param {Blob} content */
export function saveFile(name, content) {
  const address = URL.createObjectURL(content);
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
