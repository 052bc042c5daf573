"""The use cases of billing: what pages, routes and the command call."""

from ..workspaces.members import Member
from .processor import CheckoutSession
from .views import BillingOverview, CheckoutProgress, PaymentMethodView, PlanCard


async def list_plan_cards(member: Member | None) -> list[PlanCard]:
    """The pricing page for this member, or for a stranger."""
    raise NotImplementedError


async def generate_checkout_session(*, member: Member, plan_id: str) -> CheckoutSession:
    """Open a checkout session and return it with the URL to send the owner to."""
    raise NotImplementedError


async def get_customer_portal_url(*, member: Member) -> str:
    """Where the owner manages the subscription."""
    raise NotImplementedError


async def get_billing_overview(member: Member) -> BillingOverview:
    """What the billing page shows, from our own records only."""
    raise NotImplementedError


async def get_payment_method(member: Member) -> PaymentMethodView | None:
    """The card that pays, asked of Stripe."""
    raise NotImplementedError


async def get_checkout_progress(*, member: Member, session_id: str) -> CheckoutProgress:
    """What has become of a checkout session of this workspace, by our own records."""
    raise NotImplementedError


async def confirm_checkout(*, member: Member, session_id: str) -> CheckoutProgress:
    """Ask Stripe itself, when its webhook is late, and apply what it says."""
    raise NotImplementedError
