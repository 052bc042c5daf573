"""`sentineliq stripe setup`: everything that the product needs in the connected account, adopted or made."""

from collections.abc import Callable

from ....config import Settings
from ..client import client_of
from .account import Account, Step, refusals
from .endpoint import settle_endpoint
from .portal import settle_portal
from .prices import Wishes, settle_prices


def open_account(settings: Settings, *, dry_run: bool, say: Callable[[Step], None]) -> Account:
    """Raises `PaymentProcessorUnavailable` without a key."""
    return Account(settings, client_of(settings), dry_run, say)


async def set_up(account: Account, wishes: Wishes, *, disable_replaced: bool) -> None:
    """Adopt or make all of it, the endpoint last: its secret is shown once, and nothing fails after it.

    Raises `SetupStopped`; `account` has what was done until then, and running again completes it.
    """
    async with refusals(account.settings):
        prices = await settle_prices(account, wishes)
        await settle_portal(account, prices)
        await settle_endpoint(account, disable_replaced=disable_replaced)
