"""Every setting of the product, read from the environment once and validated at start."""

import os
import re
import secrets
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self

from dotenv import dotenv_values
from email_validator import EmailNotValidError, validate_email
from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator, model_validator

STRIPE_API_VERSION = "2025-04-30.basil"
SANDBOX_API_KEY = "sk_test_sandbox"
SANDBOX_WEBHOOK_SECRET = "whsec_sandbox"  # noqa: S105  fixed and public: the sandbox never runs in production

DEVELOPMENT_STAFF = "staff@example.com"
"""Who is staff in development, where ADMIN_EMAILS names nobody."""

SANDBOX_PATH = "/sandbox"
"""Where the built-in Stripe and the mailbox are served in development."""

WEBHOOK_PATH = "/webhooks/stripe"

PURPOSES: dict[str, str] = {
    "STRIPE_API_KEY": "secret key of the Stripe account, sk_… or rk_…",
    "STRIPE_WEBHOOK_SECRET": "signing secret of the webhook endpoint, whsec_…",
    "STRIPE_CUSTOMER_PORTAL_URL": "login link of Stripe's customer portal",
    "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "Stripe price of the Hobby plan, price_…",
    "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": "Stripe price of the Pro plan, price_…",
    "PAYMENTS_CREDITS_10_PLAN_ID": "Stripe price of 10 credits, price_…",
    "JWT_SECRET": "signs session, reset and invitation tokens, at least 32 characters",
    "DATABASE_URL": "postgresql://… (or sqlite:///…)",
    "WEB_CLIENT_URL": "public origin, such as https://app.example.com",
    "ADMIN_EMAILS": "mail addresses of staff, comma separated",
    "SENDER_EMAIL": "mail address that mails come from",
    "RESEND_API_KEY": "key of the Resend account that sends mails, re_…",
}
"""What production cannot start without, and what each is for."""


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class InvalidEnvironment(Exception):
    """The settings do not hold. `faults` has one line a variable, by name, never with its value."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("The environment is not complete:\n" + "\n".join(f"  - {fault}" for fault in faults))


def _comma_separated(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _address(value: str) -> str:
    """The bare, lower-cased address of `Name <address>` or `address`."""
    bare = value.rsplit("<", 1)[-1].rstrip("> ").strip()
    try:
        validate_email(bare, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError("is not a valid mail address") from None
    return bare.lower()


class Settings(BaseModel):
    """The environment, typed. Secrets are `SecretStr`: they do not print."""

    sentineliq_env: Environment = Environment.DEVELOPMENT
    sentineliq_data_dir: Path = Path(".data")
    port: int = Field(default=3000, ge=1, le=65535)

    stripe_api_key: SecretStr | None = None
    stripe_webhook_secret: tuple[SecretStr, ...] = ()
    stripe_api_version: str = STRIPE_API_VERSION
    stripe_api_base: str | None = None
    stripe_customer_portal_url: str = ""
    payments_hobby_subscription_plan_id: tuple[str, ...] = ()
    payments_pro_subscription_plan_id: tuple[str, ...] = ()
    payments_credits_10_plan_id: tuple[str, ...] = ()
    payments_hobby_annual_plan_id: tuple[str, ...] = ()
    payments_pro_annual_plan_id: tuple[str, ...] = ()
    stripe_portal_configuration_id: str | None = None
    payments_trial_days: int = Field(default=14, ge=0, le=730)

    jwt_secret: SecretStr = SecretStr("")
    database_url: str = Field(default="", repr=False)
    redis_url: str | None = Field(default=None, repr=False)
    web_client_url: str = ""
    admin_emails: tuple[str, ...] = ()
    sender_email: str = "SentinelIQ <billing@sentineliq.example>"
    resend_api_key: SecretStr | None = None
    metrics_token: SecretStr | None = None

    uses_sandbox: bool = False

    _split = field_validator(
        "stripe_webhook_secret",
        "payments_hobby_subscription_plan_id",
        "payments_pro_subscription_plan_id",
        "payments_credits_10_plan_id",
        "payments_hobby_annual_plan_id",
        "payments_pro_annual_plan_id",
        "admin_emails",
        mode="before",
    )(_comma_separated)

    @field_validator("stripe_api_key")
    @classmethod
    def _is_secret_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"(sk|rk)_(test|live)_\w+", value.get_secret_value()):
            raise ValueError("is not a secret key of Stripe (sk_test_…, sk_live_… or rk_…)")
        return value

    @field_validator("stripe_webhook_secret")
    @classmethod
    def _are_signing_secrets(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(not re.fullmatch(r"whsec_\S+", secret.get_secret_value()) for secret in value):
            raise ValueError("is not a signing secret of Stripe (whsec_…)")
        return value

    @field_validator(
        "payments_hobby_subscription_plan_id",
        "payments_pro_subscription_plan_id",
        "payments_credits_10_plan_id",
        "payments_hobby_annual_plan_id",
        "payments_pro_annual_plan_id",
    )
    @classmethod
    def _are_prices(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not re.fullmatch(r"(price|plan)_\w+", price) for price in value):
            raise ValueError("is not a price id of Stripe (price_…)")
        return value

    @field_validator("stripe_portal_configuration_id")
    @classmethod
    def _is_configuration(cls, value: str | None) -> str | None:
        if value and not re.fullmatch(r"bpc_\w+", value):
            raise ValueError("is not a portal configuration's id of Stripe (bpc_…)")
        return value

    @field_validator("database_url")
    @classmethod
    def _is_supported_database(cls, value: str) -> str:
        if value and not re.match(r"(sqlite:///|postgres(ql)?://)", value):
            raise ValueError("is neither sqlite:///… nor postgresql://…")
        return re.sub(r"^postgres://", "postgresql://", value)

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: str | None) -> str | None:
        if value and not re.match(r"(rediss?|unix)://", value):
            raise ValueError("is not redis://…, rediss://… or unix://…")
        return value

    @field_validator("web_client_url")
    @classmethod
    def _is_origin(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^/\s?#@]+/?", value):
            raise ValueError("is not an origin such as https://app.example.com")
        return value.rstrip("/")

    @field_validator("stripe_api_base", "stripe_customer_portal_url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value and not re.match(r"https?://[^\s]+$", value):
            raise ValueError("is not a web address")
        return value.rstrip("/") if value else value

    @field_validator("admin_emails")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_address(part) for part in value)

    @field_validator("sender_email")
    @classmethod
    def _is_sender(cls, value: str) -> str:
        if "\n" in value or "\r" in value:
            raise ValueError("is not a valid mail address")
        _address(value)
        return value

    @model_validator(mode="after")
    def _fill_in_defaults(self) -> Self:
        self.web_client_url = self.web_client_url or f"http://localhost:{self.port}"
        self.database_url = self.database_url or f"sqlite:///{self.sentineliq_data_dir}/sentineliq.db"
        if not self.in_production:
            self.admin_emails = self.admin_emails or (DEVELOPMENT_STAFF,)
            if self.stripe_api_key is None:
                self._point_at_sandbox()
        return self

    def _point_at_sandbox(self) -> None:
        """The built-in Stripe stands in where development has no key; never in production."""
        self.uses_sandbox = True
        self.stripe_api_key = SecretStr(SANDBOX_API_KEY)
        self.stripe_webhook_secret = self.stripe_webhook_secret or (SecretStr(SANDBOX_WEBHOOK_SECRET),)
        self.stripe_api_base = f"http://localhost:{self.port}{SANDBOX_PATH}/api"
        for plan in ("hobby_subscription", "pro_subscription", "credits_10"):
            price = "price_sandbox_" + plan.removesuffix("_subscription").replace("_", "")
            setattr(self, f"payments_{plan}_plan_id", (price,))

    @property
    def in_production(self) -> bool:
        return self.sentineliq_env is Environment.PRODUCTION

    @property
    def uses_mailbox(self) -> bool:
        """Mails land in the mailbox page where development has no mail service."""
        return not self.in_production and self.resend_api_key is None

    @cached_property
    def webhook_signing_keys(self) -> tuple[bytes, ...]:
        """Those of `stripe_webhook_secret`: several while one replaces the other."""
        return tuple(secret.get_secret_value().encode() for secret in self.stripe_webhook_secret)

    @cached_property
    def livemode(self) -> bool:
        """Whether the configured key is a live one: events of the other mode are never applied."""
        return self.stripe_api_key is not None and "_live_" in self.stripe_api_key.get_secret_value()

    def stripe_dashboard_url(self, customer_id: str) -> str:
        """Where Stripe's own dashboard, or the built-in one, shows the customer."""
        if self.uses_sandbox:
            return f"{self.web_client_url}{SANDBOX_PATH}/"
        mode = "" if self.livemode else "/test"
        return f"https://dashboard.stripe.com{mode}/customers/{customer_id}"

    @property
    def webhook_url(self) -> str:
        """Where Stripe delivers; the built-in one is in this very process and takes the short way."""
        origin = f"http://localhost:{self.port}" if self.uses_sandbox else self.web_client_url
        return f"{origin}{WEBHOOK_PATH}"

    @property
    def secure_cookies(self) -> bool:
        return self.web_client_url.startswith("https://")

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """Our own origin; in development also by the loopback address."""
        if self.in_production:
            return (self.web_client_url,)
        return (
            self.web_client_url,
            f"http://localhost:{self.port}",
            f"http://127.0.0.1:{self.port}",
        )


