"""Reading the links out of the mails that the outbox holds."""

from urllib.parse import parse_qs, urlsplit

from sqlmodel import col, select

from sentineliq import db
from sentineliq.mail.models import MailKind, OutboxMail


async def outbox(kind: MailKind) -> list[OutboxMail]:
    """Newest last."""
    async with db.reading() as session:
        found = select(OutboxMail).where(OutboxMail.kind == kind).order_by(col(OutboxMail.id))
        return list((await session.exec(found)).all())


async def mailed_token(kind: MailKind) -> str:
    """The token of the newest mail of this kind."""
    mail = (await outbox(kind))[-1]
    return parse_qs(urlsplit(mail.context["url"]).query)["token"][0]
