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
