"""Stopping soon, with nothing lost: what is under way is finished, and nothing else is waited for.

The server (granian) waits for every open connection, also for one on which half a request has come and no
more does; closing the parts may wait for a lock of someone who is gone; and Python's own end takes seconds.
None of it protects anything. So once it is told to stop, a worker waits for the requests that have begun,
closes its parts within a bound, and ends. Whatever was cut short is as after a crash: done again, once.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

import structlog
from granian.server import MPServer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOLD = signal.SIGUSR1
"""Granian keeps SIGTERM and SIGINT for itself."""
BEGINNING = 0.3
"""Seconds for what has come in to begin."""
CLOSING = 3.5
"""Seconds for the parts to close: more than a mail on its way gets (`mail.sender`)."""

_log = structlog.get_logger(__name__)


class StoppingServer(MPServer):
    """Tells its workers, which are processes, before it waits for them."""

    def shutdown(self, exit_code: int = 0) -> None:
        for worker in multiprocessing.active_children():
            with suppress(ProcessLookupError):
                os.kill(worker.pid or 0, TOLD)
        super().shutdown(exit_code)


class Stopping:
    """Wraps the whole app in a worker. Open websockets are not waited for: pages connect anew elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._under_way = 0
        self._ends = False
        self._changed = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._under_way += 1
            try:
                await self.app(scope, receive, send)
            finally:
                self._under_way -= 1
                if self._ends:
                    self._changed.set()
        elif scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The parts' life ends when the server says so, or once nothing is under way after we were told."""
        told, loop = asyncio.Event(), asyncio.get_running_loop()
        with suppress(NotImplementedError, RuntimeError, ValueError):  # not in a thread, not on Windows
            loop.add_signal_handler(TOLD, told.set)
            _when_orphaned(loop, told.set)
        has_begun = False

        async def receive_or_stop() -> Message:
            nonlocal has_begun
            if not has_begun:
                has_begun = True
                return await receive()
            waiting = {asyncio.ensure_future(receive()), asyncio.ensure_future(self._drained(told))}
            _, late = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in late:
                task.cancel()
            if told.is_set():
                loop.call_later(CLOSING, _leave_untidily)
            return {"type": "lifespan.shutdown"}

        async def send_and_leave(message: Message) -> None:
            if told.is_set() and message["type"].startswith("lifespan.shutdown."):
                _leave()
            await send(message)

        await self.app(scope, receive_or_stop, send_and_leave)

    async def _drained(self, told: asyncio.Event) -> None:
        await told.wait()
        self._ends = True
        await asyncio.sleep(BEGINNING)
        while self._under_way:
            self._changed.clear()
            await self._changed.wait()


def _when_orphaned(loop: asyncio.AbstractEventLoop, then: Callable[[], None]) -> None:
    """A server that was killed tells nobody: its worker would go on alone and hold the port."""
    server = multiprocessing.parent_process()
    if server is not None:
        sentinel = server.sentinel
        loop.add_reader(sentinel, lambda: (loop.remove_reader(sentinel), then()))


def _leave_untidily() -> None:
    _log.warning("stopped_before_all_was_closed")
    _leave()


def _leave() -> None:
    """At once: no more than what was said is written out."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
