"""The peer: dj-stripe as its documentation sets it up, in a virtual environment of its own.

dj-stripe reads every object again from Stripe. Here Stripe answers within the process and at once, with the
object of the event itself: the peer is measured as if Stripe and the network cost nothing.
"""

import json
import os
import threading
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings

SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]
ENDPOINT = "6f9c2d0e-0000-4000-8000-000000000001"


def database() -> dict[str, Any]:
    url = urlsplit(os.environ["DATABASE_URL"])
    if url.scheme == "sqlite":
        options = {"timeout": 30, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;"}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.path[1:], "OPTIONS": options}
    name, host = url.path[1:], os.environ["PGHOST"]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": url.username,
        "HOST": host,
        "CONN_MAX_AGE": None,
    }


settings.configure(
    DATABASES={"default": database()},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "djstripe"],
    ROOT_URLCONF="app",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    SECRET_KEY="of-the-benchmark",
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    STRIPE_LIVE_MODE=False,
    STRIPE_TEST_SECRET_KEY="sk_test_" + "OfTheBenchmark0000000001",
    DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
    LOGGING_CONFIG=None,
)
django.setup()

import stripe  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402
from djstripe import models, signals  # noqa: E402
from djstripe.models import WebhookEndpoint, WebhookEventTrigger  # noqa: E402

told = threading.local()


class InstantStripe(stripe.HTTPClient):
    """Answers with the object of the event that this thread is taking, or with one of the kind asked for."""

    name = "instant"

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> tuple[str, int, Any]:
        kind, _, id_ = urlsplit(url).path.removeprefix("/v1/").partition("/")
        if id_.endswith("/features"):
            body: dict[str, Any] = {"object": "list", "data": [], "has_more": False, "url": url}
        elif kind == "account":
            body = {"id": "acct_bench", "object": "account", "settings": {}, "type": "standard"}
        elif kind == "subscriptions":
            body = told.object
        elif kind == "products":
            body = {"id": id_, "object": "product", "name": "Pro", "type": "service", "livemode": False}
        elif kind == "prices":
            body = told.object["items"]["data"][0]["price"]
        elif kind == "customers":
            body = {"id": id_, "object": "customer", "email": "owner@example.com", "livemode": False}
            body |= {"metadata": {}, "created": 1_700_000_000}
        else:
            return json.dumps({"error": {"message": f"no such thing: {url}"}}), 404, {}
        return json.dumps(body), 200, {}


stripe.default_http_client = InstantStripe()
stripe.api_key = settings.STRIPE_TEST_SECRET_KEY


def remember(instance: WebhookEventTrigger, **_: Any) -> None:
    told.object = instance.json_body["data"]["object"]


signals.webhook_pre_process.connect(remember)
urlpatterns = [path("stripe/", include("djstripe.urls", namespace="djstripe"))]


def prepare() -> None:
    """An empty database becomes one that takes deliveries at `/stripe/webhook/<ENDPOINT>/`."""
    call_command("migrate", verbosity=0)
    WebhookEndpoint.objects.update_or_create(
        djstripe_uuid=ENDPOINT,
        defaults={
            "id": "we_bench",
            "secret": SECRET,
            "livemode": False,
            "url": "http://localhost/",
            "enabled_events": ["*"],
            "status": "enabled",
            "djstripe_validation_method": "verify_signature",
        },
    )


if __name__ == "__main__":
    prepare()
    print(f"ready: {models.Event.objects.count()} events")
else:
    application = get_wsgi_application()
