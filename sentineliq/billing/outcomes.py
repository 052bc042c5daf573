"""Where an event stands after a delivery."""

from dataclasses import dataclass

from .models import EventStatus


@dataclass(frozen=True, slots=True)
class Outcome:
    """`duplicate` when it had been settled before."""

    status: EventStatus
    workspace_id: str | None = None
    duplicate: bool = False
    trial_of: str | None = None
    """The subscription whose trial was judged."""
