"""What every route is given: the settings, the lessons and the runs of this server, and whether it is closing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.types import Scope

from ..lesson import Lesson
from ..log.archive import DamagedRecording, TemporarilyUnreadable
from ..runs.admission import Runs
from ..runs.run import Run
from ..runs.spawner_client import SpawnerError
from ..settings import Settings
from . import links
from .origins import Origins
from .problems import Problem

LOOK_S = 3.0  # a third of a second where nothing else happens


@dataclass(slots=True)
class Context:
    """One per application; nothing in it but ``closing`` changes after ``create_app``."""

    settings: Settings
    lessons: Mapping[str, Lesson]  # slug → lesson, in reading order
    runs: Runs
    closing: bool = False  # the server has been told to stop: no run starts any more
    origins: Origins = field(init=False)

    def __post_init__(self) -> None:
        self.origins = Origins(self.settings)

    @property
    def root(self) -> str:
        """The path below which the world sees this server (:func:`links.root`)."""
        return links.root(self.settings)

    def opened_under(self, request: Request) -> Settings:
        """The settings, from which links say the address that this request's reader has opened."""
        return links.opened_under(self.settings, self.opened(request.scope))

    def opened(self, scope: Scope) -> str:
        """The origin that a reader has opened, if links say it instead of the settings': it is one of ours, and no
        public address is set."""
        if self.settings.public_url:
            return ""
        found = self.origins.opened(scope)
        return "" if found == links.base(self.settings) else found

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
