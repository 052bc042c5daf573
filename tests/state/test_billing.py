"""The billing page's fields."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sentineliq.billing import cancellations, operations
from sentineliq.billing.card_expiry import CardExpiry
from sentineliq.billing.plans import PaymentPlanId
from sentineliq.billing.processor import PaymentProcessorUnavailable, PortalFlow
from sentineliq.billing.subscription_changes import InvoicePreview
from sentineliq.billing.views import (
    AuditView,
    BillingAlert,
    BillingOverview,
    InvoiceView,
    PaymentMethodView,
    UsageView,
)
from sentineliq.state import billing_rows as rows
from sentineliq.state.billing import BillingState
from sentineliq.workspaces.models import Role, SubscriptionStatus
from tests.state.conftest import Team
from tests.state.tab import open_tab, returning, send, target

AT = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
HOBBY = BillingOverview(
    workspace_id="w",
    workspace_name="Acme",
    role=Role.OWNER,
    plan_name="Hobby",
    plan_id=PaymentPlanId.HOBBY,
    status=SubscriptionStatus.ACTIVE,
    status_label="Active",
    renewal_date=AT,
    ends_at=None,
    credits=10,
    alert=None,
    can_manage=True,
    has_customer=True,
    invoices=(InvoiceView("in_1", "A-1", AT, 999, "usd", "paid", "https://i.example", "https://p.example"),),
    audit=(AuditView(1, AT, "Stripe", "Plan changed from Free to Hobby"),),
    usage=(UsageView("Members", 3, 10), UsageView("Alerts", 1200, None)),
)


async def test_a_stranger_is_led_to_log_in_and_back(team: Team) -> None:
    tab = open_tab(BillingState, url="/workspace/billing?tab=1")
    [sent] = await send(tab, BillingState.load)
    assert target(sent) == "/login?next=%2Fworkspace%2Fbilling%3Ftab%3D1"
    assert not tab.loaded


async def test_a_member_reads_a_free_workspace(team: Team) -> None:
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.member)
    await send(tab, BillingState.load)
    assert (tab.plan_name, tab.status_label, tab.credits, tab.can_manage) == ("Free", "Free", "0", False)


async def test_everything_is_ready_to_read(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "get_billing_overview", returning(HOBBY))
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.owner)
    [goes_on_with] = await send(tab, BillingState.load)
    assert goes_on_with == BillingState.load_card
    assert tab.renewal == rows.Renewal("Renews on", "22 Nov 2026")
    assert (tab.invoices[0].day, tab.invoices[0].total, tab.invoices[0].status) == (
        "22 Nov 2026",
        "$9.99",
        "Paid",
    )
    assert tab.audit[0].at == "22 Nov 2026, 14:05 UTC"
    assert [usage.text for usage in tab.usage] == ["3 of 10", "1,200 · Unlimited"]
    assert [usage.percent for usage in tab.usage] == [30, 0]


async def test_a_change_of_status_asks_for_the_card_anew(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.owner)
    monkeypatch.setattr(operations, "get_billing_overview", returning(HOBBY))
    await send(tab, BillingState.load)
    assert await tab._refresh() is None
    late = replace(HOBBY, status=SubscriptionStatus.PAST_DUE, alert=BillingAlert.PAST_DUE)
    monkeypatch.setattr(operations, "get_billing_overview", returning(late))
    assert await tab._refresh() == BillingState.load_card
    assert tab.alert.title == "Your last payment failed"


@pytest.mark.parametrize(
    ("told", "asks"),
    [
        ({"as_of": AT + timedelta(seconds=1)}, True),
        ({"customer_as_of": AT + timedelta(seconds=1)}, True),
        ({"customer_as_of": AT + timedelta(seconds=1), "billing_email": "new@example.com"}, False),
        ({"credits": 20}, False),
    ],
    ids=["the subscription's card", "the customer's card", "where receipts go", "something else"],
)
async def test_another_card_is_asked_for_when_stripe_tells_of_what_pays(
    team: Team, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], asks: bool
) -> None:
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.owner)
    before = replace(HOBBY, as_of=AT, customer_as_of=AT, billing_email="old@example.com")
    monkeypatch.setattr(operations, "get_billing_overview", returning(before))
    await send(tab, BillingState.load)
    monkeypatch.setattr(operations, "get_billing_overview", returning(replace(before, **told)))
    assert await tab._refresh() == (BillingState.load_card if asks else None)
    assert await tab._refresh() is None


async def test_a_failed_payment_leads_to_where_the_card_is_changed(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[PortalFlow] = []

    async def portal(*, flow: PortalFlow, **_: object) -> str:
        asked.append(flow)
        return "https://billing.stripe.com/p/1"

    monkeypatch.setattr(operations, "get_customer_portal_url", portal)
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.owner)
    tab.alert = rows.alert_banner(replace(HOBBY, alert=BillingAlert.PAST_DUE))
    [sent] = await send(tab, BillingState.answer_alert)
    await send(tab, BillingState.manage_subscription)
    assert target(sent) == "https://billing.stripe.com/p/1"
    assert asked == [PortalFlow.PAYMENT_METHOD_UPDATE, PortalFlow.HOME]


async def test_a_member_cannot_manage_the_subscription(team: Team) -> None:
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.member)
    assert await send(tab, BillingState.manage_subscription) == []
    assert (tab.problem, tab.managing) == ("Only the owner of this workspace can do this.", False)


@pytest.mark.parametrize("alert", list(BillingAlert))
def test_every_alert_has_its_words(alert: BillingAlert) -> None:
    banner = rows.alert_banner(replace(HOBBY, alert=alert, ends_at=AT))
    assert banner.kind == alert
    assert banner.title
    assert banner.text
    assert banner.action


def test_a_cancelled_subscription_says_when_it_ends() -> None:
    ending = replace(HOBBY, ends_at=AT, renewal_date=None, alert=BillingAlert.CANCELING)
    assert rows.renewal(ending) == rows.Renewal("Ends on", "22 Nov 2026")
    assert rows.alert_banner(ending).title == "Your subscription ends on 22 Nov 2026"


@pytest.mark.parametrize(
    ("alert", "given_until", "said"),
    [
        (BillingAlert.PAST_DUE, AT, "the workspace is on Pro since 22 Nov 2026"),
        (BillingAlert.UNPAID, AT, "is on Pro until the open invoice is paid. Hobby is back at once then."),
        (BillingAlert.PAUSED, AT, "The workspace is on Pro, and nothing is billed."),
        (
            BillingAlert.CANCELING,
            AT + timedelta(days=1),
            "until then, and the workspace is on Pro afterwards.",
        ),
        (BillingAlert.CANCELING, AT, "until then, and the workspace is on Free afterwards."),
    ],
    ids=["on hold", "unpaid", "paused", "ends while it is given", "ends with what is given"],
)
def test_an_alert_counts_what_is_complimentary(alert: BillingAlert, given_until: datetime, said: str) -> None:
    beside = replace(
        HOBBY,
        alert=alert,
        ends_at=AT if alert is BillingAlert.CANCELING else None,
        grace_ends=AT,
        is_on_hold=alert is BillingAlert.PAST_DUE,
        plan_name="Pro",
        subscribed_plan="Hobby",
        complimentary_plan="Pro",
        complimentary_until=given_until,
    )
    banner = rows.alert_banner(beside)
    assert said in banner.text
    assert alert is not BillingAlert.PAST_DUE or banner.title == "Hobby is on hold"


async def test_an_outage_of_stripe_leaves_the_page_standing(monkeypatch: pytest.MonkeyPatch) -> None:
    from sentineliq.state import billing

    card = PaymentMethodView(brand="visa", last4="4242", exp_month=9, exp_year=2028)
    monkeypatch.setattr(operations, "get_payment_method", returning(card))
    assert await billing._ask_for_card(None) == (rows.Card("Visa", "4242", "09/28"), "")  # pyright: ignore[reportArgumentType]
    monkeypatch.setattr(operations, "get_payment_method", returning(PaymentProcessorUnavailable()))
    assert await billing._ask_for_card(None) == (rows.Card(), PaymentProcessorUnavailable.message)  # pyright: ignore[reportArgumentType]


async def test_older_invoices_stay_shown_through_live_updates(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def overview(_member: object, *, invoices_shown: int) -> BillingOverview:
        asked.append(invoices_shown)
        return replace(HOBBY, has_more_invoices=invoices_shown < 36)

    monkeypatch.setattr(operations, "get_billing_overview", overview)
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.owner)
    await send(tab, BillingState.load)
    assert tab.has_more_invoices
    await send(tab, BillingState.load_more_invoices)
    await tab._refresh()
    await send(tab, BillingState.load_more_invoices)
    assert (asked, tab.has_more_invoices) == ([12, 24, 24, 36], False)


async def test_a_cancellation_is_resumed_on_the_page(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "get_billing_overview", returning(HOBBY))
    monkeypatch.setattr(cancellations, "resume_subscription", returning(None))
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.owner)
    tab.alert = rows.alert_banner(replace(HOBBY, alert=BillingAlert.CANCELING))
    assert await send(tab, BillingState.answer_alert) == []
    assert (tab.notice, tab.managing, tab.alert.kind) == ("The subscription goes on.", False, "")


async def test_the_card_is_changed_in_the_portal(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[PortalFlow] = []

    async def portal(*, flow: PortalFlow, **_: object) -> str:
        asked.append(flow)
        return "https://billing.stripe.com/p/1"

    monkeypatch.setattr(operations, "get_customer_portal_url", portal)
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.owner)
    [sent] = await send(tab, BillingState.change_card)
    assert (target(sent), asked) == ("https://billing.stripe.com/p/1", [PortalFlow.PAYMENT_METHOD_UPDATE])


def test_the_next_invoice_is_ready_to_read() -> None:
    assert rows.next_invoice(None) == rows.NextInvoice()
    coming = InvoicePreview("usd", total=1081, tax=82, amount_due=581, at=AT)
    assert rows.next_invoice(coming) == rows.NextInvoice(
        "$5.81", "22 Nov 2026", "$0.82 of tax included, $5.00 of credit used"
    )
    planned = rows.next_invoice(replace(coming, changes_to="Hobby"))
    assert planned.change == "Changes to Hobby on 22 Nov 2026."


@pytest.mark.parametrize("expiry", list(CardExpiry))
def test_a_card_that_lapses_is_warned_of(expiry: CardExpiry) -> None:
    card = rows.card(PaymentMethodView("visa", "4242", 9, 2028, expiry))
    assert bool(card.warning) == (expiry is not CardExpiry.VALID)


async def test_what_stripe_cannot_say_of_the_next_invoice_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from sentineliq.state import billing

    monkeypatch.setattr(operations, "get_next_invoice", returning(PaymentProcessorUnavailable()))
    shown = await billing._ask_for_next_invoice(None)  # pyright: ignore[reportArgumentType]
    assert shown == rows.NextInvoice(problem="The next invoice cannot be shown right now.")


@pytest.mark.parametrize(("days", "words"), [(14, "14 days left"), (1, "1 day left"), (None, "")])
def test_a_trial_says_how_long_it_goes_on(days: int | None, words: str) -> None:
    trial = replace(HOBBY, status=SubscriptionStatus.TRIALING, trial_days_left=days)
    assert rows.renewal(trial) == rows.Renewal("Trial ends on", "22 Nov 2026", words)
