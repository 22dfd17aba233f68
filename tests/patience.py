"""Lets a look at a page wait until the page has drawn what was done before, however busy the machine is.

After a click or a key a page goes on in later frames and short timers. A test that looks at once finds what was there
before, if the machine is slow. So the first look after an act waits for the frames and timers that are pending. It
waits for no fixed time, and it does not wait for what never ends, such as a training that runs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

PATIENCE = 180_000
"""Milliseconds after which a test no longer waits for a page: a busy machine may need many of them."""

# Counts what is pending. A timer of 400 ms or more is part of what a page shows, as a message that goes away, unless
# it ends the rest of a throttle (its function `now`), which is longer on a slow machine. The others are run at once,
# as if their time had come, but not those that they set: what repeats itself keeps its pace.
SCRIPT = """(() => {
    const { setTimeout, clearTimeout, requestAnimationFrame, cancelAnimationFrame } = window;
    const timers = new Map(), frames = new Set();
    let isTimer = false;
    const run = (id) => {
        const { act } = timers.get(id);
        timers.delete(id);
        const before = isTimer;
        isTimer = true;
        try {
            act();
        } finally {
            isTimer = before;
        }
    };
    window.setTimeout = (act, wait = 0, ...given) => {
        if (!(wait < 400 || act.name === "now")) return setTimeout(act, wait, ...given);
        const id = setTimeout(() => run(id), wait);
        timers.set(id, { act: () => act(...given), due: performance.now() + wait, isChained: isTimer });
        return id;
    };
    window.clearTimeout = (id) => { timers.delete(id); clearTimeout(id); };
    window.requestAnimationFrame = (act) => {
        const id = requestAnimationFrame((now) => { frames.delete(id); act(now); });
        frames.add(id);
        return id;
    };
    window.cancelAnimationFrame = (id) => { frames.delete(id); cancelAnimationFrame(id); };
    const hurry = () => {
        for (const [id] of [...timers].filter(([, one]) => !one.isChained).sort(([, a], [, b]) => a.due - b.due)) {
            if (!timers.has(id)) continue;
            clearTimeout(id);
            run(id);
        }
    };
    window.isAtRest = async () => {
        for (let i = 0; i < 60; i++) {
            await new Promise((resolve) => requestAnimationFrame(resolve));
            await new Promise((resolve) => setTimeout(resolve));
            hurry();
            if (timers.size === 0 && (frames.size === 0 || i > 10)) return;
        }
    };
})();"""

ACTS = {
    "Page": "click dblclick fill press type select_option check uncheck hover tap goto reload go_back drag_and_drop "
    "set_viewport_size emulate_media dispatch_event set_content",
    "Locator": "click dblclick fill press press_sequentially select_option check uncheck hover tap drag_to focus blur "
    "dispatch_event scroll_into_view_if_needed",
    "Frame": "click dblclick fill press select_option check uncheck hover dispatch_event",
    "Keyboard": "press down up type insert_text",
    "Mouse": "move down up click dblclick wheel",
    "Touchscreen": "tap",
}
LOOKS = {
    "Page": "text_content inner_text get_attribute input_value is_visible is_hidden is_checked is_disabled evaluate "
    "screenshot content",
    "Locator": "count all all_text_contents all_inner_texts text_content inner_text get_attribute input_value "
    "is_visible is_hidden is_checked is_disabled is_enabled bounding_box evaluate evaluate_all screenshot inner_html",
    "Frame": "text_content inner_text get_attribute input_value is_visible evaluate",
}
CHANGING = (".click(", "scroll", "dispatch", ".value =", ".hash", ".focus(", ".blur(", ".remove(", "touch")
"""What a script that acts on a page contains."""


@contextmanager
def patient(api: Any) -> Iterator[None]:
    """Makes all pages of Playwright's `api` patient while it lasts."""
    acted = False
    before: list[tuple[Any, str, Any]] = []

    def act(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def acting(*given: Any, **options: Any) -> Any:
            nonlocal acted
            acted = True
            return function(*given, **options)

        return acting

    def look(function: Callable[..., Any], evaluate: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def looking(where: Any, *given: Any, **options: Any) -> Any:
            nonlocal acted
            if acted:
                acted = False
                evaluate(where.page if isinstance(where, api.Locator) else where, "window.isAtRest?.()")
            if function.__name__.startswith("evaluate") and given and any(one in given[0] for one in CHANGING):
                acted = True
            return function(where, *given, **options)

        return looking

    def replace(kind: Any, name: str, function: Any) -> None:
        before.append((kind, name, getattr(kind, name)))
        setattr(kind, name, function)

    def wait_for_function(*_: Any, **__: Any) -> Any:
        # It evaluates text in the page at each look. The first look passes, so it fails only on a busy machine.
        raise AssertionError("A page's policy refuses it: wait with Opened.until, or for a selector.")

    def new_page(self: Any, *, make: Any = api.Browser.new_page, **options: Any) -> Any:
        page = make(self, **options)
        page.set_default_timeout(PATIENCE)
        page.add_init_script(SCRIPT)
        return page

    replace(api.Browser, "new_page", new_page)
    replace(api.Page, "wait_for_function", wait_for_function)
    replace(api.Frame, "wait_for_function", wait_for_function)
    evaluations = {"Page": api.Page.evaluate, "Locator": api.Page.evaluate, "Frame": api.Frame.evaluate}
    for kind, names in ACTS.items():
        for name in names.split():
            replace(getattr(api, kind), name, act(getattr(getattr(api, kind), name)))
    for kind, names in LOOKS.items():
        for name in names.split():
            replace(getattr(api, kind), name, look(getattr(getattr(api, kind), name), evaluations[kind]))
    try:
        yield
    finally:
        for kind, name, function in reversed(before):
            setattr(kind, name, function)
