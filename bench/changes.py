"""From a webhook's commit to the changed page: the address of the receipts, on an open billing page."""

import asyncio
import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from playwright.async_api import Page

from bench.steady import Answer, Line
from bench.tabs import Tab
from bench.workload import BORN, Workload, customer_of

EVENTS = 20
PATIENCE = 20.0
"""Seconds until every tab must have been told of a change."""
QUIET = 0.3
"""Seconds between two changes: the product gathers what comes within a tenth of a second."""

_UPDATED = Path(__file__).parents[1] / "tests/payloads/2025-04-30.basil/customer.updated.address.json"

_WATCH = """() => {
    const noted = new Map(), waiting = new Map();
    const look = () => {
        const text = document.getElementById('billing-email')?.textContent;
        if (!text || noted.has(text)) return;
        noted.set(text, performance.timeOrigin + performance.now());
        waiting.get(text)?.(noted.get(text));
    };
    window.changedTo = text => noted.get(text) ?? new Promise(resolve => waiting.set(text, resolve));
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""


@dataclass
class Changes:
    """Seconds, one of each a change. `meanwhile`: a webhook that arrives while the tabs are being told."""

    page: list[float] = field(default_factory=list)
    all_told: list[float] = field(default_factory=list)
    webhook: list[float] = field(default_factory=list)
    meanwhile: list[float] = field(default_factory=list)

    def medians(self) -> dict[str, float]:
        """In milliseconds; the page's slowest too."""
        return {
            "page_ms": _ms(median(self.page)),
            "page_slowest_ms": _ms(max(self.page)),
            "all_told_ms": _ms(median(self.all_told)),
            "webhook_ms": _ms(median(self.webhook)),
            "webhook_meanwhile_ms": _ms(median(self.meanwhile)),
        }


class Courier:
    """Delivers changes of the first workspace and renewals of all, on a connection that is not yet idle."""

    def __init__(self, port: int, workload: Workload) -> None:
        self._port, self.workload = port, workload
        self._moves = _moves(workload)
        self._line: Line | None = None

    async def connect(self) -> None:
        """Anew for each change: the server closes a connection that is quiet for long."""
        if self._line:
            self._line.close()
        self._line = await Line.open(self._port)

    def next_move(self) -> tuple[str, bytes]:
        """The new address, and the event that tells it."""
        return next(self._moves)

    async def renew(self) -> Answer:
        [renewal] = self.workload.take(1)
        return await self.deliver(renewal.request)

    async def deliver(self, request: bytes) -> Answer:
        """Raises `RuntimeError` unless it is answered 200: stored and committed."""
        if self._line is None:
            raise RuntimeError("the courier is not connected")
        answer = await self._line.deliver(request)
        if answer.status != 200:
            raise RuntimeError(f"a delivery was answered {answer.status}")
        return answer


async def changes(page: Page, tabs: Sequence[Tab], courier: Courier) -> dict[str, Any]:
    """Medians over the changes, with the page open and these tabs beside it. Raises `TimeoutError`."""
    await page.evaluate(_WATCH)
    found = Changes()
    for _ in range(EVENTS):
        await asyncio.sleep(QUIET)
        try:
            async with asyncio.timeout(PATIENCE):
                await _one(page, tabs, courier, found)
        except TimeoutError:
            raise TimeoutError(f"a change was not told to every tab within {PATIENCE:.0f} s") from None
    return found.medians()


async def _one(page: Page, tabs: Sequence[Tab], courier: Courier, found: Changes) -> None:
    address, request = courier.next_move()
    await courier.connect()
    told = [tab.hears(address.encode()) for tab in tabs]
    answer = await courier.deliver(request)
    meanwhile = await courier.renew()
    seen = await page.evaluate("text => window.changedTo(text)", address) / 1000
    last = max([seen, *await asyncio.gather(*told)])
    found.page.append(seen - answer.at)
    found.all_told.append(last - answer.at)
    found.webhook.append(answer.seconds)
    found.meanwhile.append(meanwhile.seconds)


def _moves(workload: Workload) -> Iterator[tuple[str, bytes]]:
    """Ever new addresses of the first workspace's customer, each with the event that tells it."""
    template = json.loads(_UPDATED.read_text())
    for number in range(1, 100_000):
        event, address = copy.deepcopy(template), f"receipts{number:05}@example.com"
        event |= {"id": f"evt_moved{number:05}", "created": BORN + number}
        event["data"]["object"] |= {"id": customer_of(0), "email": address, "metadata": {}}
        event["data"]["previous_attributes"] = {"email": f"receipts{number - 1:05}@example.com"}
        yield address, workload.request_of(json.dumps(event).encode())


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
