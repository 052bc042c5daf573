"""Reaching into Stripe's JSON, where any part may be missing or of another shape."""

from typing import Any, cast


def dig(source: object, *path: str) -> Any:
    """The value at a path of keys, or None where any part is missing."""
    for key in path:
        source = cast(dict[str, Any], source).get(key) if isinstance(source, dict) else None
    return source


def first(*values: object) -> object:
    return next((value for value in values if value is not None), None)
