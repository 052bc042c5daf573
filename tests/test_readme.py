"""What the README tells is so."""

import re
from pathlib import Path

from sentineliq.billing.stripe.handlers import HANDLERS
from sentineliq.billing.stripe.setup.wanted import PRICES
from sentineliq.config import STRIPE_API_VERSION
from sentineliq.identity.seed import DEMO_EMAIL, DEMO_PASSWORD

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text()
CONNECTING = (PROJECT / "docs" / "connect-stripe.md").read_text()
PICTURE_LIMIT = 300_000


def test_connecting_lists_exactly_the_events_that_are_handled() -> None:
    [listed] = re.findall(r"```text\n( *checkout\.session.+?)```", CONNECTING, re.DOTALL)
    assert listed.split() == list(HANDLERS)


def test_it_names_the_api_version_and_the_demo_login() -> None:
    for told in (f"`{STRIPE_API_VERSION}`", f"`{DEMO_EMAIL}`", f"`{DEMO_PASSWORD}`"):
        assert told in README + CONNECTING


def test_its_picture_loads_quickly() -> None:
    assert (PROJECT / "docs" / "billing.png").stat().st_size < PICTURE_LIMIT


def test_connecting_names_every_lookup_key_beside_its_variable() -> None:
    for price in PRICES:
        assert re.search(rf"`{price.variable}=price_…` \| `{price.lookup_key}`", CONNECTING)
