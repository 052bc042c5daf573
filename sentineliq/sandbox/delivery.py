"""Hands events to webhook endpoints: signed, retried until somebody answers 2xx (https://docs.stripe.com/webhooks)."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import ssl
import time
from functools import partial

import httpx

from sentineliq.sandbox.engine import Engine
from sentineliq.sandbox.engine.deliveries import Due, due, next_due_at, record
from sentineliq.sandbox.engine.values import DeliveryAttempt

logger = logging.getLogger(__name__)

USER_AGENT = "Stripe/1.0 (+https://stripe.com/docs/webhooks)"
TIMEOUT = 30.0
EXCERPT = 1000
TICK = 60.0
"""Seconds between looks at the sandbox's own clock, when nothing else wakes the worker."""


def signature(body: bytes, secret: str, *, at: int) -> str:
    """The header `Stripe-Signature` for a body, at a real time."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


def trusted_authorities() -> ssl.SSLContext:
    """The usual ones, or those of SSL_CERT_FILE: a proxy before the app may have a certificate of its own.

    Nothing else of the environment counts: a delivery goes to its endpoint, past any HTTP proxy.
    """
    return httpx.create_ssl_context()


class DeliveryWorker:
    """One task: sleeps until there is news or a retry is due."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def run(self) -> None:
        """Until cancelled. What was under way then is tried again at the next start."""
        async with httpx.AsyncClient(
            timeout=TIMEOUT, follow_redirects=False, trust_env=False, verify=trusted_authorities()
        ) as client:
            ticked = 0.0
            while True:
                try:
                    if time.monotonic() - ticked >= TICK:
                        ticked = time.monotonic()
                        await self._engine.settle_due()
                    await self._deliver_or_wait(client)
                except Exception:
                    logger.exception("the sandbox's deliveries stumbled; trying again")
                    await asyncio.sleep(1)

    async def _deliver_or_wait(self, client: httpx.AsyncClient) -> None:
        self._engine.news.clear()
        waiting = await self._engine.transact(due)
        if not waiting:
            await self._sleep()
            return
        by_endpoint: dict[str, list[Due]] = {}
        for delivery in waiting:
            by_endpoint.setdefault(delivery.endpoint_id, []).append(delivery)
        await asyncio.gather(*(self._deliver_in_order(client, some) for some in by_endpoint.values()))

    async def _deliver_in_order(self, client: httpx.AsyncClient, deliveries: list[Due]) -> None:
        for delivery in deliveries:
            attempt = await self._attempt(client, delivery)
            await self._engine.transact(partial(record, delivery=delivery, attempt=attempt))

    async def _attempt(self, client: httpx.AsyncClient, delivery: Due) -> DeliveryAttempt:
        now = time.time()
        body = json.dumps(delivery.event, indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, delivery.secret, at=int(now)),
            "User-Agent": USER_AGENT,
        }
        status: int | None = None
        try:
            answer = await client.post(delivery.url, content=body, headers=headers)
            status, text = answer.status_code, answer.text[:EXCERPT]
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            text = f"{type(error).__name__}: {error}"[:EXCERPT]
        return DeliveryAttempt(delivery.endpoint_id, delivery.url, now, status, text)

    async def _sleep(self) -> None:
        next_at = await self._engine.transact(next_due_at)
        wait = TICK if next_at is None else min(max(next_at - time.time(), 0), TICK)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._engine.news.wait()
