"""Leaving for an address that the server or another site answers, in the same tab.

Reflex's redirect keeps to its own router for our own origin, which knows no page of the server's alone
(the Stripe sandbox is such a one), and a script sent by the server would need an unsafe CSP.
"""

import reflex as rx
from reflex_base.utils.imports import ImportDict
from reflex_components_core.core.window_events import WindowEventListener

_HOOK = """
useEffect(() => {{
    const leave = (url) => {{
        window.addEventListener('pageshow', (event) => event.persisted && window.location.reload());
        window.location.assign(url);
    }};
    refs['ref_{name}'] = {{ current: {{ set value(url) {{ leave(url); }} }} }};
    return () => {{ delete refs['ref_{name}']; }};
}}, []);
"""


class Departure(WindowEventListener):
    """Renders nothing; `rx.set_value(name, url)` from a handler makes the browser go there."""

    def add_imports(self) -> ImportDict:
        return {"$/utils/state": "refs"}


def departure(name: str) -> rx.Component:
    """Lets handlers send the page elsewhere. One a page."""
    return Departure.create(hooks=[_HOOK.format(name=name)])
