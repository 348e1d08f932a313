"""Spawners for tests: started, known, and gone afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from server.runs.spawner import Client


async def known(client: Client) -> None:
    """Until the machine has been looked at and the recorder tested."""
    await client.looking()
    await client.testing()


@contextmanager
def spawner(packages: Sequence[str], uid: int = -1) -> Iterator[Client]:
    """A spawner that knows its machine; it ends with the block."""
    client = Client.start(packages, uid=uid)
    try:
        asyncio.run(known(client))
        yield client
    finally:
        asyncio.run(client.close())
