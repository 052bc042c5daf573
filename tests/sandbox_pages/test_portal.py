"""The hosted portal: everything a customer does to a plan, confirmed first, and only to their own."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from sentineliq.sandbox.engine import Card, customers, portal
from tests.sandbox_pages.conftest import APP, GOOD_CARD, Shop

CARD_FORM = {"card_number": "5555 5555 5555 4444", "expiry": "11 / 41", "cvc": "321"}


async def test_home_shows_plan_card_details_invoices_and_the_way_back(shop: Shop) -> None:
    customer, _ = await shop.subscriber()
    page = (await shop.get(f"/portal/{await shop.portal(customer)}")).text
    for words in ("Pro", "$19.99", "per month", "Renews on", "•••• 4242", "owner@example.com", "PDF"):
        assert words in page
    for action in ("Switch plan", "Cancel plan", "Change card", "Change information"):
        assert f">{action}</a>" in page
    assert f'href="{APP}/workspace/billing"' in page
    assert "Return to SentinelIQ" in page


async def test_a_customer_without_a_plan_sees_that(shop: Shop) -> None:
    page = (await shop.get(f"/portal/{await shop.portal(await shop.customer())}")).text
    assert "No plan at present." in page
    assert "No card saved." in page
    assert "No invoices yet." in page


async def test_switching_is_chosen_confirmed_and_then_done(shop: Shop) -> None:
    customer, subscription = await shop.subscriber("price_sandbox_hobby")
    session = await shop.portal(customer)
    choices = (await shop.get(f"/portal/{session}/plans/{subscription}/switch")).text
    assert "Choose Pro" in choices
    assert "Choose Hobby" not in choices
    confirm = f"/portal/{session}/plans/{subscription}/switch/price_sandbox_pro"
    assert "Due now" in (await shop.get(confirm)).text
    assert (await _price(shop, subscription)) == "price_sandbox_hobby"
    done = await shop.post(confirm)
    assert done.headers["location"] == f"/sandbox/portal/{session}/home?notice=switched"
    assert (await _price(shop, subscription)) == "price_sandbox_pro"
    assert "Your plan was switched." in (await shop.client.get(done.headers["location"])).text


async def test_what_is_due_for_a_switch_adds_up_with_tax_and_balance(shop: Shop) -> None:
    session = await shop.session(
        "price_sandbox_hobby", automatic_tax={"enabled": True}, customer_update={"address": "auto"}
    )
    card = Card(GOOD_CARD, 12, 2040, "123")
    await shop.engine.complete_checkout(session, card=card, email="a@b.c", name="Ada", country="DE")
    bought = await shop.document("checkout.session", session)
    customer, subscription = bought["customer"], bought["subscription"]
    await shop.engine.transact(lambda books: customers.update(books, customer, {"balance": -200}))
    visit = await shop.portal(customer)
    page = (await shop.get(f"/portal/{visit}/plans/{subscription}/switch/price_sandbox_pro")).text
    shown = dict(re.findall(r"<dt>([^<]*)</dt><dd>-?\$([^<]*)</dd>", page))
    charge, credit, tax, balance, due = (
        round(100 * float(shown[name]))
        for name in (
            "For the rest of this period",
            "Credit for unused time",
            "Tax",
            "Your balance",
            "Due now",
        )
    )
    assert charge - credit + tax - balance == due
    assert balance == 200


async def test_a_switch_whose_payment_fails_changes_nothing_and_says_why(shop: Shop) -> None:
    customer, subscription = await shop.subscriber("price_sandbox_hobby")
    await shop.engine.fail_next_payment(customer)
    session = await shop.portal(customer)
    answer = await shop.post(f"/portal/{session}/plans/{subscription}/switch/price_sandbox_pro")
    assert answer.status_code == 402
    assert 'role="alert"' in answer.text
    assert (await _price(shop, subscription)) == "price_sandbox_hobby"


async def test_cancelling_keeps_the_plan_until_its_end_with_the_reason(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    session = await shop.portal(customer)
    assert "You keep Pro until" in (await shop.get(f"/portal/{session}/plans/{subscription}/cancel")).text
    await shop.post(
        f"/portal/{session}/plans/{subscription}/cancel", feedback="too_expensive", comment="Too dear."
    )
    document = await shop.document("subscription", subscription)
    assert document["status"] == "active"
    assert document["cancel_at_period_end"] or document["cancel_at"]
    assert document["cancellation_details"]["feedback"] == "too_expensive"
    assert document["cancellation_details"]["comment"] == "Too dear."
    page = (await shop.get(f"/portal/{session}/home")).text
    assert "Ends on" in page
    assert "Cancel plan" not in page


async def test_an_unheard_of_reason_is_dropped(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    session = await shop.portal(customer)
    await shop.post(f"/portal/{session}/plans/{subscription}/cancel", feedback="<script>")
    details = (await shop.document("subscription", subscription))["cancellation_details"]
    assert details["feedback"] is None


async def test_resuming_takes_the_cancellation_back(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    session = await shop.portal(customer)
    await shop.post(f"/portal/{session}/plans/{subscription}/cancel")
    assert ">Resume plan</button>" in (await shop.get(f"/portal/{session}/home")).text
    await shop.post(f"/portal/{session}/plans/{subscription}/resume")
    document = await shop.document("subscription", subscription)
    assert not document["cancel_at_period_end"]
    assert document["cancel_at"] is None


async def test_resuming_twice_is_refused_calmly(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    session = await shop.portal(customer)
    answer = await shop.post(f"/portal/{session}/plans/{subscription}/resume")
    assert answer.headers["location"].endswith("notice=refused")


async def test_another_card_becomes_the_one_that_pays(shop: Shop) -> None:
    customer, _ = await shop.subscriber()
    session = await shop.portal(customer)
    await shop.post(f"/portal/{session}/card", **CARD_FORM)
    assert "•••• 4444" in (await shop.get(f"/portal/{session}/home")).text


async def test_a_declined_card_keeps_the_old_one(shop: Shop) -> None:
    customer, _ = await shop.subscriber()
    session = await shop.portal(customer)
    answer = await shop.post(f"/portal/{session}/card", **{**CARD_FORM, "card_number": "4000000000000002"})
    assert answer.status_code == 402
    assert 'id="card_number-error" role="alert"' in answer.text
    assert "•••• 4242" in (await shop.get(f"/portal/{session}/home")).text


async def test_an_incomplete_card_is_told_field_by_field(shop: Shop) -> None:
    session = await shop.portal(await shop.customer())
    answer = await shop.post(f"/portal/{session}/card", card_number=GOOD_CARD, expiry="", cvc="")
    assert answer.status_code == 400
    assert 'id="expiry-error"' in answer.text
    assert 'id="cvc-error"' in answer.text
    assert 'id="card_number-error"' not in answer.text


async def test_a_card_that_wants_authentication_is_saved_after_it(shop: Shop) -> None:
    customer, _ = await shop.subscriber()
    session = await shop.portal(customer)
    form = {**CARD_FORM, "card_number": "4000 0025 0000 3155"}
    assert "Complete authentication" in (await shop.post(f"/portal/{session}/card", **form)).text
    failed = await shop.post(f"/portal/{session}/card/authenticate", **form, outcome="fail")
    assert failed.status_code == 402
    assert "•••• 4242" in (await shop.get(f"/portal/{session}/home")).text
    await shop.post(f"/portal/{session}/card/authenticate", **form, outcome="complete")
    assert "•••• 3155" in (await shop.get(f"/portal/{session}/home")).text


async def test_billing_information_is_saved(shop: Shop) -> None:
    customer, _ = await shop.subscriber()
    session = await shop.portal(customer)
    await shop.post(f"/portal/{session}/details", email="ada@example.com", name="Ada King")
    document = await shop.document("customer", customer)
    assert (document["email"], document["name"]) == ("ada@example.com", "Ada King")


async def test_a_wrong_email_is_told_beside_the_field(shop: Shop) -> None:
    session = await shop.portal(await shop.customer())
    answer = await shop.post(f"/portal/{session}/details", email="nobody", name="Ada")
    assert answer.status_code == 400
    assert 'id="email-error" role="alert"' in answer.text


async def test_nobody_reaches_the_plan_of_another_customer(shop: Shop) -> None:
    _, subscription = await shop.subscriber()
    stranger = await shop.portal(await shop.customer("stranger@example.com"))
    assert (await shop.get(f"/portal/{stranger}/plans/{subscription}/cancel")).status_code == 404
    assert (await shop.post(f"/portal/{stranger}/plans/{subscription}/cancel")).status_code == 404
    document = await shop.document("subscription", subscription)
    assert not document["cancel_at_period_end"]


async def test_only_offered_prices_can_be_switched_to(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    session = await shop.portal(customer)
    answer = await shop.post(f"/portal/{session}/plans/{subscription}/switch/price_sandbox_credits10")
    assert answer.status_code == 404


async def test_forms_of_other_sites_are_refused(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    session = await shop.portal(customer)
    answer = await shop.client.post(
        f"/sandbox/portal/{session}/plans/{subscription}/cancel", headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 403


def _flow(kind: str, subscription: str, **more: Any) -> dict[str, Any]:
    target = {} if kind == "payment_method_update" else {kind: {"subscription": subscription}}
    return {"flow_data": {"type": kind, **target, **more}}


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        ("payment_method_update", "card"),
        ("subscription_cancel", "plans/{subscription}/cancel"),
        ("subscription_update", "plans/{subscription}/switch"),
    ],
)
async def test_a_deep_link_opens_its_page(shop: Shop, kind: str, step: str) -> None:
    customer, subscription = await shop.subscriber()
    session = await shop.portal(customer, **_flow(kind, subscription))
    answer = await shop.get(f"/portal/{session}")
    assert answer.headers["location"] == f"/sandbox/portal/{session}/" + step.format(
        subscription=subscription
    )
    assert (await shop.client.get(answer.headers["location"])).status_code == 200


async def test_a_deep_link_returns_where_it_was_told_to(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    back = {
        "after_completion": {"type": "redirect", "redirect": {"return_url": f"{APP}/workspace/billing?done"}}
    }
    session = await shop.portal(customer, **_flow("subscription_cancel", subscription, **back))
    answer = await shop.post(f"/portal/{session}/plans/{subscription}/cancel")
    assert answer.headers["location"] == f"{APP}/workspace/billing?done"


async def test_a_deep_link_without_an_end_of_its_own_ends_at_the_portals_home(shop: Shop) -> None:
    customer, subscription = await shop.subscriber()
    session = await shop.portal(customer, **_flow("payment_method_update", subscription))
    answer = await shop.post(f"/portal/{session}/card", **CARD_FORM)
    assert answer.headers["location"] == f"/sandbox/portal/{session}/home?notice=card-saved"


async def test_a_confirmed_deep_link_switches_to_the_named_price(shop: Shop) -> None:
    customer, subscription = await shop.subscriber("price_sandbox_hobby")
    item = (await shop.document("subscription", subscription))["items"]["data"][0]["id"]
    target = {"subscription": subscription, "items": [{"id": item, "price": "price_sandbox_pro"}]}
    kind = "subscription_update_confirm"
    done = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "Enjoy Pro."}}
    flow = {"type": kind, kind: target, "after_completion": done}
    session = await shop.portal(customer, flow_data=flow)
    page = await shop.client.get((await shop.get(f"/portal/{session}")).headers["location"])
    assert "Switch to Pro?" in page.text
    answer = await shop.post(f"/portal/{session}/plans/{subscription}/switch/price_sandbox_pro")
    assert "Enjoy Pro." in (await shop.client.get(answer.headers["location"])).text


async def _price(shop: Shop, subscription: str) -> str:
    return (await shop.document("subscription", subscription))["items"]["data"][0]["price"]["id"]


async def test_the_login_link_leads_a_customer_into_their_portal(shop: Shop) -> None:
    customer, _ = await shop.subscriber()
    [configuration] = await shop.engine.list_documents("billing_portal.configuration")
    link = urlsplit(configuration["login_page"]["url"]).path.removeprefix("/sandbox")
    assert 'value="owner@example.com"' in (await shop.get(f"{link}?prefilled_email=owner%40example.com")).text
    unknown = await shop.post(link, email="stranger@example.com")
    assert (unknown.status_code, "No customer has this address." in unknown.text) == (422, True)
    entered = await shop.post(link, email="owner@example.com")
    page = await shop.client.get(entered.headers["location"])
    assert "Renews on" in page.text
    assert (await shop.get("/p/login/test_unknown")).status_code == 404
    assert customer in (await shop.engine.list_documents("billing_portal.session"))[0]["customer"]


async def test_a_login_link_that_is_switched_off_leads_nowhere(shop: Shop) -> None:
    [configuration] = await shop.engine.list_documents("billing_portal.configuration")
    link = urlsplit(configuration["login_page"]["url"]).path.removeprefix("/sandbox")
    assert (await shop.get(link)).status_code == 200
    params: dict[str, Any] = {"login_page": {"enabled": False}}
    await shop.engine.transact(lambda books: portal.update_configuration(books, configuration["id"], params))
    assert (await shop.get(link)).status_code == 404
