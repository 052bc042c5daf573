"""Reading what a client sends: so much of it, within so much time."""

import asyncio

from starlette.types import Message, Receive

from .errors import AppError

MAX_BODY = 1024 * 1024
"""Bytes of a delivery that are read; Stripe's events are far smaller."""
BODY_SECONDS = 30.0
"""Until a request's body must be there."""


class BodyTooLarge(AppError):
    status = 413
    message = "The body is larger than 1 MiB."


class BodyEndedEarly(AppError):
    status = 400
    message = "The body ended early."


async def read_body(receive: Receive) -> bytes:
    """The raw bytes. Raises `BodyTooLarge`, and `BodyEndedEarly` where its sender has hung up or was too
    slow."""
    body = b""
    limit = _Limit()
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise BodyEndedEarly
            body += message.get("body", b"")
            if len(body) > MAX_BODY:
                raise BodyTooLarge
            if not message.get("more_body", False):
                return body
    except asyncio.CancelledError:
        if not limit.struck():
            raise
        raise BodyEndedEarly from None
    finally:
        limit.lift()


def in_time(receive: Receive) -> Receive:
    """A body that trickles in ends as if its sender had hung up; what comes after it may take its time."""
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS
    complete = False

    async def read() -> Message:
        nonlocal complete
        if complete:
            return await receive()
        limit = _Limit(deadline)
        try:
            message = await receive()
        except asyncio.CancelledError:
            if not limit.struck():
                raise
            return {"type": "http.disconnect"}
        finally:
            limit.lift()
        complete = not message.get("more_body", False)
        return message

    return read


class _Limit:
    """What `asyncio.timeout` does, at a third of its calls: every request reads its body under it."""

    __slots__ = ("_happened", "_task", "lift")

    def __init__(self, deadline: float | None = None) -> None:
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task(loop)
        self._happened = False
        self.lift = loop.call_at(deadline or loop.time() + BODY_SECONDS, self._strike).cancel

    def struck(self) -> bool:
        """Whether it was this limit that cancelled the task, and nothing else did."""
        return self._happened and not (self._task and self._task.uncancel() > 0)

    def _strike(self) -> None:
        self._happened = True
        if self._task is not None:
            self._task.cancel()
