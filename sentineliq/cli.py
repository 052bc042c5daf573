"""The `sentineliq` command: thin, each call is one service. Exit codes: 0 done, 1 not, 2 called wrongly."""

import asyncio
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from . import billing_commands, doctor_commands, stripe_commands
from .billing.models import EventStatus
from .billing_commands import AsJson
from .config import InvalidEnvironment, Settings, get_settings, settings_that_hold

main = typer.Typer(name="sentineliq", no_args_is_help=True, pretty_exceptions_enable=False)
database = typer.Typer(name="db", help="The database's schema.", no_args_is_help=True)
events = typer.Typer(name="events", help="The webhook ledger.", no_args_is_help=True)
main.add_typer(database)
main.add_typer(events)
main.add_typer(stripe_commands.group)
main.command(name="doctor")(doctor_commands.doctor)


@main.callback()
def sentineliq() -> None:
    """SentinelIQ: workspace billing on Stripe."""


@main.command()
def run(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(envvar="GRANIAN_WORKERS", min=1, help="More need Redis.")] = 1,
) -> None:
    """Serve the app: migrate the database, build the front end if it has changed, listen."""
    from . import launch

    settings = _settings()
    say = launch.voice(settings, person=typer.echo)
    try:
        launch.check_place(settings, host=host, workers=workers)
        launch.prepare(settings, say=say)
    except launch.CannotStart as error:
        _fail(str(error))
    launch.serve(settings, host=host, workers=workers, say=say)


@main.command()
def build() -> None:
    """Build the front end if it has changed, for a server that may only read where it is installed."""
    from . import launch

    try:
        launch.check_folder()
        launch.build_what_changed(say=typer.echo)
    except launch.CannotStart as error:
        _fail(str(error))


@main.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 3100,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    data: Annotated[Path, typer.Option(help="Folder of its database.")] = Path(".data"),
    webhook: Annotated[
        str, typer.Option(help="Where it sends events; empty: nowhere.")
    ] = "http://localhost:3000/webhooks/stripe",
) -> None:
    """Serve the Stripe sandbox alone; its API base is http://localhost:PORT/sandbox/api."""
    from . import launch

    try:
        launch.check_sandbox_place(settings_that_hold()[0], host=host, port=port)
    except launch.CannotStart as error:
        _fail(str(error))
    typer.echo(
        f"Stripe sandbox: http://localhost:{port}/sandbox/ (API base: http://localhost:{port}/sandbox/api)"
    )
    launch.serve_sandbox(host=host, port=port, data_dir=data, webhook_url=webhook)


@main.command()
def reconcile(
    workspace: Annotated[str | None, typer.Option(help="Only the workspace of this id.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare with Stripe and heal: events missed, subscriptions, credits."""
    billing_commands.reconcile(_settings(), workspace=workspace, dry_run=dry_run, as_json=as_json)


@events.command("list")
def list_events(
    status: Annotated[EventStatus | None, typer.Option(help="Only events that stand so.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the newest events of the ledger."""
    billing_commands.list_events(_settings(), status=status, limit=limit, as_json=as_json)


@events.command()
def show(event_id: str) -> None:
    """Show one event with its payload, as JSON."""
    billing_commands.show_event(_settings(), event_id)


@events.command()
def replay(event_id: str) -> None:
    """Take a failed or unmatched event again; a settled one stays as it is."""
    billing_commands.replay_event(_settings(), event_id)


@database.command()
def upgrade() -> None:
    """Bring the schema to the newest revision."""
    from . import migrations

    changed = asyncio.run(migrations.upgrade(_settings().database_url))
    typer.echo("Upgraded." if changed else "Nothing to upgrade.")


@database.command()
def check() -> None:
    """Compare the schema with the models; exit code 1 when they differ."""
    from . import migrations

    differences = asyncio.run(migrations.differences(_settings().database_url))
    if differences:
        _fail("The schema differs from the models:", *(f"  - {line}" for line in differences))
    typer.echo("The schema is what the models say.")


@database.command()
def revision(message: str) -> None:
    """Write a migration from the database's schema to the models (for developers)."""
    from . import migrations

    asyncio.run(migrations.write_revision(_settings().database_url, message))


def _settings() -> Settings:
    """The settings, or an end with exit code 2 and every fault."""
    try:
        return get_settings()
    except InvalidEnvironment as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def _fail(*lines: str) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(1)
