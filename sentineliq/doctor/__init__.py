"""`sentineliq doctor`: every check that can be made of this environment, all at once, none hiding another."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ..billing.stripe import checks
from ..config import settings_that_hold
from ..findings import Finding, fails
from . import database, surroundings, webhook
from .patient import Patient

_log = structlog.get_logger(__name__)

PATIENCE = 20.0
"""Seconds that a check may take."""

Check = Callable[[Patient], Awaitable[list[Finding]]]


@dataclass(frozen=True, slots=True)
class _Planned:
    """A check, and the variables without which it cannot be made."""

    name: str
    check: Check
    needs: tuple[str, ...] = ()


async def _stripe(name: str, patient: Patient) -> list[Finding]:
    return await checks.examine(name, patient.settings)


_STRIPE = ("STRIPE_API_KEY", "STRIPE_API_BASE", "STRIPE_API_VERSION")
_ADDRESS = ("WEB_CLIENT_URL", "PORT")

_PLAN = (
    _Planned("database", database.check_database, ("DATABASE_URL",)),
    _Planned("stripe key", partial(_stripe, "stripe key"), _STRIPE),
    _Planned("key permissions", partial(_stripe, "key permissions"), _STRIPE),
    _Planned("prices", partial(_stripe, "prices"), _STRIPE),
    _Planned("webhook endpoint", partial(_stripe, "webhook endpoint"), (*_STRIPE, *_ADDRESS)),
    _Planned("webhook delivery", webhook.check_delivery, ("STRIPE_WEBHOOK_SECRET", *_ADDRESS)),
    _Planned("webhook deliveries", partial(_stripe, "webhook deliveries"), (*_STRIPE, *_ADDRESS)),
    _Planned("event versions", database.check_event_versions, ("DATABASE_URL",)),
    _Planned("customer portal", partial(_stripe, "customer portal"), _STRIPE),
    _Planned("tax", partial(_stripe, "tax"), _STRIPE),
    _Planned("owners' addresses", database.check_owners, ("DATABASE_URL",)),
    _Planned("mail", surroundings.check_mail, ("SENDER_EMAIL", "RESEND_API_KEY")),
    _Planned("redis", surroundings.check_redis, ("REDIS_URL",)),
)


async def examine() -> list[Finding]:
    """All findings, in a fixed order, also where settings are missing or wrong."""
    settings, faults = settings_that_hold()
    patient = Patient(settings, faults)
    found = await asyncio.gather(*(_made(planned, patient) for planned in _PLAN))
    return [*surroundings.check_settings(patient), *(finding for each in found for finding in each)]


async def _made(planned: _Planned, patient: Patient) -> list[Finding]:
    lacking = patient.lacking(planned.needs)
    if lacking:
        needed = ", ".join(lacking)
        return [fails(planned.name, f"needs {needed}", mend=f"set {needed} and run this again")]
    try:
        async with asyncio.timeout(PATIENCE):
            return await planned.check(patient)
    except TimeoutError:
        says = f"no answer within {PATIENCE:g} s"
        return [fails(planned.name, says, mend="see the network, and run this again")]
    except Exception as error:
        if "DATABASE_URL" in planned.needs and isinstance(error, SQLAlchemyError | OSError):
            return [fails(planned.name, "the database cannot be asked", mend="mend the database first")]
        _log.exception("check_failed", check=planned.name)
        says = f"could not be checked: {type(error).__name__}"
        return [fails(planned.name, says, mend="see why in the log; where that tells you nothing, report it")]
