"""The `sentineliq` command: thin, each call is one service. Exit codes: 0 done, 1 not, 2 called wrongly."""

import asyncio
import os
from typing import Annotated

import typer

from .config import InvalidEnvironment, Settings, get_settings

main = typer.Typer(name="sentineliq", no_args_is_help=True, pretty_exceptions_enable=False)
database = typer.Typer(name="db", help="The database's schema.", no_args_is_help=True)
main.add_typer(database)


@main.callback()
def sentineliq() -> None:
    """SentinelIQ: workspace billing on Stripe."""


@main.command()
def run(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve the app: migrate the database, build the front end if it has changed, listen."""
    from . import launch

    settings = _settings()
    try:
        launch.prepare(settings, say=typer.echo)
    except launch.CannotStart as error:
        _fail(str(error))
    launch.serve(settings, host=host, workers=int(os.environ.get("GRANIAN_WORKERS", "1")))


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


def _fail(*lines: str) -> None:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(1)
