"""The hosted checkout: what it shows, takes, refuses, and never does twice."""

import asyncio

import pytest

from tests.sandbox_pages.conftest import APP, ORIGIN, Shop, card_form


async def test_the_page_shows_line_totals_fields_and_the_way_back(shop: Shop) -> None:
    page = (await shop.get(f"/checkout/{await shop.session()}")).text
    for words in ("Sandbox: no real money", "Subscribe to Pro", "$19.99", "Subtotal", "Total due today"):
        assert words in page
    for label in ("Card number", "Expiry", "CVC", "Email", "Name on card", "Country"):
        assert f">{label}</label>" in page
    assert 'value="owner@example.com"' in page
    assert f'href="{APP}/checkout?canceled=true"' in page


@pytest.mark.parametrize(
    ("price", "label"), [("price_sandbox_pro", "Subscribe"), ("price_sandbox_credits10", "Pay")]
)
async def test_the_button_names_what_the_mode_does(shop: Shop, price: str, label: str) -> None:
    page = (await shop.get(f"/checkout/{await shop.session(price)}")).text
    assert f'type="submit">{label}</button>' in page


async def test_paying_leads_to_the_success_url_with_the_session_id(shop: Shop) -> None:
    session_id = await shop.session()
    answer = await shop.pay(session_id)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{APP}/checkout?success=true&session_id={session_id}"
    session = await shop.document("checkout.session", session_id)
    assert (session["status"], session["payment_status"]) == ("complete", "paid")


async def test_a_declined_card_is_told_beside_the_field_and_keeps_what_was_typed_but_the_cvc(
    shop: Shop,
) -> None:
    session_id = await shop.session()
    answer = await shop.pay(session_id, card_number="4000 0000 0000 0002", name="Grace Hopper", cvc="987")
    assert answer.status_code == 402
    assert 'id="card_number-error" role="alert">Your card was declined.' in answer.text
    assert 'value="4000 0000 0000 0002"' in answer.text
    assert 'value="Grace Hopper"' in answer.text
    assert "987" not in answer.text
    assert (await shop.document("checkout.session", session_id))["status"] == "open"


async def test_a_declined_customer_can_pay_with_another_card(shop: Shop) -> None:
    session_id = await shop.session()
    await shop.pay(session_id, card_number="4000000000000002")
    assert (await shop.pay(session_id)).status_code == 303


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("card_number", ""),
        ("card_number", "4242 4242 4242 4241"),
        ("expiry", "13 / 40"),
        ("expiry", "soon"),
        ("expiry", "01 / 20"),
        ("cvc", "1"),
        ("email", "nobody"),
        ("name", " "),
        ("country", "XX"),
    ],
)
async def test_a_wrong_field_has_its_own_message_and_costs_nothing(
    shop: Shop, field: str, typed: str
) -> None:
    session_id = await shop.session()
    answer = await shop.pay(session_id, **{field: typed})
    assert answer.status_code in (400, 402)
    assert f'id="{field}-error" role="alert"' in answer.text
    assert (await shop.document("checkout.session", session_id))["status"] == "open"


async def test_two_submits_at_once_pay_once_and_both_see_the_result(shop: Shop) -> None:
    session_id = await shop.session()
    answers = await asyncio.gather(*(shop.pay(session_id) for _ in range(5)))
    assert {answer.headers["location"] for answer in answers} == {
        f"{APP}/checkout?success=true&session_id={session_id}"
    }
    assert len(await shop.engine.list_documents("charge")) == 1


async def test_a_bank_account_is_debited_without_any_card(shop: Shop) -> None:
    session_id = await shop.session("price_sandbox_credits10")
    page = (await shop.get(f"/checkout/{session_id}")).text
    assert "<summary>Pay by bank</summary>" in page
    answer = await shop.pay(session_id, card_number="", expiry="", cvc="", pay_by="bank")
    assert answer.headers["location"].startswith(f"{APP}/checkout?success=true")
    session = await shop.document("checkout.session", session_id)
    assert (session["status"], session["payment_status"]) == ("complete", "unpaid")


async def test_a_refused_debit_is_told_on_the_form(shop: Shop) -> None:
    customer = await shop.customer()
    session_id = await shop.session("price_sandbox_credits10", customer=customer)
    await shop.engine.fail_next_payment(customer)
    answer = await shop.pay(session_id, pay_by="bank")
    assert answer.status_code == 402
    assert "insufficient funds" in answer.text
    nameless = await shop.pay(session_id, pay_by="bank", name="")
    assert nameless.status_code == 400


async def test_a_checkout_for_cards_offers_no_bank_and_takes_none(shop: Shop) -> None:
    session_id = await shop.session(payment_method_types=["card"])
    assert "Pay by bank" not in (await shop.get(f"/checkout/{session_id}")).text
    assert (await shop.pay(session_id, pay_by="bank")).status_code == 400


