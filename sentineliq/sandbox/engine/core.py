"""The engine's ground: its store, transactions, the clock, and reading."""

import asyncio
import sqlite3
import time
import uuid
from collections.abc import Callable
from typing import TypeVar

from sentineliq.sandbox.config import SandboxConfig
from sentineliq.sandbox.engine import clock, deliveries, seeds
from sentineliq.sandbox.engine.books import Books, Call
from sentineliq.sandbox.engine.documents import random_text
from sentineliq.sandbox.engine.errors import SandboxError
from sentineliq.sandbox.engine.values import Document, EventRecord
from sentineliq.sandbox.store import Store

T = TypeVar("T")


class EngineCore:
    """Opens, transacts, reads. `retrieve` and `event` raise `NotFound` for an unknown id."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.store = Store(config.database_path)
        self.news = asyncio.Event()
        """Set after every operation that has events to deliver."""

    async def open(self) -> None:
        await self.store.open()
        await self.transact(seeds.plant)

    async def close(self) -> None:
        await self.store.close()

    async def transact(self, work: Callable[[Books], T], *, call: Call | None = None) -> T:
        """Run `work` in one transaction; its events are written with it and then delivered."""

        def run(connection: sqlite3.Connection) -> T:
            books = Books(connection, self.config, now=0, call=call or Call())
            books.now = int(time.time()) + int(books.setting(clock.OFFSET) or 0)
            try:
                result = work(books)
            except SandboxError as refusal:
                if refusal.keeps_effects:
                    noted.append(books.close())
                raise
            noted.append(books.close())
            return result

        noted: list[bool] = []
        running = asyncio.ensure_future(self.store.run(run))
        # the work goes on when its caller is gone, and what it brings is delivered all the same
        running.add_done_callback(lambda _: self.news.set() if any(noted) else None)
        return await asyncio.shield(running)

    async def act(self, work: Callable[[Books], T]) -> T:
        """What a hosted page or the dashboard does: a request of its own, as Stripe's own pages make."""
        return await self.transact(work, call=Call(f"req_{random_text(14)}", str(uuid.uuid4())))

    async def now(self) -> int:
        """The sandbox's clock: real time plus what `advance_period` has added."""
        return await self.transact(lambda books: books.now)

    async def settle_due(self) -> int:
        """Make happen what has fallen due on the sandbox's clock."""
        return await self.transact(lambda books: clock.settle_due(books, until=books.now))

    async def retrieve(self, object_type: str, document_id: str) -> Document:
        """As the API would answer it, nothing expanded: `retrieve("checkout.session", "cs_test_…")`."""
        return await self.transact(lambda books: books.get(object_type, document_id))

    async def list_documents(
        self, object_type: str, *, customer: str | None = None, limit: int = 100, **fields: str
    ) -> list[Document]:
        """Newest first. `fields` compare top-level fields: `list_documents("invoice", status="open")`."""
        return await self.transact(
            lambda books: [
                one
                for one in books.select(object_type, customer=customer, limit=limit, **fields)
                if not one.get("deleted")
            ]
        )

    async def event(self, event_id: str) -> EventRecord:
        """One event with its delivery attempts."""
        return await self.transact(lambda books: deliveries.record_of(books, event_id))

    async def events(self, limit: int = 100) -> list[EventRecord]:
        """Newest first."""
        return await self.transact(lambda books: deliveries.records(books, limit=limit))

    async def events_since(self, cursor: int = 0, *, limit: int = 1000) -> tuple[list[Document], int]:
        """Whole events in the order in which they go out, and the cursor to go on from (at first 0)."""
        return await self.transact(lambda books: deliveries.events_after(books, cursor, limit=limit))
