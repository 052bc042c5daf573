"""The page of a plan change: what it shows, and what it keeps from the browser."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sentineliq.billing import cancellations, plan_changes
from sentineliq.billing.plan_changes import QuoteOutdated
from sentineliq.billing.plan_ids import BillingInterval, PaymentPlanId
from sentineliq.billing.plan_views import (
    ChangeOutcome,
    ChangeTime,
    PlanChoices,
    PlannedPlan,
    PlanOffer,
    PlanQuote,
)
from sentineliq.billing.processor import NothingToManage
from sentineliq.billing.subscription_changes import InvoicePreview, PaymentDeclined
from sentineliq.billing.views import PriceView
from sentineliq.state import plan_rows as rows
from sentineliq.state.plan_change import PlanChangeState
from tests.state.conftest import Team
from tests.state.tab import open_tab, returning, send, target

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
ENDS = datetime(2026, 12, 22, tzinfo=UTC)
CHOICES = PlanChoices(
    plan_id=PaymentPlanId.PRO,
    interval=BillingInterval.MONTH,
    renews_at=ENDS,
    is_trial=False,
    ends_at=None,
    is_waiting=False,
    waiting_url="",
    planned=None,
    offers=(
        PlanOffer(
            PaymentPlanId.HOBBY,
            "Hobby",
            ("10 members",),
            PriceView(999, "usd", "month"),
            PriceView(9900, "usd", "year"),
        ),
        PlanOffer(
            PaymentPlanId.PRO,
            "Pro",
            ("Unlimited members",),
            PriceView(1999, "usd", "month"),
            PriceView(19900, "usd", "year"),
        ),
    ),
    by_the_year=True,
)
QUOTE = PlanQuote(
    id="quote",
    workspace_id="w",
    subscription_id="sub_1",
    plan_id=PaymentPlanId.HOBBY,
    interval=BillingInterval.MONTH,
    from_price="price_pro",
    to_price="price_hobby",
    prorated_at=NOW,
    made_at=NOW,
    due_now=InvoicePreview("usd", total=-1000, tax=0, amount_due=0, at=ENDS),
    renewal=InvoicePreview("usd", total=1081, tax=82, amount_due=81, at=ENDS),
    is_downgrade=True,
    is_trial=False,
    period_end=ENDS,
    must_go=("Remove 2 members before you can add another.",),
)
PAGE = "/workspace/billing/plan"


@pytest.fixture
def tab(team: Team, monkeypatch: pytest.MonkeyPatch) -> PlanChangeState:
    """The owner's page, with what Stripe said shown."""
    monkeypatch.setattr(plan_changes, "get_plan_choices", returning(CHOICES))
    monkeypatch.setattr(plan_changes, "preview_plan_change", returning(QUOTE))
    opened = open_tab(PlanChangeState, url=PAGE, cookie=team.owner)
    opened._choices, opened.loaded = CHOICES, True
    opened._show(CHOICES)
    return opened


async def test_a_stranger_is_led_to_log_in_and_back(team: Team) -> None:
    [sent] = await send(open_tab(PlanChangeState, url=f"{PAGE}?plan=pro"), PlanChangeState.load)
    assert target(sent) == "/login?next=%2Fworkspace%2Fbilling%2Fplan%3Fplan%3Dpro"


async def test_plans_are_compared_at_the_interval_that_is_looked_at(tab: PlanChangeState) -> None:
    assert [(row.name, row.price, row.per, row.is_current) for row in tab.offers] == [
        ("Hobby", "$9.99", "per month", False),
        ("Pro", "$19.99", "per month", True),
    ]
    PlanChangeState.show_yearly.fn(tab, True)
    assert [(row.price, row.per, row.is_current) for row in tab.offers] == [
        ("$99.00", "per year", False),
        ("$199.00", "per year", False),
    ]
    assert tab.standing.plan == "Pro, paid by the month"
    assert tab.standing.text == "Renews on 22 Dec 2026."


def test_what_is_about_to_happen_is_said() -> None:
    planned = PlannedPlan("Hobby", BillingInterval.MONTH, ENDS)
    assert rows.standing_row(replace(CHOICES, planned=planned)).planned == "Changes to Hobby on 22 Dec 2026."
    ending = rows.standing_row(replace(CHOICES, ends_at=ENDS))
    assert (ending.ends, ending.text) == ("22 Dec 2026", "")
    trial = rows.standing_row(replace(CHOICES, is_trial=True))
    assert (trial.text, trial.is_trial) == ("The trial ends on 22 Dec 2026.", True)


