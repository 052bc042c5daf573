"""The mailbox and its gallery are development's alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import clean_environment

LIST_PAGES = """
from sentineliq import config, startup
for mount in startup.wire(config.get_settings()).development_routes:
    for route in getattr(mount, "routes", []):
        print(route.path)
"""
PRODUCTION = {
    "SENTINELIQ_ENV": "production",
    "STRIPE_API_KEY": "sk_live_of_the_tests",
    "STRIPE_WEBHOOK_SECRET": "whsec_of_the_tests",
    "STRIPE_CUSTOMER_PORTAL_URL": "https://billing.stripe.com/p/login/test",
    "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "price_hobby",
    "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": "price_pro",
    "PAYMENTS_CREDITS_10_PLAN_ID": "price_credits",
    "JWT_SECRET": "a-secret-of-the-tests-with-enough-letters",
    "DATABASE_URL": "sqlite:///unused.db",
    "WEB_CLIENT_URL": "https://app.example.com",
    "ADMIN_EMAILS": "staff@example.com",
    "SENDER_EMAIL": "billing@example.com",
    "RESEND_API_KEY": "re_of_the_tests",
}


def pages(folder: Path, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", LIST_PAGES],
        env=clean_environment(SENTINELIQ_DATA_DIR=str(folder), **environment),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_development_has_them(tmp_path: Path) -> None:
    assert {"/mailbox", "/mailbox/gallery"} <= set(pages(tmp_path))


@pytest.mark.parametrize("absent", ["", "RESEND_API_KEY"])
def test_production_has_none_of_them(tmp_path: Path, absent: str) -> None:
    environment = {name: value for name, value in PRODUCTION.items() if name != absent}
    if absent:
        with pytest.raises(AssertionError, match=absent):
            pages(tmp_path, **environment)
    else:
        assert pages(tmp_path, **environment) == []
