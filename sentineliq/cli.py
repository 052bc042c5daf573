"""The `sentineliq` command: thin, each call is one service."""

import os
from typing import Annotated

import typer

from . import build, serving
from .config import InvalidEnvironment, Settings, get_settings

main = typer.Typer(name="sentineliq", no_args_is_help=True, pretty_exceptions_enable=False)


def _say(text: str) -> None:
    typer.echo(text)


def _settings() -> Settings:
    """The settings, or an end with exit code 2 and every fault."""
    try:
        return get_settings()
    except InvalidEnvironment as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


@main.callback()
def sentineliq() -> None:
    """SentinelIQ: workspace billing on Stripe."""


@main.command()
def run(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve the app: migrate, build the front end if it changed, then listen."""
    settings = _settings()
    _say("Front end: checking")
    _say("Front end: built" if build.ensure_built() else "Front end: up to date")
    _say(f"SentinelIQ is at {settings.web_client_url}")
    serving.serve(settings, host=host, workers=int(os.environ.get("GRANIAN_WORKERS", "1")))
