"""The events that every contestant gets: renewals of many workspaces' subscriptions, each one distinct."""

import copy
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

SECRET = "whsec_of_the_benchmark"
PRICE = "price_bench_pro"
WORKSPACES = 1000
BORN = 1_700_000_000
"""Unix seconds: what every workspace holds at first is of this time; each event is newer."""
MONTH = 30 * 86_400

_RENEWAL = (
    Path(__file__).parents[1] / "tests/payloads/2025-04-30.basil/customer.subscription.updated.renewal.json"
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A signed event, as the bytes of an HTTP request."""

    event_id: str
    request: bytes


def customer_of(number: int) -> str:
    return f"cus_bench{number:06}"


def subscription_of(number: int) -> str:
    return f"sub_bench{number:06}"


class Workload:
    """Makes deliveries without end. `path` is where the contestant takes them.

    Events go round the workspaces, so that no two of one round are of the same one.
    """

    def __init__(self, *, path: str, workspaces: int = WORKSPACES, start: int = 0) -> None:
        self._path = path
        self._workspaces = workspaces
        self._numbers = count(start)
        self._template = json.loads(_RENEWAL.read_text())

    def take(self, amount: int) -> list[Delivery]:
        """The next ones, signed now: a signature holds for five minutes."""
        return list(self._made(amount))

    def _made(self, amount: int) -> Iterator[Delivery]:
        for _ in range(amount):
            event = self._event(next(self._numbers))
            yield Delivery(event["id"], self.request_of(json.dumps(event).encode()))

    def _event(self, number: int) -> dict[str, Any]:
        workspace, period = number % self._workspaces, number // self._workspaces + 1
        event = copy.deepcopy(self._template)
        event |= {"id": f"evt_bench{number:09}", "created": BORN + period}
        about = event["data"]["object"]
        about |= {"id": subscription_of(workspace), "customer": customer_of(workspace), "created": BORN}
        about["metadata"] = {}
        [item] = about["items"]["data"]
        item["subscription"] = about["id"]
        item["current_period_end"] = BORN + period * MONTH
        item["price"]["id"] = item["plan"]["id"] = PRICE
        return event

    def request_of(self, body: bytes) -> bytes:
        timestamp = str(int(time.time()))
        signature = hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Stripe-Signature: t={timestamp},v1={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body
