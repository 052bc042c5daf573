"""A page's own websocket, with a hand on it: whatever a script on the page could send, a test can."""

import json
import re
from typing import Any

from playwright.sync_api import Page, WebSocketRoute

from sentineliq.state.session import SessionState


class Wire:
    """Take hold before the page is opened; what page and server say to each other passes as it is."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._server: WebSocketRoute | None = None
        page.route_web_socket(re.compile("/_event/"), self._connected)

    def send(self, state: type[SessionState], handler: str, **payload: Any) -> None:
        """Ask for an event that the page itself would not ask for, in the name of whoever is at the page."""
        assert self._server is not None, "The page has opened no websocket yet."
        path = self._page.evaluate("window.location.pathname")
        event = {
            "name": f"{state.get_full_name()}.{handler}",
            "payload": payload,
            "router_data": {"pathname": path, "asPath": path},
        }
        self._server.send(f"42/_event,{json.dumps(['event', event])}")

    def _connected(self, socket: WebSocketRoute) -> None:
        self._server = socket.connect_to_server()
