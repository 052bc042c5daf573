"""Whether Stripe signed these bytes (https://docs.stripe.com/webhooks#verify-manually).

Written out instead of calling the SDK's `verify_header`, which decodes the body first (so that bytes that
are no text would count as unsigned) and lets times in the future pass.
"""

import hmac
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import AppError

TOLERANCE = 300
"""Seconds that a signature's time may be off, either way (https://docs.stripe.com/webhooks#replay-attacks)."""

_USUAL = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", re.ASCII)
_SIGNATURE = re.compile(rb"[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class SignatureMissing(AppError):
    status = 400
    message = "The Stripe-Signature header is missing."


class SignatureInvalid(AppError):
    """500, as specified: Stripe retries it, so a wrong secret loses nothing."""

    status = 500
    message = "The webhook signature could not be verified."


@dataclass(frozen=True, slots=True)
class Signature:
    """What a `Stripe-Signature` header says: when it was signed, and by what digests."""

    timestamp: str
    candidates: tuple[bytes, ...]

    def verify(self, body: bytes, secrets: Iterable[str]) -> None:
        """Raises `SignatureInvalid`; any one of the secrets may have signed.

        An empty secret never verifies anything.
        """
        for secret in secrets:
            if secret and _matches(body, self.timestamp, secret, self.candidates):
                return
        raise SignatureInvalid


def read_signature(header: str | None) -> Signature:
    """What no secret could have signed now is refused before any body is read.

    Raises `SignatureMissing` or `SignatureInvalid`.
    """
    if not header:
        raise SignatureMissing
    if plain := _USUAL.fullmatch(header):
        timestamp, candidates = plain[1], (plain[2].encode(),)
    else:
        parts = [part.strip().partition("=")[::2] for part in header.split(",")]
        timestamp = next((value for key, value in parts if key == "t"), "")
        candidates = tuple(value.encode() for key, value in parts if key == "v1")
        if not _TIMESTAMP.fullmatch(timestamp):
            raise SignatureInvalid
        if not any(_SIGNATURE.fullmatch(candidate) for candidate in candidates):
            raise SignatureInvalid
    if not -TOLERANCE <= time.time() - int(timestamp) <= TOLERANCE:
        raise SignatureInvalid
    return Signature(timestamp, candidates)


def signature_of(body: bytes, secret: str, *, at: int) -> str:
    """The header with which Stripe would deliver these bytes."""
    return f"t={at},v1={_digest(body, str(at), secret)}"


def _digest(body: bytes, timestamp: str, secret: str) -> str:
    return hmac.digest(secret.encode(), b"%s.%s" % (timestamp.encode(), body), "sha256").hex()


def _matches(body: bytes, timestamp: str, secret: str, candidates: Iterable[bytes]) -> bool:
    expected = _digest(body, timestamp, secret).encode()
    return any(hmac.compare_digest(expected, candidate) for candidate in candidates)
