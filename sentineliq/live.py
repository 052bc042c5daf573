"""Keep open pages true: after a commit, every open page of the workspace reads itself again.

Each worker knows its own open pages. With Redis an announcement reaches every worker; without, there is one.
Nothing here delays or fails whoever announces.
"""

import asyncio
import copy
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from prometheus_client import Gauge
from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "sentineliq:workspace-changed"
PAUSE = 0.1
"""Seconds between two refreshes of one workspace: what is announced meanwhile is told once."""
SWEEP = 60
"""Seconds between two looks for pages that were closed while their workspace was quiet."""

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
        """Have that page read itself again, as the visitor of that handshake."""
        ...


@dataclass
class Feed:
    """Who watches which workspace in this worker, and what is still to be told."""

    pages: Pages | None = None
    redis: Redis | None = None
    _watching: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    _workspace_of: dict[str, str] = field(default_factory=dict)
    _telling: dict[str, bool] = field(default_factory=dict)
    """Workspaces that are being told, and whether they have changed again meanwhile."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __len__(self) -> int:
        """How many pages are remembered."""
        return len(self._workspace_of)

    def watch(self, client_token: str, workspace_id: str, router_data: Mapping[str, Any]) -> None:
        """Remember the page with its handshake: a push after the state has expired needs the cookie."""
        self._forget(client_token)
        self._workspace_of[client_token] = workspace_id
        self._watching.setdefault(workspace_id, {})[client_token] = copy.deepcopy(dict(router_data))
        _open_pages.set(len(self))

    def announce(self, workspace_id: str) -> None:
        """Say that a committed change touched this workspace. Returns at once and never raises."""
        if workspace_id in self._telling:
            self._telling[workspace_id] = True
            return
        if self.redis is None and workspace_id not in self._watching:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a command without open pages
            return
        self._telling[workspace_id] = False
        task = loop.create_task(self._tell(workspace_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, workspace_id: str) -> None:
        """Refresh at once, then once more for all that was announced during the pause."""
        try:
            again = True
            while again:
                self._telling[workspace_id] = False
                if not await self._publish(workspace_id):
                    await self.refresh(workspace_id)
                await asyncio.sleep(STAFF_PAUSE if workspace_id == STAFF else PAUSE)
                again = self._telling[workspace_id]
        except Exception:
            _log.exception("live_update_failed", workspace_id=workspace_id)
        finally:
            del self._telling[workspace_id]

    async def _publish(self, workspace_id: str) -> bool:
        """Tell every worker, this one among them; false when only this one can be told."""
        if self.redis is None:
            return False
        try:
            await self.redis.publish(CHANNEL, workspace_id)
        except (RedisError, OSError) as error:
            _log.warning("live_channel_unreachable", error=type(error).__name__)
            return False
        return True

    async def refresh(self, workspace_id: str) -> int:
        """Refresh this worker's open pages of the workspace; says how many.

        Only where the socket is the one that was let in: a stolen client token gets nothing.
        """
        if self.pages is None:
            return 0
        refreshed = 0
        for client_token, router_data in list(self._watching.get(workspace_id, {}).items()):
            if not self._is_open(client_token, router_data):
                self._forget(client_token)
                continue
            try:
                await self.pages.refresh(client_token, copy.deepcopy(router_data))
            except Exception:  # one page must not keep the others, or the listener, from theirs
                _log.exception("page_not_refreshed", workspace_id=workspace_id)
            else:
                refreshed += 1
        return refreshed

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
                            await self.refresh(message["data"].decode())
            except (RedisError, OSError) as error:
                _log.warning("live_channel_unreachable", error=type(error).__name__)
                await asyncio.sleep(1)


feed = Feed()
"""This worker's feed."""


def watch(client_token: str, workspace_id: str, router_data: Mapping[str, Any]) -> None:
    """Keep the page of that client token fresh with the workspace, until its socket closes."""
    feed.watch(client_token, workspace_id, router_data)


def announce(workspace_id: str) -> None:
    """Refresh every open page of the workspace, soon. Returns at once and never raises."""
    feed.announce(workspace_id)
