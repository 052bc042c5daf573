"""Writing mails down in the transaction of what they tell of; `mail.sender` sends them after it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from .. import db
from ..i18n import language_of, spoken
from .contexts import checked_context
from .models import MailKind, OutboxMail


async def enqueue(
    session: AsyncSession,
    *,
    key: str,
    kind: MailKind,
    to: str,
    context: Mapping[str, Any],
    workspace_id: str | None = None,
    language: str | None = None,
    locale: str | None = None,
) -> None:
    """Write one mail, once per `key` (`payment_failed:in_…`); the same key again changes nothing.

    `locale` is the workspace's, in which its figures are written; the words are in `language`, the reader's,
    else as the workspace has it. Where neither is known, in what is spoken now.

    `context` is the kind's own in `mail.contexts`; raises `pydantic.ValidationError` when it is not.
    """
    columns = row(
        key=key,
        kind=kind,
        to=to,
        context=context,
        workspace_id=workspace_id,
        language=language,
        locale=locale,
        at=db.now(),
    )
    await db.insert_new(session, OutboxMail, [columns])


def row(
    *,
    key: str,
    kind: MailKind,
    to: str,
    context: Mapping[str, Any],
    workspace_id: str | None,
    language: str | None,
    locale: str | None,
    at: datetime,
) -> dict[str, Any]:
    """The columns of such a mail, for whoever writes many at once. Raises as `enqueue` does."""
    return {
        "key": key,
        "kind": kind,
        "to": to,
        "workspace_id": workspace_id,
        "language": (language_of(language) or language_of(locale) or spoken()).value,
        "locale": locale or (language_of(language) or spoken()).value,
        "context": checked_context(kind, context),
        "created_at": at,
        "attempts": 0,
        "next_attempt_at": at,
    }
