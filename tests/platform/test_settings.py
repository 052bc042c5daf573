"""A start with settings that do not hold names all of them at once, with what each is for."""

from pathlib import Path

import pytest

from sentineliq.config import PURPOSES, InvalidEnvironment, environment, validate_critical_env_vars

PRODUCTION = {
    "SENTINELIQ_ENV": "production",
    "STRIPE_API_KEY": "sk_test_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    "STRIPE_CUSTOMER_PORTAL_URL": "https://billing.stripe.com/p/login/test",
    "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "price_1",
    "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": "price_2",
    "PAYMENTS_CREDITS_10_PLAN_ID": "price_3",
    "JWT_SECRET": "x" * 32,
    "DATABASE_URL": "postgresql://localhost/sentineliq",
    "WEB_CLIENT_URL": "https://app.example.com",
    "ADMIN_EMAILS": "staff@example.com",
    "SENDER_EMAIL": "billing@example.com",
    "RESEND_API_KEY": "re_1",
}


def faults_of(environ: dict[str, str]) -> dict[str, str]:
    """What is said, by the variable that it begins with."""
    with pytest.raises(InvalidEnvironment) as caught:
        validate_critical_env_vars(environ)
    return {fault.split()[0]: fault for fault in caught.value.faults}


def test_a_complete_environment_holds() -> None:
    assert set(PRODUCTION) == {*PURPOSES, "SENTINELIQ_ENV"}
    assert validate_critical_env_vars(PRODUCTION).in_production


@pytest.mark.parametrize("nothing", ["", "  ", ",", " , "])
def test_what_is_empty_is_missing(nothing: str) -> None:
    said = faults_of({"SENTINELIQ_ENV": "production"} | dict.fromkeys(PURPOSES, nothing))
    assert said == {name: f"{name} is missing: {purpose}" for name, purpose in PURPOSES.items()}


@pytest.mark.parametrize("spelt", ["production ", "\tproduction\n"])
def test_blanks_make_no_other_environment(spelt: str) -> None:
    assert set(faults_of({"SENTINELIQ_ENV": spelt})) == set(PURPOSES)


def test_all_that_is_malformed_is_told_with_what_it_is_for() -> None:
    malformed = {
        "STRIPE_API_KEY": "pk_test_zzz",
        "STRIPE_WEBHOOK_SECRET": "zzz",
        "STRIPE_CUSTOMER_PORTAL_URL": "zzz",
        "PAYMENTS_HOBBY_SUBSCRIPTION_PLAN_ID": "zzz",
        "PAYMENTS_PRO_SUBSCRIPTION_PLAN_ID": "price_1,zzz",
        "PAYMENTS_CREDITS_10_PLAN_ID": "zzz",
        "JWT_SECRET": "zzz" + " " * 40,
        "DATABASE_URL": "mysql://localhost/zzz",
        "WEB_CLIENT_URL": "zzz.example.com",
        "ADMIN_EMAILS": "zzz",
        "SENDER_EMAIL": "zzz",
    }
    said = faults_of(PRODUCTION | malformed)
    assert set(said) == set(malformed)
    for name, fault in said.items():
        assert fault.endswith(f": {PURPOSES[name]}")
        assert "zzz" not in fault


@pytest.mark.parametrize("unset", [None, "", " "])
def test_development_reads_the_env_file(
    unset: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("SENDER_EMAIL=mine@example.com\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SENDER_EMAIL", raising=False)
    monkeypatch.delenv("SENTINELIQ_ENV", raising=False)
    if unset is not None:
        monkeypatch.setenv("SENTINELIQ_ENV", unset)
    assert environment()["SENDER_EMAIL"] == "mine@example.com"
    monkeypatch.setenv("SENTINELIQ_ENV", "production")
    assert "SENDER_EMAIL" not in environment()