async def test_authentication_is_asked_for_and_then_pays(shop: Shop) -> None:
    session_id = await shop.session()
    asked = await shop.pay(session_id, card_number="4000 0025 0000 3155")
    assert "Complete authentication" in asked.text
    assert "Fail authentication" in asked.text
    assert (await shop.document("checkout.session", session_id))["status"] == "open"
    form = card_form(card_number="4000 0025 0000 3155", outcome="complete")
    paid = await shop.post(f"/checkout/{session_id}/authenticate", **form)
    assert paid.status_code == 303
    assert paid.headers["location"].startswith(f"{APP}/checkout?success=true")


async def test_failed_authentication_returns_to_the_form_with_a_message(shop: Shop) -> None:
    session_id = await shop.session()
    form = card_form(card_number="4000 0025 0000 3155", outcome="fail")
    answer = await shop.post(f"/checkout/{session_id}/authenticate", **form)
    assert answer.status_code == 402
    assert "unable to authenticate" in answer.text
    assert (await shop.document("checkout.session", session_id))["status"] == "open"


@pytest.mark.parametrize(("code", "total"), [("LAUNCH50", "$9.99"), ("FIRSTMONTH", "$13.99")])
async def test_a_promotion_code_lowers_the_total_and_can_be_removed(
    shop: Shop, code: str, total: str
) -> None:
    session_id = await shop.session()
    applied = await shop.post(f"/checkout/{session_id}/promotion", promotion_code=code)
    assert applied.headers["location"] == f"/sandbox/checkout/{session_id}"
    page = (await shop.get(f"/checkout/{session_id}")).text
    assert f"<dt>Total due today</dt><dd>{total}</dd>" in page
    assert code in page
    await shop.post(f"/checkout/{session_id}/promotion/remove")
    page = (await shop.get(f"/checkout/{session_id}")).text
    assert "<dt>Total due today</dt><dd>$19.99</dd>" in page


async def test_an_unknown_promotion_code_is_told_beside_its_field(shop: Shop) -> None:
    session_id = await shop.session()
    answer = await shop.post(f"/checkout/{session_id}/promotion", promotion_code='NOPE"><b>')
    assert answer.status_code == 400
    assert 'id="promotion_code-error" role="alert"' in answer.text
    assert "<b>" not in answer.text


async def test_the_tax_of_a_chosen_country_is_shown_and_a_stale_total_is_not_charged(shop: Shop) -> None:
    session_id = await shop.session(automatic_tax={"enabled": True}, customer_update={"address": "auto"})
    totals = (await shop.get(f"/checkout/{session_id}/totals?country=DE")).text
    assert "<dt>Tax</dt><dd>$3.80</dd>" in totals
    assert 'data-total="2379"' in totals
    stale = await shop.pay(session_id, country="DE", shown_total="1999")
    assert stale.status_code == 409
    assert "$23.79" in stale.text
    assert not await shop.engine.list_documents("charge")
    assert (await shop.pay(session_id, country="DE", shown_total="2379")).status_code == 303
    assert (await shop.engine.list_documents("charge"))[0]["amount"] == 2379


async def test_complete_and_expired_sessions_say_so(shop: Shop) -> None:
    done = (await shop.get(f"/checkout/{await shop.buy()}")).text
    assert "You&#39;re all done here" in done
    session_id = await shop.session()
    await shop.engine.expire_checkout(session_id)
    expired = (await shop.get(f"/checkout/{session_id}")).text
    assert "This checkout has expired" in expired
    late = await shop.pay(session_id)
    assert late.status_code == 200
    assert "This checkout has expired" in late.text


async def test_an_unknown_session_is_not_found(shop: Shop) -> None:
    answer = await shop.get("/checkout/cs_test_nope")
    assert answer.status_code == 404
    assert "There is no such checkout session" in answer.text


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}],
)
async def test_forms_of_other_sites_are_refused(shop: Shop, headers: dict[str, str]) -> None:
    session_id = await shop.session()
    answer = await shop.client.post(f"/sandbox/checkout/{session_id}", data=card_form(), headers=headers)
    assert answer.status_code == 403
    assert (await shop.document("checkout.session", session_id))["status"] == "open"


async def test_the_page_works_under_another_name_of_the_same_host(shop: Shop) -> None:
    session_id = await shop.session()
    headers = {"host": "127.0.0.1:3000", "origin": "http://127.0.0.1:3000"}
    page = await shop.client.get(f"/sandbox/checkout/{session_id}", headers=headers)
    assert ORIGIN not in page.text
    paid = await shop.client.post(f"/sandbox/checkout/{session_id}", data=card_form(), headers=headers)
    assert paid.status_code == 303


async def test_no_inline_script_and_a_strict_policy(shop: Shop) -> None:
    page = await shop.get(f"/checkout/{await shop.session()}")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert f"form-action 'self' {APP}" in policy
    assert "<script>" not in page.text
    assert " style=" not in page.text
