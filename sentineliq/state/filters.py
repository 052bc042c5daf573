"""What narrows a list, in the page's address, too."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

import reflex as rx
from reflex.event import EventSpec

from ..errors import AppError

ADDRESS = "address"
"""Names what a page with filters has for writing its address."""


class Filtered(rx.State, mixin=True):
    """A state whose list is narrowed by fields of its own, named as in the address.

    `filter_version` differs after each time that the fields were set from outside of the form.
    """

    FILTERS: ClassVar[tuple[str, ...]]
    """Say `ClassVar` again where it is set, or Reflex makes a var of it."""
    PARSE: ClassVar[Callable[..., Any]]
    """What understands them, by their names; it raises an `AppError` for what it does not."""

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

    def _read_address(self, query: Mapping[str, str]) -> None:
        """Set all of them as an address says, whoever wrote it: what is not understood is none."""
        self._set_filters({name: value for name, value in query.items() if self._understands(name, value)})

    def _understands(self, name: str, value: str) -> bool:
        try:
            return name in self.FILTERS and bool(type(self).PARSE(**{name: value}))
        except AppError:
            return False

    def _write_address(self) -> EventSpec:
        chosen = {name: value for name, value in self._chosen().items() if value}
        return rx.set_value(ADDRESS, f"?{urlencode(chosen)}" if chosen else "")
