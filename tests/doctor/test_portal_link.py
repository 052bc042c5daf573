"""What doctor takes for the portal's login link in production."""

import pytest

from sentineliq.billing.stripe.checks.portal import portal_link
from sentineliq.config import Settings

DOUBLE = "http://localhost:3100/sandbox"


def settings(link: str, *, api_base: str | None = None) -> Settings:
    values = {
        "sentineliq_env": "production",
        "stripe_api_key": "sk_test_sandbox",
        "stripe_api_base": api_base,
        "stripe_customer_portal_url": link,
        "web_client_url": "https://app.example.com",
    }
    return Settings.model_validate(values)


@pytest.mark.parametrize(
    ("link", "passed"),
    [
        ("https://billing.stripe.com/p/login/test_abc", True),
        ("http://billing.stripe.com/p/login/test_abc", False),
        (f"{DOUBLE}/p/login/test_abc", False),
    ],
)
def test_a_link_of_stripes_is_by_https(link: str, passed: bool) -> None:
    assert portal_link(settings(link)).passed is passed


def test_the_link_of_the_double_that_stands_for_stripe_is_by_its_own_address() -> None:
    api_base = f"{DOUBLE}/api"
    assert portal_link(settings(f"{DOUBLE}/p/login/test_abc", api_base=api_base)).passed
    assert not portal_link(settings("http://elsewhere.example/p/login/test_abc", api_base=api_base)).passed
