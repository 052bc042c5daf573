"""One request of Stripe's API, from bytes to bytes: key, parameters, idempotency, operation, expansion."""

import base64
import binascii
import hashlib
import json
import logging
import secrets
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sentineliq.sandbox.api import forms, limits, parameters, permissions
from sentineliq.sandbox.api.envelopes import answer, refusal_body
from sentineliq.sandbox.api.expansion import expand
from sentineliq.sandbox.api.operations import HANDLERS
from sentineliq.sandbox.config import SandboxConfig
from sentineliq.sandbox.engine import Engine
from sentineliq.sandbox.engine.books import Books, Call
from sentineliq.sandbox.engine.documents import random_text
from sentineliq.sandbox.engine.errors import InvalidRequest, SandboxError

logger = logging.getLogger(__name__)

KEPT_FOR = 24 * 3600
"""Seconds for which an idempotency key is remembered."""
LONGEST_KEY = 255


class Unauthorized(SandboxError):
    """No key, or a wrong one."""

    status: ClassVar[int] = 401


class UnknownUrl(SandboxError):
    """No such operation."""

    status: ClassVar[int] = 404


class IdempotencyMismatch(SandboxError):
    """The key came before with other parameters."""

    kind: ClassVar[str] = "idempotency_error"


class InternalError(SandboxError):
    """A fault of the sandbox itself."""

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "api_error"


@dataclass(frozen=True)
class Outcome:
    """What goes back to the caller."""

    status: int
    body: str
    original_request: str | None = None
    """The earlier request whose answer comes again."""


@dataclass(frozen=True)
class Asked:
    """A request, understood and checked."""

    operation: parameters.Operation
    params: dict[str, Any]
    call: Call
    path: str
    fingerprint: str
    """The same for the same parameters, in whatever order."""


class Protocol:
    """The endpoint behind every path of the API."""

    def __init__(self, engine: Engine, config: SandboxConfig) -> None:
        self._engine = engine
        self._config = config

    async def handle(self, request: Request) -> Response:
        request_id = f"req_{random_text(14)}"
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        try:
            asked = await self._understand(request, Call(request_id, key))
            outcome = await self._engine.transact(lambda books: _perform(books, asked), call=asked.call)
        except SandboxError as error:
            outcome = Outcome(error.status, refusal_body(error, request_id=request_id))
        except ClientDisconnect:
            outcome = Outcome(400, "{}")
        except Exception:
            logger.exception("the sandbox failed on %s %s", request.method, request.url.path)
            fault = InternalError("The sandbox has a fault of its own: see its log.")
            outcome = Outcome(fault.status, refusal_body(fault, request_id=request_id))
        return answer(
            outcome.status,
            outcome.body,
            request_id=request_id,
            idempotency_key=key,
            original_request=outcome.original_request,
        )

    async def _understand(self, request: Request, call: Call) -> Asked:
        path = f"/v1/{request.path_params['path']}"
        key = _authorize(
            request.headers.get("authorization", ""), (self._config.api_key, self._config.restricted_key)
        )
        operation = parameters.find_operation(request.method, path)
        if operation is None:
            raise UnknownUrl(
                f"Unrecognized request URL ({request.method}: {path}). Please see "
                f"https://stripe.com/docs or we can "
                "help at https://support.stripe.com/."
            )
        if len(call.idempotency_key or "") > LONGEST_KEY:
            raise InvalidRequest(f"Idempotency keys have at most {LONGEST_KEY} characters.")
        if key == self._config.restricted_key:
            permissions.check(operation.name, self._config.withheld)
        query, body = request.url.query, (await request.body()).decode("utf-8", "replace")
        given = {**forms.decode(query), **forms.decode(body)}
        fingerprint = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()
        params = parameters.check(operation, given)
        limits.check(operation.name, params)
        return Asked(operation, params, call, path, fingerprint)


def _perform(books: Books, asked: Asked) -> Outcome:
    """Within one transaction: the operation and, under an idempotency key, its remembered answer."""
    known = _remembered(books, asked)
    if known is not None:
        return known
    request_id = str(asked.call.request_id)
    try:
        result = HANDLERS[asked.operation.name](books, asked.operation.ids, _plain(asked.params))
        expand(books, result, asked.params.get("expand", ()))
        outcome = Outcome(200, json.dumps(result, indent=2))
    except SandboxError as error:
        if error.keeps_effects:
            _remember(books, asked, Outcome(error.status, refusal_body(error, request_id=request_id)))
        raise
    _remember(books, asked, outcome)
    return outcome


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name != "expand"}


def _remembered(books: Books, asked: Asked) -> Outcome | None:
    if asked.call.idempotency_key is None:
        return None
    books.connection.execute("DELETE FROM idempotency WHERE created < ?", (time.time() - KEPT_FOR,))
    row = books.connection.execute(
        "SELECT * FROM idempotency WHERE key = ?", (asked.call.idempotency_key,)
    ).fetchone()
    if row is None:
        return None
    path, _, fingerprint = row["fingerprint"].rpartition(" ")
    first = (
        f"for the same endpoint they were first used for ('{asked.path}' vs '{path}')"
        if path != asked.path
        else "with the same parameters they were first used with"
    )
    if (path, fingerprint) != (asked.path, asked.fingerprint):
        raise IdempotencyMismatch(
            f"Keys for idempotent requests can only be used {first}. Try using a key other than "
            f"'{asked.call.idempotency_key}' if you meant to execute a different request."
        )
    return Outcome(row["status"], row["body"], row["request_id"])


def _remember(books: Books, asked: Asked, outcome: Outcome) -> None:
    if asked.call.idempotency_key is not None:
        books.connection.execute(
            "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?)",
            (
                asked.call.idempotency_key,
                f"{asked.path} {asked.fingerprint}",
                outcome.status,
                outcome.body,
                asked.call.request_id,
                int(time.time()),
            ),
        )


def _authorize(header: str, keys: tuple[str, ...]) -> str:
    """The key of `Bearer sk_…`, or of Basic's user name. Raises Unauthorized."""
    scheme, _, given = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    if not given.strip():
        raise Unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization "
            "header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    for key in keys:
        if secrets.compare_digest(given.strip().encode(), key.encode()):
            return key
    raise Unauthorized(f"Invalid API Key provided: {given[:8]}***{given[-4:]}")
