// What is wrong at a size of the window, at steps that are shares of the way from the first to the last.
async (shares) => {
    const settled = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    await settled();
    const [page, scrub] = ["page", "scrub"].map((id) => document.getElementById(id));
    const [wide, high] = [document.documentElement.clientWidth, window.innerHeight];
    const box = (element) => element.getBoundingClientRect();
    const parts = () => ["top", "picture-area", "equation-panel", "transport"].map((id) => [id, box(document.getElementById(id))]);
    const faults = [];
    const last = Number(scrub.max);
    const before = JSON.stringify(parts());
    for (const at of new Set(shares.map((share) => Math.round(share * last)))) {
        scrub.value = String(at);
        scrub.dispatchEvent(new Event("input"));
        const step = page.dataset.step;
        const say = (what) => faults.push(`step ${step}: ${what}`);
        const boxes = parts();
        if (JSON.stringify(boxes) !== before) say("something moved");
        for (const [id, { left, top, right, bottom }] of boxes) {
            if (left < -0.5 || top < -0.5 || right > wide + 0.5 || bottom > high + 0.5) say(`${id} is out of the window`);
        }
        boxes.forEach(([id, one], i) => {
            for (const [other, two] of boxes.slice(i + 1)) {
                const apart = one.right <= two.left + 0.5 || two.right <= one.left + 0.5 || one.bottom <= two.top + 0.5 || two.bottom <= one.top + 0.5;
                if (!apart) say(`${id} and ${other} overlap`);
            }
        });
        const panel = document.getElementById("equation-panel");
        const around = box(panel);
        const more = document.getElementById("more");
        // However long the equation is, what comes out of it is seen.
        const result = [...panel.querySelectorAll(".tile.result, .rule-line.is-after")].pop();
        if (result && box(result).bottom > around.bottom + 0.5) say(`the result is ${box(result).bottom - around.bottom} below the equation`);
        // What is seen is at the top of its pile, and the rest is below, which the arrow says.
        const inside = [...panel.querySelectorAll("#moment, .tile, .sign, .rule-lines, #chain")].filter((element) => box(element).width && !element.parentElement.closest(".tile"));
        for (const element of inside) {
            const own = box(element);
            const name = `${element.className || element.id} ${element.textContent.slice(0, 20)}`;
            if (own.left < around.left || own.right > around.right + 0.5) say(`${name} is beside the equation`);
            if (own.bottom > around.bottom + 0.5) {
                if (more.hidden) say(`${name} is below the equation, and nothing says so`);
                continue;
            }
            const [x, y] = [own.left + Math.min(own.width / 2, 20), own.top + Math.min(own.height / 2, 12)];
            const seen = document.elementFromPoint(x, y);
            const isUnderResult = !more.hidden && seen?.closest(".tile.result, .term:has(> .tile.result)");
            if (!element.contains(seen) && !seen?.contains(element) && !isUnderResult) say(`${name} is covered by ${seen?.id || seen?.className}`);
        }
        if (!more.hidden) {
            panel.scrollTop = panel.scrollHeight;
            const end = box(document.getElementById("equation"));
            if (end.bottom > around.bottom) say("the end of the equation can not be reached");
            panel.scrollTop = 0;
        }
        for (const element of panel.querySelectorAll(".tile, .rule-lines, .numbers-frame, #chain")) {
            if (element.scrollWidth > element.clientWidth + 1 && !element.classList.contains("more-right")) say(`${element.className} is cut, and nothing says so`);
        }
        for (const id of ["play", "next", "back", "scrub"]) {
            const own = box(document.getElementById(id));
            const seen = document.elementFromPoint(own.left + own.width / 2, own.top + own.height / 2);
            if (!document.getElementById(id).contains(seen)) say(`${id} is covered by ${seen?.id || seen?.className}`);
        }
    }
    const picture = box(document.getElementById("picture"));
    return { faults: faults.slice(0, 8), picture: [picture.width, picture.height], wide, high, across: document.documentElement.scrollWidth };
}
