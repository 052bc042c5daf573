"""Restricted keys (https://docs.stripe.com/keys/restricted-api-keys): what a call needs, by its path."""

from typing import ClassVar

from sentineliq.sandbox.engine.errors import SandboxError


class PermissionDenied(SandboxError):
    """The key is known, and may not do this."""

    status: ClassVar[int] = 403


def check(operation: str, withheld: frozenset[str]) -> None:
    """Raises PermissionDenied where the operation needs one of the `withheld` permissions."""
    needed = needed_for(operation)
    if needed in withheld:
        raise PermissionDenied(
            "The provided key 'rk_test_***' does not have the required permissions for this endpoint on "
            f"account 'acct_1SentinelIQSandbox'. Having the '{needed}' permission would allow this request "
            "to continue."
        )


def needed_for(operation: str) -> str:
    """`GET /v1/checkout/sessions/{}` needs `rak_checkout_session_read`: reading or writing a resource."""
    method, _, path = operation.partition(" ")
    parts = path.removeprefix("/v1/").split("/{}")[0].split("/")
    resource = "_".join(part.removesuffix("s") for part in parts)
    return f"rak_{resource}_{'read' if method == 'GET' else 'write'}"
