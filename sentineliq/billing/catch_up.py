"""The scheduled run against loss: missed events first, then those that could not be taken before, then every
workspace, by one worker at a time.

https://docs.stripe.com/webhooks/process-undelivered-events: Stripe keeps events for 30 days; taking the
missed ones through the ledger heals all of their effects, mails included. What is older is healed from the
customers' present state.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog
from sqlmodel import col, select

from .. import db, metrics
from ..errors import AppError, NotFound
from ..workspaces.models import Workspace
from ..workspaces.records import read_workspace
from . import jobs, late_payments, ledger, ownership, parked, planned_again, trials
from .models import EventStatus, WebhookEvent
from .processor import PaymentProcessorBusy, PaymentProcessorUnavailable
from .reconcile import Difference, reconcile_workspace
from .staff import revenue_days
from .stripe import reads
from .stripe.events import MalformedEvent, parse_event
from .stripe.handlers import HANDLERS

JOB = "reconcile"
FORGETTING = "forget_payloads"
REVENUE = "keep_revenue"
EVERY = timedelta(hours=1)
FIRST_AFTER = timedelta(seconds=20)
"""After a start, so that the server answers before it is asked (the sandbox is in this very process)."""
OVERLAP = timedelta(hours=1)
"""Events are listed again from this much before the last run: some become visible late."""
KEPT_BY_STRIPE = timedelta(days=30)
BATCH = 100
BACK_OFF = (1, 2, 4, 8, 16)
"""Seconds to wait when Stripe says that we ask too often."""

T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Report:
    """What a run found. In a dry run nothing of it was changed.

    `retaken_events` had been parked, and took effect now; `parked_events` are those that a run would try
    again, told by a dry run alone: whether they take effect shows when they are tried. `failed` are the ids
    of events and workspaces of which it is not known what differs.
    """

    workspaces: int = 0
    missed_events: list[str] = field(default_factory=list[str])
    retaken_events: list[str] = field(default_factory=list[str])
    parked_events: list[str] = field(default_factory=list[str])
    failed: list[str] = field(default_factory=list[str])
    differences: list[Difference] = field(default_factory=list[Difference])


async def reconcile_all(*, not_within: timedelta = timedelta(0)) -> Report:
    """One whole run; a run that was cut short goes on where it stopped.

    Raises `jobs.JobTaken` when another worker is at it, `PaymentProcessorUnavailable` when Stripe is.
    """
    report = Report()
    async with jobs.leased(JOB, not_within=not_within) as lease:
        progress = json.loads(lease.cursor or "{}")
        started = progress.get("started") or db.now().isoformat()
        if "workspace" not in progress:
            failed_at = await _take_missed_events(report, since=_since(progress), lease=lease)
            started = failed_at.isoformat() if failed_at else started  # so that the next run lists it again
            await _retake_parked_events(report, lease)
        async for workspace_id in _customers(after=progress.get("workspace", "")):
            await _heal(report, workspace_id, dry_run=False)
            await lease.save(json.dumps({**progress, "started": started, "workspace": workspace_id}))
        await lease.save(json.dumps({"events_since": started}))
    return report


async def compare_all() -> Report:
    """What a run would find, with nothing changed. Raises `PaymentProcessorUnavailable`."""
    report = Report()
    await _take_missed_events(report, since=db.now() - KEPT_BY_STRIPE, lease=None)
    report.parked_events = await parked.would_be_retaken()
    async for workspace_id in _customers(after=""):
        await _heal(report, workspace_id, dry_run=True)
    return report


async def reconcile_one(workspace_id: str, *, dry_run: bool) -> Report:
    """One workspace alone, by its present state at Stripe.

    Raises `NotFound` where there is none, and what the processor raises.
    """
    if await read_workspace(workspace_id) is None:
        raise NotFound
    report = Report()
    await _heal(report, workspace_id, dry_run=dry_run, raises=AppError)
    return report


def _since(progress: dict[str, str]) -> datetime:
    oldest = db.now() - KEPT_BY_STRIPE
    last = progress.get("events_since")
    return max(oldest, datetime.fromisoformat(last) - OVERLAP) if last else oldest


async def _take_missed_events(
    report: Report, *, since: datetime, lease: jobs.Lease | None
) -> datetime | None:
    """Oldest first, as they would have come; Stripe's time of the first that could not be taken.

    Without a lease they are only named.
    """
    failed_at: datetime | None = None
    listed = await _patiently(lambda: reads.fetch_events(since=since, types=tuple(HANDLERS)))
    unknown = await _unknown({event["id"] for event in listed})
    for event in reversed(listed):
        if event["id"] not in unknown:
            continue
        report.missed_events.append(event["id"])
        if lease is not None:
            if not await _take(event, report) and failed_at is None:
                failed_at = datetime.fromtimestamp(event["created"], UTC)
            await lease.save(lease.cursor)
    return failed_at


async def _unknown(event_ids: set[str]) -> set[str]:
    known: set[str] = set()
    ids = sorted(event_ids)
    for start in range(0, len(ids), BATCH):
        batch = select(WebhookEvent.id).where(col(WebhookEvent.id).in_(ids[start : start + BATCH]))
        async with db.reading() as session:
            known |= set((await session.exec(batch)).all())
    return event_ids - known


async def _take(event: dict[str, object], report: Report) -> bool:
    """Whether it was taken. One that cannot be must not keep the others from being healed."""
    body = json.dumps(event)
    try:
        await _patiently(lambda: ledger.ingest(parse_event(body), body))
    except PaymentProcessorUnavailable:
        raise
    except Exception:
        _log.exception("missed_event_failed", event_id=event["id"])
        report.failed.append(str(event["id"]))
        return False
    return True


async def _retake_parked_events(report: Report, lease: jobs.Lease) -> None:
    for event_id in await parked.due_for_retaking():
        if await _retake(event_id, report):
            report.retaken_events.append(event_id)
        await lease.save(lease.cursor)


async def _retake(event_id: str, report: Report) -> bool:
    """Whether it took effect."""
    try:
        outcome = await _patiently(lambda: ledger.replay(event_id))
    except PaymentProcessorUnavailable:
        raise
    except MalformedEvent:
        return False
    except Exception:
        _log.exception("parked_event_failed", event_id=event_id)
        report.failed.append(event_id)
        return False
    return outcome is not None and outcome.status is EventStatus.PROCESSED and not outcome.duplicate


async def _heal(
    report: Report,
    workspace_id: str,
    *,
    dry_run: bool,
    raises: type[AppError] = PaymentProcessorUnavailable,
) -> None:
    """As with events: the others go on, but for what `raises` says."""
    report.workspaces += 1
    try:
        report.differences += await _patiently(lambda: reconcile_workspace(workspace_id, dry_run=dry_run))
    except raises:
        raise
    except Exception:
        _log.exception("workspace_not_reconciled", workspace_id=workspace_id)
        report.failed.append(workspace_id)


async def _customers(*, after: str) -> AsyncGenerator[str]:
    """The workspaces that have a customer, by id."""
    while True:
        batch = (
            select(Workspace.id)
            .where(Workspace.id > after, col(Workspace.stripe_customer_id).is_not(None))
            .order_by(Workspace.id)
            .limit(BATCH)
        )
        async with db.reading() as session:
            found = (await session.exec(batch)).all()
        for workspace_id in found:
            yield workspace_id
        if not found:
            return
        after = found[-1]


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Wait longer each time that Stripe is too busy for us (https://docs.stripe.com/rate-limits)."""
    for seconds in BACK_OFF:
        try:
            return await ask()
        except PaymentProcessorBusy:
            await asyncio.sleep(seconds)
    return await ask()


