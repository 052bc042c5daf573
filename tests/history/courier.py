"""How events travel from Stripe to the product: late, twice, shuffled, many at once, and some never."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from stripe import WebhookSignature

from sentineliq.billing import webhook
from sentineliq.billing.stripe.handlers import HANDLERS
from tests.history.stripe_side import SECRET


@dataclass(frozen=True)
class Weather:
    """How bad deliveries are in a life; each between 0 and 1."""

    loss: float
    duplication: float
    delay: float
    """The chance, at each step, that a delivery waits for the next one."""
    concurrency: float

    @classmethod
    def drawn(cls, rng: random.Random) -> Weather:
        return cls(
            loss=rng.choice((0.0, 0.0, 0.0, 0.1, 0.3, 0.8)),
            duplication=rng.choice((0.0, 0.2, 0.5)),
            delay=rng.choice((0.0, 0.2, 0.5, 0.8)),
            concurrency=rng.choice((0.0, 0.5, 1.0)),
        )


@dataclass
class Courier:
    """Holds what is on its way. `delivered` counts the deliveries that were answered 2xx, by event."""

    rng: random.Random
    weather: Weather
    waiting: list[dict[str, Any]] = field(default_factory=list)
    lost: list[dict[str, Any]] = field(default_factory=list)
    delivered: Counter[str] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)
    attempts: int = 0

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is on its way."""
        return not self.waiting

    def take(self, events: list[dict[str, Any]]) -> None:
        """Accept what Stripe has to say: the handled types, and a few of the others."""
        for event in events:
            if event["type"] not in HANDLERS and self.rng.random() > 0.1:
                continue
            if self.rng.random() < self.weather.loss:
                self.lost.append(event)
                continue
            self.waiting.append(event)
            while self.rng.random() < self.weather.duplication:
                self.waiting.append(event)

    async def deliver_some(self, http: httpx.AsyncClient) -> None:
        """What does not wait any longer, in any order."""
        due = [event for event in self.waiting if self.rng.random() >= self.weather.delay]
        chosen = {id(event) for event in due}
        self.waiting = [event for event in self.waiting if id(event) not in chosen]
        await self._deliver(http, due)

    async def deliver_rest(self, http: httpx.AsyncClient) -> None:
        """Until nothing is on its way; Stripe, too, tries again what was not taken."""
        for _ in range(20):
            due, self.waiting = self.waiting, []
            if not due:
                return
            await self._deliver(http, due)
        raise AssertionError(f"never taken: {[event['id'] for event in self.waiting]}")

    async def _deliver(self, http: httpx.AsyncClient, due: list[dict[str, Any]]) -> None:
        self.rng.shuffle(due)
        while due:
            at_once = self.rng.randrange(2, 9) if self.rng.random() < self.weather.concurrency else 1
            batch, due = due[:at_once], due[at_once:]
            answers = await asyncio.gather(*(self._post(http, event) for event in batch))
            for event, status in zip(batch, answers, strict=True):
                self._note(event, status)

    async def _post(self, http: httpx.AsyncClient, event: dict[str, Any]) -> int:
        body = json.dumps(event)
        header = WebhookSignature.generate_signature_header(body, SECRET)
        answer = await http.post(
            "/webhooks/stripe", content=body.encode(), headers={"Stripe-Signature": header}
        )
        return answer.status_code

    def _note(self, event: dict[str, Any], status: int) -> None:
        self.attempts += 1
        self.order.append(f"{event['type']} {event['id']} → {status}")
        if status == 200:
            self.delivered[event["id"]] += 1
        elif status == 503:
            self.waiting.append(event)
        else:
            raise AssertionError(f"{event['type']} {event['id']} was answered {status}")


def webhook_client() -> httpx.AsyncClient:
    """The product's webhook route, with its real bytes and signatures."""
    app = Starlette(routes=webhook.routes)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app.test")