def require_env_var(name: str) -> str:
    """The value of one variable; `InvalidEnvironment` names it when it is missing or empty."""
    value = os.environ.get(name, "")
    if not value:
        raise InvalidEnvironment([f"{name} is missing: {PURPOSES.get(name, 'required')}"])
    return value


def check_missing_vars(environ: dict[str, str] | None = None) -> list[str]:
    """The names of production's required variables that are missing, blank, or nothing but commas."""
    env = _trimmed(environ)
    missing = [name for name in PURPOSES if not env.get(name, "").strip(", ")]
    if "WEB_CLIENT_URL" in missing and env.get("WASP_WEB_CLIENT_URL"):
        missing.remove("WEB_CLIENT_URL")
    return missing


def _trimmed(environ: dict[str, str] | None) -> dict[str, str]:
    """The variables without the blanks around their values; this process's where none are given."""
    return {name: value.strip() for name, value in (os.environ if environ is None else environ).items()}


def validate_admin_emails(value: str) -> bool:
    """Whether `value` is a comma-separated list of at least one valid mail address."""
    parts = _comma_separated(value)
    try:
        return bool(parts) and all(_address(part) for part in parts)
    except ValueError:
        return False


def _faults_of(error: ValidationError) -> dict[str, str]:
    faults: dict[str, str] = {}
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(fault["loc"][0]).upper() if fault["loc"] else "SETTINGS"
        purpose = f": {PURPOSES[name]}" if name in PURPOSES else ""
        faults.setdefault(name, f"{name} {fault['msg'].removeprefix('Value error, ')}{purpose}")
    return faults


