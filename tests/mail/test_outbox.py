import asyncio
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import select

from sentineliq import db
from sentineliq.mail import outbox
from sentineliq.mail.examples import EXAMPLES
from sentineliq.mail.models import MailKind, OutboxMail
from tests.factories import make_workspace

FAILED = MailKind.PAYMENT_FAILED


async def _enqueue(key: str, to: str = "owner@example.com", **context: Any) -> None:
    async with db.transaction() as session:
        await outbox.enqueue(session, key=key, kind=FAILED, to=to, context={**EXAMPLES[FAILED], **context})


async def _all() -> list[OutboxMail]:
    async with db.reading() as session:
        return list((await session.exec(select(OutboxMail))).all())


async def test_a_mail_is_written_once_for_its_key(database: db.Database) -> None:
    await _enqueue("payment_failed:in_1", amount=100)
    await _enqueue("payment_failed:in_1", amount=200)
    await _enqueue("payment_failed:in_2")
    assert [(mail.key, mail.context["amount"]) for mail in await _all()] == [
        ("payment_failed:in_1", 100),
        ("payment_failed:in_2", 2000),
    ]


async def test_the_same_key_at_the_same_moment_makes_one_mail(database: db.Database) -> None:
    await asyncio.gather(*(_enqueue("payment_failed:in_1") for _ in range(10)))
    assert len(await _all()) == 1


async def test_a_mail_vanishes_with_its_transaction(database: db.Database) -> None:
    workspace = await make_workspace()
    with pytest.raises(ZeroDivisionError):
        async with db.transaction() as session:
            await outbox.enqueue(
                session,
                key="payment_failed:in_1",
                kind=FAILED,
                to="owner@example.com",
                context=EXAMPLES[FAILED],
                workspace_id=workspace.id,
            )
            raise ZeroDivisionError
    assert await _all() == []


@pytest.mark.parametrize(
    "wrong",
    [{"ammount": 1}, {"amount": "12"}, {"amount": 9.99}, {"currency": None}, {"billing_url": None}],
)
async def test_a_context_that_does_not_fit_is_refused(database: db.Database, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        await _enqueue("payment_failed:in_1", **wrong)
    assert await _all() == []


async def test_times_are_kept_as_text(database: db.Database) -> None:
    await _enqueue("payment_failed:in_1", next_attempt_at=db.now())
    [mail] = await _all()
    assert isinstance(mail.context["next_attempt_at"], str)
