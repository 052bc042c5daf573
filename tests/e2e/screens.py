"""Looking at a page as people do: on a phone and on a desk, in light and in dark."""

from itertools import product
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
WIDTHS = (360, 1440)
MODES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def settle(page: Page) -> None:
    """Wait until who is here is known and nothing is loading any more."""
    expect(page.locator("main h1").first).to_be_visible()
    expect(page.locator(".skeleton:visible")).to_have_count(0)


def look_on_every_screen(page: Page, name: str) -> list[str]:
    """A picture of each screen under `tests/screenshots`, and all that is wrong on them."""
    faults: list[str] = []
    for width, mode in product(WIDTHS, MODES):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=mode)
        expect(page.locator("html")).to_have_class(mode)
        faults += [f"{name} {width} {mode}: {fault}" for fault in faults_on_screen(page)]
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{mode}.png", full_page=True)
    return faults


def faults_on_screen(page: Page) -> list[str]:
    """Wider than the screen, or violations that axe calls serious or critical."""
    too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return ["wider than the screen"] * too_wide + [
        f"axe {found['id']}: {found['nodes'][0]['html']}"
        for found in Axe().run(page).response["violations"]
        if found["impact"] in ("serious", "critical")
    ]
