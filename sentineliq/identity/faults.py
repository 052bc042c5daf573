"""A form that cannot be accepted: why, and which field to mend."""

from ..errors import AppError
from .messages import MESSAGES, Fault


class FormFault(AppError):
    """`field` is the form field to show the message beside; empty for the whole form."""

    def __init__(self, fault: Fault, *, field: str = "") -> None:
        self.fault, self.field = fault, field
        super().__init__(MESSAGES[fault])
