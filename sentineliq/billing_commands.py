"""`sentineliq reconcile` and `sentineliq events`: the ledger and its healing, from a shell."""

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from . import db, startup
from .billing import catch_up, jobs, ledger, stored_events
from .billing.models import EventStatus, WebhookEvent
from .billing.processor import PaymentProcessorRefused, PaymentProcessorUnavailable
from .billing.stripe.events import MalformedEvent
from .config import Settings
from .errors import NotFound

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def reconcile(settings: Settings, *, workspace: str | None, dry_run: bool, as_json: bool) -> None:
    """Compare with Stripe, heal, and print what differed. Exit code 1 when not everything was compared."""
    try:
        report = run(settings, _reconcile(workspace, dry_run=dry_run))
    except jobs.JobTaken:
        _fail("Another worker reconciles right now.")
    except NotFound:
        _fail(f"There is no workspace {workspace}.")
    except (PaymentProcessorUnavailable, PaymentProcessorRefused) as error:
        _fail(error.message)
    if as_json:
        typer.echo(json.dumps(asdict(report), indent=2))
    else:
        _print_report(report, dry_run=dry_run)
    if report.failed:
        raise typer.Exit(1)


def _print_report(report: catch_up.Report, *, dry_run: bool) -> None:
    verb = "differs" if dry_run else "healed"
    for event_id in report.missed_events:
        typer.echo(f"missed event {event_id}")
    for event_id in report.retaken_events:
        typer.echo(f"took parked event {event_id}")
    for event_id in report.parked_events:
        typer.echo(f"would try parked event {event_id}")
    for each in report.differences:
        typer.echo(f"{verb} {each.workspace_id} {each.what}: {each.held} here, {each.at_stripe} at Stripe")
    for failed_id in report.failed:
        typer.echo(f"failed {failed_id}: the log says why")
    typer.echo(_counted(report, dry_run=dry_run))


def _counted(report: catch_up.Report, *, dry_run: bool) -> str:
    parts = [f"{report.workspaces} workspaces", f"{len(report.missed_events)} missed events"]
    parts += [f"{len(report.parked_events)} parked events"] if dry_run else []
    parts += [f"{len(report.differences)} differences"]
    return ", ".join(parts + ([f"{len(report.failed)} failed"] if report.failed else []))


async def _reconcile(workspace: str | None, *, dry_run: bool) -> catch_up.Report:
    if workspace is not None:
        return await catch_up.reconcile_one(workspace, dry_run=dry_run)
    return await (catch_up.compare_all() if dry_run else catch_up.reconcile_all())


def list_events(settings: Settings, *, status: EventStatus | None, limit: int, as_json: bool) -> None:
    """One line an event, newest first."""
    found = run(settings, stored_events.list_events(status=status, limit=limit))
    if as_json:
        typer.echo(json.dumps([_summary(event) for event in found], indent=2))
        return
    for event in found:
        version = f"  API {event.api_version}" if stored_events.is_foreign(event.api_version) else ""
        reason = f"  {event.reason}" if event.reason else ""
        about = f"{event.status:<9}  {event.id}  {event.type}{version}{reason}"
        typer.echo(f"{event.received_at:%Y-%m-%d %H:%M:%S}  {about}")


def show_event(settings: Settings, event_id: str) -> None:
    """One event as JSON, with its payload."""
    event = run(settings, stored_events.get_event(event_id))
    if event is None:
        _fail(f"There is no event {event_id}.")
    typer.echo(json.dumps(_summary(event) | {"payload": _payload(event)}, indent=2))


def replay_event(settings: Settings, event_id: str) -> None:
    """Take an event again as if Stripe had sent it again; settled ones stay as they are."""
    try:
        outcome = run(settings, ledger.replay(event_id))
    except MalformedEvent as malformed:
        _fail(f"The event cannot be read: {malformed.reason}")
    if outcome is None:
        _fail(f"There is no event {event_id} with a payload.")
    typer.echo("settled before" if outcome.duplicate else outcome.status.value)


def _summary(event: WebhookEvent) -> dict[str, Any]:
    return event.model_dump(mode="json", exclude={"payload"})


def _payload(event: WebhookEvent) -> Any:
    """Parsed where it is JSON; what failed may be anything."""
    try:
        return json.loads(event.payload or "null")
    except ValueError:
        return event.payload


def run(settings: Settings, work: Coroutine[Any, Any, T]) -> T:
    """Do the work on this process's database, and close it."""
    startup.wire(settings, logs_to="stderr")

    async def do() -> T:
        try:
            return await work
        finally:
            await db.dispose()

    return asyncio.run(do())


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
