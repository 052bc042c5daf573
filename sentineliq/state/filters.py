"""What narrows a list."""

from collections.abc import Mapping
from typing import ClassVar

import reflex as rx


class Filtered(rx.State, mixin=True):
    """A state whose list is narrowed by fields of its own, named as in the address.

    `filter_version` differs after each time that the fields were set from outside of the form.
    """

    FILTERS: ClassVar[tuple[str, ...]]
    """Say `ClassVar` again where it is set, or Reflex makes a var of it."""

    filter_version: str = "0"

    def _chosen(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.FILTERS}

    def _choose(self, name: str, value: str) -> None:
        """Set one filter; what is none is left alone."""
        if name in self.FILTERS:
            setattr(self, name, value)

    def _set_filters(self, values: Mapping[str, str]) -> None:
        """Set all of them; those without a value are taken away."""
        for name in self.FILTERS:
            setattr(self, name, values.get(name, ""))
        self.filter_version = str(int(self.filter_version) + 1)
