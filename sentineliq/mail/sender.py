"""Sending what the outbox holds: after the commit, at least once, with back-off, given up only visibly.

A row is claimed in a short transaction by moving its next attempt into the future, sent with no transaction
open, and settled in another. A sender that dies in between leaves a claim that runs out, and the mail's
idempotency key keeps the second attempt from being a second mail. Any number of processes may send.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Update, update
from sqlmodel import col, select

from .. import db, metrics
from ..i18n import Language, language_of
from .models import MailKind, OutboxMail
from .templates import render
from .transport import MailMessage, MailRejected, MailTransport

MAX_ATTEMPTS = 10
BATCH = 10
POLL_SECONDS = 15.0
PAUSE = 0.2
"""Seconds between two looks at the outbox, however many changes a second wake it and however many mails wait:
fifty mails a second are more than Resend takes, and to write them leaves time for deliveries and pages."""
LULL = 0.1
"""Seconds without a change until mails are sent: whoever is waited for, such as Stripe, comes before them."""
LULLS_AWAITED = 10
"""After so many, the first mail goes out though changes still follow each other."""
SEND_SECONDS = 20.0
FINISH_SECONDS = 3.0
"""Less than a stopping server gets."""
CLAIM = timedelta(minutes=5)
"""Longer than a whole batch can take to send."""

FIRST_DELAY = timedelta(seconds=30)
"""Doubles with each attempt: ten take about four hours, within the day that Resend keeps idempotency keys."""

SECRET_KINDS = frozenset({MailKind.VERIFY_EMAIL, MailKind.PASSWORD_RESET, MailKind.INVITATION})
"""Their links open accounts and workspaces: once the mail is settled, the row forgets them."""

log = structlog.get_logger(__name__)
_alarms: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Event] = WeakKeyDictionary()


def wake() -> None:
    """Something was committed to the outbox: send it now, not at the next poll. Call it after the commit."""
    _alarm().set()


@asynccontextmanager
async def sending(transport: MailTransport, *, sender: str) -> AsyncIterator[None]:
    """Mails are sent in the background while the block runs."""
    task = asyncio.create_task(run(transport, sender=sender), name="mail-sender")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def run(transport: MailTransport, *, sender: str) -> None:
    """Send what is due, now and whenever something comes up, for ever. `sender` is `Name <address>`."""
    alarm = _alarm()
    while True:
        alarm.clear()
        tried = 0
        try:
            tried = await send_due(transport, sender=sender)
        except Exception:
            log.exception("outbox_unreachable")
        await asyncio.sleep(PAUSE)
        if tried == 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(
                    POLL_SECONDS
                ):  # `wait_for` of 3.11 may swallow that we are stopped
                    await alarm.wait()
                await _lull(alarm)


async def _lull(alarm: asyncio.Event) -> None:
    for _ in range(LULLS_AWAITED):
        alarm.clear()
        await asyncio.sleep(LULL)
        if not alarm.is_set():
            return


async def send_due(transport: MailTransport, *, sender: str) -> int:
    """Try each mail that is due once, at most a batch; returns how many were tried.

    When the sender is stopped, the mail that is on its way is finished and the others are let go.
    """
    mails = await _claim_due()
    waiting = deque(mails)
    try:
        while waiting:
            await _to_its_end(_deliver(waiting.popleft(), transport=transport, sender=sender))
    finally:
        if waiting:
            await _let_go(waiting)
    return len(mails)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """A server that stops waits a moment for it; what takes longer is tried again when its claim runs out."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=FINISH_SECONDS)
        task.cancel()
        raise


async def _let_go(mails: Iterable[OutboxMail]) -> None:
    """Give back what was claimed and not tried: another sender takes it at once."""
    async with db.transaction() as session:
        for mail in mails:
            await session.exec(_of(mail).values(attempts=mail.attempts - 1, next_attempt_at=db.now()))


async def _claim_due() -> list[OutboxMail]:
    due = (
        select(OutboxMail)
        .where(
            col(OutboxMail.sent_at).is_(None),
            col(OutboxMail.given_up_at).is_(None),
            col(OutboxMail.next_attempt_at) <= db.now(),
        )
        .order_by(col(OutboxMail.next_attempt_at), col(OutboxMail.id))
        .limit(BATCH)
    )
    async with db.reading() as session:  # most changes write no mail: no lock for nothing
        if (await session.exec(due.limit(1))).first() is None:
            return []
    async with db.transaction() as session:
        mails = list((await session.exec(due.with_for_update(skip_locked=True))).all())
        for mail in mails:
            mail.attempts += 1
            mail.next_attempt_at = db.now() + CLAIM
    return mails


async def _deliver(mail: OutboxMail, *, transport: MailTransport, sender: str) -> None:
    try:
        message = _message(mail, sender=sender)
        async with asyncio.timeout(SEND_SECONDS):
            await transport.send(message)
    except MailRejected as error:
        await _give_up(mail, error)
    except Exception as error:
        if mail.attempts >= MAX_ATTEMPTS:
            await _give_up(mail, error)
        else:
            await _try_later(mail, error)
    else:
        await _settle(mail, sent_at=db.now(), last_error=None)
        metrics.MAILS.labels("sent").inc()
        log.info("mail_sent", mail_id=mail.id, kind=mail.kind, attempts=mail.attempts)


def _message(mail: OutboxMail, *, sender: str) -> MailMessage:
    """Raises `MailRejected` where the row cannot be rendered: another try would end the same."""
    try:
        language = language_of(mail.language) or Language.ENGLISH
        rendered = render(mail.kind, mail.context, language=language, locale=mail.locale)
    except Exception as error:
        raise MailRejected(f"cannot be rendered: {error!r}") from error
    return MailMessage(
        to=mail.to,
        sender=sender,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        idempotency_key=mail.key,
        kind=mail.kind,
    )


async def _give_up(mail: OutboxMail, error: Exception) -> None:
    metrics.MAILS.labels("given_up").inc()
    log.error("mail_given_up", mail_id=mail.id, kind=mail.kind, attempts=mail.attempts, error=_told(error))
    await _settle(mail, given_up_at=db.now(), last_error=_told(error))


async def _try_later(mail: OutboxMail, error: Exception) -> None:
    metrics.MAILS.labels("retried").inc()
    log.warning("mail_not_sent", mail_id=mail.id, kind=mail.kind, attempts=mail.attempts, error=_told(error))
    delay = FIRST_DELAY * 2 ** (mail.attempts - 1)
    async with db.transaction() as session:
        await session.exec(
            _of(mail).values(next_attempt_at=db.now() + delay, last_error=_told(error)),
        )


async def _settle(mail: OutboxMail, **outcome: Any) -> None:
    if mail.kind in SECRET_KINDS:
        outcome["context"] = {}
    async with db.transaction() as session:
        await session.exec(_of(mail).values(**outcome))


def _of(mail: OutboxMail) -> Update:
    return update(OutboxMail).where(col(OutboxMail.id) == mail.id, col(OutboxMail.sent_at).is_(None))


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _alarm() -> asyncio.Event:
    """One a loop: an event that one loop waits for cannot be set by another."""
    return _alarms.setdefault(asyncio.get_running_loop(), asyncio.Event())
