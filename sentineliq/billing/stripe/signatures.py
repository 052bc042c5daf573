"""Whether Stripe signed these bytes (https://docs.stripe.com/webhooks#verify-manually).

Written out instead of calling the SDK's `verify_header`, which decodes the body first (so that bytes that
are no text would count as unsigned) and lets times in the future pass.
"""

import hmac
import re
import time
from binascii import unhexlify
from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import AppError

TOLERANCE = 300
"""Seconds that a signature's time may be off, either way (https://docs.stripe.com/webhooks#replay-attacks)."""

_USUAL = re.compile(rb"t=([0-9]{1,12}),v1=([0-9a-f]{64})")
_SIGNATURE = re.compile(rb"[0-9a-f]{64}")
_TIMESTAMP = re.compile(rb"[0-9]{1,12}")


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

    timestamp: bytes
    candidates: tuple[bytes, ...]

    def verify(self, body: bytes, secrets: Iterable[bytes]) -> None:
        """Raises `SignatureInvalid`; any one of the secrets may have signed.

        An empty secret never verifies anything.
        """
        for secret in secrets:
            expected = hmac.digest(secret, b"%b.%b" % (self.timestamp, body), "sha256")
            for candidate in self.candidates:
                if secret and hmac.compare_digest(expected, candidate):
                    return
        raise SignatureInvalid


def read_signature(header: bytes | None) -> Signature:
    """What no secret could have signed now is refused before any body is read.

    Raises `SignatureMissing` or `SignatureInvalid`.
    """
    if not header:
        raise SignatureMissing
    if usual := _USUAL.fullmatch(header):
        timestamp, candidates = usual[1], (unhexlify(usual[2]),)
    else:
        parts = [part.strip().partition(b"=")[::2] for part in header.split(b",")]
        timestamp = next((value for key, value in parts if key == b"t"), b"")
        digests = [value for key, value in parts if key == b"v1" and _SIGNATURE.fullmatch(value)]
        candidates = tuple(map(unhexlify, digests))
        if not _TIMESTAMP.fullmatch(timestamp) or not candidates:
            raise SignatureInvalid
    if not -TOLERANCE <= time.time() - int(timestamp) <= TOLERANCE:
        raise SignatureInvalid
    return Signature(timestamp, candidates)


def signature_of(body: bytes, secret: str, *, at: int) -> str:
    """The header with which Stripe would deliver these bytes."""
    digest = hmac.digest(secret.encode(), b"%d.%b" % (at, body), "sha256")
    return f"t={at},v1={digest.hex()}"
