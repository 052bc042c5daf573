"""Arriving on another page without a new document: the browser says nothing and keeps the focus, so we do."""

import reflex as rx
from reflex_components_core.core.window_events import WindowEventListener

from .layout import visually_hidden

_ANNOUNCEMENT = "page-announcement"
_HOOK = """
useEffect(() => {{
    const before = window.sentineliqPage;
    window.sentineliqPage = window.location.pathname;
    if (before === undefined || before === window.sentineliqPage) return;
    document.getElementById('{content}')?.focus({{ preventScroll: true }});
    const timer = window.setTimeout(() => {{
        const region = document.getElementById('{announcement}');
        if (region) region.textContent = document.title;
    }}, 150);
    return () => window.clearTimeout(timer);
}}, []);
"""


class Arrival(WindowEventListener):
    """Renders nothing; on every page but the first, moves the focus to the content and says the title."""


def arrival(*, content: str) -> rx.Component:
    """`content` is the id of what takes the focus. One a page."""
    return rx.fragment(
        rx.el.div(visually_hidden(rx.el.span(id=_ANNOUNCEMENT)), role="status"),
        Arrival.create(hooks=[_HOOK.format(content=content, announcement=_ANNOUNCEMENT)]),
    )
