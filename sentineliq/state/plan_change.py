"""Changing the plan in place: compare, see what it costs, confirm. The quote is kept on the server."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx
import structlog
from reflex.event import EventSpec, EventType

from ..billing import cancellations, operations, plan_changes
from ..billing.plan_ids import BillingInterval
from ..billing.plan_views import ChangeTime, PlanChoices, PlanQuote
from ..errors import AppError
from ..i18n import mark, say
from ..workspaces.members import Member
from . import plan_rows as rows
from . import wording
from .one_shot import was_sent_before
from .plan_rows import OfferRow, QuoteRow, StandingRow
from .session import SessionState

_log = structlog.get_logger(__name__)


class PlanChangeState(SessionState):
    """The page of a plan change. `busy` names what is at work; `chosen` the plan whose price is shown;
    `is_open`: the subscription may be changed, and may be ended."""

    loaded: bool = False
    is_open: bool = False
    unavailable: str = ""
    standing: StandingRow = StandingRow()
    offers: list[OfferRow] = []
    by_the_year: bool = False
    yearly: bool = False
    chosen: str = ""
    quote: QuoteRow = QuoteRow()
    when: str = ChangeTime.NOW.value
    busy: str = ""
    _choices: PlanChoices | None = None
    _quote: PlanQuote | None = None
    _seen: tuple[str, str] = ("", "")

    @rx.event
    async def load(self) -> EventType[()] | None:
        """Show the page to a member; send anyone else to log in."""
        async with self._reporting():
            self.loaded, self.busy = False, ""
            self._forget_quote()
            member = await self._enter()
            if member is None:
                return self._log_in_first()
            self._seen = await _record_of(member)
            return PlanChangeState.load_choices
        return None

    @rx.event(background=True)
    async def load_choices(self) -> EventType[()] | None:
        """Ask Stripe what holds now, without holding up the page."""
        member = None
        async with self, self._reporting():
            member = await self._member()
        if member is None:
            return None
        choices, problem = await _choices_of(member)
        async with self:
            first = not self.loaded
            self._choices, self.unavailable, self.loaded = choices, problem, True
            if choices is None:
                return None
            if first:
                self.yearly = self._wanted_interval(choices) is BillingInterval.YEAR
            self._show(choices)
            wanted = self.router.url.query_parameters.get("plan", "")
            is_offered = any(row.plan_id == wanted and not row.is_current for row in self.offers)
        return PlanChangeState.choose(wanted) if first and is_offered and self.is_open else None

    @rx.event
    def show_yearly(self, yearly: bool) -> None:
        """Look at the prices of the year, or of the month."""
        self._speak_as_shown()
        self.yearly = bool(yearly) and self.by_the_year
        self._forget_quote()
        if self._choices is not None:
            self._show(self._choices)

    @rx.event
    async def choose(self, plan_id: str) -> AsyncIterator[None]:
        """See what a change to this plan costs."""
        self._forget_quote()
        self.problem = self.notice = ""
        self.busy = f"choose-{plan_id}"
        yield
        async with self._reporting():
            member = await self._require_member()
            quote = await plan_changes.preview_plan_change(
                member=member, plan_id=plan_id, interval=self._interval()
            )
            self._quote, self.chosen = quote, quote.plan_id.value
            self.quote = rows.quote_row(quote, self._name_of(quote.plan_id))
        self.busy = ""

    @rx.event
    def set_time(self, when: str) -> None:
        """At once, or with the end of the period."""
        self.when = ChangeTime.PERIOD_END.value if when == ChangeTime.PERIOD_END else ChangeTime.NOW.value

    @rx.event
    def put_off(self) -> None:
        """Close the preview."""
        self._forget_quote()

    @rx.event
    async def confirm(self) -> AsyncIterator[EventSpec | EventType[()] | None]:
        """Do what was shown. After a refusal the price must be looked at again."""
        self.problem = self.notice = ""
        self._speak_as_shown()
        quote, when = self._quote, ChangeTime(self.when)
        if quote is None:
            self.problem = plan_changes.QuoteOutdated().message
            return
        self.busy = "confirm"
        yield None
        async with self._reporting():
            member = await self._require_member()
            outcome = await plan_changes.change_plan(member=member, quote=quote, when=when)
            if outcome.pay_url:
                yield self._leave_for(outcome.pay_url)
            elif outcome.takes_place_at is not None:
                begins = wording.day(outcome.takes_place_at)
                self.notice = say("{plan} begins on {day}.", plan=outcome.plan_name, day=begins)
            else:
                self.notice = say("The plan is now {plan}.", plan=outcome.plan_name)
        self.busy = ""
        self._forget_quote()
        yield PlanChangeState.load_choices

    @rx.event
    async def keep_plan(self) -> AsyncIterator[EventType[()] | None]:
        """Take back a change that is planned."""
        async for sent in self._act("keep", plan_changes.keep_plan, mark("The plan stays as it is.")):
            yield sent

    @rx.event
    async def resume(self) -> AsyncIterator[EventType[()] | None]:
        """Let a subscription go on that was set to end."""
        async for sent in self._act(
            "resume", cancellations.resume_subscription, mark("The subscription goes on.")
        ):
            yield sent

    @rx.event
    async def cancel(self, form: dict[str, Any]) -> AsyncIterator[EventType[()] | None]:
        """Let the subscription run out, with the reason that the form gives, if it gives one."""
        if was_sent_before(form, count=self.answered):
            return
        async with self._answering():
            self.busy = "cancel"
            yield None
            await cancellations.cancel_subscription(
                member=await self._require_member(),
                feedback=str(form.get("feedback", "")),
                comment=str(form.get("comment", "")),
            )
            self.notice = say("The subscription is set to end.")
        self.busy = ""
        self._forget_quote()
        yield PlanChangeState.load_choices

    async def _act(self, name: str, act: Any, done: str) -> AsyncIterator[EventType[()] | None]:
        """Do one thing and show what holds afterwards."""
        self.problem = self.notice = ""
        self.busy = name
        yield None
        async with self._reporting():
            await act(await self._require_member())
            self.notice = say(done)
        self.busy = ""
        self._forget_quote()
        yield PlanChangeState.load_choices

    async def _refresh(self) -> EventType[()] | None:
        """Ask Stripe anew only when our own record of the subscription has changed."""
        member = await self._show_header()
        if member is None:
            return self._log_in_first()
        before, self._seen = self._seen, await _record_of(member)
        return PlanChangeState.load_choices if before != self._seen else None

    def _show(self, choices: PlanChoices) -> None:
        self.by_the_year = choices.by_the_year
        self.is_open = choices.ends_at is None and not choices.is_waiting
        self.standing = rows.standing_row(choices)
        self.offers = rows.offer_rows(choices, self._interval())

    def _wanted_interval(self, choices: PlanChoices) -> BillingInterval:
        """As the address asks, else as it is paid now."""
        asked = self.router.url.query_parameters.get("interval", "")
        if not choices.by_the_year or asked not in set(BillingInterval):
            return choices.interval
        return BillingInterval(asked)

    def _interval(self) -> BillingInterval:
        return BillingInterval.YEAR if self.yearly else BillingInterval.MONTH

    def _name_of(self, plan_id: str) -> str:
        return next((row.name for row in self.offers if row.plan_id == plan_id), plan_id)

    def _forget_quote(self) -> None:
        self._quote, self.quote, self.chosen, self.when = None, QuoteRow(), "", ChangeTime.NOW.value


async def _record_of(member: Member) -> tuple[str, str]:
    """What our own record says, without asking Stripe."""
    overview = await operations.get_billing_overview(member)
    return (str(overview.plan_id), str(overview.status))


async def _choices_of(member: Member) -> tuple[PlanChoices | None, str]:
    """The choices, or why there are none."""
    try:
        return await plan_changes.get_plan_choices(member), ""
    except AppError as error:
        return None, error.message
    except Exception:
        _log.exception("plan_choices_not_read")
        return None, AppError().message
