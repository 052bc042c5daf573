"""From a choice to the changed page, while webhooks keep coming: the filter of the audit log.

Once in Chromium, once by a websocket client that says the same: the server's share of it.
"""

import asyncio
import time
from typing import Any

from playwright.async_api import Page

from bench.steady import Stream, stream
from bench.tabs import Tab
from bench.workload import Workload

RATE = 300
"""Webhooks a second."""
CLICKS = 300
SECONDS = 60
"""How long the webhooks keep coming at most."""
CHOSEN = b"csv_url"
"""In whatever the page is told after a choice."""
_PAUSE_MS = 50
_PATIENCE_MS = 10_000

_CHOOSE = """async ([clicks, pause, patience]) => {
    const who = document.getElementById('audit-actor');
    const set = Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value').set;
    const listed = () => document.getElementById('audit-log') !== null;
    const until = holds => new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('the page did not change')), patience);
        const observer = new MutationObserver(() => {
            if (!holds()) return;
            observer.disconnect();
            clearTimeout(timer);
            resolve(performance.now());
        });
        observer.observe(document.body, {childList: true, subtree: true});
    });
    const took = [];
    for (let click = 0; click < clicks; click++) {
        const machines = click % 2 === 1;
        const changed = until(() => listed() === machines);
        const started = performance.now();
        set.call(who, machines ? 'stripe' : 'people');
        who.dispatchEvent(new Event('change', {bubbles: true}));
        took.push(await changed - started);
        await new Promise(resolve => setTimeout(resolve, pause));
    }
    return took;
}"""


async def clicks(
    page: Page, bare: Tab, *, packets: list[str], port: int, workload: Workload
) -> dict[str, Any]:
    """Milliseconds without webhooks, and while they come. The log must have entries, and none of a person."""
    quiet = await _choose(page)
    packet = next(each for each in reversed(packets) if ".narrow" in each)
    quiet_bare = await _choose_bare(bare, packet)
    requests = [each.request for each in workload.take(RATE * SECONDS)]
    enough = asyncio.Event()
    sending = asyncio.create_task(stream(port, requests, rate=RATE, until=enough))
    try:
        await asyncio.sleep(1)  # until the rate is reached
        busy, busy_bare = await _choose(page), await _choose_bare(bare, packet)
    finally:
        enough.set()
        sent = await sending
    return {
        "quiet": _spread(quiet),
        "quiet_server": _spread(quiet_bare),
        "under_webhooks": _spread(busy),
        "under_webhooks_server": _spread(busy_bare),
        "webhooks": _told(sent),
    }


async def _choose(page: Page) -> list[float]:
    return sorted(await page.evaluate(_CHOOSE, [CLICKS, _PAUSE_MS, _PATIENCE_MS]))


async def _choose_bare(bare: Tab, packet: str) -> list[float]:
    """`packet` is that of the page's last choice."""
    chosen, took = "stripe", list[float]()
    for click in range(CLICKS):
        before, chosen = chosen, "stripe" if click % 2 else "people"
        packet = packet.replace(f'"{before}"', f'"{chosen}"')
        told, started = bare.hears(f"actor={chosen}".encode()), time.time()
        bare.say(packet)
        took.append((await asyncio.wait_for(told, _PATIENCE_MS / 1000) - started) * 1000)
        await asyncio.sleep(_PAUSE_MS / 1000)
    return sorted(took)


def _spread(took: list[float]) -> dict[str, float]:
    return {"p50_ms": round(took[len(took) // 2], 1), "p99_ms": round(took[int(0.99 * len(took))], 1)}


def _told(sent: Stream) -> dict[str, Any]:
    latencies = sorted(each.seconds for each in sent.answers)
    return {
        "asked_per_second": RATE,
        "reached_per_second": round(sent.rate, 1),
        "answers": sorted({each.status for each in sent.answers}),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000, 1),
    }
