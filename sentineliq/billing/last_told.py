"""What Stripe told last, kept by this worker: shown with its age while Stripe cannot be asked."""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime
from typing import Generic, TypeVar

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
