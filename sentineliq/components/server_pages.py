"""Addresses that the router does not know but the server may: the server has the last word on them."""

from typing import Any

import reflex as rx
from reflex.vars.base import Var
from reflex_components_core.core.window_events import WindowEventListener

_HOOK = """
useEffect(() => {
    const bare = (path) => path.replace(/\\/+$/, '');
    const [loaded] = performance.getEntriesByType('navigation');
    if (!loaded || bare(new URL(loaded.name).pathname) === bare(window.location.pathname)) return;
    document.body.style.visibility = 'hidden';
    window.addEventListener('pageshow', (event) => event.persisted && window.location.reload());
    window.location.replace(window.location.href);
}, []);
"""


class AskServer(WindowEventListener):
    """Renders nothing; an address that the router came to by itself is loaded again from the server.

    A redirect to our own origin (https://reflex.dev/docs/api-reference/special-events/#rx.redirect) never
    leaves the router, which has no route for what the server alone serves. Where the document itself is the
    server's answer, that answer stands: it is the 404.
    """

    def add_hooks(self) -> list[str | Var[Any]]:
        return [_HOOK]


def ask_server() -> rx.Component:
    return AskServer.create()
