"""Which slice of a long list a page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request

Row = TypeVar("Row")

_MOST_DIGITS = 6


@dataclass(frozen=True)
class Paging:
    """The page `number` (from 1), of `size` rows, that the query parameter `name` asks for.

    Lists are read one row further than shown (`reach`): that tells of a next page without a count.
    """

    name: str
    number: int
    size: int
    has_next: bool = False

    @classmethod
    def asked_for(cls, request: Request, *, size: int, name: str = "page") -> "Paging":
        """What the query asks for; anything but a page number means the first page."""
        asked = request.query_params.get(name, "1")
        is_number = asked.isascii() and asked.isdigit() and len(asked) <= _MOST_DIGITS
        return cls(name=name, number=max(int(asked), 1) if is_number else 1, size=size)

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return (self.number - 1) * self.size

    @property
    def reach(self) -> int:
        """How many rows, counted from the first, have to be read to show this page."""
        return self.offset + self.size + 1

    def of(self, rows: Sequence[Row]) -> tuple[Sequence[Row], "Paging"]:
        """This page's part of the first `reach` rows, and the paging that knows whether there are more."""
        knowing = Paging(self.name, self.number, self.size, has_next=len(rows) >= self.reach)
        return rows[self.offset : self.offset + self.size], knowing
