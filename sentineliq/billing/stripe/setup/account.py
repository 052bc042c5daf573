"""One account while it is being set up: what is read, what is written, and what has been done so far."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from json import dumps
from typing import Any, TypeVar
from uuid import uuid4

from stripe import InvalidRequestError, StripeClient, StripeError, StripeObject

from ....config import Settings
from ..reads import MISSING
from .refusals import explain

Object = TypeVar("Object", bound=StripeObject)


class Action(StrEnum):
    FOUND = "found"
    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One object of the account. In a dry run `created` and `updated` are what would be done."""

    what: str
    action: Action
    id: str
    note: str = ""


class SetupStopped(Exception):
    """Stripe refused or did not answer. What was done before stays, and running again goes on from there."""

    def __init__(self, says: str, mend: str) -> None:
        super().__init__(says)
        self.says, self.mend = says, mend


@dataclass(slots=True)
class Account:
    """The connected account. In a dry run nothing is written."""

    settings: Settings
    client: StripeClient
    dry_run: bool
    say: Callable[[Step], None]
    steps: list[Step] = field(default_factory=list[Step])
    environment: dict[str, str] = field(default_factory=dict[str, str])
    """The variables to set, as far as they are known."""
    advice: list[str] = field(default_factory=list[str])

    def note(self, what: str, action: Action, object_id: str, note: str = "") -> None:
        """Say what has been done, or would be."""
        step = Step(what, action, object_id, note)
        self.steps.append(step)
        self.say(step)

    async def create(
        self,
        kind: str,
        params: Any,
        *,
        create: Callable[[Any, Any], Awaitable[Object]],
        stands: Callable[[str], Awaitable[bool]],
    ) -> Object:
        """Create once, also when two runs race: the idempotency key is the parameters'.

        Stripe replays such an answer for a day, also where the object is gone since: `stands` tells, and a
        new key makes it anew (https://docs.stripe.com/api/idempotent_requests).
        """
        fingerprint = sha256(dumps(params, sort_keys=True).encode()).hexdigest()[:24]
        made = await create(params, {"idempotency_key": f"sentineliq-setup-{kind}-{fingerprint}"})
        response = made.last_response
        replayed = response is not None and "idempotent-replayed" in {key.lower() for key in response.headers}
        if replayed and not await stands(made["id"]):
            return await create(params, {"idempotency_key": f"sentineliq-setup-{kind}-{uuid4().hex}"})
        return made


@asynccontextmanager
async def refusals(settings: Settings) -> AsyncGenerator[None]:
    """Turn what Stripe raises into `SetupStopped` with its mend."""
    try:
        yield
    except StripeError as error:
        raise SetupStopped(*explain(error, settings)) from error


async def unless_missing(found: Awaitable[Object]) -> Object | None:
    """None where Stripe has none of that id, or only a deleted one."""
    try:
        answer = await found
    except InvalidRequestError as error:
        if error.code != MISSING:
            raise
        return None
    return None if getattr(answer, "deleted", False) else answer
