"""What Stripe's refusals mean for who connects the account, and what mends them."""

import re

import stripe
from stripe import APIConnectionError, AuthenticationError, RateLimitError, StripeError

from ....config import Settings

_PERMISSION = re.compile(r"rak_\w+")
_KEY = re.compile(r"\b(?:sk|rk)_\w*[\w*]+")


def explain(error: StripeError, settings: Settings) -> tuple[str, str]:
    """What is wrong, and the mend. The key is never part of it, not even as Stripe abbreviates it."""
    if isinstance(error, AuthenticationError):
        return "Stripe does not accept the key", "set STRIPE_API_KEY to one of Developers → API keys"
    if isinstance(error, stripe.PermissionError):
        lacks = permission_of(error)
        return f"the key lacks the permission {lacks}", f"grant {lacks} under Developers → API keys"
    if isinstance(error, APIConnectionError):
        return _unreachable(settings)
    if isinstance(error, RateLimitError):
        return "Stripe is asked too often right now", "run it again in a minute"
    if error.http_status is not None and error.http_status >= 500:
        return f"Stripe answers with {error.http_status}", "see https://status.stripe.com, run it again"
    said = _KEY.sub("the key", str(error.user_message or error))
    return f"Stripe refuses: {said}", "see the request in Developers → Logs"


def permission_of(error: stripe.PermissionError) -> str:
    """The permission that Stripe names (https://docs.stripe.com/keys/restricted-api-keys)."""
    named = _PERMISSION.search(str(error.user_message or error))
    return named.group() if named else "for this call"


def _unreachable(settings: Settings) -> tuple[str, str]:
    if settings.uses_sandbox:
        return f"the built-in sandbox does not answer at {settings.stripe_api_base}", "start it: `make run`"
    base = settings.stripe_api_base or "https://api.stripe.com"
    return f"{base} cannot be reached", "check this machine's network, DNS, proxy and firewall"
