"""Asking the product's webhook from within a server of the tests' own."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from sentineliq.billing import webhook


async def ask_webhook(request: Request, *, body: bytes | None = None, without: bytes = b"") -> Response:
    """The webhook's answer to a request that somebody has already read; changed, where that is asked for."""
    sent = await request.body() if body is None else body
    dropped = {without, b"content-length"}
    headers = [(name, value) for name, value in request.headers.raw if name not in dropped]

    async def receive() -> Message:
        return {"type": "http.request", "body": sent, "more_body": False}

    answer = await webhook.answer({**request.scope, "headers": headers}, receive)
    return Response(answer.body, answer.status, media_type="application/json")
