"""What `doctor` looks at in the connected Stripe account; each check reads, none changes anything."""

from collections.abc import Awaitable, Callable

from ....config import Settings
from ....findings import Finding, fails
from ..client import client_of
from ..setup.account import Account, SetupStopped, Step, refusals
from .deliveries import check_deliveries
from .endpoint import check_endpoint
from .key import check_key, check_permissions, check_tax
from .portal import check_portal
from .prices import check_prices

Check = Callable[[Account], Awaitable[list[Finding]]]

CHECKS: dict[str, Check] = {
    "stripe key": check_key,
    "key permissions": check_permissions,
    "prices": check_prices,
    "webhook endpoint": check_endpoint,
    "webhook deliveries": check_deliveries,
    "customer portal": check_portal,
    "tax": check_tax,
}
"""By the name that a check which cannot be made goes by."""


async def examine(name: str, settings: Settings) -> list[Finding]:
    """One check's findings; where Stripe refuses or does not answer, that is the finding.

    Raises `PaymentProcessorUnavailable` without a key.
    """
    account = Account(settings, client_of(settings, retries=0), dry_run=True, say=_silent)
    try:
        async with refusals(settings):
            return await CHECKS[name](account)
    except SetupStopped as stopped:
        return [fails(name, stopped.says, mend=stopped.mend)]


def _silent(_step: Step) -> None:
    """Nothing is done."""
