"""Whose deliveries are taken: real signatures over real bytes, on both databases."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
from stripe import WebhookSignature

from sentineliq import db, metrics
from sentineliq.workspaces.models import Workspace
from tests.billing.conftest import OLD_SECRET, Webhook, payload, sign
from tests.billing.ledger_rows import counts


async def test_delivery_without_a_signature_is_refused_and_leaves_nothing(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    before = await counts()
    response = await stripe_webhook.post(json.dumps(payload("invoice.paid")).encode(), None)
    assert response.status_code == 400
    assert set(response.json()) == {"error"}
    assert await counts() == before


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=",
        "v1=abc",
        "t=1,v1=",
        "nonsense",
        "t=soon,v1=abc",
        "t=1,v0=abc",
        "t=1,v1=\u00e9",
        ",=,",
        "t=" + "9" * 5000 + ",v1=a",
    ],
)
async def test_malformed_signature_header_gets_an_error_and_leaves_nothing(
    stripe_webhook: Webhook, workspace: Workspace, header: str
) -> None:
    before = await counts()
    body = json.dumps(payload("invoice.paid")).encode()
    response = await stripe_webhook.http.post(
        "/webhooks/stripe", content=body, headers=[(b"stripe-signature", header.encode())]
    )
    assert response.status_code == (500 if header else 400)
    assert set(response.json()) == {"error"}
    assert await counts() == before


@pytest.mark.parametrize("offset", [-301, 301, -86_400])
async def test_signature_outside_the_tolerance_is_refused(
    stripe_webhook: Webhook, workspace: Workspace, offset: int
) -> None:
    before = await counts()
    body = json.dumps(payload("invoice.paid")).encode()
    response = await stripe_webhook.post(body, sign(body, at=time.time() + offset))
    assert response.status_code == 500
    assert await counts() == before


async def test_signature_of_another_secret_or_an_empty_one_is_refused(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    before = await counts()
    body = json.dumps(payload("invoice.paid")).encode()
    for secret in ("whsec_foreign", ""):
        assert (await stripe_webhook.post(body, sign(body, secret=secret))).status_code == 500
    assert await counts() == before


async def test_altered_body_is_refused(stripe_webhook: Webhook, workspace: Workspace) -> None:
    body = json.dumps(payload("invoice.paid")).encode()
    response = await stripe_webhook.post(body.replace(b"1900", b"0001"), sign(body))
    assert response.status_code == 500


async def test_secret_before_the_rotation_still_verifies(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    response = await stripe_webhook.deliver(payload("invoice.paid"), secret=OLD_SECRET)
    assert (response.status_code, response.json()) == (200, {"received": True})


async def test_our_verification_agrees_with_the_sdk(stripe_webhook: Webhook, workspace: Workspace) -> None:
    body = json.dumps(payload("invoice.paid"), ensure_ascii=False)
    assert WebhookSignature.verify_header(body, sign(body.encode()), "whsec_current", 300)


async def test_what_no_secret_can_have_signed_is_refused_before_its_body_is_read(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    for header in ("nonsense", "t=1,v1=abc", f"t={int(time.time())},v1=abc"):
        response = await stripe_webhook.http.post(
            "/webhooks/stripe", content=endless(), headers={"Stripe-Signature": header}
        )
        assert response.status_code == 500


async def test_a_flood_of_wrong_signatures_is_counted_and_asks_nothing_of_the_database(
    stripe_webhook: Webhook, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = metrics.WEBHOOK_DELIVERIES.labels(type="unknown", outcome="SignatureInvalid")._value
    before = counted.get()
    body = json.dumps(payload("invoice.paid")).encode()
    with monkeypatch.context() as patched:
        patched.setattr(db, "database", None)
        flood = [stripe_webhook.post(body, sign(body, secret="whsec_foreign")) for _ in range(300)]
        answers = await asyncio.gather(*flood)
    assert {answer.status_code for answer in answers} == {500}
    await asyncio.sleep(0)  # they are counted when the event loop comes to it
    assert counted.get() == before + 300
    assert (await stripe_webhook.deliver(payload("invoice.paid"))).status_code == 200
