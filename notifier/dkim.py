"""DKIM signatures (RFC 6376, Ed25519 by RFC 8463) over spliced messages, `c=relaxed/simple`.

    Pattern --prepare--> Prepared: headers | canonical headers | body, each a pattern, hashed as far as the first slot
    Prepared.signed(values, keys, at) -> the bytes for one recipient, a DKIM-Signature for each key before them

No line of a pattern begins with a dot, so what is hashed is what goes over the wire. Both algorithms are deterministic
(RSA with PKCS #1 v1.5), and the time signed is the dispatch's: a message sent again is the same message.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding as KeyEncoding
from cryptography.hazmat.primitives.serialization import PublicFormat, load_pem_private_key

from notifier.splice import Part, Pattern, Slot, join

SMALLEST_RSA = 2048
# From twice: nobody can add a second one without breaking the signature (RFC 6376 section 8.15).
SIGNED = (
    "from", "from", "to", "subject", "date", "message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post",
    "auto-submitted", "feedback-id", "content-language", "mime-version", "content-type",
)  # fmt: skip
_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*")
_SPACE = re.compile(rb"[ \t]+")
_STANDS_FOR_SLOT = re.compile(rb"\x00(\d+)\x00")
_B64_LINE = 70


class BadKey(ValueError):
    """A key cannot be used: `str()` says which and why."""


@dataclass(frozen=True, slots=True)
class Key:
    """A private key under the selector by which its public half is found in DNS."""

    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    @property
    def is_slow(self) -> bool:
        """Whether a signature takes so long that it is better made beside everything else."""
        return isinstance(self.private, RSAPrivateKey)

    @property
    def record(self) -> str:
        """The TXT record of `<selector>._domainkey.<domain>` (RFC 6376 section 3.6.1, RFC 8463 section 4)."""
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            kind, data = "rsa", public.public_bytes(KeyEncoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            kind, data = "ed25519", public.public_bytes(KeyEncoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={kind}; p={base64.b64encode(data).decode()}"

    def sign(self, data: bytes) -> bytes:
        """Ed25519 signs the SHA-256 of the data (RFC 8463 section 3)."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(data, PKCS1v15(), SHA256())
        return self.private.sign(hashlib.sha256(data).digest())


def load(entries: Iterable[tuple[str, Path]]) -> tuple[Key, ...]:
    """Keys from PEM files, by (selector, path). Raises BadKey."""
    keys = tuple(_load(selector, path) for selector, path in entries)
    if len({key.selector for key in keys}) < len(keys):
        raise BadKey("each selector can have one key only")
    return keys


