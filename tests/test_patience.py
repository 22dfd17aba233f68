"""What tests of pages wait for before they look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from browsing import Opened

import edgewise

THROTTLE = Path(edgewise.__file__).parent / "page/js/throttle.js"


def test_what_a_throttle_puts_off_is_done_before_a_look_however_long_its_rest_is(browser: Any) -> None:
    page = Opened(browser.new_page())
    page.page.goto("about:blank")
    throttle = THROTTLE.read_text().replace("export ", "")
    page.page.evaluate(
        f"""() => {{
            {throttle}
            window.times = 0;
            const {{ now, soon }} = createThrottle(() => {{ window.times += 1; }}, 100_000, 0);
            now();
            soon();
        }}"""
    )
    assert page.page.evaluate("window.times") == 1
    page.rest()
    assert page.page.evaluate("window.times") == 2
    page.page.close()
