"""Signed tokens: what a cookie or a mailed link carries. Each purpose has its own audience."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import jwt

from ..config import get_settings

_ALGORITHM = "HS256"


class TokenPurpose(StrEnum):
    SESSION = "session"
    VERIFY_EMAIL = "verify-email"
    PASSWORD_RESET = "password-reset"  # noqa: S105  a purpose
    INVITATION = "invitation"

    @property
    def audience(self) -> str:
        return f"sentineliq:{self.value}"


class InvalidToken(Exception):
    """Not ours, for something else, changed, or expired: who holds it need not know which."""


def issue_token(
    purpose: TokenPurpose,
    *,
    subject: str,
    expires_at: datetime,
    claims: Mapping[str, str] | None = None,
) -> str:
    """A token about `subject` that `read_token` accepts for this purpose until `expires_at`."""
    body = {**(claims or {}), "sub": subject, "aud": purpose.audience, "exp": expires_at}
    return jwt.encode(body, _key(), algorithm=_ALGORITHM)


def read_token(purpose: TokenPurpose, token: str) -> dict[str, Any]:
    """The claims, `sub` among them. Raises `InvalidToken`."""
    try:
        claims = _verified(purpose, token, _key())
    except jwt.InvalidTokenError as error:
        raise InvalidToken(purpose) from error
    if claims["exp"] <= time.time():
        raise InvalidToken(purpose)
    return dict(claims)


@lru_cache(maxsize=4096)
def _verified(purpose: TokenPurpose, token: str, key: str) -> dict[str, Any]:
    """What was signed stays signed: of a token that comes with every click, only the time is asked again."""
    return jwt.decode(
        token,
        key,
        algorithms=[_ALGORITHM],
        audience=purpose.audience,
        options={"require": ["exp", "sub", "aud"]},
    )


def fingerprint(secret: str) -> str:
    """Tells whether a stored secret is still the same one, without telling the secret."""
    return hmac.new(_key().encode(), secret.encode(), hashlib.sha256).hexdigest()


def _key() -> str:
    return get_settings().jwt_secret.get_secret_value()
