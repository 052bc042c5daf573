"""Transports for tests: they keep what they are given, or fail as told."""

import asyncio
from collections.abc import Callable

from sentineliq.mail.transport import MailMessage


class Recorder:
    """Sends everything; `fails` may raise before a mail is taken."""

    def __init__(self, fails: Callable[[MailMessage], None] | None = None) -> None:
        self.sent: list[MailMessage] = []
        self.tried = 0
        self.arrived = asyncio.Event()
        self._fails = fails

    async def send(self, message: MailMessage) -> str:
        self.tried += 1
        await asyncio.sleep(0)
        if self._fails:
            self._fails(message)
        self.sent.append(message)
        self.arrived.set()
        return f"mail_{len(self.sent)}"
