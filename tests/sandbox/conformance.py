"""Every exchange and event of a test, held against Stripe's own API description where it is at hand."""

import importlib.util
import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

PLACE = Path(__file__).parents[2].parent / "shared" / "stripe" / "conformance.py"
MISSING = (
    f"Stripe's API description is not at {PLACE}: no exchange or event of these tests was held against it"
)
API_VERSION = "2025-04-30.basil"

App = Callable[
    [dict[str, Any], Callable[..., Awaitable[Any]], Callable[..., Awaitable[Any]]], Awaitable[None]
]


def load() -> Any | None:
    """The description's checker; None where it is not at hand."""
    if not PLACE.exists():
        return None
    if "stripe_conformance" not in sys.modules:
        spec = importlib.util.spec_from_file_location("stripe_conformance", PLACE)
        assert spec is not None
        assert spec.loader is not None
        module: ModuleType = importlib.util.module_from_spec(spec)
        sys.modules["stripe_conformance"] = module
        spec.loader.exec_module(module)
    return sys.modules["stripe_conformance"].Spec.load(API_VERSION)


@dataclass
class Exchange:
    """One call of the API and its answer."""

    method: str
    path: str
    query: str
    body: bytes
    headers: dict[str, str]
    status: int = 0
    answer: bytes = b""


@dataclass
class Conversation:
    """All exchanges that passed."""

    exchanges: list[Exchange] = field(default_factory=list)

    def listening_to(self, app: App) -> App:
        """The same application, with its API traffic noted."""

        async def listening(scope: dict[str, Any], receive: Any, send: Any) -> None:
            if scope["type"] != "http" or not scope["path"].startswith("/sandbox/api"):
                await app(scope, receive, send)
                return
            exchange = Exchange(
                scope["method"],
                scope["path"].removeprefix("/sandbox/api"),
                scope["query_string"].decode(),
                b"",
                {key.decode(): value.decode() for key, value in scope["headers"]},
            )
            self.exchanges.append(exchange)

            async def hear() -> Any:
                message = await receive()
                exchange.body += message.get("body", b"")
                return message

            async def say(message: Any) -> None:
                if message["type"] == "http.response.start":
                    exchange.status = message["status"]
                exchange.answer += message.get("body", b"")
                await send(message)

            await app(scope, hear, say)

        return listening

    def faults(self, spec: Any, events: Iterable[dict[str, Any]], *, of_refused: bool = False) -> list[str]:
        """Errors and warnings in what was asked, answered and sent.

        What a refused call asked counts with `of_refused` only: tests of refusals ask wrongly on purpose.
        """
        found: list[str] = []
        for one in self.exchanges:
            where = f"{one.method} {one.path} {one.status}"
            if one.status < 400 or of_refused:
                asked = spec.check_request(one.method, one.path, one.query, one.body.decode(), one.headers)
                found += [f"{where} asked: {finding}" for finding in serious(asked)]
            answered = spec.check_response(one.method, one.path, one.status, json.loads(one.answer))
            found += [f"{where} answered: {finding}" for finding in serious(answered)]
        for event in events:
            found += [f"{event['type']}: {finding}" for finding in serious(spec.check_object(event))]
        return found


def serious(findings: Iterable[Any]) -> list[Any]:
    """All but mere information."""
    return [finding for finding in findings if finding["severity"] != "info"]
