"""What is asked of the database, however it is reached."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

BEGINNINGS = ("BEGIN", "PRAGMA")


@contextmanager
def asked_meanwhile() -> Iterator[list[str]]:
    """The statements of the block, in their order; those that only open a transaction are left out."""
    seen: list[str] = []

    def note(_connection, _cursor, statement: str, *_rest) -> None:
        if not statement.startswith(BEGINNINGS):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
