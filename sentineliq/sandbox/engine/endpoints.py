"""Webhook endpoints (https://docs.stripe.com/api/webhook_endpoints)."""

from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.catalogue import merge_fields
from sentineliq.sandbox.engine.documents import API_VERSION, random_text
from sentineliq.sandbox.engine.errors import InvalidRequest
from sentineliq.sandbox.engine.values import Document

SEEDED = "we_1sandboxdefault"


def create(books: Books, params: Document) -> Document:
    """The only answer that shows the signing secret."""
    _check_url(params["url"])
    secret = f"whsec_{random_text(32)}"
    fields = {key: value for key, value in params.items() if key != "connect"}
    endpoint = books.add(books.new("webhook_endpoint", **fields))
    books.keep_secret(endpoint["id"], signing_secret=secret)
    return {**endpoint, "secret": secret}


def update(books: Books, endpoint_id: str, params: Document) -> Document:
    endpoint = books.get("webhook_endpoint", endpoint_id)
    if "url" in params:
        _check_url(params["url"])
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    merge_fields(endpoint, {key: value for key, value in params.items() if key != "disabled"})
    return books.save(endpoint)


def delete(books: Books, endpoint_id: str) -> Document:
    """Nothing is tried for it any more."""
    books.remove(books.get("webhook_endpoint", endpoint_id))
    books.connection.execute("UPDATE deliveries SET next_at = NULL WHERE endpoint = ?", (endpoint_id,))
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}


def seed(books: Books, *, url: str, secret: str, events: tuple[str, ...]) -> None:
    """The app's own endpoint, with the address, the secret and the events of this start."""
    known = books.find("webhook_endpoint", SEEDED)
    endpoint = known or books.new("webhook_endpoint", id=SEEDED, description="SentinelIQ")
    endpoint |= {"api_version": API_VERSION, "url": url, "enabled_events": list(events)}
    if known is None:
        books.add(endpoint)
    else:
        books.save(endpoint)
    books.keep_secret(SEEDED, signing_secret=secret)


def _check_url(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise InvalidRequest("Invalid URL: An explicit scheme (such as https) must be provided.", param="url")
