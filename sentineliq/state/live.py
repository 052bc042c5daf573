"""The one event that brings an open page up to date, pushed after a commit and asked for by slow tabs."""

from typing import Any

import reflex as rx

from . import paths
from .billing import BillingState
from .checkout import CheckoutState
from .notifications import NotificationsState
from .pricing import PricingState
from .session import SessionState

PAGE_STATES: dict[str, type[SessionState]] = {
    paths.PRICING: PricingState,
    paths.CHECKOUT: CheckoutState,
    paths.BILLING: BillingState,
    paths.NOTIFICATIONS: NotificationsState,
}


class LiveState(SessionState):
    """Reads everything again for whoever the cookie names, so any client may ask for it."""

    @rx.event
    async def refresh(self) -> Any:
        """Refresh the header and whatever page is open."""
        async with self._reporting():
            page = await self.get_state(PAGE_STATES.get(self.router.url.path, SessionState))
            return await page._refresh()
        return None
