"""What the pages of a turn read for each other, and when they stop."""

import asyncio

import pytest

from sentineliq import turns
from sentineliq.turns import Turn


class Oracle:
    """Counts how often it is asked; each answer is another."""

    def __init__(self) -> None:
        self.asked = 0

    async def ask(self) -> int:
        self.asked += 1
        answer = self.asked
        await asyncio.sleep(0)
        return answer


@pytest.fixture
def oracle() -> Oracle:
    return Oracle()


async def test_a_question_is_asked_once_in_a_turn(oracle: Oracle) -> None:
    turn = Turn()
    answers = await asyncio.gather(*(turn.once("who?", oracle.ask) for _ in range(3)))
    assert (answers, await turn.once("who?", oracle.ask), oracle.asked) == ([1, 1, 1], 1, 1)
    assert await turn.once("what?", oracle.ask) == 2


async def test_what_was_read_before_another_change_answers_nobody_who_asks_after_it(oracle: Oracle) -> None:
    turn = Turn()
    early = asyncio.create_task(turn.once("who?", oracle.ask))
    await asyncio.sleep(0)
    turn.forget()
    assert await turn.once("who?", oracle.ask) == 2
    assert await early == 1


async def test_a_page_that_comes_after_its_turn_asks_for_itself(oracle: Oracle) -> None:
    turn = Turn()
    await turn.once("who?", oracle.ask)
    turn.end()
    assert [await turn.once("who?", oracle.ask), await turn.once("who?", oracle.ask)] == [2, 3]


async def test_a_page_that_goes_away_takes_the_answer_from_nobody(oracle: Oracle) -> None:
    turn = Turn()
    gone = asyncio.create_task(turn.once("who?", oracle.ask))
    other = asyncio.create_task(turn.once("who?", oracle.ask))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await other, oracle.asked) == (1, 1)


async def test_outside_of_a_turn_nothing_is_shared(oracle: Oracle) -> None:
    assert [await turns.once("who?", oracle.ask), await turns.once("who?", oracle.ask)] == [1, 2]
    assert turns.cookies() == frozenset()


async def test_a_turn_lasts_no_longer_than_the_event_that_took_it(oracle: Oracle) -> None:
    turn = Turn(frozenset({"a=1"}))

    async def event() -> int:
        turns.take(turn)
        assert turns.cookies() == {"a=1"}
        return await turns.once("who?", oracle.ask)

    assert await asyncio.gather(asyncio.create_task(event()), asyncio.create_task(event())) == [1, 1]
    assert await turns.once("who?", oracle.ask) == 2
