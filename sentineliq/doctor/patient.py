"""The environment under examination: what holds of its settings, and what does not."""

from dataclasses import dataclass

from ..config import Settings


@dataclass(frozen=True, slots=True)
class Patient:
    """`faults` are the settings' own, by variable; `settings` is without them."""

    settings: Settings
    faults: dict[str, str]

    def lacking(self, names: tuple[str, ...]) -> list[str]:
        """Which of these variables a check cannot rely on."""
        return [name for name in names if name in self.faults or self._is_unset(name)]

    def _is_unset(self, name: str) -> bool:
        """Of those that have no default and no stand-in."""
        if name == "STRIPE_API_KEY":
            return self.settings.stripe_api_key is None
        return name == "STRIPE_WEBHOOK_SECRET" and not self.settings.stripe_webhook_secret
