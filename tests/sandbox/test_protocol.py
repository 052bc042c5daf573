"""Stripe's HTTP protocol: keys, parameters, errors, idempotency, pages and expansion."""

from typing import Any

import httpx
import pytest
import stripe

from sentineliq.sandbox.api import parameters, payment_pages
from sentineliq.sandbox.api.forms import decode
from sentineliq.sandbox.api.operations import HANDLERS
from tests.sandbox import conformance
from tests.sandbox.world import API_VERSION, FAILS_LATER, World


async def test_the_plans_are_for_sale_from_the_start(sandbox: World) -> None:
    hobby = await sandbox.v1.prices.retrieve_async("price_sandbox_hobby", {"expand": ["product"]})
    assert (hobby.unit_amount, hobby.currency, hobby.recurring.interval) == (999, "usd", "month")
    assert (hobby.active, hobby.product.name) == (True, "Hobby")
    pro = await sandbox.v1.prices.retrieve_async("price_sandbox_pro")
    credits_ = await sandbox.v1.prices.retrieve_async("price_sandbox_credits10")
    assert (pro.unit_amount, credits_.unit_amount, credits_.type) == (1999, 999, "one_time")
    codes = await sandbox.v1.promotion_codes.list_async({"code": "LAUNCH50", "active": True})
    assert codes.data[0].coupon.percent_off == 50


async def test_a_wrong_or_missing_key_is_refused(sandbox: World) -> None:
    stranger = stripe.StripeClient(
        "sk_test_other", base_addresses={"api": f"{sandbox.base}/sandbox/api"}, stripe_version=API_VERSION
    )
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided"):
        await stranger.v1.customers.list_async()
    async with httpx.AsyncClient(headers={"stripe-version": API_VERSION}) as http:
        answer = await http.get(f"{sandbox.base}/sandbox/api/v1/customers")
        basic = await http.get(f"{sandbox.base}/sandbox/api/v1/customers", auth=("sk_test_sandbox", ""))
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert basic.json()["url"] == "/v1/customers"


async def test_an_unknown_parameter_is_refused_by_name(sandbox: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await sandbox.v1.customers.create_async({"mail": "a@b.c"})  # pyright: ignore
    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "mail")
    with pytest.raises(stripe.InvalidRequestError) as nested:
        await sandbox.session((await sandbox.customer()).id, subscription_data={"trial": 3})
    assert nested.value.param == "subscription_data[trial]"


