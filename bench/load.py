"""The generator: so many connections, each sending its next request as soon as it has its answer."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

PATIENCE = 60.0
"""Seconds until a burst that is not answered counts as broken."""


@dataclass
class Burst:
    """What became of a burst. `latencies` are seconds, `statuses` as they came."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.statuses) / self.seconds

    def percentile(self, share: float) -> float:
        """Seconds within which that share of the answers came."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Connection(asyncio.Protocol):
    """One keep-alive connection that takes requests from the common queue until it is empty."""

    def __init__(self, requests: deque[bytes], burst: Burst, finished: asyncio.Future[None]) -> None:
        self._requests, self._burst, self._finished = requests, burst, finished
        self._answer = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        if not self._requests:
            self._transport.close()
            self._finished.set_result(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(self._requests.popleft())  # pyright: ignore[reportAttributeAccessIssue]

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end or len(body) < content_length(head):
            return
        self._burst.latencies.append(time.perf_counter() - self._sent_at)
        self._burst.statuses.append(int(head[9:12]))
        self._answer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._finished.done():
            self._finished.set_exception(ConnectionError("the server closed a connection before its answer"))


def content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    raise ConnectionError("an answer without a length")


async def send(port: int, requests: Iterable[bytes], *, concurrency: int) -> Burst:
    """Send all of them over that many connections. Raises `ConnectionError` and `TimeoutError`."""
    loop, burst, queue = asyncio.get_running_loop(), Burst(), deque(requests)
    finished = [loop.create_future() for _ in range(concurrency)]
    started = time.perf_counter()
    async with asyncio.timeout(PATIENCE):
        for each in finished:
            await loop.create_connection(lambda each=each: _Connection(queue, burst, each), "127.0.0.1", port)
        await asyncio.gather(*finished)
    burst.seconds = time.perf_counter() - started
    return burst
