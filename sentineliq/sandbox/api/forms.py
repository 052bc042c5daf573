"""Stripe's form encoding: brackets make hashes and lists (`items[0][price]=…`, `expand[]=…`)."""

import re
from typing import Any
from urllib.parse import parse_qsl

from sentineliq.sandbox.engine.errors import InvalidRequest

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def decode(text: str) -> dict[str, Any]:
    """Nested hashes and lists of strings. Raises InvalidRequest for keys that contradict each other."""
    root: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        match = _KEY.fullmatch(key)
        if match is None:
            raise InvalidRequest(f"Invalid string: {key}", param=key)
        path = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        _put(root, path, value, key)
    return {name: _with_lists(value) for name, value in root.items()}


class _Appended(list[Any]):
    """Made of `name[]`, where each value is one more."""


def _put(node: dict[str, Any], path: list[str], value: str, key: str) -> None:
    for place, part in enumerate(path[:-1]):
        if path[place + 1] == "":
            node = _append(node, part, path[place + 2 :], value, key)
            if not node:
                return
            _put(node, path[place + 2 :], value, key)
            return
        inner = node.setdefault(part, {})
        if not isinstance(inner, dict):
            raise InvalidRequest(f"Invalid object: {key}", param=path[0])
        node = inner
    if isinstance(node.get(path[-1]), dict):
        raise InvalidRequest(f"Invalid object: {key}", param=path[0])
    node[path[-1]] = value


def _append(node: dict[str, Any], part: str, rest: list[str], value: str, key: str) -> dict[str, Any]:
    """The hash that `part[][rest]` goes into; an empty one when the value itself was appended."""
    items = node.setdefault(part, _Appended())
    if not isinstance(items, _Appended):
        raise InvalidRequest(f"Invalid array: {key}", param=part)
    if not rest:
        items.append(value)
        return {}
    if not items or not isinstance(items[-1], dict) or rest[0] in items[-1]:
        items.append({rest[0]: {} if len(rest) > 1 else ""})
    return items[-1]


def _with_lists(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_lists(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_with_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(one) for key, one in value.items()}
