"""`sentineliq doctor`: one line a check, with its mend."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer

from . import doctor as checkup
from . import logs
from .config import settings_that_hold
from .findings import Finding


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check settings, database, Stripe account, webhook, mail and Redis: ✓ or ✗ with the mend.

    Exit code 1 when anything is wrong. It changes nothing; a signed test event to our own webhook is stored
    as `evt_sentineliq_doctor`, ignored.
    """
    logs.configure(settings_that_hold()[0], to="stderr")
    findings = asyncio.run(checkup.examine())
    passed = all(finding.passed for finding in findings)
    if as_json:
        typer.echo(json.dumps({"ok": passed, "checks": [asdict(each) for each in findings]}, indent=2))
    else:
        for finding in findings:
            typer.echo(_line(finding))
    if not passed:
        raise typer.Exit(1)


def _line(finding: Finding) -> str:
    mend = f" → {finding.mend}" if finding.mend else ""
    return f"{'✓' if finding.passed else '✗'} {finding.check}: {finding.says}{mend}"
