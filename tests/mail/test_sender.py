import asyncio
from datetime import timedelta

import pytest
import time_machine
from sqlmodel import select

from sentineliq import db
from sentineliq.mail import outbox, sender
from sentineliq.mail.examples import EXAMPLES
from sentineliq.mail.models import MailKind, OutboxMail
from sentineliq.mail.transport import MailMessage, MailRejected
from tests.mail.transports import Recorder

SENDER = "SentinelIQ <billing@sentineliq.example>"


async def _enqueue(key: str = "payment_failed:in_1", kind: MailKind = MailKind.PAYMENT_FAILED) -> None:
    async with db.transaction() as session:
        await outbox.enqueue(session, key=key, kind=kind, to="owner@example.com", context=EXAMPLES[kind])


async def _mail(key: str = "payment_failed:in_1") -> OutboxMail:
    async with db.reading() as session:
        return (await session.exec(select(OutboxMail).where(OutboxMail.key == key))).one()


async def _send(transport: Recorder) -> int:
    return await sender.send_due(transport, sender=SENDER)


def _down(_message: MailMessage) -> None:
    raise ConnectionError("no route to host")


def _refuses(message: MailMessage) -> None:
    if message.idempotency_key.endswith("bad"):
        raise MailRejected("no such mailbox")


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sender never wakes by itself: what happens, happens because of `wake`."""
    monkeypatch.setattr(sender, "POLL_SECONDS", 3600.0)


async def test_a_due_mail_is_sent_once_rendered_and_with_its_key(database: db.Database) -> None:
    await _enqueue()
    transport = Recorder()
    assert (await _send(transport), await _send(transport)) == (1, 0)
    [message] = transport.sent
    assert (message.to, message.sender, message.idempotency_key, message.kind) == (
        "owner@example.com",
        SENDER,
        "payment_failed:in_1",
        MailKind.PAYMENT_FAILED,
    )
    assert message.subject == "Payment failed for Acme" and "¥2,000" in message.text
    mail = await _mail()
    assert mail.sent_at and not mail.given_up_at and mail.attempts == 1


async def test_no_transaction_is_open_while_a_mail_is_sent(database: db.Database) -> None:
    await _enqueue()

    class Curious(Recorder):
        async def send(self, message: MailMessage) -> str:
            async with asyncio.timeout(5), db.transaction():  # SQLite has one writer: it would have to wait
                return await super().send(message)

    transport = Curious()
    await _send(transport)
    assert len(transport.sent) == 1


async def test_many_senders_send_each_mail_once(database: db.Database) -> None:
    for number in range(25):
        await _enqueue(f"payment_failed:in_{number}")
    transport = Recorder()

    async def until_done() -> None:
        while await _send(transport):
            pass

    await asyncio.gather(*(until_done() for _ in range(4)))
    keys = [message.idempotency_key for message in transport.sent]
    assert len(keys) == 25 and len(set(keys)) == 25


async def test_a_failure_is_tried_again_later_and_later(database: db.Database) -> None:
    await _enqueue()
    transport = Recorder(_down)
    waits = []
    moment = db.now()
    for _ in range(4):
        with time_machine.travel(moment, tick=False):
            assert await _send(transport) == 1
            mail = await _mail()
            waits.append((mail.next_attempt_at - db.now()).total_seconds())
            moment = mail.next_attempt_at
        with time_machine.travel(moment - timedelta(seconds=1), tick=False):
            assert await _send(transport) == 0
    assert waits == [30, 60, 120, 240]
    assert mail.last_error == "ConnectionError: no route to host" and mail.sent_at is None


async def test_after_a_failure_it_arrives_when_the_service_is_back(database: db.Database) -> None:
    await _enqueue()
    await _send(Recorder(_down))
    transport = Recorder()
    with time_machine.travel(db.now() + timedelta(minutes=1), tick=True):
        await _send(transport)
    mail = await _mail()
    assert len(transport.sent) == 1 and mail.sent_at and mail.last_error is None and mail.attempts == 2


async def test_ten_failures_are_given_up_visibly(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[str] = []
    monkeypatch.setattr(sender.log, "error", lambda event, **_: errors.append(event))
    await _enqueue()
    transport = Recorder(_down)
    moment = db.now()
    for _ in range(12):
        moment += timedelta(hours=5)
        with time_machine.travel(moment, tick=True):
            await _send(transport)
    mail = await _mail()
    assert transport.tried == 10 and mail.attempts == 10
    assert mail.given_up_at and mail.sent_at is None and mail.last_error
    assert errors == ["mail_given_up"]


async def test_all_tries_happen_while_the_idempotency_key_still_counts() -> None:
    delays = [sender.FIRST_DELAY * 2**number for number in range(sender.MAX_ATTEMPTS - 1)]
    assert sum(delays, timedelta()) < timedelta(hours=24)


async def test_a_rejected_mail_is_given_up_at_once_and_stops_no_other(database: db.Database) -> None:
    await _enqueue("bad")
    await _enqueue("good")
    transport = Recorder(_refuses)
    await _send(transport)
    assert (await _mail("bad")).given_up_at and (await _mail("bad")).last_error == (
        "MailRejected: no such mailbox"
    )
    assert (await _mail("good")).sent_at


async def test_a_mail_that_cannot_be_rendered_is_given_up_at_once(database: db.Database) -> None:
    async with db.transaction() as session:
        session.add(OutboxMail(key="old", kind=MailKind.PAYMENT_FAILED, to="a@example.com", context={}))
    await _enqueue("good")
    transport = Recorder()
    await _send(transport)
    assert (await _mail("old")).given_up_at and "plan_name" in ((await _mail("old")).last_error or "")
    assert [message.idempotency_key for message in transport.sent] == ["good"]


async def test_the_claim_of_a_sender_that_died_runs_out(database: db.Database) -> None:
    await _enqueue()
    stuck = asyncio.Event()

    class Hanging(Recorder):
        async def send(self, message: MailMessage) -> str:
            stuck.set()
            return await asyncio.Future()

    dying = asyncio.create_task(_send(Hanging()))
    await stuck.wait()
    transport = Recorder()
    assert await _send(transport) == 0  # it is claimed
    dying.cancel()
    with time_machine.travel(db.now() + sender.CLAIM + timedelta(seconds=1), tick=True):
        assert await _send(transport) == 1
    assert transport.sent[0].idempotency_key == "payment_failed:in_1"


async def test_a_transport_that_hangs_is_cut_off(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "SEND_SECONDS", 0.01)
    await _enqueue()

    class Hanging(Recorder):
        async def send(self, message: MailMessage) -> str:
            return await asyncio.Future()

    await _send(Hanging())
    mail = await _mail()
    assert mail.sent_at is None and (mail.last_error or "").startswith("TimeoutError")


async def test_a_batch_ends_before_its_claim_does() -> None:
    assert sender.CLAIM.total_seconds() > sender.BATCH * sender.SEND_SECONDS


@pytest.mark.parametrize("kind", [MailKind.VERIFY_EMAIL, MailKind.PASSWORD_RESET])
async def test_a_sent_link_is_forgotten(database: db.Database, kind: MailKind) -> None:
    await _enqueue("link", kind)
    await _send(Recorder())
    assert (await _mail("link")).context == {}


@pytest.mark.usefixtures("at_work")
async def test_waking_sends_at_once(database: db.Database) -> None:
    transport = Recorder()
    async with sender.sending(transport, sender=SENDER), asyncio.timeout(10):
        for number in range(3):
            transport.arrived.clear()
            await _enqueue(f"payment_failed:in_{number}")
            sender.wake()
            await transport.arrived.wait()
    assert len(transport.sent) == 3


@pytest.mark.usefixtures("at_work")
async def test_mails_wait_while_changes_follow_each_other_but_not_for_ever(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "LULL", 0)  # one turn of the loop, in which one change comes
    monkeypatch.setattr(sender, "PAUSE", 0)
    transport, changes, looked_at, idle = Recorder(), 0, list[int](), asyncio.Event()
    real = sender._claim_due

    async def claim() -> list[OutboxMail]:
        looked_at.append(changes)
        mails = await real()
        idle.set()
        return mails

    monkeypatch.setattr(sender, "_claim_due", claim)
    async with sender.sending(transport, sender=SENDER), asyncio.timeout(10):
        await idle.wait()
        await _enqueue()
        while len(looked_at) == 1:
            changes += 1
            sender.wake()
            await asyncio.sleep(0)
        await transport.arrived.wait()
    assert looked_at[1] >= 10


@pytest.mark.usefixtures("at_work")
async def test_what_waited_from_before_the_start_is_sent(database: db.Database) -> None:
    await _enqueue()
    transport = Recorder()
    async with sender.sending(transport, sender=SENDER), asyncio.timeout(10):
        await transport.arrived.wait()


@pytest.mark.usefixtures("at_work")
async def test_a_database_that_fails_for_a_while_does_not_end_the_sender(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _enqueue()
    failed = asyncio.Event()
    real = sender._claim_due

    async def fails_once() -> list[OutboxMail]:
        if not failed.is_set():
            failed.set()
            raise OSError("the database is away")
        return await real()

    monkeypatch.setattr(sender, "_claim_due", fails_once)
    transport = Recorder()
    async with sender.sending(transport, sender=SENDER), asyncio.timeout(10):
        await failed.wait()
        sender.wake()
        await transport.arrived.wait()


async def test_a_stopped_sender_finishes_its_mail_and_lets_the_others_go(database: db.Database) -> None:
    for name in ("payment_failed:in_1", "payment_failed:in_2", "payment_failed:in_3"):
        await _enqueue(name)
    on_its_way, may_go_on = asyncio.Event(), asyncio.Event()

    class Slow(Recorder):
        async def send(self, message: MailMessage) -> str:
            on_its_way.set()
            await may_go_on.wait()
            return await super().send(message)

    stopped, other = Slow(), Recorder()
    async with asyncio.timeout(10):
        sending = asyncio.create_task(sender.send_due(stopped, sender=SENDER))
        await on_its_way.wait()
        sending.cancel()
        may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await sending
    assert await _send(other) == 2
    assert len(stopped.sent) == 1
    assert {one.idempotency_key for one in stopped.sent + other.sent} == {
        f"payment_failed:in_{n}" for n in (1, 2, 3)
    }
    assert (await _mail("payment_failed:in_3")).attempts == 1


async def test_a_mail_is_sent_in_its_reader_s_language(database: db.Database) -> None:
    async with db.transaction() as session:
        await outbox.enqueue(
            session,
            key="pt",
            kind=MailKind.PAYMENT_FAILED,
            to="ada@example.com",
            context=EXAMPLES[MailKind.PAYMENT_FAILED],
            language="pt_BR",
            locale="pt_BR",
        )
    transport = Recorder()
    await _send(transport)
    [message] = transport.sent
    assert message.subject == "Falha no pagamento de Acme"
    assert 'lang="pt-BR"' in message.html and "JP¥" in message.text
