/**
 * Shows on which sides more of a scrolled element is out of sight, and lets the keyboard reach it.
 *
 * @param {HTMLElement} element
 * @param {string} label for screen readers; empty if it has one
 * @returns {() => boolean} looks again, and says whether more is below
 */
export function showsMore(element, label) {
  function refresh() {
    const { scrollLeft, scrollTop, scrollWidth, scrollHeight, clientWidth, clientHeight } = element;
    const scrolls = scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1;
    element.classList.toggle("more-left", scrollLeft > 1);
    element.classList.toggle("more-right", scrollWidth - clientWidth - scrollLeft > 1);
    /** @type {[string, string][]} */
    const attributes = [["tabindex", "0"], ...(label ? /** @type {[string, string][]} */ ([["role", "group"], ["aria-label", label]]) : [])];
    for (const [name, value] of attributes) {
      if (scrolls) element.setAttribute(name, value);
      else element.removeAttribute(name);
    }
    return scrollHeight - clientHeight - scrollTop > 4;
  }
  element.addEventListener("scroll", refresh, { passive: true });
  refresh();
  return refresh;
}
