"""Impatience: of a double click on a button only the first click counts, and none while the button is busy.

The second is on its way before the server has said that the button is busy, and would wait there to be done
after the first. The browser itself tells what a double click is; a key that is held is not one. A form that
is sent by Enter clicks on its button, too.
"""

import reflex as rx
from reflex_components_core.core.window_events import WindowEventListener

# `aria-busy` is on every button of ours. On the window, and on the way down: before React hears of it.
_HOOK = """
useEffect(() => {
    const once = (event) => {
        const button = event.target.closest?.('[aria-busy]');
        if (!button || (event.detail < 2 && button.ariaBusy !== 'true')) return;
        event.preventDefault();
        event.stopPropagation();
    };
    window.addEventListener('click', once, true);
    return () => window.removeEventListener('click', once, true);
}, []);
"""


class Presses(WindowEventListener):
    """Renders nothing."""


def single_presses() -> rx.Component:
    """Takes those clicks away. One a page."""
    return Presses.create(hooks=[_HOOK])
