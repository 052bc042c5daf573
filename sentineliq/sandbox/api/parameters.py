"""What each operation takes: the tables of Stripe's API description, and the check against them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from sentineliq.sandbox.api import payment_pages
from sentineliq.sandbox.engine.errors import InvalidRequest

_TABLES: dict[str, dict[str, Any]] = json.loads(
    resources.files("sentineliq.sandbox.api").joinpath("parameters.json").read_text()
)
_TABLES["operations"] |= payment_pages.TABLES
_INTEGER = re.compile(r"-?\d+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE]-?\d+)?")

Schema = str | dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One call of the API: its name is `GET /v1/customers/{}`, `ids` what stood in the braces."""

    name: str
    ids: tuple[str, ...]


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(re.escape(name).replace(r"\{\}", "([^/]+)"))


_PATTERNS = sorted(
    ((name, _pattern(name)) for name in _TABLES["operations"]), key=lambda pair: pair[0].count("{")
)


def find_operation(method: str, path: str) -> Operation | None:
    """Literal paths win over those with braces."""
    for name, pattern in _PATTERNS:
        if match := pattern.fullmatch(f"{method} {path}"):
            return Operation(name, match.groups())
    return None


def names() -> tuple[str, ...]:
    """All operations that have a table."""
    return tuple(_TABLES["operations"])


def fields(name: str) -> tuple[str, ...]:
    """The top-level parameters of an operation."""
    return tuple(_TABLES["operations"][name]["fields"])


def check(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters in their types. Raises InvalidRequest: unknown, missing or malformed ones."""
    return _hash(_TABLES["operations"][operation.name], given, "")


def _check(schema: Schema, value: Any, path: str) -> Any:
    if isinstance(schema, dict) and "ref" in schema:
        schema = _TABLES["types"][schema["ref"]]
    if value == "" and not _may_be_empty(schema):
        raise _cannot_be_unset(path)
    if isinstance(schema, str):
        return _scalar(schema, value, path) if schema != "map" else _map(value, path)
    if "any" in schema:
        return _first_fit(schema["any"], value, path)
    if "enum" in schema:
        return _one_of(schema["enum"], value, path)
    if "array" in schema:
        if not isinstance(value, list):
            raise InvalidRequest("Invalid array", param=path)
        return [_check(schema["array"], one, f"{path}[{place}]") for place, one in enumerate(value)]
    if not isinstance(value, Mapping):
        raise InvalidRequest("Invalid object", param=path)
    return _hash(schema, value, path)


def _hash(schema: dict[str, Any], given: Mapping[str, Any], path: str) -> dict[str, Any]:
    fields = schema["fields"]
    for name in given:
        if name not in fields:
            param = f"{path}[{name}]" if path else name
            raise InvalidRequest(
                f"Received unknown parameter: {param}", code="parameter_unknown", param=param
            )
    for name in schema.get("required", ()):
        if name not in given:
            param = f"{path}[{name}]" if path else name
            raise InvalidRequest(f"Missing required param: {param}.", code="parameter_missing", param=param)
        if given[name] == "":
            raise _cannot_be_unset(f"{path}[{name}]" if path else name)
    return {
        name: _check(fields[name], value, f"{path}[{name}]" if path else name)
        for name, value in given.items()
    }


def _may_be_empty(schema: Schema) -> bool:
    """A string may, and whatever says so."""
    return schema == "string" if isinstance(schema, str) else "any" in schema or "" in schema.get("enum", ())


def _cannot_be_unset(path: str) -> InvalidRequest:
    return InvalidRequest(
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a "
        f"parameter; however '{path}' cannot be unset. You should remove '{path}' from your request or "
        "supply a non-empty value.",
        code="parameter_invalid_empty",
        param=path,
    )


def _first_fit(schemas: list[Schema], value: Any, path: str) -> Any:
    refusals: list[InvalidRequest] = []
    for schema in schemas:
        try:
            return _check(schema, value, path)
        except InvalidRequest as refusal:
            refusals.append(refusal)
    # the refusal that got furthest into the value says best what is wrong with it
    raise max(refusals, key=lambda refusal: len(refusal.param or ""))


def _map(value: Any, path: str) -> dict[str, str]:
    if isinstance(value, list):
        value = {str(place): one for place, one in enumerate(value)}
    if not isinstance(value, Mapping):
        raise InvalidRequest("Invalid object", param=path)
    for key, one in value.items():
        if not isinstance(one, str):
            raise InvalidRequest("Metadata values must be strings.", param=f"{path}[{key}]")
        for noun, text, most in (("key", key, 40), ("value", one, 500)):
            if len(text) > most:
                raise InvalidRequest(
                    f"Metadata {noun}s can have up to {most} characters, but you passed in a {noun} that is "
                    f"{len(text)} characters. Invalid {noun}: {text}",
                    param=f"{path}[{key}]",
                )
    return dict(value)


def _one_of(options: list[Any], value: Any, path: str) -> Any:
    for option in options:
        if value == str(option):
            return option
    shown = ", ".join(str(option) for option in options if option != "")
    raise InvalidRequest(f"Invalid {path}: must be one of {shown}", param=path)


def _scalar(kind: str, value: Any, path: str) -> Any:
    if not isinstance(value, str):
        raise InvalidRequest(f"Invalid {kind}", param=path)
    if kind == "integer":
        if not _INTEGER.fullmatch(value):
            raise InvalidRequest(f"Invalid integer: {value}", code="parameter_invalid_integer", param=path)
        return int(value)
    if kind == "number":
        if not _NUMBER.fullmatch(value):
            raise InvalidRequest(f"Invalid decimal: {value}", param=path)
        return float(value) if "." in value else int(value)
    if kind == "boolean":
        if value not in {"true", "false"}:
            raise InvalidRequest(f"Invalid boolean: {value}", param=path)
        return value == "true"
    return value
