"""Starting, killing and talking to the webhook's process."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from stripe import WebhookSignature

from tests.history.stripe_side import ENVIRONMENT, SECRET
from tests.servers import PROJECT, clean_environment, free_port

PATIENCE = 60.0
NO_STRIPE = "http://127.0.0.1:9"
CONCURRENCY = 12


@dataclass
class WebhookProcess:
    """One process after the other on one port. `log` is what all of them wrote."""

    database_url: str
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "webhook.log").read_text()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    async def start(self) -> None:
        self._spawn()
        await self._until_it_answers()

    def _spawn(self) -> None:
        stripe = ENVIRONMENT | {"STRIPE_API_BASE": NO_STRIPE}
        environment = clean_environment(
            **stripe,
            DATABASE_URL=self.database_url,
            JWT_SECRET="a-secret-of-the-tests-with-enough-letters",
            SENTINELIQ_DATA_DIR=str(self.folder),
            PYTHONDONTWRITEBYTECODE="",  # the second start must not compile everything anew
        )
        with (self.folder / "webhook.log").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.crashes.server", str(self.port)],
                cwd=PROJECT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    async def _until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE
        async with httpx.AsyncClient(base_url=self.url) as http:
            while time.monotonic() < deadline and self.process and self.process.poll() is None:
                try:
                    if (await http.get("/healthz")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.02)
        raise AssertionError(f"The webhook did not start:\n{self.log[-4000:]}")

    def kill(self) -> None:
        """SIGKILL: nothing in the process can react to it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@asynccontextmanager
async def running(database_url: str, folder: Path) -> AsyncIterator[WebhookProcess]:
    webhook = WebhookProcess(database_url, folder)
    try:
        await webhook.start()
        yield webhook
    finally:
        webhook.kill()


def signed(event: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a delivery."""
    body = json.dumps(event)
    header = WebhookSignature.generate_signature_header(body, SECRET)
    return body.encode(), {"Stripe-Signature": header}


@dataclass
class Stripe:
    """Delivers events over many connections and remembers what each was answered last.

    `answers` has every status in the order in which it came; 0 is a connection that broke.
    """

    url: str
    acknowledged: set[str] = field(default_factory=set)
    answers: list[int] = field(default_factory=list)

    async def deliver(self, events: list[dict[str, Any]], *, until: asyncio.Event | None = None) -> None:
        """Send all of them, in this order as far as one can tell; none is begun once `until` is set."""
        waiting = list(reversed(events))
        limits = httpx.Limits(max_connections=CONCURRENCY)
        async with httpx.AsyncClient(base_url=self.url, timeout=PATIENCE, limits=limits) as http:

            async def send_on() -> None:
                while waiting and not (until and until.is_set()):
                    await self._post(http, waiting.pop())

            await asyncio.gather(*(send_on() for _ in range(CONCURRENCY)))

    async def _post(self, http: httpx.AsyncClient, event: dict[str, Any]) -> None:
        body, headers = signed(event)
        try:
            status = (await http.post("/webhooks/stripe", content=body, headers=headers)).status_code
        except httpx.TransportError:
            status = 0
        self.answers.append(status)
        if 200 <= status < 300:
            self.acknowledged.add(event["id"])

    def unanswered(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What Stripe would send again."""
        return [event for event in events if event["id"] not in self.acknowledged]
