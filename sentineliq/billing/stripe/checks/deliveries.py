"""What Stripe could not deliver: how a wrong signing secret shows, for Stripe never tells the secret again.

An event counts its endpoints that have not answered 2xx yet (`pending_webhooks`,
https://docs.stripe.com/api/events/object). Those of other endpoints of the account are subtracted.
"""

from datetime import timedelta

from stripe import Event

from ....db import now
from ....findings import Finding, fails, holds
from ..reads import MAX_EVENT_TYPES
from ..setup.account import Account
from ..setup.endpoint import ENABLED
from ..setup.wanted import EVENTS

RETRIED_FOR = timedelta(days=3)
"""https://docs.stripe.com/webhooks#retries"""
UNDER_WAY = timedelta(minutes=5)
LISTED = 100


async def check_deliveries(account: Account) -> list[Finding]:
    others = await _others(account)
    late = [event for event in await _undelivered(account) if event.pending_webhooks > others]
    if not late:
        return [holds("webhook deliveries", "Stripe has delivered every event of the last three days")]
    newest = late[0]
    return [
        fails(
            "webhook deliveries",
            f"{len(late)} events wait to be delivered, the newest {newest.id} ({newest.type})",
            mend="STRIPE_WEBHOOK_SECRET is not the signing secret that Developers → Webhooks shows, "
            "or the endpoint was out of reach; then run `sentineliq reconcile`",
        )
    ]


async def _others(account: Account) -> int:
    """How many endpoints of the account deliver elsewhere."""
    page = await account.client.v1.webhook_endpoints.list_async({"limit": LISTED})
    return len(
        [each for each in page.data if each.status == ENABLED and each.url != account.settings.webhook_url]
    )


async def _undelivered(account: Account) -> list[Event]:
    found: list[Event] = []
    for start in range(0, len(EVENTS), MAX_EVENT_TYPES):
        page = await account.client.v1.events.list_async(
            {
                "types": list(EVENTS[start : start + MAX_EVENT_TYPES]),
                "created": {
                    "gte": int((now() - RETRIED_FOR).timestamp()),
                    "lte": int((now() - UNDER_WAY).timestamp()),
                },
                "delivery_success": False,
                "limit": LISTED,
            }
        )
        found += page.data
    return sorted(found, key=lambda event: event.created, reverse=True)