async def run_on_schedule() -> None:
    """Reconcile after the start and every hour, whichever worker comes first; forget old payloads."""
    await asyncio.sleep(FIRST_AFTER.total_seconds())
    while True:
        await _run_once()
        await _forget()
        await _keep_revenue()
        await _settle_leftovers()
        await asyncio.sleep(EVERY.total_seconds() / 4)


async def _run_once() -> None:
    try:
        report = await reconcile_all(not_within=EVERY)
    except jobs.JobTaken:
        return
    except PaymentProcessorUnavailable:
        metrics.RECONCILE_RUNS.labels("postponed").inc()
        _log.warning("reconcile_postponed")
    except Exception:
        metrics.RECONCILE_RUNS.labels("failed").inc()
        _log.exception("reconcile_failed")
    else:
        metrics.RECONCILE_RUNS.labels("finished").inc()
        metrics.RECONCILE_DIFFERENCES.inc(len(report.differences) + len(report.missed_events))
        _log.info(
            "reconciled",
            workspaces=report.workspaces,
            missed_events=len(report.missed_events),
            retaken_events=len(report.retaken_events),
            differences=len(report.differences),
            failed=len(report.failed),
        )


async def _forget() -> None:
    """Also while Stripe cannot be asked."""
    try:
        async with jobs.leased(FORGETTING, not_within=EVERY):
            await parked.forget_old_payloads()
    except jobs.JobTaken:
        return
    except Exception:
        _log.exception("payloads_not_forgotten")


async def _keep_revenue() -> None:
    """Every hour, so that a day is kept though the last servers of it have stopped early."""
    try:
        async with jobs.leased(REVENUE, not_within=EVERY):
            await revenue_days.keep_today()
    except jobs.JobTaken:
        return
    except Exception:
        _log.exception("revenue_not_kept")


async def _settle_leftovers() -> None:
    """Each of them may be done twice: every worker tries."""
    try:
        await ownership.settle_leftovers()
        await trials.settle_refused()
        await late_payments.refund_noted()
        await planned_again.settle_left()
    except Exception:
        _log.exception("leftovers_not_settled")


@asynccontextmanager
async def scheduled() -> AsyncGenerator[None]:
    """The schedule runs while the block does."""
    task = asyncio.create_task(run_on_schedule())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
