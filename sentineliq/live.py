"""Keep open pages true: after a commit, every open page of the workspace reads itself again.

Each worker knows its own open pages. With Redis an announcement reaches every worker; without, there is one.
Nothing here delays or fails whoever announces. Pages are told in turns (`turns`) and few at a time, so that
requests come between.
"""

import asyncio
import copy
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from prometheus_client import Gauge
from redis.asyncio import Redis
from redis.exceptions import RedisError

from .gathering import Gathering
from .turns import Turn

CHANNEL = "sentineliq:workspace-changed"
HEAD_START = 0.005
"""Seconds until the first page is told: the answer to whoever made the change goes out before."""
PAUSE = 0.1
"""Seconds between two refreshes of one workspace: what is announced meanwhile is told once."""
SWEEP = 60
"""Seconds between two looks for pages that were closed while their workspace was quiet."""

TURN = 25
"""Pages that read together: so old, at most, is what the last of them shows and was allowed to see."""
AT_ONCE = 2
"""Pages that are being told at the same time."""
PATIENCE = 0.05
"""Seconds that the others wait for a page which is busy; it is told when it is done."""

STAFF = "staff"
"""In place of a workspace: pages that follow all of them."""
STAFF_PAUSE = 2.0
"""Seconds: those pages read much, and any change touches them."""

_log = structlog.get_logger(__name__)
_open_pages = Gauge(
    "sentineliq_open_pages", "Open pages that follow a workspace.", multiprocess_mode="livesum"
)


class Pages(Protocol):
    """The open pages of this worker, as the web framework knows them."""

    def socket_of(self, client_token: str) -> str | None:
        """The id of the socket that is connected for that token."""
        ...

    async def refresh(self, client_token: str, router_data: dict[str, Any]) -> None:
        """Have that page read itself again, as the visitor of that handshake; returns when it has."""
        ...


