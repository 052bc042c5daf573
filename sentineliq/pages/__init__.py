"""The pages, each named once with its path, title and first event."""

from collections.abc import Callable
from dataclasses import dataclass

import reflex as rx
from reflex.event import EventType

from ..components.types import Words
from ..components.words import by_language, t
from ..i18n import mark, say
from ..state import paths
from ..state.account import AccountState
from ..state.audit import AuditState
from ..state.billing import BillingState
from ..state.browsers import BrowsersState
from ..state.checkout import CheckoutState
from ..state.credits import CreditsState
from ..state.invitation import InvitationState
from ..state.members import MembersState
from ..state.notification_preferences import NotificationPreferencesState
from ..state.notifications import NotificationsState
from ..state.plan_change import PlanChangeState
from ..state.pricing import PricingState
from ..state.session import SessionState
from ..state.staff.events import StaffEventsState
from ..state.staff.failing import StaffFailingState
from ..state.staff.revenue import StaffRevenueState
from ..state.staff.session import StaffState
from ..state.staff.workspace import StaffWorkspaceState
from ..state.staff.workspaces import StaffWorkspacesState
from ..state.workspaces import WorkspacesState
from . import (
    account,
    accounts,
    audit,
    billing,
    checkout,
    credit_history,
    faults,
    home,
    invitation,
    members,
    notification_preferences,
    notifications,
    plan_change,
    pricing,
    workspaces,
)
from .staff import events as staff_events
from .staff import failing as staff_failing
from .staff import revenue as staff_revenue
from .staff import workspace as staff_workspace
from .staff import workspaces as staff_workspaces

NAME = "SentinelIQ"
NOT_FOUND = mark("Not found")


@dataclass(frozen=True)
class Page:
    """A page of the product; `on_load` is its one guard and loader. Title and description are messages."""

    path: str
    build: Callable[[], rx.Component]
    title: str
    on_load: EventType[()]
    description: str = ""


PAGES = (
    Page(
        paths.HOME,
        home.home,
        mark("Know what happened, the moment it happens"),
        SessionState.open_page,
        mark(
            "SentinelIQ watches over your workspace: an audit log that is never rewritten, and live billing."
        ),
    ),
    Page(
        paths.PRICING,
        pricing.pricing,
        mark("Pricing"),
        PricingState.load,
        mark("Plans for teams of every size, and credits without a subscription."),
    ),
    Page(paths.SIGN_UP, accounts.sign_up, mark("Create your account"), AccountState.load_for_strangers),
    Page(paths.LOG_IN, accounts.log_in, mark("Log in"), AccountState.load_for_strangers),
    Page(paths.FORGOT_PASSWORD, accounts.forgot_password, mark("Forgot your password?"), AccountState.load),
    Page(paths.RESET_PASSWORD, accounts.reset_password, mark("Choose a new password"), AccountState.load),
    Page(paths.VERIFY_EMAIL, accounts.verify_email, mark("Verify your email"), AccountState.verify),
    Page(paths.CHECKOUT, checkout.checkout, mark("Checkout"), CheckoutState.load),
    Page(paths.BILLING, billing.billing, mark("Billing"), BillingState.load),
    Page(paths.PLAN_CHANGE, plan_change.plan_change, mark("Change your plan"), PlanChangeState.load),
    Page(paths.MEMBERS, members.members, mark("Members"), MembersState.load),
    Page(paths.WORKSPACES, workspaces.workspaces, mark("Workspaces"), WorkspacesState.load),
    Page(paths.ACCOUNT, account.account, mark("Account"), BrowsersState.load),
    Page(paths.INVITATION, invitation.invitation, mark("Invitation"), InvitationState.load),
    Page(paths.AUDIT, audit.audit, mark("Audit log"), AuditState.load),
    Page(paths.CREDITS, credit_history.credit_history, mark("Credits"), CreditsState.load),
    Page(paths.NOTIFICATIONS, notifications.notifications, mark("Notifications"), NotificationsState.load),
    Page(
        paths.NOTIFICATION_PREFERENCES,
        notification_preferences.notification_preferences,
        mark("Notification preferences"),
        NotificationPreferencesState.load,
    ),
    Page(paths.STAFF, staff_workspaces.workspaces, "All workspaces", StaffWorkspacesState.load),
    Page(paths.STAFF_WORKSPACE, staff_workspace.workspace, "One workspace", StaffWorkspaceState.load),
    Page(paths.STAFF_REVENUE, staff_revenue.revenue, "Revenue", StaffRevenueState.load),
    Page(paths.STAFF_FAILING, staff_failing.failing, "Failed payments", StaffFailingState.load),
    Page(paths.STAFF_EVENTS, staff_events.events, "Webhook events", StaffEventsState.load),
)


def _title(title: str) -> Words:
    return by_language(lambda: f"{say(title)} · {NAME}")


def _title_of(page: Page) -> Words:
    """As if there were no page, on a staff page until it is known that staff look at it."""
    if not page.path.startswith(paths.STAFF):
        return _title(page.title)
    return rx.cond(StaffState.let_in, _title(page.title), _title(NOT_FOUND))


def add_pages(app: rx.App) -> None:
    """Give the app all its pages, the one for unknown addresses included."""
    for page in PAGES:
        app.add_page(
            page.build,
            route=page.path,
            title=_title_of(page),
            description=t(page.description) if page.description else None,
            on_load=page.on_load,
        )
    app.add_page(faults.not_found, route="404", title=_title(NOT_FOUND), on_load=SessionState.open_page)
