"""Reaching into Stripe's JSON, where any part may be missing or of another shape.

Every delivery comes through here dozens of times: one call each, and no more.
"""

from typing import Any


def dig(source: Any, *path: str) -> Any:
    """The value at a path of keys, or None where any part is missing or no object."""
    try:
        for key in path:
            source = source[key]
    except (KeyError, TypeError):
        return None
    return source


def first(*values: object) -> object:
    """The first that is not None."""
    for value in values:
        if value is not None:
            return value
    return None
