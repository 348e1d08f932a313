"""Ids and keys of runs: 130 bits that nobody can guess."""

from __future__ import annotations

import secrets
from base64 import b32encode

_LENGTH = 26


def random_id() -> str:
    """26 characters of 5 bits each, of a-z and 2-7."""
    return b32encode(secrets.token_bytes(17))[:_LENGTH].decode("ascii").lower()
