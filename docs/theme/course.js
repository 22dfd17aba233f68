// Live pages are light or dark as the site is.
(() => {
  const theme = () => {
    const { theme } = document.body.dataset;
    if (theme === "light" || theme === "dark") return theme;
    return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  };
  const tell = (frame) => frame.contentWindow?.postMessage({ edgewiseTheme: theme() }, "*");
  const tellAll = () => document.querySelectorAll("figure.live iframe").forEach(tell);
  addEventListener("message", ({ data, source }) => {
    if (!data?.edgewiseReady) return;
    for (const frame of document.querySelectorAll("figure.live iframe")) if (frame.contentWindow === source) tell(frame);
  });
  addEventListener("DOMContentLoaded", () => {
    // For the keyboard and for screen readers: what scrolls can be reached, and headings have a level.
    for (const scrolled of document.querySelectorAll("pre, .sidebar-scroll, .toc-scroll, .table-wrapper"))
      scrolled.tabIndex = 0;
    document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Contents");
    document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
    for (const heading of document.querySelectorAll("[role=heading]:not([aria-level])"))
      heading.setAttribute("aria-level", "2");
    new MutationObserver(tellAll).observe(document.body, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tellAll);
  });
})();
