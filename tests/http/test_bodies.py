"""A body is read so far and so long, and no further."""

import asyncio
from collections.abc import Iterator

import pytest
from starlette.types import Message, Receive

from sentineliq import bodies
from sentineliq.bodies import BodyEndedEarly, BodyTooLarge, read_body


@pytest.fixture(autouse=True)
def three_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_BODY", 3)


def sending(*messages: Message) -> Receive:
    """What was sent, and then nothing more, with the line open."""
    sent: Iterator[Message] = iter(messages)

    async def receive() -> Message:
        return next(sent, None) or await asyncio.get_running_loop().create_future()

    return receive


def part(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_parts_is_read_whole() -> None:
    assert await read_body(sending(part(b"ab"), part(b"c", more=False))) == b"abc"
    assert await read_body(sending({"type": "http.request"})) == b""


async def test_a_body_beyond_its_limit_is_refused_before_it_has_ended() -> None:
    with pytest.raises(BodyTooLarge):
        await read_body(sending(part(b"ab"), part(b"cd")))


async def test_a_sender_who_hangs_up_has_sent_nothing() -> None:
    with pytest.raises(BodyEndedEarly):
        await read_body(sending(part(b"ab"), {"type": "http.disconnect"}))


async def test_a_body_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    with pytest.raises(BodyEndedEarly):
        await read_body(sending(part(b"a")))
    task = asyncio.current_task()
    assert task is not None and task.cancelling() == 0


async def test_whoever_is_cancelled_by_somebody_else_is_cancelled() -> None:
    reading = asyncio.create_task(read_body(sending(part(b"a"))))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_the_limit_ends_with_the_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.0)
    assert await read_body(sending(part(b"a", more=False))) == b"a"
    await asyncio.sleep(0)  # nothing cancels us here
