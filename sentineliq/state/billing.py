"""The billing page: the workspace's plan, credits, usage, invoices and audit log, live."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import reflex as rx
import structlog
from reflex.event import EventSpec, EventType

from .. import turns
from ..billing import cancellations, operations
from ..billing.overview import INVOICES_SHOWN
from ..billing.processor import PortalFlow
from ..billing.views import BillingAlert
from ..errors import AppError
from ..i18n import say, spoken
from ..workspaces.members import Member
from . import billing_rows as rows
from . import wording
from .billing_rows import AlertBanner, AuditRow, Card, InvoiceRow, NextInvoice, Renewal
from .session import SessionState
from .usage_rows import UsageRow, usage_row

_log = structlog.get_logger(__name__)


class BillingState(SessionState):
    """Everything on the billing page, ready to read. Stripe is asked for the card that pays and for the next
    invoice once the page stands."""

    loaded: bool = False
    plan_name: str = ""
    status: str = ""
    status_label: str = ""
    renewal: Renewal = Renewal()
    credits: str = ""
    complimentary: str = ""
    can_manage: bool = False
    is_subscribed: bool = False
    has_customer: bool = False
    alert: AlertBanner = AlertBanner()
    usage: list[UsageRow] = []
    over_limit: bool = False
    invoices: list[InvoiceRow] = []
    has_more_invoices: bool = False
    billing_email: str = ""
    audit: list[AuditRow] = []

    card: Card = Card()
    card_problem: str = ""
    card_loaded: bool = False
    stripe_is_down: bool = False
    last_told: str = ""
    next_invoice: NextInvoice = NextInvoice()
    managing: bool = False
    _invoices_shown: int = INVOICES_SHOWN
    _told: tuple[datetime | None, datetime | None] = (None, None)
    """When Stripe last told of the subscription, and of the customer."""

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to a member; send anyone else to log in."""
        async with self._reporting():
            self.managing = self.card_loaded = False
            self._invoices_shown = INVOICES_SHOWN
            member = await self._enter()
            if member is None:
                return self._log_in_first()
            await self._show_overview(member)
            return BillingState.load_card
        return None

    @rx.event(background=True)
    async def load_card(self) -> None:
        """Ask Stripe for the card that pays and for the next invoice, without holding up the page."""
        member = None
        async with self, self._reporting():
            member = await self._member()
        if member is None:
            return
        (card, problem), upcoming = await asyncio.gather(_ask_for_card(member), _ask_for_next_invoice(member))
        async with self:
            self.card, self.card_problem, self.card_loaded = card, problem, True
            self.next_invoice = upcoming
            self.stripe_is_down = bool(problem or card.as_of or upcoming.problem or upcoming.as_of)

    @rx.event
    async def load_more_invoices(self) -> None:
        """Show older invoices below."""
        async with self._reporting():
            member = await self._require_member()
            self._invoices_shown += INVOICES_SHOWN
            await self._show_overview(member)

    @rx.event
    async def change_card(self) -> AsyncIterator[EventSpec | None]:
        """Leave for the place in the portal where the card is changed."""
        self.problem, self.managing = "", True
        yield None
        yield await self._to_portal(PortalFlow.PAYMENT_METHOD_UPDATE)

    @rx.event
    async def manage_subscription(self) -> AsyncIterator[EventSpec | None]:
        """Leave for Stripe's customer portal."""
        self.problem, self.managing = "", True
        yield None
        yield await self._to_portal(PortalFlow.HOME)

    @rx.event
    async def answer_alert(self) -> AsyncIterator[EventSpec | None]:
        """Resume at once what is set to end; else leave for the place in the portal that puts it right."""
        self.problem, self.managing = "", True
        yield None
        if self.alert.kind == BillingAlert.CANCELING:
            await self._resume()
            return
        past_due = self.alert.kind == BillingAlert.PAST_DUE
        yield await self._to_portal(PortalFlow.PAYMENT_METHOD_UPDATE if past_due else PortalFlow.HOME)

    async def _resume(self) -> None:
        async with self._reporting():
            member = await self._require_member()
            await cancellations.resume_subscription(member)
            await self._show_overview(member)
            self.notice = say("The subscription goes on.")
        self.managing = False

    async def _to_portal(self, flow: PortalFlow) -> EventSpec | None:
        async with self._reporting():
            member = await self._require_member()
            return self._leave_for(await operations.get_customer_portal_url(member=member, flow=flow))
        self.managing = False
        return None

    async def _refresh(self) -> EventType[()] | None:
        member = await self._show_header()
        if member is None:
            return self._log_in_first()
        shown, receipts_to, customer_told = self._asked_for(), self.billing_email, self._told[1]
        await self._show_overview(member)
        address_alone = self.billing_email != receipts_to
        another_card = self._told[1] != customer_told and not address_alone
        return BillingState.load_card if another_card or shown != self._asked_for() else None

    def _asked_for(self) -> tuple[object, ...]:
        """What decides which card and which invoice Stripe would tell of. A card may be the subscription's
        own, or the customer's."""
        return (self.has_customer, self.status, self.plan_name, self.renewal, self._told[0])

    async def _show_overview(self, member: Member) -> None:
        shown = self._invoices_shown
        seen_by = ("billing", member.workspace_id, member.role, spoken(), shown)
        self._put(**await turns.once(seen_by, lambda: _read(member, invoices_shown=shown)))


async def _read(member: Member, *, invoices_shown: int) -> dict[str, Any]:
    """What the page shows of the workspace to members of that role who read that language."""
    overview = await operations.get_billing_overview(member, invoices_shown=invoices_shown)
    usage = [usage_row(measured) for measured in overview.usage]
    return {
        "workspace_name": overview.workspace_name,
        "plan_name": overview.plan_name,
        "status": overview.status or "",
        "status_label": overview.status_label,
        "renewal": rows.renewal(overview),
        "credits": wording.number(overview.credits),
        "complimentary": rows.complimentary(overview),
        "can_manage": overview.can_manage,
        "is_subscribed": overview.is_subscribed,
        "has_customer": overview.has_customer,
        "_told": (overview.as_of, overview.customer_as_of),
        "last_told": wording.day_and_time(overview.as_of) if overview.as_of else "",
        "alert": rows.alert_banner(overview),
        "usage": usage,
        "over_limit": any(row.must_go for row in usage),
        "invoices": [rows.invoice_row(invoice) for invoice in overview.invoices],
        "has_more_invoices": overview.has_more_invoices,
        "billing_email": overview.billing_email,
        "audit": [rows.audit_row(entry) for entry in overview.audit],
        "loaded": True,
    }


async def _ask_for_card(member: Member) -> tuple[Card, str]:
    """The card, or why it cannot be shown."""
    try:
        return rows.card(await operations.get_payment_method(member)), ""
    except AppError as error:
        return Card(), error.message
    except Exception:
        _log.exception("payment_method_not_read")
        return Card(), AppError().message


async def _ask_for_next_invoice(member: Member) -> NextInvoice:
    """What the next renewal asks for, or why it cannot be shown."""
    try:
        return rows.next_invoice(await operations.get_next_invoice(member))
    except AppError:
        pass
    except Exception:
        _log.exception("next_invoice_not_read")
    return NextInvoice(problem=say("The next invoice cannot be shown right now."))
