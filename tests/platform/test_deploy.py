"""What lies in `deploy/` speaks of what there is."""

import importlib
import json
import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from sentineliq import gauges
from sentineliq.billing.webhook import MAX_BODY
from sentineliq.identity import forms

DEPLOY = Path(__file__).parents[2] / "deploy"
COUNTING = ("billing.webhook", "billing.stripe.client", "billing.catch_up", "http", "live", "mail.sender")


def told_by_metrics() -> set[str]:
    """Every sample's name that `/metrics` can have; those with labels have none until they are used."""
    for module in COUNTING:
        importlib.import_module(f"sentineliq.{module}")
    families = [*REGISTRY.collect(), *gauges.Standing(0, 0, 0, {}).collect()]
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    return {family.name + ending for family in families for ending in endings.get(family.type, ("",))}


@pytest.mark.parametrize("name", ["alerts.yml", "grafana-dashboard.json"])
def test_every_metric_that_is_named_exists(name: str) -> None:
    named = set(re.findall(r"\bsentineliq_\w+", (DEPLOY / name).read_text()))
    assert len(named) > 7
    assert named <= told_by_metrics()


def test_the_dashboard_shows_every_metric_of_ours() -> None:
    shown = set(re.findall(r"\bsentineliq_\w+", (DEPLOY / "grafana-dashboard.json").read_text()))
    ours = {name for name in told_by_metrics() if name.startswith("sentineliq_")}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in ours}
    assert families == {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    assert json.loads((DEPLOY / "grafana-dashboard.json").read_text())["uid"] == "sentineliq"


def test_the_proxy_lets_through_what_we_take() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text()
    assert f"client_max_body_size {forms.MAX_BODY // 1024}k;" in nginx
    assert f"client_max_body_size {MAX_BODY // 1024**2}m;" in nginx


def test_what_could_not_be_run_says_so() -> None:
    for name in ("Caddyfile", "Containerfile", "sentineliq.service", "sentineliq-migrate.service"):
        head = (DEPLOY / name).read_text().splitlines()[0]
        assert re.search(r"Not (run|built) here", head), name
