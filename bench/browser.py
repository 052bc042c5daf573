"""A real Chromium, and pages of the product in it as someone who is signed in sees them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, WebSocket, async_playwright

from tests.e2e.chromium import find_chromium

FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
CONNECT = "40/_event,"
"""How the packet begins with which a page connects; in it is the event that loads the page."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Raises `RuntimeError` where there is none."""
    path = await asyncio.to_thread(find_chromium)
    if path is None:
        raise RuntimeError("there is no Chromium: `python -m tests.e2e.chromium` installs one")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def signed_in_page(
    browser: Browser, *, origin: str, cookie: str, path: str
) -> AsyncIterator[tuple[Page, asyncio.Future[str], list[str]]]:
    """The open page, the packet with which it connects, and all packets that it has sent."""
    name, _, value = cookie.partition("=")
    context = await browser.new_context(locale="en-US")
    await context.add_cookies([{"name": name, "value": value, "url": origin}])
    page = await context.new_page()
    greeting: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    packets: list[str] = []

    def sent(payload: str | bytes) -> None:
        if isinstance(payload, bytes):
            return
        packets.append(payload)
        if payload.startswith(CONNECT) and not greeting.done():
            greeting.set_result(payload)

    def connected(socket: WebSocket) -> None:
        socket.on("framesent", sent)

    page.on("websocket", connected)
    try:
        await page.goto(origin + path)
        yield page, greeting, packets
    finally:
        await context.close()
