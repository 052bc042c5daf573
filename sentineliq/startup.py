"""What every process of ours sets up before it works: the app, the command and the tests alike."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from . import changes, db, live, logs, metrics, tracing
from .billing import catch_up, processor
from .billing.stripe.handlers import HANDLERS
from .billing.stripe.payment_processor import StripePaymentProcessor
from .config import SANDBOX_PATH, Settings
from .i18n import Language
from .mail import sender
from .mail.examples import EXAMPLES
from .mail.resend_transport import ResendTransport
from .mail.templates import render
from .mail.transport import MailMessage, MailTransport
from .sandbox import Sandbox, SandboxConfig, standalone_app
from .sandbox.gallery import Gallery, Sample
from .sandbox.mailbox import Mailbox
from .stopping import Stopping


class MailboxTransport:
    """Development's mail: it lands in the mailbox page."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def send(self, message: MailMessage) -> str:
        return await self._mailbox.deliver(
            to=message.to,
            sender=message.sender,
            subject=message.subject,
            html=message.html,
            text=message.text,
            idempotency_key=message.idempotency_key,
            kind=message.kind,
        )


@dataclass(frozen=True)
class Parts:
    """The process's parts that the settings decide on. Nothing is open yet."""

    settings: Settings
    sandbox: Sandbox | None
    mailbox: Mailbox | None
    gallery: Gallery | None

    @property
    def development_routes(self) -> list[BaseRoute]:
        """The sandbox's and the mailbox's pages, as far as they are in use."""
        parts = (self.sandbox, self.gallery, self.mailbox)
        inside = [route for part in parts if part for route in part.routes]
        if not inside:
            return []
        home = SANDBOX_PATH + ("/" if self.sandbox else "/mailbox")
        return [
            Route(SANDBOX_PATH, lambda _request: RedirectResponse(home)),
            Mount(SANDBOX_PATH, routes=inside),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything that works beside the requests, while the block runs."""
        async with AsyncExitStack() as parts:
            parts.push_async_callback(asyncio.to_thread, tracing.flush)
            parts.push_async_callback(db.dispose)
            _watch_pools()
            for part in (self.mailbox, self.sandbox):
                if part:
                    await parts.enter_async_context(part.lifespan())
            await parts.enter_async_context(live.feed.running(self.settings.redis_url))
            if transport := self._mail_transport():
                address = self.settings.sender_email
                await parts.enter_async_context(sender.sending(transport, sender=address))
            await parts.enter_async_context(catch_up.scheduled())
            yield

    def _mail_transport(self) -> MailTransport | None:
        if self.mailbox:
            return MailboxTransport(self.mailbox)
        key = self.settings.resend_api_key
        return ResendTransport(key.get_secret_value()) if key else None


def wire(settings: Settings, *, logs_to: logs.Stream = "stdout") -> Parts:
    """Connect the parts to each other by these settings."""
    logs.configure(settings, to=logs_to)
    tracing.configure()
    db.configure(settings.database_url)
    processor.use(StripePaymentProcessor())
    changes.subscribe(_refresh_pages)
    changes.subscribe(_wake_mail)
    return Parts(
        settings=settings,
        sandbox=Sandbox(_sandbox_config(settings)) if settings.uses_sandbox else None,
        mailbox=_mailbox(settings) if settings.uses_mailbox else None,
        gallery=_gallery(settings) if settings.uses_mailbox else None,
    )


def _refresh_pages(workspace_ids: Collection[str]) -> None:
    live.announce(*workspace_ids, live.STAFF)


def _watch_pools() -> None:
    database = db.database()
    for name, engine in {"writer": database.writer, "reader": database.reader}.items():
        if name == "writer" or engine is not database.writer:
            metrics.watch_pool(engine.sync_engine.pool, name=name)


def _wake_mail(_workspace_ids: Collection[str]) -> None:
    sender.wake()


def _sandbox_config(settings: Settings) -> SandboxConfig:
    return SandboxConfig(
        database_path=settings.sentineliq_data_dir / "sandbox.db",
        public_url=settings.web_client_url + SANDBOX_PATH,
        webhook_url=settings.webhook_url,
        webhook_events=tuple(HANDLERS),
        app_url=settings.web_client_url,
    )


def _mailbox(settings: Settings) -> Mailbox:
    return Mailbox(settings.sentineliq_data_dir / "mailbox.db", settings.web_client_url + SANDBOX_PATH)


def _gallery(settings: Settings) -> Gallery:
    return Gallery(settings.web_client_url + SANDBOX_PATH, _samples)


@cache
def _samples() -> tuple[Sample, ...]:
    """Every kind of mail in every language, by the real templates."""
    return tuple(
        Sample(kind, language.tag, subject=mail.subject, html=mail.html, text=mail.text)
        for kind, context in EXAMPLES.items()
        for language in Language
        for mail in [render(kind, context, language=language, locale=language)]
    )


def standalone_sandbox(*, port: int, data_dir: Path, webhook_url: str) -> ASGIApp:
    """The Stripe sandbox as a server of its own; an empty `webhook_url` sends no events."""
    config = SandboxConfig(
        database_path=data_dir / "sandbox.db",
        public_url=f"http://localhost:{port}{SANDBOX_PATH}",
        webhook_url=webhook_url or None,
        webhook_events=tuple(HANDLERS),
    )
    return Stopping(standalone_app(config))
