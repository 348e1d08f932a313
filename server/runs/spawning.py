"""That there is a spawner: started, looked after, replaced when it has died; runs wait until it knows the machine."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from .spawner import Absent, Client, SpawnerError

TEST_S = 3.0  # a self-test takes about so long
TEST_WAIT_S = 10.0  # a self-test that takes longer, on a busy machine, is not waited for: runs begin one tier lower
LOOK_WAIT_S = 20.0  # so long a run waits for a new spawner to have looked at the machine
_TRIES = 3  # spawners that end before they have said anything


class Spawning:
    """Lives on one event loop, from ``start`` to ``close``. ``changed`` is called when more is known than before."""

    def __init__(
        self,
        package: str,
        paths: Sequence[str | Path],
        uid: int,
        changed: Callable[[], None],
        client: Client | Absent | None,
    ) -> None:
        """``client``: a spawner of the caller's, used while it lives; the caller closes it."""
        self._package, self._paths, self._uid, self._changed = package, paths, uid, changed
        self._client: Client | Absent = client or Absent("the server has not been started")
        self._borrowed = client
        self._began_s = 0.0
        self._failures = 0
        self._reviving = asyncio.Lock()
        self._learning: asyncio.Task[None] | None = None

    @property
    def client(self) -> Client | Absent:
        """The present one."""
        return self._client

    @property
    def testing(self) -> bool:
        """Whether the tier may still rise."""
        return self._client.alive and not self._client.tested

    @property
    def ready(self) -> bool:
        """Whether runs may begin: the machine has been looked at, and tested unless that takes too long."""
        client = self._client
        return client.looked and (client.tested or time.monotonic() - self._began_s > TEST_WAIT_S)

    @property
    def ready_in_s(self) -> float:
        """In about how many seconds runs may begin."""
        return 0.0 if self.ready else max(1.0, self._began_s + TEST_S - time.monotonic())

    def start(self) -> None:
        """Exec one, unless there is one; it waits for nothing."""
        if self._borrowed is None:
            self._spawn()
        self._learn()

    def _spawn(self) -> None:
        if platform.system() != "Linux":
            self._client = Absent(f"runs need Linux, this is {platform.system()}")
            return
        try:
            self._client = Client.start((self._package,), self._paths, self._uid)
        except OSError as error:
            self._client = Absent(f"the process that starts runs could not be started: {error.strerror or error}")

    def _learn(self) -> None:
        self._began_s = time.monotonic()
        if self._learning is not None:
            self._learning.cancel()
        self._learning = asyncio.ensure_future(self._learnt(self._client))

    async def _learnt(self, client: Client | Absent) -> None:
        try:
            await client.looking()
            self._failures = 0
            self._changed()
            await client.testing()
            self._changed()
        except SpawnerError:
            self._failures += not client.looked

    async def revived(self) -> Client | Absent:
        """A spawner that lives, a new one if need be; what the old one has found out stands until the new one knows."""
        async with self._reviving:
            old = self._client
            if isinstance(old, Absent) or old.alive:
                return old
            if old is not self._borrowed:
                await old.close()
            if self._failures >= _TRIES:
                self._client = Absent("the process that starts runs ends as soon as it is started")
                return self._client
            self._spawn()
            new = self._client
            if isinstance(new, Client):
                new.believe(old)
            self._learn()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(new.looking(), LOOK_WAIT_S)
            return new

    def wake(self) -> None:
        """Should it have been stopped, it goes on."""
        if isinstance(self._client, Client):
            self._client.wake()

    async def close(self) -> None:
        """End it, unless it is the caller's."""
        if self._learning is not None:
            self._learning.cancel()
            await asyncio.gather(self._learning, return_exceptions=True)
        if self._client is not self._borrowed:
            await self._client.close()
