"""Doing something soon, and once for all who asked for it meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

_log = structlog.get_logger(__name__)


@dataclass
class Gathering:
    """Acts on a key at most once in a pause, and again after it when somebody has asked meanwhile."""

    act: Callable[[str], Awaitable[object]]
    pause_of: Callable[[str], float]
    """Seconds between two acts on that key."""
    head_start: float = 0.0
    """Seconds before the first of them: whoever asks finishes first."""
    _asked_again: dict[str, bool] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def ask(self, key: str) -> None:
        """Have it done, soon. Returns at once and never raises; outside of an event loop nothing is done."""
        if key in self._asked_again:
            self._asked_again[key] = True
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._asked_again[key] = False
        task = loop.create_task(self._go_on(key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give up what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _go_on(self, key: str) -> None:
        try:
            await asyncio.sleep(self.head_start)
            again = True
            while again:
                self._asked_again[key] = False
                await self.act(key)
                await asyncio.sleep(self.pause_of(key))
                again = self._asked_again[key]
        except Exception:
            _log.exception("live_update_failed", key=key)
        finally:
            del self._asked_again[key]
