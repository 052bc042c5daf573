"""The dashboard: what happened, and buttons that make more of it happen."""

import re

import pytest

from sentineliq.sandbox.engine import Card, customers, subscription_create, subscription_update
from tests.sandbox_pages.conftest import GOOD_CARD, Shop


async def test_an_empty_sandbox_says_what_to_do(shop: Shop) -> None:
    page = (await shop.get("/")).text
    assert "No subscription yet." in page
    assert "No event yet." in page
    assert "Advance one period" in page


async def test_it_shows_customers_subscriptions_invoices_payments_and_events(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    page = (await shop.get("/")).text
    for words in (customer, subscription, "owner@example.com", "Pro", "$19.99", "Visa •••• 4242"):
        assert words in page
    for event in ("checkout.session.completed", "customer.subscription.created", "invoice.paid"):
        assert f"<strong>{event}</strong>" in page
    for button in ("Renew now", "Fail next payment", "Refund", "Dispute", "Resend", "Advance one period"):
        assert f">{button}</button>" in page


async def test_renew_now_makes_and_pays_the_next_invoice(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    answer = await shop.post(f"/dashboard/subscriptions/{subscription}/renew")
    assert answer.headers["location"] == "/sandbox/?notice=renewed#subscriptions"
    invoices = await shop.engine.list_documents("invoice", customer=customer)
    assert [one["status"] for one in invoices] == ["paid", "paid"]
    assert "The period ended" in (await shop.get("/?notice=renewed")).text


async def test_renewing_what_is_set_to_end_ends_it(shop: Shop) -> None:
    _, subscription = await shop.subscriber()
    await shop.engine.cancel_at_period_end(subscription)
    answer = await shop.post(f"/dashboard/subscriptions/{subscription}/renew")
    assert "notice=subscription-ended" in answer.headers["location"]


async def test_fail_next_payment_makes_the_next_renewal_fail(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    await shop.post(f"/dashboard/customers/{customer}/fail-next")
    assert "Let next payment through" in (await shop.get("/")).text
    await shop.post(f"/dashboard/subscriptions/{subscription}/renew")
    assert (await shop.document("subscription", subscription))["status"] == "past_due"
    assert ">Charge again</button>" in (await shop.get("/")).text


async def test_an_open_invoice_is_charged_again(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    await shop.engine.fail_next_payment(customer)
    await shop.engine.renew(subscription)
    invoice = (await shop.engine.list_documents("invoice", status="open"))[0]["id"]
    answer = await shop.post(f"/dashboard/invoices/{invoice}/retry")
    assert answer.headers["location"] == "/sandbox/?notice=paid#invoices"
    assert (await shop.document("subscription", subscription))["status"] == "active"


async def test_a_refund_can_be_made_to_fail(shop: Shop) -> None:
    charge = await _charge(shop)
    assert ">Fail refund</button>" not in (await shop.get("/")).text
    await shop.post(f"/dashboard/payments/{charge}/refund", amount="")
    assert ">Fail refund</button>" in (await shop.get("/")).text
    refund = (await shop.engine.list_documents("refund", charge=charge))[0]["id"]
    answer = await shop.post(f"/dashboard/refunds/{refund}/fail")
    assert answer.headers["location"] == "/sandbox/?notice=refund-failed#payments"
    assert (await shop.document("charge", charge))["amount_refunded"] == 0
    assert ">Fail refund</button>" not in (await shop.get("/")).text


@pytest.mark.parametrize(("typed", "refunded"), [("", 999), ("2.50", 250), ("2,5", 250), ("9", 900)])
async def test_a_refund_is_of_the_typed_amount_or_of_all(shop: Shop, typed: str, refunded: int) -> None:
    charge = await _charge(shop)
    await shop.post(f"/dashboard/payments/{charge}/refund", amount=typed)
    assert (await shop.document("charge", charge))["amount_refunded"] == refunded


@pytest.mark.parametrize(
    ("typed", "notice"), [("much", "bad-amount"), ("1.999", "bad-amount"), ("100", "refused")]
)
async def test_an_impossible_refund_is_refused_with_a_reason(shop: Shop, typed: str, notice: str) -> None:
    charge = await _charge(shop)
    answer = await shop.post(f"/dashboard/payments/{charge}/refund", amount=typed)
    assert answer.headers["location"] == f"/sandbox/?notice={notice}#payments"
    assert (await shop.document("charge", charge))["amount_refunded"] == 0


@pytest.mark.parametrize("outcome", ["won", "lost"])
async def test_a_dispute_is_opened_and_decided(shop: Shop, outcome: str) -> None:
    charge = await _charge(shop)
    await shop.post(f"/dashboard/payments/{charge}/dispute")
    dispute = (await shop.engine.list_documents("dispute"))[0]["id"]
    assert f"/dashboard/disputes/{dispute}/{outcome}" in (await shop.get("/")).text
    await shop.post(f"/dashboard/disputes/{dispute}/{outcome}")
    assert (await shop.document("dispute", dispute))["status"] == outcome
    assert f"/dashboard/disputes/{dispute}" not in (await shop.get("/")).text


@pytest.mark.parametrize(
    ("button", "status", "event"),
    [
        ("settle", "succeeded", "checkout.session.async_payment_succeeded"),
        ("fail", "failed", "checkout.session.async_payment_failed"),
    ],
)
async def test_a_bank_debit_is_settled_or_failed(shop: Shop, button: str, status: str, event: str) -> None:
    await shop.pay(await shop.session("price_sandbox_credits10"), pay_by="bank")
    charge = (await shop.engine.list_documents("charge"))[0]["id"]
    assert f">{button.capitalize()}</button>" in (await shop.get("/")).text
    await shop.post(f"/dashboard/payments/{charge}/{button}")
    assert (await shop.document("charge", charge))["status"] == status
    assert event in await event_types(shop)
    again = await shop.post(f"/dashboard/payments/{charge}/{button}")
    assert "notice=refused" in again.headers["location"]


async def test_a_renewal_is_announced(shop: Shop) -> None:
    _, subscription = await shop.subscriber()
    assert ">Announce renewal</button>" in (await shop.get("/")).text
    await shop.post(f"/dashboard/subscriptions/{subscription}/announce")
    assert "invoice.upcoming" in await event_types(shop)
    await shop.engine.cancel_at_period_end(subscription)
    assert "Announce" not in (await shop.get("/")).text
    late = await shop.post(f"/dashboard/subscriptions/{subscription}/announce")
    assert "notice=refused" in late.headers["location"]


async def test_the_end_of_a_trial_is_announced(shop: Shop) -> None:
    session = await shop.document(
        "checkout.session", await shop.buy(subscription_data={"trial_period_days": 7})
    )
    assert ">Announce trial end</button>" in (await shop.get("/")).text
    await shop.post(f"/dashboard/subscriptions/{session['subscription']}/announce")
    assert "customer.subscription.trial_will_end" in await event_types(shop)


async def paused(shop: Shop) -> str:
    """A subscription whose trial has ended without a card."""
    subscription = await shop.engine.act(
        lambda books: subscription_create.create(
            books,
            {
                "customer": customers.create(books, {"email": "owner@example.com"})["id"],
                "items": [{"price": "price_sandbox_pro"}],
                "trial_period_days": 5,
                "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
            },
        )
    )
    await shop.engine.advance_period()
    return subscription["id"]


async def test_a_paused_subscription_is_resumed_and_announces_nothing(shop: Shop) -> None:
    subscription = await paused(shop)
    assert "Announce" not in (await shop.get("/")).text
    told = await shop.post(f"/dashboard/subscriptions/{subscription}/announce")
    assert "notice=refused" in told.headers["location"]
    customer = (await shop.document("subscription", subscription))["customer"]
    await shop.engine.replace_card(customer, Card(GOOD_CARD, 12, 2040, "123"))
    await shop.post(f"/dashboard/subscriptions/{subscription}/renew")
    assert (await shop.document("subscription", subscription))["status"] == "active"
    assert "customer.subscription.resumed" in await event_types(shop)


async def test_a_renewal_before_a_planned_end_is_announced(shop: Shop) -> None:
    _, subscription = await shop.subscriber()
    end = (await shop.document("subscription", subscription))["items"]["data"][0]["current_period_end"]
    change = {"cancel_at": end + 86_400}
    await shop.engine.act(lambda books: subscription_update.update(books, subscription, change))
    assert ">Announce renewal</button>" in (await shop.get("/")).text
    await shop.post(f"/dashboard/subscriptions/{subscription}/announce")
    assert "invoice.upcoming" in await event_types(shop)


async def test_a_customer_is_deleted_with_all_that_is_theirs(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    await shop.engine.fail_next_payment(customer)
    await shop.engine.renew(subscription)
    await shop.session("price_sandbox_credits10", customer=customer)
    answer = await shop.post(f"/dashboard/customers/{customer}/delete")
    assert "notice=customer-deleted" in answer.headers["location"]
    assert (await shop.document("subscription", subscription))["status"] == "canceled"
    assert {"customer.deleted", "customer.subscription.deleted"} <= set(await event_types(shop))
    assert not await shop.engine.list_documents("checkout.session", status="open")
    invoice = (await shop.engine.list_documents("invoice", status="open"))[0]["id"]
    assert (await shop.post(f"/invoices/{invoice}")).status_code == 400
    assert (await shop.get(f"/invoices/{invoice}/authenticate")).status_code == 200
    await shop.engine.advance_period()
    assert customer in (await shop.get("/")).text


async def test_advancing_a_period_moves_the_clock_and_renews(shop: Shop) -> None:
    customer, _ = await shop.subscriber()
    before = await shop.engine.now()
    await shop.post("/dashboard/clock/advance")
    assert await shop.engine.now() > before + 27 * 86400
    assert len(await shop.engine.list_documents("invoice", customer=customer)) == 2


async def test_a_checkout_is_expired(shop: Shop) -> None:
    session = await shop.session()
    await shop.post(f"/dashboard/checkouts/{session}/expire")
    assert (await shop.document("checkout.session", session))["status"] == "expired"
    again = await shop.post(f"/dashboard/checkouts/{session}/expire")
    assert "notice=refused" in again.headers["location"]


async def test_an_event_page_shows_its_json_and_can_resend(shop: Shop) -> None:
    await shop.subscriber()
    event = (await shop.engine.events(limit=1))[0].event
    page = (await shop.get(f"/events/{event['id']}")).text
    assert f"&#34;id&#34;: &#34;{event['id']}&#34;" in page
    assert ">Resend</button>" in page
    answer = await shop.post(f"/dashboard/events/{event['id']}/resend")
    assert answer.headers["location"] == "/sandbox/?notice=resent#events"


async def test_events_have_pages(shop: Shop) -> None:
    for number in range(27):
        await shop.customer(f"customer-{number}@example.com")
    first = (await shop.get("/")).text
    second = (await shop.get("/?events=2")).text
    assert len(_event_ids(first)) == 25
    assert len(_event_ids(second)) == 2
    assert not _event_ids(first) & _event_ids(second)
    assert 'href="?events=2#events"' in first


async def test_a_notice_never_repeats_words_of_the_address(shop: Shop) -> None:
    page = (await shop.get("/?notice=<script>alert(1)</script>&events=x")).text
    assert "alert(1)" not in page


async def test_names_of_customers_are_escaped(shop: Shop) -> None:
    await shop.customer("<img/src=x>@example.com")
    assert "<img/src=x>" not in (await shop.get("/")).text


async def test_buttons_of_other_sites_are_refused(shop: Shop) -> None:
    _, subscription = await shop.subscriber()
    answer = await shop.client.post(
        f"/sandbox/dashboard/subscriptions/{subscription}/renew", headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 403


async def test_unknown_things_are_not_found(shop: Shop) -> None:
    assert (await shop.get("/events/evt_nope")).status_code == 404
    assert (await shop.post("/dashboard/subscriptions/sub_nope/renew")).status_code == 404


async def event_types(shop: Shop) -> list[str]:
    events, _ = await shop.engine.events_since()
    return [event["type"] for event in events]


async def _charge(shop: Shop) -> str:
    await shop.buy("price_sandbox_credits10")
    return (await shop.engine.list_documents("charge"))[0]["id"]


def _event_ids(page: str) -> set[str]:
    return set(re.findall(r'href="/sandbox/events/(\w+)"', page))


async def test_an_event_that_waits_for_its_first_delivery_is_pending(shop: Shop) -> None:
    await shop.subscriber()
    page = (await shop.get("/")).text
    assert "<tr data-pending>" in page
    assert ">Pending</span>" in page
    assert "1970" not in page
