"""The webhook endpoint: at our address, enabled, told of exactly our events, in our API version."""

from stripe import WebhookEndpoint

from ....findings import Finding, fails, holds
from ..setup.account import Account
from ..setup.endpoint import ENABLED, differing_events, endpoints_of
from ..setup.wanted import EVENTS, listening, stripe_reaches

SETUP = "run `sentineliq stripe setup`"


async def check_endpoint(account: Account) -> list[Finding]:
    """Three lines: the endpoint, its events, its version."""
    settings = account.settings
    if not settings.in_production and not stripe_reaches(settings):
        return [holds("webhook endpoint", f"none can reach this machine; use `{listening(settings)}`")]
    ours = await endpoints_of(account)
    enabled = [each for each in ours if each.status == ENABLED]
    if not enabled:
        return [_absent(account, ours)]
    version = settings.stripe_api_version
    current = [each for each in enabled if each.api_version == version]
    chosen = (current or enabled)[0]
    return [
        _single(account, enabled),
        _events(chosen),
        _version(chosen, version),
    ]


def _absent(account: Account, disabled: list[WebhookEndpoint]) -> Finding:
    url = account.settings.webhook_url
    if disabled:
        return fails(
            "webhook endpoint", f"{disabled[0].id} at {url} is disabled", mend=f"{SETUP}: it enables it"
        )
    mend = f"{SETUP}; if there is one at another address, WEB_CLIENT_URL or that address is wrong"
    return fails("webhook endpoint", f"there is none at {url}", mend=mend)


def _single(account: Account, enabled: list[WebhookEndpoint]) -> Finding:
    if len(enabled) > 1:
        ids = ", ".join(f"{each.id} ({each.api_version})" for each in enabled)
        mend = f"{SETUP} --disable-replaced once STRIPE_WEBHOOK_SECRET has the new secret"
        return fails("webhook endpoint", f"{len(enabled)} deliver to the same address: {ids}", mend=mend)
    return holds("webhook endpoint", f"{enabled[0].id} at {account.settings.webhook_url}")


def _events(endpoint: WebhookEndpoint) -> Finding:
    if difference := differing_events(endpoint):
        return fails("webhook events", f"{endpoint.id} differs: {difference}", mend=f"{SETUP}: it sets them")
    return holds("webhook events", f"exactly the {len(EVENTS)} that are handled")


def _version(endpoint: WebhookEndpoint, version: str) -> Finding:
    if endpoint.api_version != version:
        told = endpoint.api_version or "the account's default"
        mend = f"{SETUP}: it makes one with {version} (Stripe cannot change an endpoint's version)"
        return fails("webhook API version", f"{endpoint.id} sends {told}, not {version}", mend=mend)
    return holds("webhook API version", version)
