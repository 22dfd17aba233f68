/** Elements, made without any text being read as markup. */

/**
 * @param {string} tag
 * @param {Record<string, any>} attributes `class`, `text`, `on…` handlers, or attributes by their names
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(.../** @type {any[]} */ (children.filter(Boolean)));
  return element;
}

/** A text as it stands in markup. @param {string} text */
export const escaped = (text) => text.replace(/[&<]/g, (sign) => (sign === "&" ? "&amp;" : "&lt;"));

/**
 * An element of SVG.
 *
 * @param {string} tag
 * @param {Record<string, any>} attributes
 * @param {...Node} children
 * @returns {any}
 */
export function makeSvg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** @param {string} id @returns {any} */
export function byId(id) {
  return document.getElementById(id);
}

/** Whether whoever looks has asked for less motion. */
export function isStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/**
 * Shows on which sides more of a scrolled element is out of sight, and lets the keyboard reach it.
 *
 * @param {HTMLElement} element
 * @param {string} label for screen readers; empty if it has one
 * @returns {() => () => void} looks at it, and gives what shows that: all looks come before anything is changed
 */
export function showsMore(element, label) {
  function look() {
    const { scrollLeft, scrollTop, scrollWidth, scrollHeight, clientWidth, clientHeight } = element;
    const scrolls = scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1;
    return () => {
      element.classList.toggle("more-left", scrollLeft > 1);
      element.classList.toggle("more-right", scrollWidth - clientWidth - scrollLeft > 1);
      element.classList.toggle("more-below", scrollHeight - clientHeight - scrollTop > 1);
      /** @type {[string, string][]} */
      const attributes = [
        ["tabindex", "0"],
        ...(label
          ? /** @type {[string, string][]} */ ([
              ["role", "group"],
              ["aria-label", label],
            ])
          : []),
      ];
      for (const [name, value] of attributes) {
        if (scrolls) element.setAttribute(name, value);
        else element.removeAttribute(name);
      }
    };
  }
  element.addEventListener("scroll", () => look()(), { passive: true });
  return look;
}
