"""Reading the words of built pages, which hold every language."""

import json
import re

_TEXT = r'"((?:[^"\\]|\\.)*)"'
_NO_WORDS = re.compile(r'\?\.\["\w+"\]|\["\w+"\]|=== "[^"]*"|case "[^"]*"|JSON\.stringify\("[^"]*"\)')
"""Names of fields, and values that are only compared with."""
_CHOICE = re.compile(
    rf"\((?:\(?[\w.]+language_rx_state_\?\.valueOf\?\.\(\)|\(typeof document[^)]*\)\?\.valueOf\?\.\(\)) === "
    rf'"[\w-]+"\?\.valueOf\?\.\(\)\) \? {_TEXT} : {_TEXT}\)'
)


def english(text: object) -> str:
    """The English of what a page says."""
    return _CHOICE.sub(lambda choice: choice[2], str(text)).strip("()")


def without_choices(text: str) -> str:
    """What is left beside the words that each reader has in their own language."""
    return _CHOICE.sub("()", text)


def texts(code: str) -> list[str]:
    """The literals in what a page shows."""
    return [json.loads(f'"{text}"') for text in re.findall(_TEXT, _NO_WORDS.sub("", code))]
