"""Spawners for tests: started, known, and gone afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from server.runs.spawner_client import SpawnerClient


async def known(client: SpawnerClient) -> None:
    """Until the machine has been looked at and the recorder tested."""
    await client.wait_machine_known()
    await client.wait_self_test()


@contextmanager
def spawner(packages: Sequence[str], uid: int = -1) -> Iterator[SpawnerClient]:
    """A spawner that knows its machine; it ends with the block."""
    client = SpawnerClient.start(packages, uid=uid)
    try:
        asyncio.run(known(client))
        yield client
    finally:
        asyncio.run(client.close())
