"""The webhook endpoint (https://docs.stripe.com/api/webhook_endpoints): our address, our events, our version.

Its API version cannot be changed (the update call has no such parameter;
https://docs.stripe.com/webhooks/versioning): another version is a second endpoint beside the old one, with a
signing secret of its own. Both deliver for a while, and each event counts once.
"""

from typing import Any

from stripe import WebhookEndpoint

from .account import Account, Action, unless_missing
from .wanted import EVENTS, MARK, listening, stripe_reaches

VARIABLE = "STRIPE_WEBHOOK_SECRET"
ENABLED = "enabled"


async def settle_endpoint(account: Account, *, disable_replaced: bool) -> None:
    """Exactly one endpoint of our version that is told of our events."""
    if not stripe_reaches(account.settings):
        account.note("webhook endpoint", Action.SKIPPED, "", "Stripe cannot reach this machine")
        account.advice.append(
            f"run `{listening(account.settings)}` and set {VARIABLE} to the secret it prints"
        )
        return
    ours = await endpoints_of(account)
    current = [each for each in ours if each.api_version == account.settings.stripe_api_version]
    current.sort(key=lambda each: each.status != ENABLED)
    if current:
        await _adopt(account, current[0])
    else:
        await _create(account)
    await _retire(account, [each for each in ours if each not in current[:1]], disable=disable_replaced)


async def endpoints_of(account: Account) -> list[WebhookEndpoint]:
    """The account's endpoints at our address, newest first."""
    page = await account.client.v1.webhook_endpoints.list_async({"limit": 100})
    found = [each async for each in page.auto_paging_iter()]
    return [each for each in found if each.url == account.settings.webhook_url]


def differing_events(endpoint: WebhookEndpoint) -> str:
    """`+` what it lacks, `-` what it has too many; empty where it is told of exactly ours."""
    present, wanted = set(endpoint.enabled_events), set(EVENTS)
    return " ".join(
        [f"+{name}" for name in sorted(wanted - present)] + [f"-{name}" for name in sorted(present - wanted)]
    )


async def _adopt(account: Account, endpoint: WebhookEndpoint) -> None:
    changes: dict[str, Any] = {}
    if difference := differing_events(endpoint):
        changes["enabled_events"] = list(EVENTS)
    if endpoint.status != ENABLED:
        changes["disabled"] = False
        difference = f"enabled {difference}".strip()
    if changes and not account.dry_run:
        await account.client.v1.webhook_endpoints.update_async(endpoint.id, changes)  # pyright: ignore[reportArgumentType]
    action = Action.UPDATED if changes else Action.FOUND
    account.note("webhook endpoint", action, endpoint.id, difference or account.settings.webhook_url)
    if not account.settings.stripe_webhook_secret or account.settings.uses_sandbox:
        account.advice.append(
            f"{VARIABLE}: Stripe shows an endpoint's secret by API only when it is created; see Developers → "
            f"Webhooks → {endpoint.id} → Signing secret → Reveal (or Roll it)"
        )


async def _create(account: Account) -> None:
    """Its secret is in this one answer only."""
    url, version = account.settings.webhook_url, account.settings.stripe_api_version
    secret, endpoint_id = "", ""
    if not account.dry_run:
        endpoints = account.client.v1.webhook_endpoints
        params = {
            "url": url,
            "enabled_events": list(EVENTS),
            "api_version": version,
            "description": "SentinelIQ",
            "metadata": {MARK: "webhook"},
        }

        async def stands(made_id: str) -> bool:
            found = await unless_missing(endpoints.retrieve_async(made_id))
            return found is not None and found.url == url

        made = await account.create("endpoint", params, create=endpoints.create_async, stands=stands)
        endpoint_id, secret = made.id, made.secret or ""
    account.note("webhook endpoint", Action.CREATED, endpoint_id, f"{url}, version {version}")
    if secret:
        account.environment[VARIABLE] = secret


async def _retire(account: Account, replaced: list[WebhookEndpoint], *, disable: bool) -> None:
    """What else delivers to our address: disabled when that is asked for, else named."""
    for endpoint in replaced:
        if endpoint.status != ENABLED:
            continue
        version = endpoint.api_version or "the account's default"
        if disable:
            if not account.dry_run:
                await account.client.v1.webhook_endpoints.update_async(endpoint.id, {"disabled": True})
            account.note("webhook endpoint", Action.UPDATED, endpoint.id, f"disabled, version {version}")
        else:
            account.note("webhook endpoint", Action.FOUND, endpoint.id, f"a second one, version {version}")
            account.advice.append(
                f"{endpoint.id} delivers to the same address, with version {version} for good; "
                f"while both deliver, {VARIABLE} holds both secrets, comma separated; then run this again "
                "with --disable-replaced"
            )