async def test_a_missing_parameter_is_refused_by_name(sandbox: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await sandbox.v1.billing_portal.sessions.create_async({})  # pyright: ignore
    assert (refused.value.code, refused.value.param) == ("parameter_missing", "customer")
    customer = await sandbox.customer()
    with pytest.raises(stripe.InvalidRequestError) as hosted:
        await sandbox.v1.checkout.sessions.create_async(
            {"mode": "subscription", "customer": customer.id, "line_items": [{"price": "price_sandbox_pro"}]}
        )
    assert hosted.value.param == "success_url"


async def test_what_does_not_exist_is_missing_and_not_found(sandbox: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await sandbox.v1.customers.retrieve_async("cus_nobody")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError) as reference:
        await sandbox.session((await sandbox.customer()).id, "price_gone")
    assert (reference.value.http_status, reference.value.param) == (400, "line_items[0][price]")
    async with httpx.AsyncClient(headers={"authorization": "Bearer sk_test_sandbox"}) as http:
        answer = await http.get(f"{sandbox.base}/sandbox/api/v1/customers_of_old")
    sandbox.conversation.exchanges.pop()
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith(
        "Unrecognized request URL (GET: /v1/customers_of_old)"
    )


async def test_the_same_key_and_parameters_give_the_same_answer(sandbox: World) -> None:
    key = {"idempotency_key": "customer:ws_1"}
    first = await sandbox.v1.customers.create_async({"email": "a@b.c"}, key)
    again = await sandbox.v1.customers.create_async({"email": "a@b.c"}, key)
    assert first.id == again.id
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert first.last_response.headers["request-id"].startswith("req_")
    with pytest.raises(stripe.IdempotencyError):
        await sandbox.v1.customers.create_async({"email": "other@b.c"}, key)
    assert len((await sandbox.v1.customers.list_async()).data) == 1


async def test_a_replayed_answer_names_the_request_that_it_is_of(sandbox: World) -> None:
    key = {"idempotency_key": "customer:ws_1"}
    first = (await sandbox.v1.customers.create_async({"email": "a@b.c"}, key)).last_response.headers
    again = (await sandbox.v1.customers.create_async({"email": "a@b.c"}, key)).last_response.headers
    assert again["original-request"] == first["request-id"] != again["request-id"]


async def test_a_key_is_for_one_path_and_for_parameters_in_any_order(sandbox: World) -> None:
    key = {"idempotency-key": "one"}
    async with sandbox.raw() as http:
        first = await http.post("/customers", content="name=A&email=a@b.c", headers=key)
        again = await http.post("/customers", content="email=a@b.c&name=A", headers=key)
        other = await http.post("/products", content="name=A", headers=key)
        long = await http.post("/customers", content="name=A", headers={"idempotency-key": "k" * 256})
    assert again.json() == first.json()
    assert other.json()["error"]["type"] == "idempotency_error"
    assert "the same endpoint they were first used for ('/v1/products' vs '/v1/customers')" in other.text
    assert long.status_code == 400


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_method_that_stripe_does_not_know_is_an_unknown_address(sandbox: World, method: str) -> None:
    async with sandbox.raw() as http:
        answer = await http.request(method, "/customers")
    sandbox.conversation.exchanges.pop()
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith(f"Unrecognized request URL ({method}: /v1/customers)")


async def test_a_declined_payment_says_which_intent_and_card_it_was(sandbox: World) -> None:
    customer, _ = await sandbox.subscribe(number=FAILS_LATER)
    await sandbox.engine.advance_period()
    [invoice] = (await sandbox.v1.invoices.list_async({"customer": customer.id, "status": "open"})).data
    with pytest.raises(stripe.CardError) as refused:
        await sandbox.v1.invoices.pay_async(invoice.id)
    error: Any = refused.value.error
    assert error.payment_intent.status == "requires_payment_method"
    assert error.payment_intent.latest_charge == error.charge
    assert error.payment_method.card.last4 == "0341"


async def test_an_object_is_not_expanded_into_its_own_name(sandbox: World) -> None:
    customer = await sandbox.customer()
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        await sandbox.v1.customers.retrieve_async(customer.id, {"expand": ["id"]})


async def test_customers_are_found_by_mail_address(sandbox: World) -> None:
    mine = await sandbox.customer(email="a@b.c")
    await sandbox.customer(email="other@b.c")
    found = await sandbox.v1.customers.list_async({"email": "a@b.c", "limit": 10})
    assert [one.id for one in found.data] == [mine.id]


async def test_pages_join_to_the_whole_list_in_both_directions(sandbox: World) -> None:
    made = [(await sandbox.customer(email=f"{number}@b.c")).id for number in range(5)]
    first = await sandbox.v1.customers.list_async({"limit": 2})
    assert first.has_more
    assert [one.id async for one in first.auto_paging_iter()] == made[::-1]
    back = await sandbox.v1.customers.list_async({"limit": 2, "ending_before": made[0]})
    assert [one.id for one in back.data] == [made[2], made[1]]
    assert back.has_more
    with pytest.raises(stripe.InvalidRequestError):
        await sandbox.v1.customers.list_async({"limit": 500})


async def test_expansion_goes_through_lists_and_references(sandbox: World) -> None:
    customer, subscription = await sandbox.subscribe()
    listed = await sandbox.v1.subscriptions.list_async(
        {
            "customer": customer.id,
            "status": "all",
            "expand": ["data.latest_invoice.payments", "data.default_payment_method", "data.items"],
        }
    )
    found = listed.data[0]
    assert found.default_payment_method.card.last4 == "4242"
    assert found.latest_invoice.payments.data[0].status == "paid"
    invoice = await sandbox.v1.invoices.retrieve_async(
        subscription.latest_invoice, {"expand": ["payments.data.payment.payment_intent"]}
    )
    assert invoice.payments.data[0].payment.payment_intent.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
        await sandbox.v1.subscriptions.list_async({"expand": ["data.items.data.price.product"]})
    async with httpx.AsyncClient(headers={"authorization": "Bearer sk_test_sandbox"}) as http:
        answer = await http.get(
            f"{sandbox.base}/sandbox/api/v1/customers/{customer.id}", params={"expand[]": "email"}
        )
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "This property cannot be expanded (email)."


async def test_events_are_listed_for_those_who_missed_them(sandbox: World) -> None:
    customer, _ = await sandbox.subscribe()
    listed = await sandbox.v1.events.list_async({"types": ["invoice.paid", "customer.created"]})
    assert [one.type for one in listed.data] == ["invoice.paid", "customer.created"]
    one = await sandbox.v1.events.retrieve_async(listed.data[1].id)
    assert one.data.object["id"] == customer.id
    newer = await sandbox.v1.events.list_async({"ending_before": one.id, "limit": 100})
    assert len(newer.data) == 12
    since = await sandbox.v1.events.list_async({"created": {"gte": one.created + 3600}})
    assert since.data == []


async def test_a_portal_session_leads_to_the_portal_and_back(sandbox: World) -> None:
    customer, subscription = await sandbox.subscribe()
    plain = await sandbox.v1.billing_portal.sessions.create_async(
        {"customer": customer.id, "return_url": "http://localhost:3000/workspace/billing"}
    )
    assert plain.url == f"{sandbox.base}/sandbox/portal/{plain.id}"
    leaving = await sandbox.v1.billing_portal.sessions.create_async(
        {
            "customer": customer.id,
            "flow_data": {
                "type": "subscription_cancel",
                "subscription_cancel": {"subscription": subscription.id},
            },
        }
    )
    assert leaving.flow.subscription_cancel.subscription == subscription.id
    prices = await sandbox.engine.portal_prices(plain.id)
    assert [one["id"] for one in prices] == ["price_sandbox_hobby", "price_sandbox_pro"]


def test_every_operation_has_a_table_and_a_handler() -> None:
    assert set(HANDLERS) == set(parameters.names())


@pytest.mark.skipif(conformance.load() is None, reason=conformance.MISSING)
def test_the_tables_take_what_stripe_takes() -> None:
    spec = conformance.load()
    assert spec is not None
    for name in set(parameters.names()) - set(payment_pages.TABLES):
        method, path = name.split(" ")
        _, operation = spec.match(method, path.replace("{}", "some_id"))
        assert operation is not None, name
        described = spec.op_params(operation)
        ours = parameters.fields(name)
        assert set(ours) == set(described), name


@pytest.mark.parametrize(
    ("form", "meaning"),
    [
        ("a=1&b[c]=2&b[d][e]=3", {"a": "1", "b": {"c": "2", "d": {"e": "3"}}}),
        ("expand[]=a&expand[]=b.c", {"expand": ["a", "b.c"]}),
        ("items[0][price]=p&items[1][price]=q", {"items": [{"price": "p"}, {"price": "q"}]}),
        ("items[][price]=p&items[][quantity]=2&items[][price]=q", None),
        ("name=a%20b+c&empty=", {"name": "a b c", "empty": ""}),
        ("items[][recurring][interval]=month", {"items": [{"recurring": {"interval": "month"}}]}),
    ],
)
def test_brackets_make_hashes_and_lists(form: str, meaning: dict[str, object] | None) -> None:
    expected = meaning or {"items": [{"price": "p", "quantity": "2"}, {"price": "q"}]}
    assert decode(form) == expected
