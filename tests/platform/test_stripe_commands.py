"""`sentineliq stripe setup` on an account that has nothing, some, or something else of ours."""

import json
from typing import Any

import pytest

from sentineliq.billing.stripe.handlers import HANDLERS
from sentineliq.billing.stripe.setup.account import Account, SetupStopped
from sentineliq.config import STRIPE_API_VERSION
from sentineliq.sandbox.engine.books import Books
from tests.platform.conftest import ADDRESS, Call
from tests.sandbox.world import World

URL = f"{ADDRESS}/webhooks/stripe"
VARIABLES = {
    "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID",
    "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID",
    "PAYMENTS_CREDITS_10_PLAN_ID",
    "STRIPE_CUSTOMER_PORTAL_URL",
    "STRIPE_PORTAL_CONFIGURATION_ID",
    "STRIPE_WEBHOOK_SECRET",
}


async def setup(call: Call, *words: str, code: int = 0) -> dict[str, Any]:
    done = await call("stripe", "setup", "--json", *words)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def did(report: dict[str, Any], what: str = "") -> dict[str, str]:
    """What was done to each object, by what it is."""
    return {step["what"]: step["action"] for step in report["steps"] if what in step["what"]}


async def contents(account: World) -> dict[str, list[str]]:
    """The ids of everything that setup may make."""
    listed = {
        "products": account.v1.products,
        "prices": account.v1.prices,
        "endpoints": account.v1.webhook_endpoints,
        "portals": account.v1.billing_portal.configurations,
    }
    return {
        name: sorted(each.id for each in (await service.list_async({"limit": 100})).data)
        for name, service in listed.items()
    }


async def test_an_empty_account_gets_all_that_is_needed_and_the_lines_to_set(
    account: World, call: Call
) -> None:
    report = await setup(call)
    assert set(did(report).values()) == {"created"}
    assert set(report["environment"]) == VARIABLES
    lines = report["environment"]
    hobby = await account.v1.prices.retrieve_async(lines["PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID"])
    assert (hobby.unit_amount, hobby.currency, hobby.recurring.interval) == (999, "usd", "month")
    once = await account.v1.prices.retrieve_async(lines["PAYMENTS_CREDITS_10_PLAN_ID"])
    assert (once.unit_amount, once.type) == (999, "one_time")
    [endpoint] = (await account.v1.webhook_endpoints.list_async()).data
    assert (endpoint.url, endpoint.api_version) == (URL, STRIPE_API_VERSION)
    assert set(endpoint.enabled_events) == set(HANDLERS)
    portal = await account.v1.billing_portal.configurations.retrieve_async(
        lines["STRIPE_PORTAL_CONFIGURATION_ID"], {"expand": ["features.subscription_update.products"]}
    )
    switchable = {price for each in portal.features.subscription_update.products for price in each.prices}
    assert switchable == {hobby.id, lines["PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID"]}
    assert portal.features.subscription_cancel.mode == "at_period_end"


async def test_a_second_run_finds_everything_and_changes_nothing(account: World, call: Call) -> None:
    first = await setup(call)
    before = await contents(account)
    again = await setup(call)
    assert set(did(again).values()) == {"found"}
    assert await contents(account) == before
    secret = first["environment"].pop("STRIPE_WEBHOOK_SECRET")
    assert again["environment"] == first["environment"]
    assert secret not in json.dumps(again)
    assert any("Reveal" in line for line in again["advice"])


async def test_a_dry_run_says_what_would_be_made_and_makes_nothing(account: World, call: Call) -> None:
    before = await contents(account)
    report = await setup(call, "--dry-run", "--annual")
    assert set(did(report).values()) == {"created"}
    assert await contents(account) == before
    said = await call("stripe", "setup", "--dry-run")
    assert "to create" in said.stdout
    assert "whsec_" not in said.stdout


def forget_the_keys(books: Books) -> None:
    """A day goes by: Stripe remembers no idempotency key any more."""
    books.connection.execute("DELETE FROM idempotency")


@pytest.mark.parametrize("made_before", range(8))
async def test_a_run_that_was_cut_short_is_completed_by_the_next(
    account: World, call: Call, monkeypatch: pytest.MonkeyPatch, made_before: int
) -> None:
    """Three products, three prices, a portal configuration, an endpoint: it ends before any of them."""
    bare = await contents(account)
    left = iter(range(made_before))
    create = Account.create

    async def until_then(self: Account, *given: Any, **named: Any) -> Any:
        if next(left, None) is None:
            raise SetupStopped("the plug was pulled", "plug it in")
        return await create(self, *given, **named)

    with monkeypatch.context() as cut:
        cut.setattr(Account, "create", until_then)
        stopped = await setup(call, code=1)
    assert stopped["error"].startswith("the plug was pulled")
    await account.engine.transact(forget_the_keys)
    await setup(call)
    grown = {name: len(ids) - len(bare[name]) for name, ids in (await contents(account)).items()}
    assert grown == {"products": 3, "prices": 3, "portals": 1, "endpoints": 1}


