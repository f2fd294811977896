"""The containers that ship: every command, setting, path and secret they name is there, and none can do much harm."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.main import get_command

from config import environment
from config.environment import Environment
from notifier.cli.app import app
from tests import nginx
from tests.compose import MANY, ONE, ROOT, Service, read, services

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
HADOLINT = Path(sys.executable).with_name("hadolint")
SERVICES = [(path, service) for path in (ONE, MANY) for service in services(path).values()]
ALL = [pytest.param(service, id=f"{path.name}:{service.name}") for path, service in SERVICES]
HERALDS = [param for param, (_, service) in zip(ALL, SERVICES, strict=True) if service.is_herald]
MADE_AT = re.search(r"install -d -o 10001 -g 10001 -m 0750 (\S+)", DOCKERFILE)


@pytest.mark.parametrize("path", [ONE, MANY], ids=lambda path: path.name)
def test_compose_takes_it(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is not here")
def test_the_dockerfile_has_no_fault_that_a_linter_knows() -> None:
    done = subprocess.run(
        [str(HADOLINT), str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("service", HERALDS)
def test_each_command_is_one_of_heralds(service: Service) -> None:
    herald, *words = service.command or ["herald", "run"]
    assert herald == "herald"
    command = get_command(app)
    context = command.make_context("herald", words, resilient_parsing=True)
    name, found, rest = command.resolve_command(context, words)  # type: ignore[attr-defined]
    assert name == words[0]
    found.make_context(name, list(rest), parent=context)  # raises for an option that there is not


@pytest.mark.parametrize("service", HERALDS)
def test_each_variable_is_a_setting(service: Service) -> None:
    known = {name.upper() for name in Environment.model_fields}
    assert {name.removesuffix("_FILE") for name in service.environment} <= known
    of_image = set(re.findall(r"^    (?:ENV )?([A-Z_]+)=", DOCKERFILE, re.M))
    assert {name for name in of_image if name.startswith("HERALD")} <= known


@pytest.mark.parametrize("service", HERALDS)
def test_it_can_write_to_its_home_and_to_nothing_else(service: Service) -> None:
    assert MADE_AT
    home = MADE_AT[1]
    assert f"HERALD_HOME={home}" in DOCKERFILE
    assert service.raw["read_only"] is True
    assert service.raw["cap_drop"] == ["ALL"]
    assert service.raw["security_opt"] == ["no-new-privileges:true"]
    kept = service.mounted(home) in read(ONE if service.name == "herald" else MANY)["volumes"]
    passing = f"{home}:uid=10001,gid=10001,mode=0750" in service.raw["tmpfs"]
    assert kept or passing
    assert "/tmp" in service.raw["tmpfs"]
    assert set(re.findall(r"^USER (\S+)", DOCKERFILE, re.M)) == {"10001:10001", "0:0"}
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.M)[-1] == "10001:10001"


@pytest.mark.parametrize("service", ALL)
def test_each_ends_in_peace_is_limited_and_logs_no_disk_full(service: Service) -> None:
    limits = service.raw["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory", "pids"}
    assert service.raw["logging"]["options"].keys() == {"max-size", "max-file"}
    if service.is_herald:
        assert service.raw["stop_grace_period"] == "40s"
    else:
        assert re.search(r":v?\d+[\w.-]*$", service.raw["image"]), "it names no version"


def test_nobody_from_outside_comes_to_the_database() -> None:
    many = read(MANY)
    assert many["networks"]["data"]["internal"] is True
    assert many["services"]["database"]["networks"] == ["data"]
    assert "ports" not in many["services"]["database"]
    assert list(many["services"]["proxy"]["networks"]) == ["front"]
    published = [port for service in many["services"].values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_there_are_two_of_each_and_whoever_serves_feeds_has_whom_to_keep_them() -> None:
    many = services(MANY)
    kinds = {"web": 2, "scheduler": 2, "worker": 2}
    commands = [service.command[1] for service in many.values() if service.is_herald]
    assert {kind: commands.count(kind) for kind in kinds} == kinds
    for number in (1, 2):
        web, scheduler = many[f"web-{number}"], many[f"scheduler-{number}"]
        assert web.mounted("/var/lib/herald") == scheduler.mounted("/var/lib/herald") == f"home-{number}"
    homes = [
        service.mounted("/var/lib/herald") for name, service in many.items() if name.startswith("worker")
    ]
    assert len(set(homes)) == 2


def test_tables_are_made_before_anything_uses_them() -> None:
    many = services(MANY)
    assert many["migrate"].raw["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert many["migrate"].raw["restart"] == "no"
    for service in many.values():
        if service.is_herald and service.name != "migrate":
            assert service.raw["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


@pytest.mark.parametrize("name", ["scheduler-1", "worker-1"])
def test_who_gave_no_sign_for_a_minute_is_not_healthy(name: str, tmp_path: Path) -> None:
    check = [word.replace("/var/lib/herald", str(tmp_path)) for word in services(MANY)[name].health]
    sign = tmp_path / f"{name[:-2]}.alive"

    def is_healthy() -> bool:
        return subprocess.run(check, check=False, stderr=subprocess.DEVNULL).returncode == 0

    assert not is_healthy()
    sign.touch()
    assert is_healthy()
    os.utime(sign, (sign.stat().st_mtime - 90,) * 2)
    assert not is_healthy()


def test_herald_takes_what_the_files_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "secrets"
    make_secrets(folder)
    many = read(MANY)
    assert {path.name for path in folder.iterdir()} == set(many["secrets"])
    for name in ("HERALD_HOME", "SECRET_KEY", "ADDRESS_KEY", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    for name, value in services(MANY)["worker-1"].environment.items():
        monkeypatch.setenv(name, value.replace("/run/secrets", str(folder)))
    found = environment.read()
    database = found.database_url.get_secret_value()
    assert database == f"postgres://herald:{(folder / 'database_password').read_text()}@database:5432/herald"
    assert found.smtp_url.get_secret_value() == "smtp://mailbox:1025"
    assert (found.engine, found.proxies) == ("procrastinate", ["172.30.9.2"])
    assert len(found.address_key_bytes) == 64


def test_canaries_are_looked_for_in_a_web_server_that_a_container_can_reach() -> None:
    """On its own localhost nobody serves pages, and BASE_URL may be a name for those outside alone."""
    many = services(MANY)
    for scheduler in (one for one in many.values() if one.command == ["herald", "scheduler"]):
        where = urlsplit(scheduler.environment["CANARY_URL"])
        web = many[str(where.hostname)]
        assert (web.command, where.port) == (["herald", "web"], 8000)
        assert set(web.raw["networks"]) & set(scheduler.raw["networks"])
        assert web.mounted("/var/lib/herald") == scheduler.mounted("/var/lib/herald")


def test_secrets_are_the_owners_and_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make_secrets(folder)
    before = {path.name: path.read_text() for path in folder.iterdir()}
    make_secrets(folder, "smtp://user:password@relay.example:587")
    after = {path.name: path.read_text() for path in folder.iterdir()}
    assert after == before | {"smtp_url": "smtp://user:password@relay.example:587"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/secrets/" in ignored


def make_secrets(folder: Path, *words: str) -> None:
    subprocess.run(
        [ROOT / "scripts" / "secrets", *words],
        env={"PATH": os.environ["PATH"], "SECRETS": str(folder)}, check=True, capture_output=True,
    )  # fmt: skip


def test_only_the_proxy_is_believed_and_its_address_is_its_own() -> None:
    many = read(MANY)
    (network,) = many["networks"]["front"]["ipam"]["config"]
    fixed = [
        service["networks"]["front"]["ipv4_address"]
        for service in many["services"].values()
        if "front" in service["networks"]
    ]
    proxy = many["services"]["proxy"]["networks"]["front"]["ipv4_address"]
    assert many["x-settings"]["TRUSTED_PROXIES"] == proxy
    assert len(set(fixed)) == 3
    for address in fixed:
        assert ip_address(address) in ip_network(network["subnet"])
        assert ip_address(address) not in ip_network(network["ip_range"])


def test_the_container_believes_only_the_gateway_by_which_this_machine_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = read(ONE)
    (network,) = one["networks"]["default"]["ipam"]["config"]
    assert one["services"]["herald"]["environment"]["TRUSTED_PROXIES"] == network["gateway"]
    assert ip_address(network["gateway"]) in ip_network(network["subnet"])
    assert all(port.startswith("127.0.0.1:") for port in one["services"]["herald"]["ports"])
    monkeypatch.setenv("TRUSTED_PROXIES", network["gateway"])
    assert environment.read().proxies == [network["gateway"]]


@pytest.mark.skipif(nginx.PROGRAM is None, reason="nginx is not installed")
def test_nginx_takes_the_proxys_configuration(tmp_path: Path) -> None:
    changes = {"web-1:8000": "127.0.0.1:1", "web-2:8000": "127.0.0.1:2", "/tmp/": f"{tmp_path}/"}
    nginx.write(tmp_path, ["many.conf"], changes)
    done = subprocess.run(
        [str(nginx.PROGRAM), "-t", "-q", "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "many.conf")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    mounts = {
        source for source, _, _ in (v.split(":") for v in read(MANY)["services"]["proxy"]["volumes"][:2])
    }
    assert all((ROOT / source).exists() for source in mounts)
    upstreams = set(re.findall(r"server (\S+):8000 ", (nginx.CONFIGURATION / "many.conf").read_text()))
    assert upstreams == {name for name in services(MANY) if name.startswith("web-")}
