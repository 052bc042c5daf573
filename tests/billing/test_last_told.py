"""A question that is being asked is asked once."""

import asyncio

import pytest

from sentineliq.billing.last_told import UnderWay


class Stripe:
    """Counts what it is asked, and answers when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def answer(self) -> int:
        self.asked += 1
        await self.may_answer.wait()
        if self.asked > 1:
            raise OSError("out of reach")
        return self.asked


async def test_whoever_asks_meanwhile_shares_the_answer_or_the_failure() -> None:
    stripe, under_way = Stripe(), UnderWay[int]()
    first = [asyncio.create_task(under_way.ask("card", stripe.answer)) for _ in range(20)]
    await asyncio.sleep(0)
    first.pop().cancel()
    stripe.may_answer.set()
    assert await asyncio.gather(*first) == [1] * 19
    second = [asyncio.create_task(under_way.ask("card", stripe.answer)) for _ in range(20)]
    for told in await asyncio.gather(*second, return_exceptions=True):
        assert isinstance(told, OSError)
    assert stripe.asked == 2


async def test_another_question_is_asked_for_itself() -> None:
    stripe, under_way = Stripe(), UnderWay[int]()
    asking = [asyncio.create_task(under_way.ask(name, stripe.answer)) for name in ("card", "invoice")]
    stripe.may_answer.set()
    with pytest.raises(OSError, match="out of reach"):
        await asyncio.gather(*asking)
    assert stripe.asked == 2
