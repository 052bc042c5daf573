"""Turns: the open pages that are told of a change together, and what they have read for each other.

Each page still asks who its visitor is and reads what it shows. In a turn the same question is put to the
database once: who sends these cookies, the billing page as a member of this workspace sees it. A question
names all that its answer depends on. Outside of a turn nothing is shared.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(eq=False)
class Turn:
    """`cookies` are the `Cookie` headers of the turn's pages."""

    cookies: frozenset[str] = frozenset()
    _answers: dict[Hashable, asyncio.Task[Any]] = field(default_factory=dict)
    _is_over: bool = False

    def forget(self) -> None:
        """Another change was committed: what was read before is too old for whoever asks from now on."""
        self._answers.clear()

    def end(self) -> None:
        """A page that comes late asks for itself."""
        self._is_over = True
        self.forget()

    async def once(self, question: Hashable, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer to the question, asked by the first page that wants it."""
        if self._is_over:
            return await ask()
        answer = self._answers.get(question)
        if answer is None:
            answer = self._answers[question] = asyncio.create_task(ask())
        return await asyncio.shield(answer)  # a page that goes away takes it from nobody


_current: ContextVar[Turn | None] = ContextVar("turn", default=None)


def take(turn: Turn | None) -> None:
    """For the rest of this task: what is read now is read with the other pages of the turn."""
    _current.set(turn)


def cookies() -> frozenset[str]:
    """Of the pages that are told together with this one; none outside of a turn."""
    turn = _current.get()
    return turn.cookies if turn else frozenset()


async def once(question: Hashable, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Ask, or share what another page of the turn has asked."""
    turn = _current.get()
    return await (turn.once(question, ask) if turn else ask())
