"""What a component's argument may be: fixed when the page is built, or read from the state."""

import reflex as rx
from reflex.event import EventType

Words = rx.Var | str
Flag = rx.Var | bool
Child = rx.Component | rx.Var | str
OnEvent = EventType[()]

__all__ = ["Child", "Flag", "OnEvent", "Words"]