def _load(selector: str, path: Path) -> Key:
    where = f"DKIM key {selector} ({path})"
    if not _SELECTOR.fullmatch(selector):
        raise BadKey(f"{where}: a selector is letters, digits and hyphens, as in a host name")
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(100_000)
    except OSError as error:
        raise BadKey(f"{where}: {error.strerror}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadKey(f"{where}: others may read it (mode {stat.S_IMODE(mode):04o}); expected 0600: chmod 600")
    try:
        private = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey(f"{where}: no private key in PEM without a password ({error})") from None
    if isinstance(private, RSAPrivateKey):
        if private.key_size < SMALLEST_RSA:
            raise BadKey(f"{where}: an RSA key of {private.key_size} bits; expected {SMALLEST_RSA} or more")
    elif not isinstance(private, Ed25519PrivateKey):
        raise BadKey(f"{where}: expected an RSA or an Ed25519 key")
    return Key(selector, private)


class Prepared:
    """A pattern, cut for signing; made once for an edition."""

    def __init__(self, pattern: Pattern) -> None:
        self._headers, self._body = _cut(pattern)
        names, self._canonical = _canonical(self._headers)
        self._names = _folded(names)
        self._frames: dict[tuple[str, str, datetime], tuple[bytes, bytes]] = {}
        first, *rest = self._body.parts
        literal = first if isinstance(first, bytes) else b""
        self._begun = hashlib.sha256(literal)
        self._literal = literal
        self._rest = Pattern(tuple(rest) if literal else self._body.parts)

    def signed(self, values: Mapping[str, str], keys: Sequence[Key], domain: str, at: datetime) -> bytes:
        """The message of one recipient; `at` is when it counts as signed. Raises as `Pattern.fill` does."""
        rest = self._rest.fill(values)
        hashing = self._begun.copy()
        hashing.update(rest)
        body_hash = base64.b64encode(hashing.digest())
        canonical = self._canonical.fill(values)
        signatures = [self._signature(key, domain, at, body_hash, canonical) for key in keys]
        return b"".join([*signatures, self._headers.fill(values), b"\r\n", self._literal, rest])

    def _signature(self, key: Key, domain: str, at: datetime, body_hash: bytes, canonical: bytes) -> bytes:
        written, relaxed = self._frame(key, domain, at)
        data = b"".join((canonical, b"dkim-signature:", relaxed % body_hash))
        made = base64.b64encode(key.sign(data))
        lines = [made[first : first + _B64_LINE] for first in range(0, len(made), _B64_LINE)]
        return b"".join((b"DKIM-Signature: ", written % body_hash, b"\r\n ".join(lines), b"\r\n"))

    def _frame(self, key: Key, domain: str, at: datetime) -> tuple[bytes, bytes]:
        """The signature's value up to `b=`, with a place for the body's hash: as it is written, and "relaxed"."""
        name = (key.selector, domain, at)
        if name not in self._frames:
            written = (
                f"v=1; a={key.algorithm}; c=relaxed/simple;\r\n d={domain}; s={key.selector};\r\n"
                f" t={int(at.timestamp())}; h={self._names};\r\n bh=%s;\r\n b="
            )
            relaxed = " ".join(written.replace("\r\n", "").split())
            self._frames[name] = written.encode("ascii"), relaxed.encode("ascii")
        return self._frames[name]


def _cut(pattern: Pattern) -> tuple[Pattern, Pattern]:
    """Header lines, without the empty line after them; and the body."""
    for index, part in enumerate(pattern.parts):
        if isinstance(part, bytes) and (end := part.find(b"\r\n\r\n")) >= 0:
            headers = [*pattern.parts[:index], part[: end + 2]]
            body = [part[end + 4 :], *pattern.parts[index + 1 :]]
            return join(headers), join([piece for piece in body if piece])
    raise ValueError("a message without a body")


def _canonical(headers: Pattern) -> tuple[list[str], Pattern]:
    """What `h=` names, and the headers themselves in "relaxed" form (RFC 6376 section 3.4.2), in the order of `SIGNED`.

    A header slot holds printable ASCII without spaces, so that it looks the same in both forms.
    """
    slots = [part for part in headers.parts if isinstance(part, Slot)]
    numbers = iter(range(len(slots)))
    text = b"".join(p if isinstance(p, bytes) else b"\x00%d\x00" % next(numbers) for p in headers.parts)
    lines = {}
    for line in re.sub(rb"\r\n(?=[ \t])", b"", text).split(b"\r\n"):
        name, _, value = line.partition(b":")
        lines[name.strip().lower().decode()] = _SPACE.sub(b" ", value).strip()
    names = [name for name in SIGNED if name in lines]
    wanted = dict.fromkeys(names)  # the second From is one that is not there, and adds nothing
    relaxed = b"".join(b"%s:%s\r\n" % (name.encode(), lines[name]) for name in wanted)
    pieces = _STANDS_FOR_SLOT.split(relaxed)
    parts: list[Part] = [slots[int(p)] if index % 2 else p for index, p in enumerate(pieces) if p]
    return names, join(parts)


def _folded(names: Iterable[str]) -> str:
    """The names of the signed headers in lines of less than 76."""
    lines, line = [], ""
    for name in names:
        if len(line) + len(name) > 56:
            lines.append(line)
            line = ""
        line += f"{name}:"
    return "\r\n ".join([*lines, line.removesuffix(":")])
