"""What people at open pages feel: changes told live, the first visit, a choice under load, memory a tab."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from typing import Any

from playwright.async_api import Browser

from bench.browser import chromium, signed_in_page
from bench.changes import Courier, changes
from bench.clicks import CHOSEN, clicks
from bench.contestants import Contestant
from bench.members import sign_in
from bench.pricing import pricing
from bench.tabs import Tab, open_tab, open_tabs
from bench.workload import Workload

TABS = 200
"""Open tabs of one workspace: one in Chromium, the others plain websocket clients."""
STEP_SECONDS = 180
"""What a step may take until it counts as failed."""
BILLING, AUDIT = "/workspace/billing", "/workspace/audit"


async def pages(contestant: Contestant, *, database_url: str) -> dict[str, Any]:
    """A step that fails says why and leaves the others alone."""
    cookies = await sign_in(database_url, workspace="workspace0", owner="user0")
    origin = f"http://localhost:{contestant.port}"
    workload = Workload(
        path=contestant.path, start=1
    )  # from the second workspace on: the first one's tabs are open
    courier = Courier(contestant.port, workload)
    try:
        async with chromium() as browser:
            return {
                "pricing": await _tried(pricing(browser, origin=origin)),
                "live": await _tried(_live(browser, contestant, origin, cookies, courier)),
                "clicks": await _tried(_clicks(browser, contestant, origin, cookies, courier)),
            }
    except Exception as error:
        return {"error": _why(error)}


async def _tried(step: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    patience = asyncio.timeout(STEP_SECONDS)
    try:
        async with patience:
            return await step
    except Exception as error:
        return {"error": f"not done within {STEP_SECONDS} s" if patience.expired() else _why(error)}


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:400]


async def _live(
    browser: Browser, contestant: Contestant, origin: str, cookies: list[str], courier: Courier
) -> dict[str, Any]:
    """Changes told to one open tab and to 200, and what the tabs cost in memory."""
    async with AsyncExitStack() as stack:
        opened = signed_in_page(browser, origin=origin, cookie=cookies[0], path=BILLING)
        page, greeting, _ = await stack.enter_async_context(opened)
        await page.wait_for_selector("#plan-name")
        few = await changes(page, [], courier)
        before = contestant.resident_bytes()
        tabs = await open_tabs(
            TABS - 1, port=contestant.port, cookies=cookies[1:], greeting=await asyncio.wait_for(greeting, 10)
        )
        stack.callback(_close, tabs)
        grown = contestant.resident_bytes() - before
        many = await changes(page, tabs, courier)
    return {
        "1_tab": few,
        f"{TABS}_tabs": many,
        "webhook_delay_ms": round(many["webhook_ms"] - few["webhook_ms"], 1),
        "webhook_delay_meanwhile_ms": round(many["webhook_meanwhile_ms"] - few["webhook_meanwhile_ms"], 1),
        "kib_per_tab": round(grown / len(tabs) / 1024, 1),
    }


def _close(tabs: list[Tab]) -> None:
    for tab in tabs:
        tab.close()


async def _clicks(
    browser: Browser, contestant: Contestant, origin: str, cookies: list[str], courier: Courier
) -> dict[str, Any]:
    await courier.connect()
    await courier.deliver(courier.next_move()[1])  # an entry in the audit log, should there be none yet
    opened = signed_in_page(browser, origin=origin, cookie=cookies[0], path=AUDIT)
    async with opened as (page, greeting, packets):
        await page.wait_for_selector("#audit-log")
        bare = Tab(port=contestant.port, cookie=cookies[0], greeting=await asyncio.wait_for(greeting, 10))
        await open_tab(bare, port=contestant.port, loaded=CHOSEN)
        try:
            return await clicks(page, bare, packets=packets, port=contestant.port, workload=courier.workload)
        finally:
            bare.close()
