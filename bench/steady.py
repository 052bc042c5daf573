"""Deliveries at a steady rate, however long their answers take: an open loop, as Stripe's own is."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.load import content_length

LINES = 64
"""Deliveries under way at once; when all are, the rate falls behind what was asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a delivery. `at` is when it was answered, in Unix seconds."""

    status: int
    seconds: float
    at: float


class Line(asyncio.Protocol):
    """A keep-alive connection that carries one delivery at a time."""

    @classmethod
    async def open(cls, port: int) -> "Line":
        _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._received = b""
        self._waiting: asyncio.Future[Answer] | None = None

    async def deliver(self, request: bytes) -> Answer:
        """Raises `ConnectionError` when the server closes, or has closed, before it answers."""
        if self._transport.is_closing():  # pyright: ignore[reportAttributeAccessIssue]
            raise ConnectionError("the server has closed this connection")
        self._waiting = asyncio.get_running_loop().create_future()
        self._sent_at = time.perf_counter()
        self._transport.write(request)  # pyright: ignore[reportAttributeAccessIssue]
        return await self._waiting

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < content_length(head) or self._waiting is None:
            return
        seconds, self._received = time.perf_counter() - self._sent_at, b""
        self._waiting.set_result(Answer(status=int(head[9:12]), seconds=seconds, at=time.time()))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server closed a connection before its answer"))

    def close(self) -> None:
        self._transport.close()


@dataclass
class Stream:
    """What became of the deliveries of a while."""

    seconds: float = 0.0
    answers: list[Answer] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.answers) / self.seconds


async def stream(port: int, requests: Iterable[bytes], *, rate: float, until: asyncio.Event) -> Stream:
    """Send that many a second, each at its time, until the event is set or all are sent."""
    free: asyncio.Queue[Line] = asyncio.Queue()
    lines = [await Line.open(port) for _ in range(LINES)]
    for line in lines:
        free.put_nowait(line)
    loop, sent = asyncio.get_running_loop(), Stream()
    started = due = loop.time()
    async with asyncio.TaskGroup() as underway:
        for request in requests:
            line = await free.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if until.is_set():
                break
            underway.create_task(_carry(line, request, free, sent))
            due += 1 / rate
    sent.seconds = loop.time() - started
    for line in lines:
        line.close()
    return sent


async def _carry(line: Line, request: bytes, free: asyncio.Queue[Line], sent: Stream) -> None:
    sent.answers.append(await line.deliver(request))
    free.put_nowait(line)
