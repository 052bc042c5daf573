import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine

from sentineliq import config, db
from sentineliq.errors import TooManyAttempts
from sentineliq.identity.attempts import Attempt, count_attempt, forgive_attempt

CLIENT = "203.0.113.7"
ADDRESS = "ada@example.com"


async def _allowed(tries: int, *, address: str = ADDRESS, client: str = CLIENT) -> int:
    """How many of so many sign-ins at once are let through."""
    outcomes = await asyncio.gather(
        *(count_attempt(Attempt.SIGN_IN, address=address, client=client) for _ in range(tries)),
        return_exceptions=True,
    )
    assert all(outcome is None or isinstance(outcome, TooManyAttempts) for outcome in outcomes)
    return outcomes.count(None)


@pytest.fixture(params=["memory", "redis"])
async def counts(request: pytest.FixtureRequest, environment: pytest.MonkeyPatch) -> None:
    """Where the counts live."""
    if request.param == "redis":
        environment.setenv("REDIS_URL", request.getfixturevalue("valkey_url"))
        config.get_settings.cache_clear()


@pytest.mark.usefixtures("counts")
async def test_ten_attempts_at_one_address_are_let_through_also_at_once() -> None:
    assert await _allowed(25) == 10
    assert await _allowed(3, client="198.51.100.1") == 0  # from anywhere
    assert await _allowed(1, address="eve@example.com") == 1


@pytest.mark.usefixtures("counts")
async def test_one_client_cannot_try_many_addresses() -> None:
    allowed = [await _allowed(1, address=f"user{number}@example.com") for number in range(35)]
    assert allowed == [1] * 30 + [0] * 5
    assert await _allowed(1, client="198.51.100.1") == 1


@pytest.mark.usefixtures("counts")
async def test_a_client_beyond_its_limit_does_not_lock_anyone_out() -> None:
    for number in range(30):
        await count_attempt(Attempt.SIGN_IN, address=f"user{number}@example.com", client=CLIENT)
    assert await _allowed(20) == 0
    assert await _allowed(10, client="198.51.100.1") == 10


@pytest.mark.usefixtures("counts")
async def test_right_attempts_are_forgiven() -> None:
    for _ in range(40):
        await count_attempt(Attempt.SIGN_IN, address=ADDRESS, client=CLIENT)
        await forgive_attempt(Attempt.SIGN_IN, address=ADDRESS, client=CLIENT)
    assert await _allowed(15) == 10


@pytest.mark.usefixtures("counts")
async def test_an_own_account_does_not_buy_a_client_more_guesses() -> None:
    guesses = 0
    for number in range(40):
        guesses += await _allowed(1, address=f"user{number}@example.com")
        with suppress(TooManyAttempts):
            await count_attempt(Attempt.SIGN_IN, address="own@example.com", client=CLIENT)
            await forgive_attempt(Attempt.SIGN_IN, address="own@example.com", client=CLIENT)
    assert guesses <= 30


@pytest.mark.usefixtures("counts")
async def test_signing_up_counts_as_guessing_the_same_password() -> None:
    for _ in range(10):
        await count_attempt(Attempt.SIGN_UP, address=ADDRESS, client=CLIENT)
    assert await _allowed(1) == 0


async def test_after_a_quarter_of_an_hour_one_may_try_again(environment: pytest.MonkeyPatch) -> None:
    assert await _allowed(11) == 10
    with time_machine.travel(db.now() + timedelta(minutes=16), tick=True):
        assert await _allowed(1) == 1


async def test_with_redis_down_the_process_counts_by_itself(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    config.get_settings.cache_clear()
    assert await _allowed(12) == 10
    await forgive_attempt(Attempt.SIGN_IN, address=ADDRESS, client=CLIENT)
    assert await _allowed(1) == 1


async def test_no_address_is_stored_in_redis(counts: None, request: pytest.FixtureRequest) -> None:
    await count_attempt(Attempt.SIGN_IN, address=ADDRESS, client=CLIENT)
    if config.get_settings().redis_url:
        keys = request.getfixturevalue("valkey_server").client().keys("*")
        assert len(keys) == 2 and not any(b"example" in key or b"203" in key for key in keys)
