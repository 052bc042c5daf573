"""Someone with a password: what they send, what is stored of them, and what they are told."""

from collections.abc import Awaitable

import pytest
from sqlmodel import select

from sentineliq import db
from sentineliq.identity import accounts, sessions
from sentineliq.identity.faults import FormFault
from sentineliq.identity.messages import Fault
from sentineliq.identity.models import User

PASSWORD = "correct horse battery"
NEW_PASSWORD = "staple correct horse"


def cookie_of(signed_in: accounts.SignedIn) -> str:
    return f"theme=dark; {sessions.SESSION_COOKIE}={signed_in.cookie}"


async def user_at(email: str) -> User:
    async with db.reading() as session:
        return (await session.exec(select(User).where(User.email == email))).one()


async def fault_of(attempt: Awaitable[object]) -> Fault:
    with pytest.raises(FormFault) as caught:
        await attempt
    return caught.value.fault
