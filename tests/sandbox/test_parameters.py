"""What parameters may say: empty strings, metadata, amounts."""

import pytest
import stripe

from tests.sandbox.world import World


@pytest.mark.parametrize(
    ("path", "form", "param"),
    [
        ("/subscriptions", "customer=&items[0][price]=price_sandbox_pro", "customer"),
        ("/prices", "currency=usd&product=prod_sandbox_pro&unit_amount=", "unit_amount"),
        ("/prices", "currency=usd&product=prod_sandbox_pro&unit_amount=1&recurring=", "recurring"),
        ("/prices", "currency=usd&product=prod_sandbox_pro&unit_amount=1&metadata=", "metadata"),
        ("/customers?expand=", "", "expand"),
    ],
)
async def test_an_empty_string_unsets_only_what_can_be_unset(
    sandbox: World, path: str, form: str, param: str
) -> None:
    async with sandbox.raw() as http:
        error = (await http.post(path, content=form)).json()["error"]
    assert (error["code"], error["param"]) == ("parameter_invalid_empty", param)
    assert error["message"].startswith(f"You passed an empty string for '{param}'.")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/coupons", "percent_off=5&duration=once"),
        ("/webhook_endpoints", "url=https://a.example&enabled_events[]=*"),
        ("/invoiceitems", "customer={customer}&amount=100&currency=usd"),
        ("/subscriptions", "customer={customer}&items[0][price]=price_sandbox_pro&trial_period_days=3"),
    ],
)
async def test_a_new_object_has_no_metadata_to_unset(sandbox: World, path: str, form: str) -> None:
    customer = await sandbox.customer()
    async with sandbox.raw() as http:
        answer = await http.post(path, content=form.format(customer=customer.id) + "&metadata=")
    assert answer.json()["metadata"] == {}


async def test_metadata_has_limits_also_over_several_updates(sandbox: World) -> None:
    customer = await sandbox.customer(metadata={f"key{number}": "x" for number in range(40)})
    more = {f"more{number}": "x" for number in range(11)}
    update = sandbox.v1.customers.update_async
    for metadata, message in (
        (more, "at most 50"),
        ({"k" * 41: "x"}, "up to 40 characters, but you passed in a key that is 41"),
        ({"key": "x" * 501}, "up to 500 characters, but you passed in a value that is 501"),
    ):
        with pytest.raises(stripe.InvalidRequestError, match=message):
            await update(customer.id, {"metadata": metadata})
    room = await update(customer.id, {"metadata": {**more, "key0": ""}})
    assert len(room.metadata.to_dict()) == 50


@pytest.mark.parametrize(
    ("path", "form", "expected"),
    [
        ("/prices", "currency=usd&product=prod_sandbox_pro&unit_amount=-1", "Invalid non-negative integer"),
        ("/payment_intents", "currency=usd&amount=49", "Amount must be at least $0.50 usd"),
        ("/payment_intents", "currency=usd&amount=-5", "Invalid positive integer"),
        ("/coupons", "percent_off=101", "Invalid percent_off: must be more than 0 and at most 100"),
        ("/coupons", "percent_off=5&duration=repeating", "Missing required param: duration_in_months."),
        ("/customers", "email=nobody", "Invalid email address: nobody"),
    ],
)
async def test_values_that_make_no_sense_are_refused(
    sandbox: World, path: str, form: str, expected: str
) -> None:
    async with sandbox.raw() as http:
        answer = await http.post(path, content=form)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, expected)
