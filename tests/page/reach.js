// What is wrong for whoever reads by other means than the eye and the mouse, as far as styles and elements show it.
() => {
    const faults = [];
    const say = (what) => faults.push(what);
    const named = (element) => `${element.localName}#${element.id}.${element.getAttribute("class") ?? ""} “${(element.textContent ?? "").trim().slice(0, 30)}”`;
    const number = (text) => {
        const found = /^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.e-]+))?\)$/.exec(text);
        if (found) return [...found.slice(1, 4).map((part) => 255 * part), Number(found[4] ?? 1)];
        const parts = (/\((.*)\)/.exec(text)?.[1] ?? "0 0 0 / 0").split(/[\s,/]+/).map(Number);
        return [...parts.slice(0, 3), parts[3] ?? 1];
    };
    const over = ([r, g, b, a], under) => [r, g, b].map((part, i) => a * part + (1 - a) * under[i]);
    const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const contrast = (one, other) => {
        const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    const isSeen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    const opacityOf = (element, end) => {
        let all = 1;
        for (let at = element; at && at !== end; at = at.parentElement) all *= Number(getComputedStyle(at).opacity);
        return all;
    };
    // The ground that an element of the page stands on.
    const grounds = new Map();
    const groundOf = (element) => {
        if (!element) return [255, 255, 255];
        if (!grounds.has(element)) {
            const own = number(getComputedStyle(element).backgroundColor);
            grounds.set(element, over(own, groundOf(element.parentElement)));
        }
        return grounds.get(element);
    };
    // The shapes of a picture that can be seen, with where they are and their colours.
    const shapes = new Map();
    const shapesOf = (svg) => {
        const known = shapes.get(svg);
        if (known) return known;
        const found = [];
        for (const shape of svg.querySelectorAll("rect, circle")) {
            if (!isSeen(shape)) continue;
            const style = getComputedStyle(shape);
            if (style.fill === "none") continue;
            const [r, g, b, a] = number(style.fill);
            found.push({ shape, around: shape.getBoundingClientRect(), colour: [r, g, b, a * Number(style.fillOpacity) * opacityOf(shape, svg)] });
        }
        shapes.set(svg, found);
        return found;
    };
    // And what in a picture has been drawn below a text.
    const drawnBelow = (text) => {
        const svg = text.ownerSVGElement;
        const box = text.getBoundingClientRect();
        const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
        let ground = groundOf(svg.parentElement);
        for (const { shape, around, colour } of shapesOf(svg)) {
            if (x < around.left || x > around.right || y < around.top || y > around.bottom) continue;
            if (shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING) ground = over(colour, ground);
        }
        return ground;
    };
    const walker = document.createTreeWalker(document.getElementById("page"), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (!node.textContent.trim() || !isSeen(element) || element.closest(":disabled, script, style, #spoken, .ew-said, title, option")) continue;
        const box = element.getBoundingClientRect();
        if (!box.width || !box.height) continue;
        const style = getComputedStyle(element);
        const isDrawn = element.namespaceURI.endsWith("svg");
        const ground = isDrawn ? drawnBelow(element) : groundOf(element);
        const [r, g, b, a] = number(isDrawn ? style.fill : style.color);
        const found = contrast(over([r, g, b, a * opacityOf(element)], ground), ground);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        if (found < (isLarge ? 3 : 4.5)) say(`contrast ${found.toFixed(2)}: ${named(element)}`);
    }
    // Formulas are heard in words.
    for (const math of document.querySelectorAll("math")) {
        if (math.parentElement.closest("math")) continue;
        const words = math.getAttribute("aria-label") ?? "";
        if (math.getAttribute("role") !== "math" || !words || /[∂∑Σ⊤⊙·−√′₀-₉_⟦{}]/.test(words)) say(`formula “${math.textContent}” is heard as “${words}”`);
    }
    // What can be pressed can be reached.
    const isReached = (element) => element.tabIndex >= 0 && !element.disabled;
    for (const element of window.clicked ?? []) {
        // The remark listens for the button that is in it at some steps.
        if (!element.isConnected || !isSeen(element) || element.disabled || element.id === "remark") continue;
        const roams = element.tabIndex === -1 && [...element.parentElement.children].some((other) => isReached(other) && other.getAttribute("role") === element.getAttribute("role"));
        if (!isReached(element) && !roams && ![...element.querySelectorAll("*")].some(isReached)) say(`no key reaches ${named(element)}`);
    }
    // And is seen to be reached.
    const LOOK = ["outline", "boxShadow", "stroke", "strokeWidth", "strokeOpacity", "filter", "fill", "width"];
    const lookOf = (elements) => elements.map((one) => { const style = getComputedStyle(one); return LOOK.map((name) => style[name]).join(); }).join(";");
    const isSeenInside = (element) => {
        const inside = [...element.querySelectorAll("*")];
        const focused = lookOf(inside);
        element.blur();
        return lookOf(inside) !== focused;
    };
    const kinds = new Set();
    for (const element of document.querySelectorAll("[tabindex='0'], button, input, select, summary")) {
        const kind = `${element.localName} ${element.id} ${element.getAttribute("class")} ${element.parentElement.id}`;
        if (!isReached(element) || !isSeen(element) || kinds.has(kind)) continue;
        kinds.add(kind);
        element.blur();
        const before = lookOf([element]);
        element.focus({ preventScroll: true, focusVisible: true });
        if (document.activeElement !== element) say(`can not be reached: ${named(element)}`);
        else if (lookOf([element]) === before && !isSeenInside(element)) say(`it is not seen that the keyboard is at ${named(element)}`);
        element.blur();
    }
    return faults;
}
