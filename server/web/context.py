"""What every route is given: the settings, the lessons and the runs of this server, and whether it is closing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from ..lesson import Lesson
from ..log.archive import DamagedRecording, TemporarilyUnreadable
from ..runs.admission import Runs
from ..runs.run import Run
from ..runs.spawner_client import SpawnerError
from ..settings import Settings
from .problems import Problem

LOOK_S = 3.0  # a third of a second where nothing else happens


@dataclass(slots=True)
class Context:
    """One per application; nothing in it but ``closing`` changes after ``create_app``."""

    settings: Settings
    lessons: Mapping[str, Lesson]  # slug → lesson, in reading order
    runs: Runs
    closing: bool = False  # the server has been told to stop: no run starts any more

    async def machine_known(self) -> None:
        """Wait until it is known what this machine has; :class:`Problem` 503 if that takes too long."""
        client = self.runs.client
        try:
            await asyncio.wait_for(client.wait_machine_known(), LOOK_S)
        except (TimeoutError, SpawnerError):
            said = "This machine is still being looked at: try again in a moment."
            raise Problem(503, said, headers={"Retry-After": "2"}) from None

    async def run(self, id: str) -> Run:
        """The run of this id, live or archived.

        Raises :class:`Problem` 404, 410 for one whose recording is damaged from the first line on, and 503 with
        Retry-After while no file can be opened.
        """
        try:
            found = await self.runs.find(id)
        except DamagedRecording as damaged:
            raise Problem(410, str(damaged)) from None
        except TemporarilyUnreadable as unreadable:
            raise Problem(503, str(unreadable), headers={"Retry-After": "2"}) from None
        if found is None:
            raise Problem(404, "There is no such run.")
        return found