async def test_a_choice_shows_what_it_costs_and_keeps_the_quote_on_the_server(tab: PlanChangeState) -> None:
    await send(tab, PlanChangeState.choose, "hobby")
    assert (tab.quote.due, tab.quote.renewal) == ("$0.00", "$10.81 per month")
    assert tab.quote.due_note == "$10.00 of what was paid becomes credit for the next invoices."
    assert tab.quote.renewal_note == "From 22 Dec 2026, $0.82 of tax included."
    assert (tab.quote.can_wait, tab.quote.later) == (True, "On 22 Dec 2026")
    assert tab.quote.must_go == list(QUOTE.must_go)
    assert "_quote" not in PlanChangeState.base_vars
    assert QUOTE.to_price not in str(tab.dict())


def test_what_is_due_says_where_it_comes_from() -> None:
    upgrade = InvoicePreview("usd", total=1081, tax=81, amount_due=581, at=ENDS)
    row = rows.quote_row(replace(QUOTE, due_now=upgrade), "Pro")
    assert row.due == "$5.81"
    assert row.due_note == (
        "For the rest of this period, less what was paid for it, $0.81 of tax included. "
        "$5.00 of credit is used."
    )
    trial = rows.quote_row(replace(QUOTE, due_now=None, is_trial=True), "Hobby")
    assert (trial.due, trial.due_note) == ("$0.00", "The trial goes on until 22 Dec 2026.")
    assert not trial.can_wait


async def test_confirming_does_what_was_shown_when_it_was_asked_for(
    tab: PlanChangeState, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    async def change(*, quote: PlanQuote, when: ChangeTime, **_: object) -> ChangeOutcome:
        asked.append((quote, when))
        return ChangeOutcome("Hobby", takes_place_at=ENDS)

    monkeypatch.setattr(plan_changes, "change_plan", change)
    await send(tab, PlanChangeState.choose, "hobby")
    PlanChangeState.set_time.fn(tab, "period_end")
    await send(tab, PlanChangeState.confirm)
    assert asked == [(QUOTE, ChangeTime.PERIOD_END)]
    assert tab.notice == "Hobby begins on 22 Dec 2026."
    assert (tab._quote, tab.quote.plan, tab.when) == (None, "", "now")


async def test_a_new_choice_takes_away_what_was_said_of_the_one_before(
    tab: PlanChangeState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_changes, "change_plan", returning(ChangeOutcome("Hobby")))
    await send(tab, PlanChangeState.choose, "hobby")
    await send(tab, PlanChangeState.confirm)
    assert tab.notice == "The plan is now Hobby."
    await send(tab, PlanChangeState.choose, "hobby")
    assert (tab.notice, tab.problem) == ("", "")


async def test_a_payment_that_needs_its_owner_leads_to_its_invoice(
    tab: PlanChangeState, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = ChangeOutcome("Hobby", pay_url="https://invoice.stripe.com/i/1")
    monkeypatch.setattr(plan_changes, "change_plan", returning(outcome))
    await send(tab, PlanChangeState.choose, "hobby")
    sent = await send(tab, PlanChangeState.confirm)
    assert target(sent[0]) == outcome.pay_url
    assert tab.notice == ""


async def test_a_refused_change_is_said_and_its_price_must_be_looked_at_again(
    tab: PlanChangeState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_changes, "change_plan", returning(PaymentDeclined()))
    await send(tab, PlanChangeState.choose, "hobby")
    await send(tab, PlanChangeState.confirm)
    assert (tab.problem, tab.busy) == (PaymentDeclined.message, "")
    await send(tab, PlanChangeState.confirm)
    assert tab.problem == QuoteOutdated.message


async def test_leaving_and_coming_back(tab: PlanChangeState, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    async def cancel(*, feedback: str, comment: str, **_: object) -> None:
        asked.append((feedback, comment))

    monkeypatch.setattr(cancellations, "cancel_subscription", cancel)
    monkeypatch.setattr(cancellations, "resume_subscription", returning(None))
    monkeypatch.setattr(plan_changes, "keep_plan", returning(NothingToManage()))
    await send(tab, PlanChangeState.cancel, {"feedback": "unused", "comment": "Bye."})
    assert asked == [("unused", "Bye.")]
    assert tab.notice == "The subscription is set to end."
    await send(tab, PlanChangeState.resume)
    assert tab.notice == "The subscription goes on."
    await send(tab, PlanChangeState.keep_plan)
    assert (tab.problem, tab.notice, tab.busy) == (NothingToManage.message, "", "")


async def test_a_member_who_is_not_the_owner_can_do_none_of_it(team: Team) -> None:
    tab = open_tab(PlanChangeState, url=PAGE, cookie=team.member)
    tab._quote = replace(QUOTE, workspace_id=team.workspace.id)
    for event, arguments in (
        (PlanChangeState.confirm, ()),
        (PlanChangeState.choose, ("pro",)),
        (PlanChangeState.keep_plan, ()),
        (PlanChangeState.resume, ()),
        (PlanChangeState.cancel, ({},)),
    ):
        tab.problem = ""
        await send(tab, event, *arguments)
        assert tab.problem == "Only the owner of this workspace can do this.", event
