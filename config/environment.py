"""The process environment, read once, typed and checked in combination.

Secrets and addresses come from here (or from a `.env` in the working directory); what the newsroom *is* lies in the
database. Each setting may be given as `NAME_FILE`, the path of a file that holds the value. Nothing else in Herald
reads the environment.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import secrets
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.sources import EnvSettingsSource

from config import places
from config.canary_environment import CanaryEnvironment
from config.mail_environment import HOST_NAME, LOCAL_PART, TOKEN, MailEnvironment, entries
from config.signin_environment import SignInEnvironment

KEYS_FILE = "keys.env"
_POSTGRES = ("postgres", "postgresql")


class WrongSettings(Exception):
    """One or more settings are wrong; `str()` names all of them, a line each."""


class FileVariants(EnvSettingsSource):
    """Reads `NAME_FILE` for every setting NAME, as containers hand over secrets. A NAME that is empty is none: compose
    files give such. Raises WrongSettings for files that cannot be read, and where both are given.
    """

    def __call__(self) -> dict[str, Any]:
        given: dict[str, Any] = {}
        faults = []
        for field in self.settings_cls.model_fields:
            try:
                value = _in_file(field.upper())
            except WrongSettings as fault:
                faults.append(str(fault))
            else:
                given |= {} if value is None else {field: value}
        if faults:
            raise WrongSettings("\n".join(faults))
        return given


def _in_file(name: str) -> str | None:
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return None
    if os.environ.get(name):
        raise WrongSettings(f"{name}: there is {name}_FILE as well; only one of them can hold")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise WrongSettings(f"{name}_FILE: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongSettings(f"{name}_FILE: {path}: is not text in UTF-8") from None


class Environment(CanaryEnvironment, MailEnvironment, SignInEnvironment):
    """What the machine tells Herald. Field names are the variables' names in lower case."""

    model_config = SettingsConfigDict(extra="ignore", env_file_encoding="utf-8", hide_input_in_errors=True)

    herald_home: Path = Field(
        Path("var"),
        description="Where the database, the feed files and the keys lie. Made when it is missing.",
    )
    herald_port: int = Field(8000, ge=1, le=65535, description="The web port.")
    herald_bind: str = Field("127.0.0.1", description="The address the web server listens on.")
    trusted_proxies: str = Field(
        "127.0.0.1, ::1",
        description="Addresses and networks of proxies (`172.16.0.0/12`), separated by commas, that are "
        "believed about the client's address and scheme, and about what a request is called "
        "(`X-Request-ID`). Name your nginx if it runs on another "
        "machine or in another container: else all its clients are one to the limits.",
    )
    base_url: str = Field(
        "",
        description="The public address. With https: secure cookies and, on a host of Herald's own, HSTS. "
        "It may have a path (`https://www.example.org/herald`), below which everything is then. Empty: "
        "`http://localhost:` and the port.",
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description="`postgres://user:password@host:port/name` (14 or newer) or `sqlite:///path`. Empty: "
        "SQLite in `HERALD_HOME`.",
    )
    database_direct_url: SecretStr = Field(
        SecretStr(""),
        description="The same database past a pooler such as pgbouncer in transaction mode, to LISTEN and for "
        "`procrastinate`; needed only where `DATABASE_URL` leads to one.",
    )
    database_pool: int = Field(
        10,
        ge=0,
        le=1000,
        description="How many connections to PostgreSQL the pages of one web process share; 0: each request opens its "
        "own.",
    )
    engine: Literal["in-process", "procrastinate"] = Field(
        "in-process",
        description="Who fetches sources, plans mail and pings the hub: `in-process`, each scheduler itself; "
        "`procrastinate`, whichever `herald worker` on any host is free (PostgreSQL only).",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs tokens and sessions; at least 32 characters. Made at the first start.",
    )
    secret_key_fallbacks: str = Field(
        "", description="Earlier secret keys, separated by commas; what they signed is still accepted."
    )
    address_key: SecretStr = Field(
        SecretStr(""),
        description="Encrypts addresses: 64 bytes in base64. Without it nobody can read them: keep a copy. "
        "Made at the first start.",
    )
    live_listeners: int = Field(
        5000, ge=0, le=100_000, description="Streams that one web process keeps open; further ones get 503."
    )
    live_listeners_per_address: int = Field(
        100,
        ge=1,
        le=100_000,
        description="Of these, how many a single client address (IPv6: a /64) may hold; further ones get 429.",
    )
    fetch_allow: str = Field(
        "",
        description="Networks (`10.1.0.0/16`) and host names, separated by commas, that sources may be "
        "fetched from although they are not public.",
    )
    fetch_proxy: SecretStr = Field(
        SecretStr(""),
        description="`http://user:password@host:port`: the proxy through which sources are fetched. It must "
        "itself refuse private destinations.",
    )
    heartbeat_url: SecretStr = Field(
        SecretStr(""),
        description="An address elsewhere (https://…) that each scheduler asks every minute while `/readyz` "
        "would be green, and that raises an alarm when it hears nothing. It is not logged.",
    )
    feed_repeat_limit: int = Field(
        60,
        ge=0,
        description="How often in ten minutes one client may fetch the same unchanged feed in full, without a "
        "validator, before it gets 429; 0: as often as it likes. Whoever sends `If-None-Match`, "
        "`If-Modified-Since` or `A-IM` is never limited.",
    )
    ssl_cert_file: str = Field(
        "",
        description="A PEM file of authorities, such as your own, that sources, hub, `HEARTBEAT_URL`, relays "
        "without `ca` and the provider of single sign-on are checked against. It must be in the environment "
        "itself; OpenSSL does not read `.env`. Empty: the system's.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged.")
    log_format: Literal["", "console", "json"] = Field(
        "",
        description="How a line of the log looks. Empty: `console` on a terminal, else `json`.",
    )
    debug: bool = Field(False, description="Django's debug pages; never in production.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, FileVariants(settings_cls), env_settings, dotenv_settings

    @field_validator("base_url")
    @classmethod
    def _address_of_the_web(cls, value: str) -> str:
        if value and (wrong := places.fault(value)):
            raise ValueError(wrong)
        return value.rstrip("/")

    @field_validator("heartbeat_url")
    @classmethod
    def _address_of_the_watch(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if value.get_secret_value() and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("must begin with http:// or https:// and name a host")
        return value

    @field_validator("database_url")
    @classmethod
    def _address_of_the_database(cls, value: SecretStr) -> SecretStr:
        scheme = urlsplit(value.get_secret_value()).scheme
        if value.get_secret_value() and scheme not in {*_POSTGRES, "sqlite"}:
            raise ValueError("must begin with postgres:// or sqlite:///")
        return value

    @field_validator("database_direct_url")
    @classmethod
    def _address_past_the_pooler(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and urlsplit(value.get_secret_value()).scheme not in _POSTGRES:
            raise ValueError("must begin with postgres://")
        return value

    @field_validator("fetch_allow")
    @classmethod
    def _networks_and_names(cls, value: str) -> str:
        for entry in entries(value):
            if not HOST_NAME.fullmatch(entry):
                _network(entry)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, value: str) -> str:
        for entry in entries(value):
            try:
                network = ipaddress.ip_network(entry)
            except ValueError as error:
                raise ValueError(
                    f"{entry!r} is no address and no network ({error}); expected such as 10.1.2.3 or 172.16.0.0/12"
                ) from None
            if network.prefixlen == 0:
                raise ValueError(
                    f"{entry!r} is everybody: then whoever asks could give any address for their own"
                )
        return value

    @field_validator("fetch_proxy")
    @classmethod
    def _address_of_the_proxy(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        try:
            parts = urlsplit(text)
            whole = parts.scheme == "http" and parts.hostname and parts.port and parts.path in {"", "/"}
        except ValueError:
            whole = False
        if text and not whole:
            raise ValueError("must be http://host:port or http://user:password@host:port")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("must be given, with at least 32 characters (`herald` makes one at first start)")
        return value

    @field_validator("address_key")
    @classmethod
    def _sixty_four_bytes(cls, value: SecretStr) -> SecretStr:
        try:
            size = len(base64.b64decode(value.get_secret_value(), validate=True))
        except ValueError:
            size = 0
        if size != 64:
            raise ValueError("must be 64 bytes in base64 (`herald` makes one at first start)")
        return value

    @model_validator(mode="after")
    def _in_combination(self) -> Environment:
        if not self.base_url:
            self.base_url = f"http://localhost:{self.herald_port}"
        room = LOCAL_PART - TOKEN - len(self.bounce_delimiter)
        if len(self.bounce_address.partition("@")[0]) > room:
            raise ValueError(
                f"BOUNCE_ADDRESS: its local part must have at most {room} characters: with the token that each message "
                f"adds, {LOCAL_PART} are allowed (RFC 5321)"
            )
        on_postgres = urlsplit(self.database_url.get_secret_value()).scheme in _POSTGRES
        if self.engine == "procrastinate" and not on_postgres:
            raise ValueError(
                "ENGINE: procrastinate needs PostgreSQL; set DATABASE_URL to postgres://…, or leave ENGINE out"
            )
        if self.database_direct_url.get_secret_value() and not on_postgres:
            raise ValueError(
                "DATABASE_DIRECT_URL: is for PostgreSQL behind a pooler; DATABASE_URL names none"
            )
        if self.replies_bind and not self.bounce_address:
            raise ValueError("REPLIES_BIND: needs BOUNCE_ADDRESS, as nothing else is taken there")
        return self

    @property
    def address_key_bytes(self) -> bytes:
        return base64.b64decode(self.address_key.get_secret_value())

    @property
    def fetch_allowed(self) -> list[str]:
        return entries(self.fetch_allow)

    @property
    def proxies(self) -> list[str]:
        return entries(self.trusted_proxies)

    @property
    def all_secrets(self) -> list[str]:
        """The value of every setting that is a secret."""
        given = [value.get_secret_value() for _name, value in self if isinstance(value, SecretStr)]
        return [*(secret for secret in given if secret), *self.fallbacks]

    @property
    def fallbacks(self) -> list[str]:
        return [key for key in self.secret_key_fallbacks.split(",") if key]


def home_of_this_process() -> Path:
    """HERALD_HOME, needed before the rest can be read because the keys may lie in it."""
    return Path(os.environ.get("HERALD_HOME") or dotenv_values(".env").get("HERALD_HOME") or "var")


def override(**values: str | int | Path) -> None:
    """Give settings for this process and its children, as an option on the command line does; before `read`."""
    os.environ.update({name.upper(): str(value) for name, value in values.items()})


def for_stranger(**values: str | int | Path) -> dict[str, str]:
    """The environment of a child that shares nothing with this process but how programs are found."""
    shared = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "PYTHONPATH"}}
    return shared | {name.upper(): str(value) for name, value in values.items()}


def load_django() -> None:
    """Set Django up, with `config.settings` unless another module is named. Raises WrongSettings. Idempotent."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # takes longer than reading the environment, which some callers want alone

    django.setup()


def prepare_home(home: Path) -> None:
    """Make HERALD_HOME and, at the very first start, its keys (mode 0600). Existing keys are never touched."""
    home.mkdir(parents=True, exist_ok=True)
    keys = home / KEYS_FILE
    text = (
        "# Herald made these at its first start. Move them to the environment, and keep a copy apart from backups of\n"
        "# the database: without ADDRESS_KEY nobody can read the subscribers' addresses.\n"
        f"SECRET_KEY={secrets.token_urlsafe(48)}\nADDRESS_KEY={base64.b64encode(secrets.token_bytes(64)).decode()}\n"
    )
    try:
        descriptor = os.open(keys, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def read() -> Environment:
    """Read and check everything. Raises WrongSettings with every fault at once, by name."""
    try:
        return Environment(_env_file=(home_of_this_process() / KEYS_FILE, ".env"))
    except ValidationError as error:
        lines = (
            f"{'.'.join(map(str, e['loc'])).upper() or 'settings'}: {_plain(e['msg'])}"
            for e in error.errors()
        )
        raise WrongSettings("\n".join(lines)) from None


def _network(entry: str) -> None:
    try:
        ipaddress.ip_network(entry.strip("[]"))
    except ValueError as error:
        raise ValueError(
            f"{entry!r} is no network and no host name ({error}); expected such as 10.1.0.0/16, 192.168.3.4 "
            "or intranet.example.org, separated by commas"
        ) from None


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
