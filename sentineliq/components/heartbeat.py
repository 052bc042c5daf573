"""A slow tick, so that a page which missed a push still comes up to date."""

from typing import Any

import reflex as rx
from reflex.event import EventHandler, no_args_event_spec
from reflex.vars.base import Var
from reflex_components_core.core.window_events import WindowEventListener


class Heartbeat(WindowEventListener):
    """Renders nothing; fires `on_tick` every minute while the tab is visible, and when it becomes so."""

    on_tick: EventHandler[no_args_event_spec]

    def add_hooks(self) -> list[str | Var[Any]]:
        return [
            *self.hooks,
            Var(
                f"""
useEffect(() => {{
    const tick = {Var.create(self.event_triggers["on_tick"])};
    const whenVisible = () => {{ if (!document.hidden) tick(); }};
    const timer = window.setInterval(whenVisible, 60000);
    document.addEventListener('visibilitychange', whenVisible);
    return () => {{
        window.clearInterval(timer);
        document.removeEventListener('visibilitychange', whenVisible);
    }};
}}, []);
"""
            ),
        ]


def heartbeat(*, on_tick: EventHandler) -> rx.Component:
    return Heartbeat.create(on_tick=on_tick)
