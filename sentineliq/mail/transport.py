"""What sends a mail: the interface that Resend's adapter and development's mailbox implement."""

from dataclasses import dataclass
from typing import Protocol

from .models import MailKind


class MailRejected(Exception):
    """The mail itself is refused, now and forever. Any other error of a transport is worth another try."""


@dataclass(frozen=True, slots=True)
class MailMessage:
    """A rendered mail. The same `idempotency_key` is the same mail: a transport sends it once."""

    to: str
    sender: str
    subject: str
    html: str
    text: str
    idempotency_key: str
    kind: MailKind


class MailTransport(Protocol):
    async def send(self, message: MailMessage) -> str:
        """Hand the mail over and return the transport's id of it. Raises `MailRejected`, or anything else."""
        ...
