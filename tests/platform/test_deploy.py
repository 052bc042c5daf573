"""What lies in `deploy/` speaks of what there is."""

import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

from sentineliq import gauges
from sentineliq.bodies import MAX_BODY
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


def test_every_alert_is_a_rule_that_prometheus_can_read() -> None:
    [group] = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    assert len(group["rules"]) > 7
    for rule in group["rules"]:
        assert {"alert", "expr", "labels", "annotations"} <= set(rule), rule
        assert rule["labels"]["severity"] in {"page", "warn"}
        assert list(rule["annotations"]) == ["summary"]


@pytest.fixture
def promtool() -> Callable[..., None]:
    """Prometheus' own judge of rules, where it is installed."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (on Debian: prometheus)")

    def accept(*words: str) -> None:
        done = subprocess.run([program, *words], cwd=DEPLOY, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return accept


def test_prometheus_takes_the_alerts_and_fires_them(promtool: Callable[..., None]) -> None:
    promtool("check", "rules", "alerts.yml")
    promtool("test", "rules", "alerts_test.yml")


def test_prometheus_understands_what_the_dashboard_asks(
    promtool: Callable[..., None], tmp_path: Path
) -> None:
    panels = json.loads((DEPLOY / "grafana-dashboard.json").read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    rules = [{"record": f"asked:{number}", "expr": expr} for number, expr in enumerate(asked)]
    (tmp_path / "asked.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert len(asked) > 10
    promtool("check", "rules", str(tmp_path / "asked.yml"))


def test_what_an_alert_waits_to_grow_is_told_from_the_start() -> None:
    """Prometheus takes what first appears as 1 for no increase."""
    grows = re.findall(r"increase\((sentineliq_\w+(?:{[^}]*})?)\[", (DEPLOY / "alerts.yml").read_text())
    code = "import prometheus_client as p, sentineliq.metrics; print(p.generate_latest().decode())"
    fresh = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert len(grows) == 3
    assert [series for series in grows if f"\n{series} 0.0\n" not in fresh] == []


def test_the_proxies_let_through_what_we_take() -> None:
    nginx, caddy = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
    assert f"client_max_body_size {forms.MAX_BODY // 1024}k;" in nginx
    assert f"client_max_body_size {MAX_BODY // 1024**2}m;" in nginx
    assert f"max_size {MAX_BODY // 1024**2}MiB" in caddy


def test_the_proxies_keep_no_secret_of_a_link() -> None:
    """It is in the address that a mail leads to, and from there in the header `Referer`."""
    nginx, caddy = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
    [line] = re.findall(r"log_format sentineliq (.*?);", nginx, re.DOTALL)
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer)\b", line)
    assert re.findall(r"access_log (?!off)(.*);", nginx) == ["/var/log/nginx/sentineliq.log sentineliq"]
    assert "request>uri regexp" in caddy
    assert "request>headers delete" in caddy


def test_the_service_reads_where_it_is_installed_and_writes_its_data_alone() -> None:
    unit = (DEPLOY / "sentineliq.service").read_text()
    assert "\nProtectSystem=strict\n" in unit
    assert "ReadWritePaths" not in unit
    [folder] = re.findall(r"SENTINELIQ_DATA_DIR=(\S+)", unit)
    [state] = re.findall(r"StateDirectory=(\S+)", unit)
    assert folder == f"/var/lib/{state}"


def test_no_image_holds_what_is_this_machines_alone() -> None:
    kept_out = (DEPLOY.parent / ".dockerignore").read_text().splitlines()
    assert {".env", ".data", ".git", ".venv", ".web", "*.db"} <= set(kept_out)


@pytest.mark.parametrize("name", ["Caddyfile", "Containerfile", "nginx.conf", "sentineliq.service"])
def test_each_file_says_with_what_it_was_run(name: str) -> None:
    head = "\n".join((DEPLOY / name).read_text().splitlines()[:4])
    assert re.search(r"\b[Rr]un with \w+ \d", head)
