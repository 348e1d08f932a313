"""The format of a recording: lines under a chain of seals, and the gzip around them.

A recording is NDJSON. Between the entries stand seal lines, ``{"seal":{"n":N,"epoch":E,"blake2b":"…"}}``: N entries
lie before it, and the digest (blake2b, 16 bytes, hex) covers every byte of the file before the digest, earlier seals
included. So whatever changed before a seal, that seal and all later ones tell. A file may open with a request line,
``{"request":{…}}``: what was asked for, sealed before there is any entry; it is no entry and is not counted in N.

The gzip form carries in its header's comment (RFC 1952, FCOMMENT) a digest of the compressed bytes, because not every
bit of a deflate stream means something, and a flipped bit is to be found even where it changed no fact. At every seal
the deflate stream is flushed (zlib, Z_SYNC_FLUSH), so that damage after a seal cannot reach the bytes before it.
Nothing here opens a file.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

SEAL_BYTES = 64 * 1024  # most bytes of lines under one seal
_MIN_SEAL_BYTES = 1024  # a seal and its flush take about 30 compressed bytes: not for less than this
_SEALS = 32  # a finished run has about so many seals: damage costs what lies between it and the seal before
MAX_BYTES = 48 * 2**20  # a log's bound, its seals, and room: what a damaged file may unfold to
_START = b'{"seal":'
_REQUEST = b'{"request":'
_SEAL = re.compile(rb'\{"seal":\{"n":(\d{1,9}),"epoch":(\d{1,9}),"blake2b":"[0-9a-f]{32}"\}\}')
_DIGEST_BYTES = 36  # of a seal line, from its digest to its end
_HEADER = b"\x1f\x8b\x08\x10\x00\x00\x00\x00\x02\xff"  # gzip, deflate, FCOMMENT, no time, best, system unknown
_INFLATE_BYTES = 4096


class SealChain:
    """The writer's side of the seals: takes lines, hands out the bytes to be written."""

    def __init__(self) -> None:
        self._digest = blake2b(digest_size=16)
        self.n = 0

    def add_line(self, line: str) -> bytes:
        """The line as bytes, now part of what the next seal covers."""
        written = line.encode("ascii") + b"\n"
        self._digest.update(written)
        self.n += 1
        return written

    def request_line(self, what: Mapping[str, Any]) -> bytes:
        """The request line, which must be the first; ``what`` is JSON."""
        written = json.dumps({"request": what}, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"
        self._digest.update(written)
        return written

    def add_raw(self, written: bytes) -> None:
        """A line that is covered and not counted, as it was read."""
        self._digest.update(written)

    def seal_line(self, epoch: int) -> bytes:
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
    request: dict[str, Any] | None = None  # of the file's first line, if it has one and a seal vouches for it


class Unsealed(Exception):
    """Not the file that was written: what a seal vouches for has been given, the rest is for :func:`read`."""


@dataclass(frozen=True, slots=True)
class Block:
    """What lies between two seals."""

    text: bytes  # entries only, each with its line break; ASCII
    count: int  # of them
    epoch: int

    @property
    def lines(self) -> list[str]:
        """The entries, encoded, without their line breaks."""
        return self.text.decode("ascii").split("\n")[:-1]


def seal_all(lines: Iterable[str], epoch: int = 1, request: Mapping[str, Any] | None = None) -> bytes:
    """A whole recording, sealed some 32 times over its length, at least every 64 KiB, and at its end."""
    every = list(lines)
    seal_bytes = min(SEAL_BYTES, max(_MIN_SEAL_BYTES, sum(map(len, every)) // _SEALS))
    chain = SealChain()
    parts: list[bytes] = []
    if request is not None:
        parts += [chain.request_line(request), chain.seal_line(epoch)]
    size = 0
    for line in every:
        parts.append(chain.add_line(line))
        size += len(parts[-1])
        if size >= seal_bytes:
            parts.append(chain.seal_line(epoch))
            size = 0
    if size or not parts:
        parts.append(chain.seal_line(epoch))
    return b"".join(parts)


@dataclass(slots=True)
class _Verifier:
    """A plain file, read line by line as far as its seals hold."""

    chain: SealChain = field(default_factory=SealChain)
    good: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    request: dict[str, Any] | None = None
    asked: dict[str, Any] | None = None  # the request before a seal has vouched for it
    epoch: int = 1

    def take(self, number: int, raw: bytes) -> str | None:
        """Line ``number`` (from 1) with its line break; what is wrong with it, None if nothing is."""
        if not raw.endswith(b"\n") or not raw.isascii():
            return f"line {number} is torn"
        if raw.startswith(_START):
            return self._seal(number, raw)
        if number == 1 and raw.startswith(_REQUEST):
            return self._take_request(raw)
        self.pending.append(raw[:-1].decode("ascii"))
        self.chain.add_line(self.pending[-1])
        return None

    def _take_request(self, raw: bytes) -> str | None:
        try:
            self.asked = dict(json.loads(raw)["request"])
        except (ValueError, TypeError):
            return "line 1 is no request"
        self.chain.add_raw(raw)
        return None

    def _seal(self, number: int, raw: bytes) -> str | None:
        seal = _SEAL.fullmatch(raw[:-1])
        if seal is None or self.chain.seal_line(int(seal[2])) != raw:
            return f"the seal in line {number} does not match what it covers"
        self.good += self.pending
        self.pending.clear()
        self.epoch, self.request = int(seal[2]), self.asked
        return None


def verify(data: bytes) -> Verified:
    """Reads the plain form: everything up to the last seal that holds, and where the damage begins, if any."""
    reading = _Verifier()
    size, offset = 0, 0
    damage = None if data else "it is empty"
    for number, raw in enumerate(data.splitlines(keepends=True), start=1):
        offset += len(raw)
        damage = reading.take(number, raw)
        if damage is not None:
            break
        if raw.startswith(_START):
            size = offset
    if damage is None and offset > size:
        damage = "its last lines are not sealed"
    return Verified(reading.good, reading.epoch, size, damage, reading.request)


def compress(data: bytes) -> bytes:
    """The gzip form; the same bytes for the same input and zlib.

    Z_SYNC_FLUSH, not Z_FULL_FLUSH: a seal vouches for what lies before it, and to that the window of earlier text is
    no danger; forgetting it at each of 32 seals makes the shipped recordings 1.8 times as large, keeping it 1.2 times.
    """
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts: list[bytes] = []
    start = 0
    while (seal := data.find(_START, start)) >= 0 and (end := data.find(b"\n", seal) + 1):
        parts += [squeezer.compress(data[start:end]), squeezer.flush(zlib.Z_SYNC_FLUSH)]
        start = end
    parts += [squeezer.compress(data[start:]), squeezer.flush()]
    body = b"".join(parts) + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return _HEADER + _comment(body) + body


def _comment(body: bytes) -> bytes:
    return b"blake2b " + blake2b(body, digest_size=16).hexdigest().encode("ascii") + b"\0"


def decompress(data: bytes) -> tuple[bytes, str | None]:
    """The plain form, as far as it can be had, and what is wrong with the gzip form around it, if anything."""
    start = len(_HEADER) + len(_comment(b""))
    body = data[start:]
    wrong = None
    if data[:start] != _HEADER + _comment(body):
        wrong = "the compressed file is not the one that was written"
    plain = _inflate(body)
    return plain, wrong


def _inflate(body: bytes) -> bytes:
    """All that comes out before the stream ends, breaks, or has given MAX_BYTES."""
    inflater = zlib.decompressobj(-15)
    parts: list[bytes] = []
    left_bytes = MAX_BYTES
    for offset in range(0, len(body), _INFLATE_BYTES):
        piece, before = body[offset : offset + _INFLATE_BYTES], inflater.copy()
        try:
            parts.append(inflater.decompress(piece, left_bytes))
        except zlib.error:  # the digest over the body shows it; what comes out is judged by its seals
            parts.append(_until_broken(before, piece, left_bytes))
            break
        left_bytes -= len(parts[-1])
        if inflater.eof or left_bytes <= 0 or inflater.unconsumed_tail:
            break
    return b"".join(parts)


def _until_broken(inflater: zlib._Decompress, piece: bytes, left_bytes: int) -> bytes:
    """What comes out of a piece that holds an error, byte by byte: zlib gives nothing of a call that fails."""
    parts: list[bytes] = []
    try:
        for at in range(len(piece)):
            parts.append(inflater.decompress(piece[at : at + 1], left_bytes))
            left_bytes -= len(parts[-1])
            if left_bytes <= 0:
                break
    except zlib.error:
        pass
    return b"".join(parts)


def blocks(data: bytes) -> Iterator[Block]:
    """A finished recording in its gzip form, block by block, each as soon as its seal has been checked.

    The digest of the compressed bytes is checked first, which is quick, so damage to the file is found before
    anything of it is given away. :class:`Unsealed` if that or a seal does not hold, or lines follow the last one.
    """
    start = len(_HEADER) + len(_comment(b""))
    if data[:start] != _HEADER + _comment(data[start:]):
        raise Unsealed("the compressed file is not the one that was written")
    inflater, digest, rest, count = zlib.decompressobj(-15), blake2b(digest_size=16), b"", 0
    for offset in range(start, len(data), _INFLATE_BYTES):
        rest += _piece(inflater, data[offset : offset + _INFLATE_BYTES])
        begin = 0
        for at, end in _seals(rest):
            text = _entries(rest[begin:at], first=count == 0)
            count += (size := text.count(b"\n"))
            seal = _SEAL.fullmatch(rest[at : end - 1])
            digest.update(memoryview(rest)[begin : end - _DIGEST_BYTES])
            written = rest[end - _DIGEST_BYTES : end]
            if seal is None or int(seal[1]) != count or written[:32] != digest.hexdigest().encode("ascii"):
                raise Unsealed(f"the seal after entry {count} does not match what it covers")
            digest.update(written)
            yield Block(text, size, int(seal[2]))
            begin = end
        rest = rest[begin:]
    if rest or not inflater.eof:
        raise Unsealed("its last lines are not sealed")


def _seals(text: bytes) -> list[tuple[int, int]]:
    """Where each whole seal line begins and ends. From behind: CPython's rfind takes a third of what its find does."""
    begins, stop = list[int](), len(text)
    while (stop := text.rfind(b"\n" + _START, 0, stop) + 1) > 0:
        begins.append(stop)
    begins += [0] if text.startswith(_START) else []
    return [(at, end) for at in reversed(begins) if (end := text.find(b"\n", at) + 1)]


def _piece(inflater: zlib._Decompress, piece: bytes) -> bytes:
    try:
        return inflater.decompress(piece, MAX_BYTES)
    except zlib.error as error:
        raise Unsealed(str(error)) from None


def _entries(text: bytes, first: bool) -> bytes:
    if not text.isascii():
        raise Unsealed("a line is torn")
    return text[text.index(b"\n") + 1 :] if first and text.startswith(_REQUEST) else text


def read(data: bytes) -> Verified:
    """Reads either form."""
    if not data.startswith(b"\x1f\x8b") and data.startswith(b"{"):
        return verify(data)
    plain, wrong = decompress(data)
    found = verify(plain)
    if wrong is None or found.damage is not None:
        return found
    return replace(found, damage=wrong)
