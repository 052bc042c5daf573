"""A slow tick, so that a page which missed a push still comes up to date."""

from typing import Any

import reflex as rx
from reflex.event import EventHandler, no_args_event_spec
from reflex.vars.base import Var
from reflex_components_core.core.window_events import WindowEventListener

from .types import OnEvent

_HOOK = """
useEffect(() => {{
    const tick = {tick};
    const whenVisible = () => {{ if (!document.hidden) tick(); }};
    const timer = window.setInterval(whenVisible, 60000);
    document.addEventListener('visibilitychange', whenVisible);
    return () => {{
        window.clearInterval(timer);
        document.removeEventListener('visibilitychange', whenVisible);
    }};
}}, []);
"""


class Heartbeat(WindowEventListener):
    """Renders nothing; fires `on_tick` every minute while the tab is visible, and when it becomes so."""

    on_tick: EventHandler[no_args_event_spec]

    def add_hooks(self) -> list[str | Var[Any]]:
        return [Var(_HOOK.format(tick=Var.create(self.event_triggers["on_tick"])))]


def heartbeat(*, on_tick: OnEvent) -> rx.Component:
    return Heartbeat.create(on_tick=on_tick)
