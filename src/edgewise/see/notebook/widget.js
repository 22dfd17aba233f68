/**
 * Shows a page in a notebook: in a frame that may run its script and save files, and nothing else.
 *
 * @param {{ model: { get: (name: string) => string }, el: HTMLElement }} given
 */
function render({ model, el }) {
  const frame = document.createElement("iframe");
  frame.title = "A network that runs here, step by step";
  frame.setAttribute("sandbox", "allow-scripts allow-downloads");
  frame.style.cssText =
    "display:block;width:100%;min-height:420px;border:1px solid #8884;border-radius:12px;resize:vertical;overflow:auto";
  frame.style.height = `${Math.max(560, Math.min(900, Math.round(0.85 * window.innerHeight)))}px`;
  el.append(frame);
  let theme = themeOf();
  unpacked(model.get("packed")).then((page) => {
    theme = themeOf();
    frame.srcdoc = theme ? page.replace("<html ", `<html data-theme="${theme}" `) : page;
  });
  const watching = new MutationObserver(() => {
    const now = themeOf();
    if (!now || now === theme) return;
    theme = now;
    frame.contentWindow?.postMessage({ edgewiseTheme: now }, "*");
  });
  for (const element of [document.documentElement, document.body]) watching.observe(element, { attributes: true });
  return () => watching.disconnect();
}

/** The text of a page as widget.py packs it. @param {string} packed @returns {Promise<string>} */
function unpacked(packed) {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
}

/** Light or dark, as the notebook says; undefined where it says nothing, and the page follows the system. */
function themeOf() {
  const { documentElement: root, body } = document;
  const { jpThemeLight, vscodeThemeKind, theme } = body.dataset;
  if (jpThemeLight) return jpThemeLight === "true" ? "light" : "dark";
  if (vscodeThemeKind) return vscodeThemeKind.includes("light") ? "light" : "dark";
  if (theme === "light" || theme === "dark") return theme;
  for (const { classList } of [root, body]) {
    if (classList.contains("dark")) return "dark";
    if (classList.contains("light")) return "light";
  }
  return undefined;
}

export default { render };
