"""How often one may try: limits per address and per client, against guessing and against flooding.

Counted before the attempt, so that attempts at the same moment count too; a right one is forgiven, so only
failures add up. The counts live in Redis where it is configured, else (or while it is down) in this process.
"""

import hashlib
import os
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from ..config import get_settings
from ..errors import TooManyAttempts

_REDIS_TIMEOUT = 2.0
"""Seconds until a Redis that does not answer counts as down."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """Equal names share one count."""

    name: str
    allowed: RateLimitItem


_PASSWORDS = Limit("password", parse("10 per 15 minutes"))


class Attempt(Enum):
    """What is limited: per address, and per client. Signing up with a taken address checks its password."""

    SIGN_IN = (_PASSWORDS, Limit("sign-in-client", parse("30 per 15 minutes")))
    SIGN_UP = (_PASSWORDS, Limit("sign-up-client", parse("100 per hour")))
    PASSWORD_RESET = (Limit("reset", parse("5 per hour")), Limit("reset-client", parse("20 per hour")))
    VERIFICATION_MAIL = (Limit("verify", parse("5 per hour")), Limit("verify-client", parse("20 per hour")))

    STRIPE_PAGE = (
        Limit("stripe-page", parse("60 per 10 minutes")),
        Limit("stripe-page-client", parse("120 per 10 minutes")),
    )
    """Checkout and portal: each costs several calls of Stripe. The address is the workspace's id."""

    INVITATION = (Limit("invite", parse("5 per hour")), Limit("invite-client", parse("50 per hour")))

    @property
    def per_address(self) -> Limit:
        return self.value[0]

    @property
    def per_client(self) -> Limit:
        return self.value[1]


async def count_attempt(attempt: Attempt, *, address: str, client: str) -> None:
    """Count one attempt. Raises `TooManyAttempts`; a client beyond its limit uses up no one's address."""
    for limit, who in ((attempt.per_client, client), (attempt.per_address, address)):
        if not await _hit(limit, who):
            log.warning("too_many_attempts", limit=limit.name)
            raise TooManyAttempts


async def forgive_attempt(attempt: Attempt, *, address: str, client: str) -> None:
    """The attempt was right: it is taken back from the client, and the address starts afresh."""
    await _hit(attempt.per_client, client, cost=-1)
    key = _hashed(address)
    for limiter in _limiters(os.getpid(), get_settings().redis_url):
        try:
            await limiter.clear(attempt.per_address.allowed, attempt.per_address.name, key)
        except RedisError as error:
            log.warning("redis_unreachable", used_for="attempts", error=str(error))


async def _hit(limit: Limit, who: str, *, cost: int = 1) -> bool:
    *shared, own = _limiters(os.getpid(), get_settings().redis_url)
    for limiter in shared:
        try:
            return await limiter.hit(limit.allowed, limit.name, _hashed(who), cost=cost)
        except RedisError as error:
            log.warning("redis_unreachable", used_for="attempts", error=str(error))
    return await own.hit(limit.allowed, limit.name, _hashed(who), cost=cost)


def _hashed(who: str) -> str:
    """Addresses of people do not belong into Redis."""
    return hashlib.sha256(who.encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _limiters(_pid: int, redis_url: str | None) -> tuple[FixedWindowRateLimiter, ...]:
    """The one in Redis if there is one, then this process's own. Made after any fork."""
    own = FixedWindowRateLimiter(MemoryStorage())
    if not redis_url:
        return (own,)
    storage = RedisStorage(
        redis_url,
        implementation="redispy",
        key_prefix="sentineliq:attempts",
        socket_timeout=_REDIS_TIMEOUT,
        socket_connect_timeout=_REDIS_TIMEOUT,
    )
    return FixedWindowRateLimiter(storage), own
