"""The open pages as Reflex knows them: `live.Pages` over its sockets and its event queue."""

import asyncio
from typing import Any

import reflex as rx
from reflex.event import Event, EventType


class ReflexPages:
    """Refreshes a page by queueing an event for its client, as if the page itself had asked."""

    def __init__(self, app: rx.App, refresh: EventType[()]) -> None:
        self._app = app
        self._refresh = refresh

    def socket_of(self, client_token: str) -> str | None:
        namespace = self._app.event_namespace
        record = namespace._token_manager.token_to_socket.get(client_token) if namespace else None
        return record.sid if record else None

    async def refresh(self, client_token: str, router_data: dict[str, Any]) -> None:
        with self._app.set_contexts():
            [event] = Event.from_event_type(self._refresh, router_data=router_data)
            told = await self._app.event_processor.enqueue(client_token, event)
        await asyncio.wait([told])  # awaited itself, it would be given up with whoever waits
