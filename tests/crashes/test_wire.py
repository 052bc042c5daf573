"""What reaches a real server over a socket that no HTTP library would send."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing

import pytest

from tests.crashes import burst as bursts
from tests.crashes.conftest import Burst, assert_kept
from tests.crashes.process import PATIENCE, Stripe, WebhookProcess, signed

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CLOSED = -1
"""The server hung up without an answer."""


async def say(webhook: WebhookProcess, data: bytes, *, hang_up: bool = False) -> int:
    """The status of the answer to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", webhook.port)
    with closing(writer):
        writer.write(data)
        await writer.drain()
        if hang_up:
            writer.transport.abort()
            return CLOSED
        line = await asyncio.wait_for(reader.readline(), PATIENCE)
        return int(line.split()[1]) if line else CLOSED


def request(*headers: str, body: bytes = b"") -> bytes:
    lines = ["POST /webhooks/stripe HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@pytest.fixture
async def intact(webhook: WebhookProcess, burst: Burst) -> AsyncIterator[bursts.Facts]:
    """Nothing that a test sends may leave a trace or keep the next delivery from its place."""
    before = await bursts.facts()
    yield before
    assert await bursts.facts() == before
    stripe = Stripe(webhook.url)
    await stripe.deliver(burst.events[:1])
    assert stripe.answers == [200]
    await assert_kept(stripe, burst)


@pytest.mark.usefixtures("intact")
async def test_requests_of_odd_shape_are_refused(webhook: WebhookProcess, burst: Burst) -> None:
    body, headers = signed(burst.events[0])
    signature, wrong = headers["Stripe-Signature"], "t=1,v1=0"
    size = f"Content-Length: {len(body)}"
    sent = f"Stripe-Signature: {signature}"
    half = len(body) // 2
    answers = {
        "two signatures, the first one wrong": await say(
            webhook, request(f"Stripe-Signature: {wrong}", sent, size, body=body)
        ),
        "a huge signature": await say(
            webhook, request(f"Stripe-Signature: {'v1=0,' * 10_000}", size, body=body)
        ),
        "a huge header": await say(webhook, request(f"X-Large: {'x' * 1_000_000}", sent, size, body=body)),
        "a body that is not there": await say(webhook, request(sent, "Content-Length: 0")),
        "a length beyond all bounds": await say(webhook, request(sent, f"Content-Length: {'9' * 30}")),
        "a negative length": await say(webhook, request(sent, "Content-Length: -1")),
        "chunks that are none": await say(
            webhook, request(sent, "Transfer-Encoding: chunked", body=b"zz\r\nnot a chunk\r\n")
        ),
        "a body cut off": await say(webhook, request(sent, size, body=body[:half]), hang_up=True),
        "headers cut off": await say(webhook, request(sent, size)[:60], hang_up=True),
    }
    for what, status in answers.items():
        expected = {500} if what == "two signatures, the first one wrong" else {CLOSED, 400, 413, 431, 500}
        assert status in expected, (what, status)
    assert "webhook_failed" not in webhook.log


async def test_signed_body_in_chunks_is_taken(webhook: WebhookProcess, burst: Burst) -> None:
    body, headers = signed(burst.events[0])
    pieces = [body[at : at + 700] for at in range(0, len(body), 700)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    sent = f"Stripe-Signature: {headers['Stripe-Signature']}"
    assert await say(webhook, request(sent, "Transfer-Encoding: chunked", body=chunks)) == 200
