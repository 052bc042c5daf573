"""What a page does by itself when its state has changed."""

from typing import Any

import reflex as rx
from reflex.vars.base import Var
from reflex_components_core.core.window_events import WindowEventListener


def effect(script: str, *, of: Var) -> rx.Component:
    """Renders nothing; runs the script, in which `VALUE` is what it is of, at first and after each change."""
    body = script.replace("VALUE", str(of))
    hook: Any = Var(f"\nuseEffect(() => {{{body}}}, [{of}]);\n", _var_data=of._get_all_var_data())
    return WindowEventListener.create(hooks=[hook])
