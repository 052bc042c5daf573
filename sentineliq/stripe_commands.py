"""`sentineliq stripe setup`: what the connected account needs, adopted or made, from a shell."""

import asyncio
import json
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from . import logs
from .billing.stripe.setup.account import Account, Action, SetupStopped, Step
from .billing.stripe.setup.prices import Wishes
from .billing.stripe.setup.run import open_account, set_up
from .config import Settings, settings_that_hold

group = typer.Typer(name="stripe", help="The connected Stripe account.", no_args_is_help=True)

NEEDED = ("SENTINELIQ_ENV", "STRIPE_API_KEY", "STRIPE_API_VERSION", "STRIPE_API_BASE", "WEB_CLIENT_URL")
"""What setup works with. The rest may be missing: much of it is what setup finds out."""

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before changing a live account.")]


class TaxBehavior(StrEnum):
    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"


@group.callback()
def stripe() -> None:
    """The connected Stripe account."""


@group.command()
def setup(
    hobby_amount: Annotated[int | None, typer.Option(min=1, help="Hobby a month (default: 999).")] = None,
    pro_amount: Annotated[int | None, typer.Option(min=1, help="Pro a month (default: 1999).")] = None,
    credits10_amount: Annotated[int | None, typer.Option(min=1, help="10 credits (default: 999).")] = None,
    annual: Annotated[bool, typer.Option("--annual", help="Sell the plans by the year, too.")] = False,
    hobby_annual_amount: Annotated[
        int | None, typer.Option(min=1, help="Hobby a year (default: 9900).")
    ] = None,
    pro_annual_amount: Annotated[int | None, typer.Option(min=1, help="Pro a year (default: 19900).")] = None,
    currency: Annotated[str | None, typer.Option(help="Of all prices (default: usd).")] = None,
    tax_behavior: Annotated[
        TaxBehavior, typer.Option(help="Whether tax comes on top of new prices.")
    ] = TaxBehavior.EXCLUSIVE,
    disable_replaced: Annotated[
        bool, typer.Option("--disable-replaced", help="Disable other endpoints of the same address.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    yes: Yes = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make or adopt what SentinelIQ needs in the account of STRIPE_API_KEY; print the lines to set.

    That is products, prices, the customer portal's configuration and the webhook endpoint.
    What exists is adopted as it is, unless an option says otherwise; running again changes nothing.

    Amounts are minor units, such as cents. Stripe shows the signing secret of a new endpoint only once, so
    it is printed then.
    """
    wishes = Wishes(
        amounts=_given(
            sentineliq_hobby_monthly=hobby_amount,
            sentineliq_pro_monthly=pro_amount,
            sentineliq_credits10_once=credits10_amount,
            sentineliq_hobby_annual=hobby_annual_amount,
            sentineliq_pro_annual=pro_annual_amount,
        ),
        currency=currency.lower() if currency else None,
        annual=annual or hobby_annual_amount is not None or pro_annual_amount is not None,
        tax_behavior=tax_behavior.value,
    )
    settings = _settings()
    logs.configure(settings, to="stderr")
    _confirm(settings, dry_run=dry_run, yes=yes, as_json=as_json)
    account = open_account(settings, dry_run=dry_run, say=_silent if as_json else _say_of(dry_run))
    stopped = asyncio.run(_run(account, wishes, disable_replaced=disable_replaced))
    if as_json:
        typer.echo(json.dumps(_report(account, stopped), indent=2))
    else:
        _print_rest(account)
    if stopped is not None:
        if not as_json:
            typer.echo(f"✗ {stopped.says}: {stopped.mend}", err=True)
        raise typer.Exit(1)


async def _run(account: Account, wishes: Wishes, *, disable_replaced: bool) -> SetupStopped | None:
    try:
        await set_up(account, wishes, disable_replaced=disable_replaced)
    except SetupStopped as stopped:
        return stopped
    return None


def _given(**amounts: int | None) -> dict[str, int]:
    return {name: amount for name, amount in amounts.items() if amount is not None}


def _settings() -> Settings:
    """What holds of the settings; exit code 2 where setup itself lacks something."""
    settings, faults = settings_that_hold()
    lacking = [faults[name] for name in NEEDED if name in faults]
    if lacking or settings.stripe_api_key is None:
        for fault in lacking or ["STRIPE_API_KEY is missing"]:
            typer.echo(fault, err=True)
        raise typer.Exit(2)
    return settings


def _confirm(settings: Settings, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """A live account is changed only after a yes."""
    if not settings.livemode or dry_run or yes:
        return
    if as_json:
        _refuse("STRIPE_API_KEY is a live key: --json needs --yes or --dry-run.")
    if not typer.confirm("STRIPE_API_KEY is a live key. Set up the live account?", err=True):
        raise typer.Exit(1)


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _say_of(dry_run: bool):
    def say(step: Step) -> None:
        verb = step.action.value
        if dry_run and step.action in (Action.CREATED, Action.UPDATED):
            verb = "to create" if step.action is Action.CREATED else "to update"
        typer.echo("  ".join(part for part in (f"{verb:<9}", step.what, step.id, step.note) if part))

    return say


def _silent(_step: Step) -> None:
    """JSON comes whole."""


def _print_rest(account: Account) -> None:
    if account.environment:
        typer.echo("\nSet these:")
        for name, value in account.environment.items():
            typer.echo(f"{name}={value}")
    if account.advice:
        typer.echo("")
        for line in account.advice:
            typer.echo(f"! {line}")


def _report(account: Account, stopped: SetupStopped | None) -> dict[str, object]:
    return {
        "ok": stopped is None,
        "dry_run": account.dry_run,
        "livemode": account.settings.livemode,
        "steps": [asdict(step) for step in account.steps],
        "environment": account.environment,
        "advice": account.advice,
        "error": None if stopped is None else f"{stopped.says}: {stopped.mend}",
    }
