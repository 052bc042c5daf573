"""What Stripe told last, kept by this worker: shown with its age while Stripe cannot be asked. And what it is
being asked: many pages of a workspace want the same at once."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from datetime import datetime
from typing import Any, Generic, TypeVar

from .. import db

Answer = TypeVar("Answer")

KEPT = 5_000
"""How many answers are kept; the oldest goes first."""


class LastTold(Generic[Answer]):
    """The last answer to each question."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, tuple[Answer, datetime]] = OrderedDict()

    def keep(self, question: Hashable, answer: Answer | None) -> None:
        """Remember the answer; None forgets the one before."""
        self._answers.pop(question, None)
        if answer is None:
            return
        self._answers[question] = (answer, db.now())
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)

    def recall(self, question: Hashable) -> tuple[Answer, datetime] | None:
        """The last answer and when it was given; None where there is none."""
        return self._answers.get(question)


class UnderWay(Generic[Answer]):
    """Questions that are being asked right now."""

    def __init__(self) -> None:
        self._asking: dict[Hashable, asyncio.Task[Answer]] = {}

    async def ask(self, question: Hashable, ask: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """What `ask` answers or raises; whoever asks the same meanwhile shares it."""
        task = self._asking.get(question)
        if task is None:
            task = self._asking[question] = asyncio.create_task(ask())
            task.add_done_callback(lambda _: self._asking.pop(question, None))
        return await asyncio.shield(task)  # a page that goes away takes it from nobody
