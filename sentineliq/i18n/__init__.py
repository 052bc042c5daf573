"""Languages: which one someone reads, and words, amounts and days in it.

The English words are the keys of the catalogues (`locales/<language>/LC_MESSAGES/messages.po`). Whoever
answers a person says first in which language (`speak`); what is said below that, in the same task, is in it.
"""

from .formats import day, day_and_time, number, short_day, warm_up
from .languages import COOKIE, LANGUAGES, Language, choose, language_of
from .phrases import Money, Phrase, kept, mark, say, say_plural, told
from .speaking import speak, speaking, spoken

__all__ = [
    "COOKIE",
    "LANGUAGES",
    "Language",
    "Money",
    "Phrase",
    "choose",
    "day",
    "day_and_time",
    "kept",
    "language_of",
    "mark",
    "number",
    "say",
    "say_plural",
    "short_day",
    "speak",
    "speaking",
    "spoken",
    "told",
    "warm_up",
]
