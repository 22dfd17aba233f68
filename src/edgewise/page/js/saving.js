import { make } from "./dom.js";

/** Pictures as files. */

/** Browsers make no larger images. */
const MOST_PIXELS = 8192;

const SVG = "http://www.w3.org/2000/svg";

/**
 * The picture as a file of its own, in the colours in which it is seen.
 *
 * @param {SVGSVGElement} svg
 * @param {{ width: number, height: number }} size
 * @param {Element} page whose colours it has
 */
export function savedSvg(svg, { width, height }, page) {
  const sheet = document.createElementNS(SVG, "style");
  sheet.textContent = savedStyle(page);
  // The rules of the page are for what is within its #picture.
  const [outer, inner] = ["svg", "g"].map((name) => document.createElementNS(SVG, name));
  for (const [name, value] of Object.entries({ id: "picture", width, height, viewBox: `0 0 ${width} ${height}` }))
    outer.setAttribute(name, String(value));
  inner.setAttribute("class", svg.getAttribute("class") ?? "");
  inner.append(...svg.cloneNode(true).childNodes);
  inner.querySelectorAll(".flight, .round").forEach((one) => one.remove());
  // It is an image: nothing in it can be pressed.
  for (const one of inner.querySelectorAll("*")) {
    for (const { name } of [...one.attributes])
      if (name === "role" || name === "tabindex" || name.startsWith("aria-")) one.removeAttribute(name);
  }
  outer.setAttribute("role", "img");
  const title = document.createElementNS(SVG, "title");
  title.textContent = document.title;
  outer.append(title, sheet, inner);
  return new XMLSerializer().serializeToString(outer);
}

/** The rules that a picture needs, with colours in place of variables, which other programs may not know. @param {Element} page */
function savedStyle(page) {
  const element = /** @type {HTMLStyleElement} */ (document.getElementById("sheet"));
  const text = element.textContent ?? "";
  const own = text.slice(0, text.indexOf("/* The page */")).replace(/^.*\{--.*$/gm, "");
  const rules = [...(element.sheet?.cssRules ?? [])]
    .filter((rule) => rule instanceof CSSStyleRule && isKept(rule.selectorText))
    .map(({ cssText }) => cssText);
  const colours = getComputedStyle(page);
  return [own, ...rules]
    .join("\n")
    .replace(/var\((--[\w-]+)\)/g, (_, name) => colours.getPropertyValue(name).trim())
    .replace(/\n+/g, "\n");
}

/** Whether a rule of the page is for what a saved picture shows. @param {string} selector */
function isKept(selector) {
  return (
    selector.startsWith("#picture ") && !/:hover|:focus|\.paper|\.is-far|\.is-dragged|\.round|\.pill/.test(selector)
  );
}

/**
 * A drawing as pixels.
 *
 * @param {string} svg
 * @param {{ width: number, height: number }} size
 * @returns {Promise<Blob>}
 */
export async function drawPng(svg, { width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  const scale = Math.min(2, MOST_PIXELS / width, MOST_PIXELS / height);
  canvas.width = Math.ceil(scale * width);
  canvas.height = Math.ceil(scale * height);
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
