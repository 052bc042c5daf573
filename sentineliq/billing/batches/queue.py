"""Deliveries that wait, and who takes them: whatever has come while a batch was written is the next one.

Nothing is waited for to fill a batch, so that a single delivery is as quick as it can be.
"""

import asyncio
from dataclasses import dataclass, field, replace

import structlog

from ... import changes, db
from ...config import get_settings
from ..outcomes import Outcome
from ..stored_events import as_text
from ..stripe.events import MalformedEvent, UnhandledWebhookEventError, parse_webhook_payload
from ..stripe.payloads import StripeEvent
from .postgres import PostgresStore
from .settling import settle
from .sqlite import SqliteStore
from .store import BatchRefused, Delivery, Store, Unit

MAX_BATCH = 16
"""While one is written the next are read: of 32 deliveries at once, two halves are quicker than the whole."""

_log = structlog.get_logger(__name__)

PLAIN = frozenset(
    (
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.paused",
        "customer.subscription.resumed",
        "customer.subscription.deleted",
        "invoice.paid",
        "invoice.payment_failed",
    )
)
"""What renewals are made of, and what is decided without a question more often than not."""

Waiter = asyncio.Future[Outcome | None]


@dataclass
class Batches:
    """The deliveries of one process to one database."""

    store: Store
    _waiting: list[Delivery] = field(default_factory=list)
    _waiters: dict[str, list[Waiter]] = field(default_factory=dict)
    """Of what waits and what is being taken, by the event's id."""
    _task: asyncio.Task[None] | None = None

    def take(self, delivery: Delivery) -> Waiter:
        """What becomes of it, once that is committed; None where it is declined, with nothing kept.

        What the database raises is raised there, with nothing known to be kept.
        """
        waiter: Waiter = asyncio.get_running_loop().create_future()
        event_id = delivery.event.id
        if event_id in self._waiters:  # it is being taken
            self._waiters[event_id].append(waiter)
            return waiter
        self._waiters[event_id] = [waiter]
        self._waiting.append(delivery)
        if self._task is None:
            self._task = asyncio.create_task(self._take_all())
        return waiter

    async def close(self) -> None:
        """Finish what is being written, then close the connection."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        await self.store.close()

    async def _take_all(self) -> None:
        try:
            while self._waiting:
                await self._take_batch(self._next_batch())
        finally:
            self._task = None
            for each in self._waiting:  # only where the process ends
                _answer(self._waiters[each.event.id], None, asyncio.CancelledError())
            self._waiting.clear()
            self._waiters.clear()

    async def _take_batch(self, batch: list[Delivery]) -> None:
        settled: dict[str, Outcome] = {}
        failure: BaseException | None = None

        async def work(unit: Unit) -> dict[str, Outcome]:
            return await settle(unit, batch)

        try:
            settled = await self.store.transaction(work, goes_on=lambda: bool(self._waiting))
        except BatchRefused as refused:  # each by itself
            _log.warning("batch_refused", error=type(refused.__cause__).__name__, events=len(batch))
        except BaseException as error:
            failure = error
        news = {one.workspace_id or changes.NO_WORKSPACE for one in settled.values() if not one.duplicate}
        if news:
            changes.announce(*news)
        for each in batch:
            event_id = each.event.id
            waiters = self._waiters[event_id]
            del self._waiters[event_id]
            _answer(waiters, settled.get(event_id), failure)
        if failure is not None and not isinstance(failure, Exception):
            raise failure

    def _next_batch(self) -> list[Delivery]:
        """The oldest of each customer: the next event of one must see what this one has made of it."""
        batch: list[Delivery] = []
        later: list[Delivery] = []
        customers: set[str | None] = set()
        for each in self._waiting[:MAX_BATCH]:
            customer = each.customer
            if customer is not None and customer in customers:
                later.append(each)
            else:
                customers.add(customer)
                batch.append(each)
        self._waiting = later + self._waiting[MAX_BATCH:]
        return batch


def _answer(waiters: list[Waiter], settled: Outcome | None, failure: BaseException | None) -> None:
    for place, waiter in enumerate(waiters):
        if waiter.done():  # whoever asked has gone
            continue
        if failure is not None:
            waiter.set_exception(failure if isinstance(failure, Exception) else ConnectionAbortedError())
        else:
            waiter.set_result(replace(settled, duplicate=True) if place and settled else settled)


def offer(event: StripeEvent, body: bytes) -> Waiter | None:
    """Put the event into the next batch; None for one that no batch can take.

    The waiter's result is the committed outcome, of which the rest of the process knows, or None where the
    batch could not take it after all: either None is for the ledger. It may raise `StoreUnavailable`, with
    nothing known to be kept.
    """
    try:
        payload, handler = parse_webhook_payload(event)
    except UnhandledWebhookEventError:
        return _batches().take(Delivery(event, as_text(body)))
    except MalformedEvent:
        return None
    customer: str | None = getattr(payload, "customer", None)
    if customer is None or event.type not in PLAIN or event.livemode != get_settings().livemode:
        return None
    return _batches().take(Delivery(event, as_text(body), customer, payload, handler))


_current: tuple[db.Database, Batches] | None = None


def _batches() -> Batches:
    """Those of this process's database; they end with it."""
    global _current
    database = db.database()
    if _current is None or _current[0] is not database:
        made = Batches(SqliteStore(database) if database.is_sqlite else PostgresStore(database))
        database.closing.append(made.close)
        _current = database, made
    return _current[1]
