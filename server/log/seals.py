"""The format of a recording: lines under a chain of seals, and the gzip around them; pure, it opens no file.

A recording is NDJSON. Between the entries stand seal lines, ``{"seal":{"n":N,"epoch":E,"blake2b":"…"}}``: N entries
lie before it, and the digest (blake2b, 16 bytes, hex) covers every byte of the file before the digest, earlier seals
included. So whatever changed before a seal, that seal and all later ones tell. The gzip form carries in its header's
comment (RFC 1952, FCOMMENT) a digest of the compressed bytes, because not every bit of a deflate stream means
something, and a flipped bit is to be found even where it changed no fact.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

SEAL_BYTES = 64 * 1024
MOST_BYTES = 48 * 2**20  # a log's bound, its seals, and room: what a damaged file may unfold to
_START = b'{"seal":'
_SEAL = re.compile(rb'\{"seal":\{"n":(\d{1,9}),"epoch":(\d{1,9}),"blake2b":"[0-9a-f]{32}"\}\}')
_HEADER = b"\x1f\x8b\x08\x10\x00\x00\x00\x00\x02\xff"  # gzip, deflate, FCOMMENT, no time, best, system unknown
_PIECE = 4096


class Chain:
    """The writer's side of the seals: takes lines, hands out the bytes to be written."""

    def __init__(self) -> None:
        self._digest = blake2b(digest_size=16)
        self.n = 0

    def take(self, line: str) -> bytes:
        """The line as bytes, now part of what the next seal covers."""
        written = line.encode("ascii") + b"\n"
        self._digest.update(written)
        self.n += 1
        return written

    def seal(self, epoch: int) -> bytes:
        """A seal line over everything so far."""
        head = b'{"seal":{"n":%d,"epoch":%d,"blake2b":"' % (self.n, epoch)
        self._digest.update(head)
        rest = self._digest.hexdigest().encode("ascii") + b'"}}\n'
        self._digest.update(rest)
        return head + rest


@dataclass(frozen=True, slots=True)
class Verified:
    """What the seals vouch for."""

    lines: list[str]  # the good prefix, entries only
    epoch: int  # of the last good seal, 1 if there is none
    size_bytes: int  # where the good prefix ends, its seal included
    damage: str | None  # where and why the rest is not to be trusted; None: the file is whole


def seal_all(lines: Iterable[str], epoch: int = 1) -> bytes:
    """A whole recording, sealed every 64 KiB and at its end."""
    chain = Chain()
    parts: list[bytes] = []
    size = 0
    for line in lines:
        parts.append(chain.take(line))
        size += len(parts[-1])
        if size >= SEAL_BYTES:
            parts.append(chain.seal(epoch))
            size = 0
    if size or not parts:
        parts.append(chain.seal(epoch))
    return b"".join(parts)


def verify(data: bytes) -> Verified:
    """Reads the plain form: everything up to the last seal that holds, and where the damage begins, if any."""
    chain = Chain()
    good: list[str] = []
    pending: list[str] = []
    epoch, size, offset = 1, 0, 0
    damage = None if data else "it is empty"
    for number, raw in enumerate(data.splitlines(keepends=True), start=1):
        offset += len(raw)
        if not raw.endswith(b"\n") or not raw.isascii():
            damage = f"line {number} is torn"
            break
        if not raw.startswith(_START):
            pending.append(raw[:-1].decode("ascii"))
            chain.take(pending[-1])
            continue
        seal = _SEAL.fullmatch(raw[:-1])
        if seal is None or chain.seal(int(seal[2])) != raw:
            damage = f"the seal in line {number} does not match what it covers"
            break
        good += pending
        pending.clear()
        epoch, size = int(seal[2]), offset
    if damage is None and pending:
        damage = "its last lines are not sealed"
    return Verified(good, epoch, size, damage)


def pack(data: bytes) -> bytes:
    """The gzip form; the same bytes for the same input and zlib."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = squeezer.compress(data) + squeezer.flush() + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return _HEADER + _comment(body) + body


def _comment(body: bytes) -> bytes:
    return b"blake2b " + blake2b(body, digest_size=16).hexdigest().encode("ascii") + b"\0"


def unpack(data: bytes) -> tuple[bytes, str | None]:
    """The plain form, as far as it can be had, and what is wrong with the gzip form around it, if anything."""
    start = len(_HEADER) + len(_comment(b""))
    body = data[start:]
    wrong = None
    if data[:start] != _HEADER + _comment(body):
        wrong = "the compressed file is not the one that was written"
    plain = _inflate(body)
    return plain, wrong


def _inflate(body: bytes) -> bytes:
    inflater = zlib.decompressobj(-15)
    parts: list[bytes] = []
    room = MOST_BYTES
    try:
        for offset in range(0, len(body), _PIECE):
            parts.append(inflater.decompress(body[offset : offset + _PIECE], room))
            room -= len(parts[-1])
            if inflater.eof or room <= 0 or inflater.unconsumed_tail:
                break
    except zlib.error:
        pass  # the digest over the body has told already; what came out so far is judged by its seals
    return b"".join(parts)


def read(data: bytes) -> Verified:
    """Reads either form."""
    if not data.startswith(b"\x1f\x8b") and data.startswith(b"{"):
        return verify(data)
    plain, wrong = unpack(data)
    found = verify(plain)
    if wrong is None or found.damage is not None:
        return found
    return Verified(found.lines, found.epoch, found.size_bytes, wrong)
