"""Answers: JSON, Stripe's headers, and its error envelope (https://docs.stripe.com/api/errors)."""

import json

from starlette.responses import Response

from sentineliq.sandbox.engine.documents import API_VERSION
from sentineliq.sandbox.engine.errors import AuthenticationRequired, CardDeclined, SandboxError
from sentineliq.sandbox.engine.values import Document

DOCS = "https://docs.stripe.com/error-codes/"


def answer(
    status: int,
    body: str,
    *,
    request_id: str,
    idempotency_key: str | None = None,
    original_request: str | None = None,
) -> Response:
    """`original_request`: the earlier one whose answer this is."""
    headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION, "Cache-Control": "no-cache, no-store"}
    if idempotency_key is not None:
        headers |= {"Idempotency-Key": idempotency_key, "Original-Request": original_request or request_id}
    if original_request is not None:
        headers["Idempotent-Replayed"] = "true"
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def refusal_body(error: SandboxError, *, request_id: str) -> str:
    """The envelope of what the engine or the protocol refuses."""
    fields: Document = {"message": error.message, "type": error.kind}
    if error.code is not None:
        fields |= {"code": error.code, "doc_url": DOCS + error.code.replace("_", "-")}
    if error.param is not None:
        fields["param"] = error.param
    if isinstance(error, CardDeclined | AuthenticationRequired):
        extra = {"charge": error.charge, "decline_code": error.decline_code}
        if intent := error.payment_intent:
            failed_with = (intent["last_payment_error"] or {}).get("payment_method")
            extra |= {"payment_intent": intent, "payment_method": failed_with}
        fields |= {key: value for key, value in extra.items() if value is not None}
    fields["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
    return json.dumps({"error": fields}, indent=2)
