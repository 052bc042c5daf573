"""The page's address, kept at what the page shows: to be reloaded, bookmarked and shared."""

import reflex as rx
from reflex_base.utils.imports import ImportDict
from reflex_components_core.core.window_events import WindowEventListener

# In the place of the address that was: Back leads off the page, and back to it as it was left.
_HOOK = """
useEffect(() => {{
    const show = (query) => {{
        window.history.replaceState(window.history.state, '', window.location.pathname + query);
    }};
    refs['ref_{name}'] = {{ current: {{ set value(query) {{ show(query); }} }} }};
    return () => {{ delete refs['ref_{name}']; }};
}}, []);
"""


class Address(WindowEventListener):
    """Renders nothing; `rx.set_value(name, query)` from a handler makes it the query of the address."""

    def add_imports(self) -> ImportDict:
        return {"$/utils/state": "refs"}


def kept_address(name: str) -> rx.Component:
    """Lets handlers write the query of the page's own address. One a page."""
    return Address.create(hooks=[_HOOK.format(name=name)])
