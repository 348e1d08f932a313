"""The life of the spawner: started, supervised, replaced when it has died; runs wait until it knows the machine."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ..settings import Settings
from .spawner_client import NoSpawner, SpawnerClient, SpawnerError

EXPECTED_SELF_TEST_S = 3.0  # a self-test takes about so long
SELF_TEST_TIMEOUT_S = 10.0  # after a longer self-test runs start one tier lower
MACHINE_TIMEOUT_S = 20.0  # so long a run waits for the machine message of a new spawner
_MAX_FAILURES = 3  # spawners that end before their first message


class SpawnerLifecycle:
    """Lives on one event loop, from ``start`` to ``close``. ``on_change`` is called at each finding."""

    def __init__(
        self,
        package: str,
        paths: Sequence[str | Path],
        settings: Settings,
        on_change: Callable[[], None],
        client: SpawnerClient | NoSpawner | None,
    ) -> None:
        """``client``: a spawner of the caller's, used while it lives; the caller closes it."""
        self._package, self._paths, self._settings, self._on_change = package, paths, settings, on_change
        self._client: SpawnerClient | NoSpawner = client or NoSpawner("the server has not been started")
        self._callers_client = client
        self._started_s = 0.0
        self._failures = 0
        self._restart_lock = asyncio.Lock()
        self._discovery: asyncio.Task[None] | None = None

    @property
    def client(self) -> SpawnerClient | NoSpawner:
        """The client of the present spawner."""
        return self._client

    @property
    def self_test_pending(self) -> bool:
        """Whether the tier may still rise."""
        return self._client.alive and not self._client.self_tested

    @property
    def ready(self) -> bool:
        """Whether runs may begin: the machine has been looked at, and the self-test is over or takes too long."""
        client = self._client
        return client.machine_known and (client.self_tested or time.monotonic() - self._started_s > SELF_TEST_TIMEOUT_S)

    @property
    def ready_in_s(self) -> float:
        """In about how many seconds runs may begin."""
        return 0.0 if self.ready else max(1.0, self._started_s + EXPECTED_SELF_TEST_S - time.monotonic())

    def start(self) -> None:
        """Execs a spawner, unless the caller has one; waits for nothing."""
        if self._callers_client is None:
            self._spawn()
        self._start_discovery()

    def _spawn(self) -> None:
        if platform.system() != "Linux":
            self._client = NoSpawner(f"runs need Linux, this is {platform.system()}")
            return
        try:
            settings = self._settings
            self._client = SpawnerClient.start((self._package,), self._paths, settings.uid, settings.bounds.processes)
        except OSError as error:
            self._client = NoSpawner(f"the process that starts runs could not be started: {error.strerror or error}")

    def _start_discovery(self) -> None:
        self._started_s = time.monotonic()
        if self._discovery is not None:
            self._discovery.cancel()
        self._discovery = asyncio.ensure_future(self._discover(self._client))

    async def _discover(self, client: SpawnerClient | NoSpawner) -> None:
        try:
            await client.wait_machine_known()
            self._failures = 0
            self._on_change()
            await client.wait_self_test()
            self._on_change()
        except SpawnerError:
            self._failures += not client.machine_known

    async def ensure_alive(self) -> SpawnerClient | NoSpawner:
        """The client of a living spawner, if need be of a new one, which starts with the old one's findings."""
        async with self._restart_lock:
            old = self._client
            if isinstance(old, NoSpawner) or old.alive:
                return old
            if old is not self._callers_client:
                await old.close()
            if self._failures >= _MAX_FAILURES:
                self._client = NoSpawner("the process that starts runs ends as soon as it is started")
                return self._client
            self._spawn()
            new = self._client
            if isinstance(new, SpawnerClient):
                new.copy_findings(old)
            self._start_discovery()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(new.wait_machine_known(), MACHINE_TIMEOUT_S)
            return new

    def resume(self) -> None:
        """Sends SIGCONT, should it have been stopped."""
        if isinstance(self._client, SpawnerClient):
            self._client.resume()

    async def close(self) -> None:
        """Closes the client, unless it is the caller's."""
        if self._discovery is not None:
            self._discovery.cancel()
            await asyncio.gather(self._discovery, return_exceptions=True)
        if self._client is not self._callers_client:
            await self._client.close()
