"""A focus that is not lost: what has it may vanish, as the row of an invitation that was revoked."""

import reflex as rx
from reflex_components_core.core.window_events import WindowEventListener

# The browser says nothing of it, and leaves the focus on the body: whoever works by keyboard starts all over.
_HOOK = """
useEffect(() => {{
    let last;
    const note = (event) => {{ last = event.target; }};
    const observer = new MutationObserver(() => {{
        if (!last || last.isConnected || document.activeElement !== document.body) return;
        last = undefined;
        document.getElementById('{content}').focus({{ preventScroll: true }});
    }});
    document.addEventListener('focusin', note);
    observer.observe(document.body, {{ childList: true, subtree: true }});
    return () => {{ document.removeEventListener('focusin', note); observer.disconnect(); }};
}}, []);
"""


class KeptFocus(WindowEventListener):
    """Renders nothing."""


def kept_focus(*, content: str) -> rx.Component:
    """Moves the focus to the element of the id `content` when what had it is gone. One a page."""
    return KeptFocus.create(hooks=[_HOOK.format(content=content)])