@dataclass
class Feed:
    """Who watches which workspace in this worker, and what is still to be told."""

    pages: Pages | None = None
    redis: Redis | None = None
    _watching: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    _workspace_of: dict[str, str] = field(default_factory=dict)
    _turns: dict[str, Turn] = field(default_factory=dict)
    """The turn of each workspace that has one."""
    _turn_of: dict[str, Turn] = field(default_factory=dict)
    """By client token, for pages that have not begun to read."""
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._telling = Gathering(self.refresh, _pause_of, head_start=HEAD_START)
        self._publishing = Gathering(self._publish, _pause_of)

    def __len__(self) -> int:
        """How many pages are remembered."""
        return len(self._workspace_of)

    def watch(self, client_token: str, workspace_id: str, router_data: Mapping[str, Any]) -> None:
        """Remember the page with its handshake: a push after the state has expired needs the cookie."""
        if self._watching.get(workspace_id, {}).get(client_token) == router_data:
            return
        self._forget(client_token)
        self._workspace_of[client_token] = workspace_id
        self._watching.setdefault(workspace_id, {})[client_token] = copy.deepcopy(dict(router_data))
        _open_pages.set(len(self))

    def announce(self, *workspace_ids: str) -> None:
        """Say that a committed change touched these workspaces. Returns at once and never raises."""
        if self.redis is None:
            self._hear(*workspace_ids)
            return
        self._outdate(workspace_ids)
        for workspace_id in workspace_ids:
            self._publishing.ask(workspace_id)

    def _hear(self, *workspace_ids: str) -> None:
        """Tell this worker's pages of the workspaces, soon."""
        self._outdate(workspace_ids)
        for workspace_id in workspace_ids:
            if workspace_id in self._watching:
                self._telling.ask(workspace_id)

    def _outdate(self, workspace_ids: Collection[str]) -> None:
        """What a turn has read by now may be older than the change, or of someone who was removed by it."""
        for workspace_id in workspace_ids:
            if workspace_id in self._turns:
                self._turns[workspace_id].forget()

    async def _publish(self, workspace_id: str) -> None:
        """Tell every worker, this one among them; only this one where the others cannot be reached."""
        try:
            if self.redis is not None:
                await self.redis.publish(CHANNEL, workspace_id)
                return
        except (RedisError, OSError) as error:
            _log.warning("live_channel_unreachable", error=type(error).__name__)
        self._hear(workspace_id)

    async def refresh(self, workspace_id: str) -> int:
        """Refresh this worker's open pages of the workspace, a turn after the other; says how many.

        Only where the socket is the one that was let in: a stolen client token gets nothing.
        """
        if self.pages is None:
            return 0
        refreshed, watching = 0, list(self._watching.get(workspace_id, {}).items())
        try:
            for start in range(0, len(watching), TURN):
                pages = dict(self._still_open(watching[start : start + TURN]))
                turn = Turn(frozenset(_cookie(router_data) for router_data in pages.values()))
                self._turns[workspace_id] = turn
                try:
                    refreshed += await self._take(turn, pages, self.pages)
                finally:
                    turn.end()
        finally:
            self._turns.pop(workspace_id, None)
        return refreshed

    async def _take(self, turn: Turn, watching: Mapping[str, Mapping[str, Any]], pages: Pages) -> int:
        """Refresh these, a few at a time. One that is busy, or fails, keeps the others not from theirs."""
        told: list[asyncio.Task[bool]] = []
        underway: set[asyncio.Task[bool]] = set()
        for client_token, router_data in watching.items():
            self._turn_of[client_token] = turn
            task = asyncio.create_task(self._refresh_one(client_token, router_data, pages))
            told.append(task)
            underway.add(task)
            if len(underway) >= AT_ONCE:
                underway = await _still_awaited(underway)
        if underway:
            await asyncio.wait(underway, timeout=PATIENCE)
        late = {task for task in told if not task.done()}
        self._tasks |= late
        for task in late:
            task.add_done_callback(self._tasks.discard)
        return sum(task.result() for task in told if task.done())

    async def _refresh_one(self, client_token: str, router_data: Mapping[str, Any], pages: Pages) -> bool:
        try:
            await pages.refresh(client_token, dict(router_data))
        except Exception:
            _log.exception("page_not_refreshed")  # not whose: the token lets its bearer in
            return False
        finally:
            self._turn_of.pop(client_token, None)
        return True

    def turn_of(self, client_token: str) -> Turn | None:
        """The turn in which this page is asked to read itself again, told once."""
        return self._turn_of.pop(client_token, None)

    def _still_open(
        self, watching: Iterable[tuple[str, Mapping[str, Any]]]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for client_token, router_data in watching:
            if self._is_open(client_token, router_data):
                yield client_token, router_data
            else:
                self._forget(client_token)

    def forget_closed(self) -> None:
        """Drop the pages whose socket is gone: a quiet workspace would keep them for ever."""
        for workspace in list(self._watching.values()):
            for client_token, router_data in list(workspace.items()):
                if not self._is_open(client_token, router_data):
                    self._forget(client_token)

    def _is_open(self, client_token: str, router_data: Mapping[str, Any]) -> bool:
        """Whether the socket that was let in is still the one that is connected."""
        return self.pages is not None and self.pages.socket_of(client_token) == router_data.get("sid")

    def _forget(self, client_token: str) -> None:
        workspace_id = self._workspace_of.pop(client_token, None)
        if workspace_id is None:
            return
        self._watching[workspace_id].pop(client_token, None)
        if not self._watching[workspace_id]:
            del self._watching[workspace_id]
        _open_pages.set(len(self))

    @asynccontextmanager
    async def running(self, redis_url: str | None) -> AsyncIterator[None]:
        """Listen to the other workers' announcements, and drop closed pages, while the block runs."""
        self._tasks.add(asyncio.create_task(self._sweep()))
        if redis_url:
            self.redis = Redis.from_url(redis_url)
            self._tasks.add(asyncio.create_task(self._listen(self.redis)))
        try:
            yield
        finally:
            await asyncio.gather(self._publishing.stop(), self._telling.stop())
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._tasks.clear()
            redis, self.redis = self.redis, None
            if redis is not None:
                await redis.aclose()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP)
            self.forget_closed()

    async def _listen(self, redis: Redis) -> None:
        while True:
            try:
                async with redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self._hear(message["data"].decode())
            except (RedisError, OSError) as error:
                _log.warning("live_channel_unreachable", error=type(error).__name__)
                await asyncio.sleep(1)


async def _still_awaited(underway: set[asyncio.Task[bool]]) -> set[asyncio.Task[bool]]:
    """What is left once one is done. Where none is within `PATIENCE`, all are busy: their places go on."""
    done, others = await asyncio.wait(underway, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    return others if done else set()


def _pause_of(workspace_id: str) -> float:
    return STAFF_PAUSE if workspace_id == STAFF else PAUSE


def _cookie(router_data: Mapping[str, Any]) -> str:
    return router_data.get("headers", {}).get("cookie", "")


feed = Feed()
"""This worker's feed."""


def watch(client_token: str, workspace_id: str, router_data: Mapping[str, Any]) -> None:
    """Keep the page of that client token fresh with the workspace, until its socket closes."""
    feed.watch(client_token, workspace_id, router_data)


def announce(*workspace_ids: str) -> None:
    """Refresh every open page of the workspaces, soon. Returns at once and never raises."""
    feed.announce(*workspace_ids)
