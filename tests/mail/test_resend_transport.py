"""Resend's SDK speaks real HTTP here, to a stand-in server on the loopback interface."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import resend

from sentineliq.mail.models import MailKind
from sentineliq.mail.resend_transport import ResendTransport
from sentineliq.mail.transport import MailMessage, MailRejected

MESSAGE = MailMessage(
    to="owner@example.com",
    sender="SentinelIQ <billing@sentineliq.example>",
    subject="Payment failed for Acme – ¥2,000",
    html="<p>Hello</p>",
    text="Hello",
    idempotency_key="payment_failed:in_1",
    kind=MailKind.PAYMENT_FAILED,
)


@dataclass
class FakeResend:
    """Answers every request with `status` and `answer`, and keeps what it was asked."""

    status: int = 200
    answer: bytes = b'{"id": "re_1"}'
    content_type: str = "application/json"
    requests: list[tuple[str, dict[str, str], dict]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.requests.append((line, headers, json.loads(body)))
        writer.write(
            f"HTTP/1.1 {self.status} Answer\r\nContent-Type: {self.content_type}\r\n"
            f"Content-Length: {len(self.answer)}\r\nConnection: close\r\n\r\n".encode()
            + self.answer
        )
        await writer.drain()
        writer.close()


@pytest.fixture
async def service(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeResend]:
    fake = FakeResend()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    monkeypatch.setattr(resend, "api_url", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    monkeypatch.setattr(resend, "api_key", None)
    async with server:
        yield fake


async def test_a_mail_is_handed_over_whole_with_its_idempotency_key(service: FakeResend) -> None:
    assert await ResendTransport("re_key").send(MESSAGE) == "re_1"
    [(line, headers, body)] = service.requests
    assert line == "POST /emails HTTP/1.1"
    assert headers["authorization"] == "Bearer re_key"
    assert headers["idempotency-key"] == "payment_failed:in_1"
    assert body == {
        "from": MESSAGE.sender,
        "to": ["owner@example.com"],
        "subject": MESSAGE.subject,
        "html": "<p>Hello</p>",
        "text": "Hello",
        "tags": [{"name": "kind", "value": "payment_failed"}],
    }


@pytest.mark.parametrize(
    ("status", "name", "rejected"),
    [
        (400, "validation_error", True),
        (422, "missing_required_field", True),
        (422, "invalid_from_address", True),
        (409, "invalid_idempotent_request", True),
        (409, "concurrent_idempotent_requests", False),
        (401, "missing_api_key", False),
        (403, "invalid_api_key", False),
        (403, "validation_error", False),
        (429, "rate_limit_exceeded", False),
        (429, "daily_quota_exceeded", False),
        (500, "application_error", False),
    ],
)
async def test_only_the_mails_own_faults_are_final(
    service: FakeResend, status: int, name: str, rejected: bool
) -> None:
    service.status = status
    service.answer = json.dumps({"statusCode": status, "name": name, "message": "No."}).encode()
    with pytest.raises(Exception) as caught:
        await ResendTransport("re_key").send(MESSAGE)
    assert isinstance(caught.value, MailRejected) is rejected
    assert "re_key" not in str(caught.value)


async def test_an_answer_that_is_not_resends_is_worth_another_try(service: FakeResend) -> None:
    service.status, service.answer, service.content_type = 502, b"<html>Bad gateway", "text/html"
    with pytest.raises(Exception) as caught:
        await ResendTransport("re_key").send(MESSAGE)
    assert not isinstance(caught.value, MailRejected)


async def test_a_service_that_cannot_be_reached_is_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resend, "api_url", "http://127.0.0.1:1")
    with pytest.raises(Exception) as caught:
        await ResendTransport("re_key").send(MESSAGE)
    assert not isinstance(caught.value, MailRejected)
