"""What the engine refuses, each with the words and codes that Stripe uses (https://docs.stripe.com/api/errors)."""

from typing import ClassVar

from sentineliq.sandbox.engine.values import Document


class SandboxError(Exception):
    """A refusal in Stripe's terms; `message` is safe to show."""

    status: ClassVar[int] = 400
    kind: ClassVar[str] = "invalid_request_error"
    keeps_effects: bool = False
    """Whether what was written before the refusal stays (a declined charge is still a charge)."""

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param


class InvalidRequest(SandboxError):
    """The call makes no sense: a wrong parameter, or a state that does not allow it."""


class NotFound(SandboxError):
    """No such object (`resource_missing`)."""

    status = 404

    def __init__(self, noun: str, document_id: str, *, param: str = "id") -> None:
        super().__init__(f"No such {noun}: '{document_id}'", code="resource_missing", param=param)


class MissingReference(InvalidRequest):
    """A parameter names an object that does not exist: Stripe answers 400, not 404."""

    def __init__(self, noun: str, document_id: str, *, param: str) -> None:
        super().__init__(f"No such {noun}: '{document_id}'", code="resource_missing", param=param)


class SessionNotOpen(SandboxError):
    """The checkout session is complete or expired."""


class InvalidPromotionCode(SandboxError):
    """The code does not exist, is used up, or does not apply here."""


class CardDeclined(SandboxError):
    """The card was refused: by its number, expiry or CVC, or by its issuer."""

    status = 402
    kind = "card_error"
    keeps_effects = True

    def __init__(
        self,
        message: str,
        *,
        code: str,
        decline_code: str | None = None,
        param: str | None = None,
        charge: str | None = None,
        payment_intent: Document | None = None,
    ) -> None:
        super().__init__(message, code=code, param=param)
        self.decline_code = decline_code
        self.charge = charge
        self.payment_intent = payment_intent


class AuthenticationRequired(SandboxError):
    """The card wants its holder's answer (3D Secure): ask, then call again with `authenticated=True`."""

    status = 402
    kind = "card_error"

    def __init__(self) -> None:
        super().__init__(
            "This payment requires additional user action before it can be completed successfully.",
            code="authentication_required",
        )
        self.decline_code = "authentication_required"
        self.charge: str | None = None
        self.payment_intent: Document | None = None
