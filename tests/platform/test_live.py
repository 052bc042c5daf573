"""Open pages follow their workspace, in one worker and across workers."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from sentineliq import live


@dataclass
class FakePages:
    """Sockets by client token; remembers who was refreshed."""

    sockets: dict[str, str]
    refreshed: list[str] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    failing: bool = False

    def socket_of(self, client_token: str) -> str | None:
        return self.sockets.get(client_token)

    async def refresh(self, client_token: str, router_data: dict[str, Any]) -> None:
        if self.failing:
            raise RuntimeError("no event queue")
        self.refreshed.append(f"{client_token} {router_data['headers']['cookie']}")
        self.arrived.set()


def handshake(socket: str) -> dict[str, Any]:
    return {"sid": socket, "headers": {"cookie": f"cookie of {socket}"}}


@pytest.fixture
def pages() -> FakePages:
    return FakePages({"ann": "s1", "bob": "s2", "eve": "s3"})


@pytest.fixture
def feed(pages: FakePages) -> live.Feed:
    feed = live.Feed(pages=pages)
    feed.watch("ann", "acme", handshake("s1"))
    feed.watch("bob", "acme", handshake("s2"))
    feed.watch("eve", "other", handshake("s3"))
    return feed


async def test_every_page_of_the_workspace_is_refreshed_as_its_own_visitor(
    feed: live.Feed, pages: FakePages
) -> None:
    assert await feed.refresh("acme") == 2
    assert pages.refreshed == ["ann cookie of s1", "bob cookie of s2"]


async def test_another_socket_with_the_same_token_gets_nothing(feed: live.Feed, pages: FakePages) -> None:
    pages.sockets["ann"] = "a thief's"
    assert await feed.refresh("acme") == 1
    assert pages.refreshed == ["bob cookie of s2"]


async def test_a_closed_page_is_forgotten(feed: live.Feed, pages: FakePages) -> None:
    del pages.sockets["ann"]
    await feed.refresh("acme")
    pages.sockets["ann"] = "s1"
    assert await feed.refresh("acme") == 1


async def test_closed_pages_of_a_quiet_workspace_are_dropped_and_open_ones_are_not(
    feed: live.Feed, pages: FakePages
) -> None:
    del pages.sockets["ann"]
    pages.sockets["bob"] = "another socket"
    feed.forget_closed()
    assert len(feed) == 1
    assert await feed.refresh("other") == 1


async def test_closed_pages_are_looked_for_by_and_by(
    feed: live.Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = asyncio.Event()
    monkeypatch.setattr(live, "SWEEP", 0)
    monkeypatch.setattr(feed, "forget_closed", swept.set)
    async with feed.running(None), asyncio.timeout(5):
        await swept.wait()


async def test_a_page_follows_one_workspace_at_a_time(feed: live.Feed, pages: FakePages) -> None:
    feed.watch("ann", "other", handshake("s1"))
    assert await feed.refresh("acme") == 1
    assert await feed.refresh("other") == 2


async def test_announcing_refreshes_soon_without_waiting(feed: live.Feed, pages: FakePages) -> None:
    feed.announce("acme")
    assert pages.refreshed == []
    async with asyncio.timeout(5):
        await pages.arrived.wait()


async def test_a_storm_is_told_in_few_words_and_the_last_change_is_told(
    feed: live.Feed, pages: FakePages
) -> None:
    async with feed.running(None):
        for _ in range(100):
            feed.announce("other")
            await asyncio.sleep(0.001)
        pages.arrived.clear()
        feed.announce("other")
        async with asyncio.timeout(5):
            await pages.arrived.wait()
    assert 2 <= len(pages.refreshed) <= 20


async def test_a_failing_page_harms_nobody_and_later_changes_still_arrive(
    feed: live.Feed, pages: FakePages
) -> None:
    pages.failing = True
    feed.announce("acme")
    await asyncio.sleep(0.01)
    pages.failing = False
    feed.announce("acme")
    async with asyncio.timeout(5):
        await pages.arrived.wait()


def test_announcing_outside_of_a_server_does_nothing(feed: live.Feed) -> None:
    feed.announce("acme")


async def test_an_announcement_reaches_the_pages_of_every_worker(valkey_url: str, pages: FakePages) -> None:
    mine, theirs = live.Feed(pages=FakePages({})), live.Feed(pages=pages)
    theirs.watch("ann", "acme", handshake("s1"))
    async with mine.running(valkey_url), theirs.running(valkey_url), asyncio.timeout(10):
        while not pages.arrived.is_set():  # a channel that is not yet subscribed hears nothing
            mine.announce("acme")
            await asyncio.sleep(0.05)
    assert pages.refreshed[0] == "ann cookie of s1"


async def test_without_the_channel_this_workers_pages_are_still_refreshed(pages: FakePages) -> None:
    feed = live.Feed(pages=pages)
    feed.watch("ann", "acme", handshake("s1"))
    async with feed.running("redis://127.0.0.1:1"), asyncio.timeout(5):
        feed.announce("acme")
        await pages.arrived.wait()


class SlowPages(FakePages):
    """Pages that are told only when they are let go; `most` is how many were being told at once."""

    def __init__(self, amount: int) -> None:
        super().__init__({f"tab{number}": f"s{number}" for number in range(amount)})
        self.underway = self.most = 0
        self.busy: set[str] = set()
        self.let_go = asyncio.Event()

    async def refresh(self, client_token: str, router_data: dict[str, Any]) -> None:
        self.underway += 1
        self.most = max(self.most, self.underway)
        await (self.let_go.wait() if client_token in self.busy else asyncio.sleep(0))
        self.underway -= 1
        await super().refresh(client_token, router_data)


def feed_of(pages: FakePages) -> live.Feed:
    feed = live.Feed(pages=pages)
    for token, socket in pages.sockets.items():
        feed.watch(token, "acme", handshake(socket))
    return feed


async def test_few_pages_are_told_at_the_same_time() -> None:
    pages = SlowPages(20)
    assert await feed_of(pages).refresh("acme") == 20
    assert pages.most == live.AT_ONCE


async def test_busy_pages_keep_nobody_from_being_told_and_are_told_when_they_are_done() -> None:
    pages = SlowPages(10)
    pages.busy = {"tab0", "tab1", "tab2"}
    await feed_of(pages).refresh("acme")
    assert {each.split()[0] for each in pages.refreshed} == {f"tab{number}" for number in range(3, 10)}
    pages.let_go.set()
    async with asyncio.timeout(5):
        while len(pages.refreshed) < 10:  # noqa: ASYNC110  the last of several is wanted
            await asyncio.sleep(0)


async def test_pages_are_told_in_turns_each_with_the_cookies_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "TURN", 2)
    turns: dict[str, Any] = {}

    class Pages(FakePages):
        async def refresh(self, client_token: str, router_data: dict[str, Any]) -> None:
            turns[client_token] = feed.turn_of(client_token)
            assert feed.turn_of(client_token) is None, "the page's own events share nothing"

    feed = feed_of(Pages({"ann": "s1", "bob": "s2", "eve": "s3"}))
    await feed.refresh("acme")
    assert turns["ann"] is turns["bob"]
    assert turns["ann"].cookies == {"cookie of s1", "cookie of s2"}
    assert turns["eve"].cookies == {"cookie of s3"}


async def test_another_announcement_makes_the_rest_of_the_turn_ask_again() -> None:
    asked: list[str] = []

    class Pages(FakePages):
        async def refresh(self, client_token: str, router_data: dict[str, Any]) -> None:
            async def ask() -> None:
                asked.append(client_token)

            turn = feed.turn_of(client_token)
            assert turn is not None
            await turn.once("who?", ask)
            if client_token == "bob":
                feed.announce("acme")

    feed = feed_of(Pages({"ann": "s1", "bob": "s2", "eve": "s3"}))
    async with feed.running(None):
        await feed.refresh("acme")
    assert asked == ["ann", "eve"]
