"""The thread beside the event loop in which SQLite's batches are written."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from sentineliq.billing.batches.sqlite import OwnThread


@pytest.fixture
async def thread() -> AsyncIterator[OwnThread]:
    thread = OwnThread("of-the-test")
    yield thread
    await thread.end()
    assert "of-the-test" not in [each.name for each in threading.enumerate()]


async def test_what_is_asked_for_is_done_there_one_after_the_other(thread: OwnThread) -> None:
    done: list[tuple[int, str]] = []

    def note(number: int) -> int:
        done.append((number, threading.current_thread().name))
        return number

    assert await asyncio.gather(*(thread.run(note, number) for number in range(5))) == [0, 1, 2, 3, 4]
    assert done == [(number, "of-the-test") for number in range(5)]


async def test_an_error_is_raised_to_whoever_asked_and_the_thread_goes_on(thread: OwnThread) -> None:
    with pytest.raises(ZeroDivisionError):
        await thread.run(divmod, 1, 0)
    assert await thread.run(divmod, 7, 2) == (3, 1)


async def test_what_has_begun_is_finished_though_nobody_waits_any_more(thread: OwnThread) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(10)
        ended.set()

    asking = asyncio.create_task(thread.run(work))
    await asyncio.to_thread(begun.wait, 10)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    go_on.set()
    assert await thread.run(ended.is_set)
