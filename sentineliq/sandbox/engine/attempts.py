"""Work that may have to be undone while its transaction goes on."""

from collections.abc import Callable
from typing import TypeVar

from sentineliq.sandbox.engine.books import Books
from sentineliq.sandbox.engine.errors import CardDeclined

T = TypeVar("T")


def tried_out(books: Books, work: Callable[[], T]) -> T:
    """What would come of it: everything written in the meantime is undone, events too."""
    noted = list(books.pending)
    books.connection.execute("SAVEPOINT attempt")
    try:
        return work()
    finally:
        books.connection.execute("ROLLBACK TO attempt")
        books.connection.execute("RELEASE attempt")
        books.pending = noted


def all_or_nothing(books: Books, customer_id: str, work: Callable[[], T]) -> T:
    """A declined card undoes all of it, but for a failure that was asked for: that one is used up.

    Raises CardDeclined.
    """
    noted = list(books.pending)
    books.connection.execute("SAVEPOINT attempt")
    try:
        result = work()
    except CardDeclined as error:
        books.connection.execute("ROLLBACK TO attempt")
        books.pending = noted
        books.keep_secret(customer_id, fail_next_payment=False)
        error.keeps_effects = True
        raise
    books.connection.execute("RELEASE attempt")
    return result
