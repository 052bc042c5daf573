"""The one event that brings an open page up to date, pushed after a commit and asked for by slow tabs."""

import reflex as rx
import structlog
from reflex.event import EventType

from .. import live, turns
from . import paths
from .audit import AuditState
from .billing import BillingState
from .browsers import BrowsersState
from .checkout import CheckoutState
from .credits import CreditsState
from .members import MembersState
from .notification_preferences import NotificationPreferencesState
from .notifications import NotificationsState
from .plan_change import PlanChangeState
from .pricing import PricingState
from .session import SessionState
from .staff.events import StaffEventsState
from .staff.failing import StaffFailingState
from .staff.revenue import StaffRevenueState
from .staff.workspace import StaffWorkspaceState
from .staff.workspaces import StaffWorkspacesState
from .workspaces import WorkspacesState

_log = structlog.get_logger(__name__)

PAGE_STATES: dict[str, type[SessionState]] = {
    paths.PRICING: PricingState,
    paths.CHECKOUT: CheckoutState,
    paths.BILLING: BillingState,
    paths.PLAN_CHANGE: PlanChangeState,
    paths.MEMBERS: MembersState,
    paths.WORKSPACES: WorkspacesState,
    paths.ACCOUNT: BrowsersState,
    paths.AUDIT: AuditState,
    paths.CREDITS: CreditsState,
    paths.NOTIFICATIONS: NotificationsState,
    paths.STAFF: StaffWorkspacesState,
    paths.STAFF_WORKSPACE: StaffWorkspaceState,
    paths.STAFF_REVENUE: StaffRevenueState,
    paths.STAFF_FAILING: StaffFailingState,
    paths.STAFF_EVENTS: StaffEventsState,
    paths.NOTIFICATION_PREFERENCES: NotificationPreferencesState,
}


class LiveState(SessionState):
    """Reads everything again for whoever the cookie names, so any client may ask for it."""

    @rx.event
    async def refresh(self) -> EventType[()] | None:
        """Refresh the header and whatever page is open."""
        turns.take(live.feed.turn_of(self.router.session.client_token))
        path = self.router.url.path.rstrip("/")
        try:
            page = await self.get_state(PAGE_STATES.get(path, SessionState))
            return await page._refresh()
        except Exception:  # nobody asked for it: the page keeps what it shows, and the next tick tries again
            _log.exception("page_not_refreshed", path=path)
            return None