def validate_critical_env_vars(environ: dict[str, str] | None = None) -> Settings:
    """Read and validate the whole environment; raises `InvalidEnvironment` with every fault at once."""
    env = _trimmed(environ)
    production = env.get("SENTINELIQ_ENV") == Environment.PRODUCTION
    faults: dict[str, str] = {}
    if production:
        if 0 < len(env.get("JWT_SECRET", "")) < 32:
            faults["JWT_SECRET"] = f"JWT_SECRET is too short: {PURPOSES['JWT_SECRET']}"
        faults |= {name: f"{name} is missing: {PURPOSES[name]}" for name in check_missing_vars(env)}
    settings = None
    try:
        settings = Settings.model_validate(_known(env))
    except ValidationError as error:
        faults = faults | {name: fault for name, fault in _faults_of(error).items() if name not in faults}
    if faults or settings is None:
        raise InvalidEnvironment(list(faults.values()))
    return settings


def _known(env: dict[str, str]) -> dict[str, str]:
    """Lower-cased settings of `env`; empty means absent."""
    names = set(Settings.model_fields) - {"uses_sandbox"}
    known = {key.lower(): value for key, value in env.items() if key.lower() in names and value}
    if "web_client_url" not in known and env.get("WASP_WEB_CLIENT_URL"):
        known["web_client_url"] = env["WASP_WEB_CLIENT_URL"]
    return known


def settings_that_hold(environ: dict[str, str] | None = None) -> tuple[Settings, dict[str, str]]:
    """The settings without what is wrong with them, and each fault by its variable's name.

    For the commands that help to mend them; everything else asks `get_settings`.
    """
    env = _trimmed(environment() if environ is None else environ)
    try:
        return validate_critical_env_vars(env), {}
    except InvalidEnvironment as invalid:
        faults = {fault.split()[0]: fault for fault in invalid.faults}
    held = {name: value for name, value in env.items() if name not in faults}
    if "WEB_CLIENT_URL" in faults:
        held.pop("WASP_WEB_CLIENT_URL", None)
    return Settings.model_validate(_known(held)), faults


def _development_secret(data_dir: Path) -> SecretStr:
    """A signing secret of this data folder's own, so that sessions survive a restart in development."""
    path = data_dir / "jwt-secret"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return SecretStr(path.read_text().strip())


def environment() -> dict[str, str]:
    """This process's variables. Development also reads `.env`; the environment wins over it."""
    env = dict(os.environ)
    if env.get("SENTINELIQ_ENV", "").strip() not in ("", Environment.DEVELOPMENT):
        return env
    return {key: value for key, value in dotenv_values(".env").items() if value} | env


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, as `environment` has them."""
    settings = validate_critical_env_vars(environment())
    if not settings.jwt_secret.get_secret_value():
        settings.jwt_secret = _development_secret(settings.sentineliq_data_dir)
    return settings
