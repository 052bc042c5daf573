"""One workspace as staff see it, and what they do for it. Stripe is asked once the page stands."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import reflex as rx
import structlog
from reflex.event import EventType

from ...billing.processor import OutcomeUnknown
from ...billing.refunds import Payment, RefundRefused
from ...billing.staff import acts, comps, payments
from ...billing.staff.payments import RefundOrder
from ...billing.staff.workspace import get_workspace_file
from ...errors import AppError, NotFound
from ...identity.staff import StaffMember
from .. import paths, wording
from ..billing_rows import InvoiceRow, invoice_row
from ..one_shot import was_sent_before
from . import workspace_rows as rows
from .session import StaffState
from .workspace_rows import AuditRow, CustomerRow, GivenRow, MovementRow, PaymentRow, Record

_log = structlog.get_logger(__name__)
_BESIDE_REFUND = {payments.InvalidAmount: "amount", payments.InvalidNote: "note"}
_BESIDE_CREDITS = {
    acts.InvalidAdjustment: "credits",
    acts.MoreThanThere: "credits",
    acts.InvalidReason: "why",
}


class StaffWorkspaceState(StaffState):
    """`busy` names what is at work."""

    loaded: bool = False
    is_there: bool = True
    record: Record = Record()
    customers: list[CustomerRow] = []
    given: list[GivenRow] = []
    invoices: list[InvoiceRow] = []
    movements: list[MovementRow] = []
    audit: list[AuditRow] = []
    events_url: str = ""

    payments: list[PaymentRow] = []
    payments_loaded: bool = False
    payments_problem: str = ""
    refunding: PaymentRow = PaymentRow()
    differences: list[str] = []
    busy: str = ""
    _known: dict[str, Payment] = {}
    _refusals: int = 0
    _credits_key: str = ""

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to staff; to anyone else there is nothing."""
        async with self._reporting():
            self.loaded = self.payments_loaded = False
            self.busy = ""
            self.refunding, self.differences, self._refusals = PaymentRow(), [], 0
            staff = await self._open()
            if staff is not None:
                self._credits_key = uuid4().hex  # opening may have emptied the state
                await self._read_again(staff)
                return StaffWorkspaceState.load_payments
        return None

    @rx.event(background=True)
    async def load_payments(self) -> None:
        """Ask Stripe, without holding up the page."""
        async with self:
            self._speak_as_shown()
            workspace_id = self._workspace_id()
            try:
                staff = await self._require_staff()
            except NotFound:
                return
        found, problem = await _ask_for_payments(staff, workspace_id)
        async with self:
            self._known = {each.charge_id: each for each in found}
            self.payments = [rows.payment(each) for each in found]
            self.payments_problem, self.payments_loaded = problem, True

    @rx.event
    async def choose_payment(self, charge_id: str) -> None:
        """Open the form that sends some of this payment back; an unknown one closes it."""
        async with self._reporting():
            await self._require_staff()
            self.refusal = self.refused_field = ""
            known = self._known.get(charge_id)
            self.refunding = rows.payment(known) if known else PaymentRow()

    @rx.event
    async def refund(self, form: dict[str, Any]) -> AsyncIterator[EventType[()] | None]:
        """Send as much of the open payment back as was typed."""
        if was_sent_before(form, count=self.answered):
            return
        async with self._answering(_BESIDE_REFUND):
            self.busy = "refund"
            yield None
            staff = await self._require_staff()
            payment = self._known.get(self.refunding.id)
            if payment is None:
                raise NotFound
            try:
                amount = await payments.refund(staff, self._workspace_id(), self._order(payment, form))
            except RefundRefused:
                self._refusals += 1
                raise
            except OutcomeUnknown:
                self.refunding = PaymentRow()  # a second press would be another refund
                raise
            self.notice = f"{wording.money(amount=amount, currency=payment.currency)} goes back."
            self.refunding = PaymentRow()
        self.busy = ""
        yield StaffWorkspaceState.load_payments

    def _order(self, payment: Payment, form: dict[str, Any]) -> RefundOrder:
        return RefundOrder(
            charge_id=payment.charge_id,
            amount=str(form.get("amount", "")),
            reason=str(form.get("reason", "")),
            note=str(form.get("note", "")),
            seen_refunded=payment.amount_refunded,
            attempt=self._refusals,
        )

    @rx.event
    async def give_plan(self, form: dict[str, Any]) -> AsyncIterator[None]:
        """Give a complimentary plan until a day."""
        if was_sent_before(form, count=self.answered):
            return
        async with self._answering({comps.InvalidLastDay: "until", comps.InvalidReason: "because"}):
            self.busy = "give-plan"
            yield
            staff = await self._require_staff()
            await comps.grant(
                staff,
                self._workspace_id(),
                plan=str(form.get("plan", "")),
                last_day=str(form.get("until", "")),
                reason=str(form.get("because", "")),
            )
            self.notice = "The plan is given."
            await self._read_again(staff)
        self.busy = ""

    @rx.event
    async def take_plan_back(self) -> None:
        """End the complimentary plan now."""
        self.problem = self.notice = ""
        async with self._reporting():
            staff = await self._require_staff()
            await comps.revoke(staff, self._workspace_id())
            self.notice = "The complimentary plan has ended."
            await self._read_again(staff)

    @rx.event
    async def adjust_credits(self, form: dict[str, Any]) -> AsyncIterator[None]:
        """Give credits, or take them."""
        if was_sent_before(form, count=self.answered):
            return
        async with self._answering(_BESIDE_CREDITS):
            self.busy = "credits"
            yield
            staff = await self._require_staff()
            balance = await acts.adjust_credits(
                staff,
                self._workspace_id(),
                amount=_whole(form.get("credits")),
                reason=str(form.get("why", "")),
                key=self._credits_key,
            )
            self._credits_key = uuid4().hex
            self.notice = f"The balance is now {balance:,}."
            await self._read_again(staff)
        self.busy = ""

    @rx.event
    async def reconcile(self) -> Any:
        """Compare with Stripe now, and heal what differs."""
        self.problem, self.notice, self.busy = "", "", "reconcile"
        yield
        async with self._reporting():
            staff = await self._require_staff()
            found = await acts.reconcile_now(staff, self._workspace_id())
            self.differences = [
                f"{each.what}: {each.held} here, {each.at_stripe} at Stripe" for each in found
            ]
            self.notice = _healed(len(found))
            await self._read_again(staff)
        self.busy = ""

    async def _refresh(self) -> EventType[()] | None:
        invoices = self.invoices
        await super()._refresh()
        return StaffWorkspaceState.load_payments if self.let_in and invoices != self.invoices else None

    async def _read_again(self, staff: StaffMember) -> None:
        try:
            file = await get_workspace_file(staff, self._workspace_id())
        except NotFound:
            self.loaded, self.is_there = True, False
            return
        self.record = rows.record(file)
        self.customers = [rows.customer(each) for each in file.customers]
        self.given = [rows.given(each) for each in file.given_plans]
        self.invoices = [invoice_row(each) for each in file.invoices]
        self.movements = [rows.movement(each) for each in file.credit_lines]
        self.audit = [rows.audit(each) for each in file.audit]
        self.events_url = f"{paths.STAFF_EVENTS}?{urlencode({'text': file.id})}"
        self.loaded = self.is_there = True

    def _workspace_id(self) -> str:
        """Of the page's address: whoever is staff may look at any."""
        return str(self.router.url.query_parameters.get("id", ""))[:64]


def _healed(differences: int) -> str:
    if not differences:
        return "Nothing differs from Stripe."
    return f"{differences:,} difference{'s' if differences > 1 else ''}, healed."


def _whole(typed: object) -> int:
    """A number of credits, with its sign. Raises `InvalidAdjustment`."""
    try:
        return int(str(typed).strip().replace("−", "-"))
    except ValueError:
        raise acts.InvalidAdjustment from None


async def _ask_for_payments(staff: StaffMember, workspace_id: str) -> tuple[tuple[Payment, ...], str]:
    """The payments, or why they cannot be shown."""
    try:
        return await payments.list_payments(staff, workspace_id), ""
    except AppError as error:
        return (), error.message
    except Exception:
        _log.exception("payments_not_read")
        return (), AppError.message
