"""Prices are Stripe's, and nobody waits for one that is known."""

import asyncio
from collections.abc import Iterator

import pytest

from sentineliq import config
from sentineliq.billing import prices, processor
from sentineliq.billing.plans import get_plan
from sentineliq.billing.processor import PaymentProcessorUnavailable
from sentineliq.billing.stripe.payment_processor import StripePaymentProcessor
from sentineliq.billing.views import PriceView

OLD, NEW = PriceView(amount=999, currency="usd"), PriceView(amount=1099, currency="usd")


class SlowStripe(StripePaymentProcessor):
    """Answers when it is let, with the price that it has then."""

    def __init__(self) -> None:
        self.price: PriceView | None = OLD
        self.asked = 0
        self.answers = asyncio.Event()

    async def fetch_price(self, price_id: str) -> PriceView:
        self.asked += 1
        await self.answers.wait()
        if self.price is None:
            raise PaymentProcessorUnavailable
        return self.price


@pytest.fixture
def stripe(billing_settings: config.Settings) -> Iterator[SlowStripe]:
    slow = SlowStripe()
    processor.use(slow)
    yield slow
    processor.use(StripePaymentProcessor())


async def hobby(*, wait: bool = True) -> PriceView | None:
    async with asyncio.timeout(5):
        [price] = await prices.prices_of([get_plan("hobby")], wait=wait)
    return price


async def all_answers(stripe: SlowStripe) -> None:
    stripe.answers.set()
    async with asyncio.timeout(5):
        await asyncio.gather(*prices._asking.values())
    stripe.answers.clear()


async def test_many_who_ask_at_once_are_one_question(stripe: SlowStripe) -> None:
    stripe.answers.set()
    assert await asyncio.gather(*(hobby() for _ in range(20))) == [OLD] * 20
    assert stripe.asked == 1


async def test_a_page_that_does_not_wait_has_no_price_yet_and_the_question_is_under_way(
    stripe: SlowStripe,
) -> None:
    assert await hobby(wait=False) is None
    await all_answers(stripe)
    assert await hobby(wait=False) == OLD
    assert stripe.asked == 1


async def test_an_old_price_is_shown_at_once_and_asked_for_beside_it(
    stripe: SlowStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripe.answers.set()
    await hobby()
    stripe.answers.clear()
    monkeypatch.setattr(prices, "FRESH_FOR", 0)
    stripe.price = NEW
    assert await hobby() == OLD
    await all_answers(stripe)
    assert await hobby() == NEW
    assert prices.stale_since() is None


async def test_a_price_that_cannot_be_asked_for_again_says_of_when_it_is(
    stripe: SlowStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripe.answers.set()
    await hobby()
    monkeypatch.setattr(prices, "FRESH_FOR", 0)
    stripe.price = None
    assert await hobby() == OLD
    await all_answers(stripe)
    assert prices.stale_since() is not None
    stripe.price = NEW
    await hobby()
    await all_answers(stripe)
    assert prices.stale_since() is None