async def test_configured_prices_are_adopted_with_their_older_ones(
    account: World, call: Call, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID", "price_sandbox_hobby,price_old")
    report = await setup(call)
    assert did(report, "price hobby") == {"price hobby, monthly": "found"}
    assert report["environment"]["PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID"] == "price_sandbox_hobby,price_old"


async def test_another_amount_is_a_new_price_and_the_older_one_stays_recognised(
    account: World, call: Call, environment: pytest.MonkeyPatch
) -> None:
    first = await setup(call)
    old = first["environment"]["PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID"]
    environment.setenv("PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID", old)
    report = await setup(call, "--pro-amount", "2999")
    new, kept = report["environment"]["PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID"].split(",")
    assert kept == old
    price = await account.v1.prices.retrieve_async(new)
    assert (price.unit_amount, price.lookup_key) == (2999, "sentineliq_pro_monthly")
    assert did(report, "portal") == {"portal configuration": "updated"}


async def test_an_endpoint_with_other_events_is_told_of_ours_and_enabled(account: World, call: Call) -> None:
    endpoint = await account.v1.webhook_endpoints.create_async(
        {
            "url": URL,
            "enabled_events": ["invoice.paid", "invoice.created"],
            "api_version": STRIPE_API_VERSION,
        }
    )
    await account.v1.webhook_endpoints.update_async(endpoint.id, {"disabled": True})
    report = await setup(call)
    [step] = [step for step in report["steps"] if step["what"] == "webhook endpoint"]
    assert (step["action"], step["id"]) == ("updated", endpoint.id)
    assert "-invoice.created" in step["note"]
    now = await account.v1.webhook_endpoints.retrieve_async(endpoint.id)
    assert (set(now.enabled_events), now.status) == (set(HANDLERS), "enabled")


async def test_an_endpoint_of_another_version_gets_a_second_one_beside_it(account: World, call: Call) -> None:
    old = await account.v1.webhook_endpoints.create_async(
        {"url": URL, "enabled_events": ["*"], "api_version": "2020-08-27"}
    )
    report = await setup(call)
    assert report["environment"]["STRIPE_WEBHOOK_SECRET"].startswith("whsec_")
    assert any(old.id in line and "--disable-replaced" in line for line in report["advice"])
    assert (await account.v1.webhook_endpoints.retrieve_async(old.id)).status == "enabled"
    await setup(call, "--disable-replaced")
    assert (await account.v1.webhook_endpoints.retrieve_async(old.id)).status == "disabled"


async def test_an_endpoint_deleted_today_is_made_anew(account: World, call: Call) -> None:
    """Stripe replays the answer of the same idempotency key for a day."""
    first = await setup(call)
    [gone] = (await account.v1.webhook_endpoints.list_async()).data
    await account.v1.webhook_endpoints.delete_async(gone.id)
    report = await setup(call)
    assert report["environment"]["STRIPE_WEBHOOK_SECRET"] != first["environment"]["STRIPE_WEBHOOK_SECRET"]
    assert len((await account.v1.webhook_endpoints.list_async()).data) == 1


async def test_the_accounts_default_portal_is_never_changed(account: World, call: Call) -> None:
    [default] = (await account.v1.billing_portal.configurations.list_async({"is_default": True})).data
    await account.v1.billing_portal.configurations.update_async(
        default.id, {"features": {"invoice_history": {"enabled": False}}}
    )
    report = await setup(call)
    assert did(report, "portal") == {"portal configuration": "created"}
    kept = await account.v1.billing_portal.configurations.retrieve_async(default.id)
    assert not kept.features.invoice_history.enabled


async def test_a_live_account_is_asked_for_first(
    account: World, call: Call, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("STRIPE_API_KEY", "sk_live_of_the_tests")
    asked = await call("stripe", "setup")
    assert (asked.exit_code, "live key" in asked.stderr) == (1, True)
    refused = await call("stripe", "setup", "--json")
    assert (refused.exit_code, "--yes" in refused.stderr) == (2, True)


async def test_a_wrong_key_ends_with_1_and_is_not_shown(
    account: World, call: Call, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("STRIPE_API_KEY", "sk_test_wrongwrongwrong")
    done = await call("stripe", "setup")
    assert done.exit_code == 1
    assert "does not accept the key" in done.stderr
    assert "wrongwrong" not in done.output


async def test_setup_needs_a_key_and_in_production_an_address(
    environment: pytest.MonkeyPatch, call: Call
) -> None:
    environment.setenv("SENTINELIQ_ENV", "production")
    done = await call("stripe", "setup")
    assert done.exit_code == 2
    assert "STRIPE_API_KEY" in done.stderr
    assert "WEB_CLIENT_URL" in done.stderr
    assert "ADMIN_EMAILS" not in done.stderr


async def test_this_machine_is_beyond_stripes_reach(environment: pytest.MonkeyPatch) -> None:
    from sentineliq.billing.stripe.setup.wanted import listening, stripe_reaches
    from sentineliq.config import validate_critical_env_vars

    here = {"STRIPE_API_KEY": "sk_test_1", "WEB_CLIENT_URL": "http://localhost:3000"}
    settings = validate_critical_env_vars(here)
    assert not stripe_reaches(settings)
    assert "--forward-to http://localhost:3000/webhooks/stripe" in listening(settings)
    assert stripe_reaches(validate_critical_env_vars(here | {"WEB_CLIENT_URL": ADDRESS}))
