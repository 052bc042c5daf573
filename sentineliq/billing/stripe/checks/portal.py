"""The customer portal: the configuration that sessions use, and the login link."""

from urllib.parse import urlsplit

from stripe.billing_portal import Configuration

from ....config import Settings
from ....findings import Finding, fails, holds
from ..setup.account import Account, unless_missing
from ..setup.portal import ID_VARIABLE, LINK_VARIABLE, PRODUCTS, lacking
from ..setup.wanted import PRICES

SETUP = "run `sentineliq stripe setup` and set the lines it prints"


async def check_portal(account: Account) -> list[Finding]:
    return [await _configuration(account), portal_link(account.settings)]


async def _configuration(account: Account) -> Finding:
    used = await _used(account)
    if used is None:
        named = account.settings.stripe_portal_configuration_id
        says = f"{ID_VARIABLE} names {named}, which is not there" if named else "there is no default one"
        return fails("customer portal", says, mend=SETUP)
    sold = [wanted.ids(account.settings)[:1] for wanted in PRICES if wanted.interval]
    lacks = lacking(used, [price_id for ids in sold for price_id in ids])
    if lacks:
        return fails("customer portal", f"{used.id} does not allow {', '.join(lacks)}", mend=SETUP)
    return holds("customer portal", f"{used.id} allows all that customers need")


async def _used(account: Account) -> Configuration | None:
    """The configuration of every portal session: the named one, else the account's default."""
    configurations = account.client.v1.billing_portal.configurations
    if named := account.settings.stripe_portal_configuration_id:
        return await unless_missing(configurations.retrieve_async(named, {"expand": [PRODUCTS]}))
    page = await configurations.list_async({"is_default": True, "expand": [f"data.{PRODUCTS}"]})
    return next((each for each in page.data if each.active), None)


def portal_link(settings: Settings) -> Finding:
    """https://docs.stripe.com/customer-management/activate-no-code-customer-portal: `…/p/login/[test_]…`."""
    link = settings.stripe_customer_portal_url
    if not link:
        if settings.in_production:
            return fails("portal login link", f"{LINK_VARIABLE} is not set", mend=SETUP)
        return holds("portal login link", "none: development can do without")
    _, is_login, code = urlsplit(link).path.partition("/p/login/")
    if not is_login or not code or (settings.in_production and not _is_stripes(link, settings)):
        mend = "copy it from Settings → Billing → Customer portal: https://billing.stripe.com/p/login/…"
        return fails("portal login link", f"{LINK_VARIABLE} is not the portal's login link", mend=mend)
    if code.startswith("test_") is settings.livemode:
        return fails("portal login link", f"{LINK_VARIABLE} is of the other mode", mend=SETUP)
    return holds("portal login link", link)


def _is_stripes(link: str, settings: Settings) -> bool:
    """Whether it is by https, or at the test double that stands for Stripe."""
    parts, double = urlsplit(link), urlsplit(settings.stripe_api_base or "")
    return parts.scheme == "https" or parts[:2] == double[:2]
