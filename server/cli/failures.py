"""What the command says when something is wrong, and the exit status for it; it prints nothing."""

from __future__ import annotations

from ..log import archive
from ..settings import BadSetting
from ..text import command_words
from ..text.command_words import LocalizedError
from ..text.labels import Lang
from ..web import validation
from ..web.validation import FieldError

USAGE, FAILURE, INTERRUPTED = 2, 1, 130


class UsageError(LocalizedError):
    """The command line asks for what does not exist: exit 2."""


class Failure(LocalizedError):
    """It was asked rightly and did not work: exit 1."""


class Refused(LocalizedError):
    """A value that a lesson does not take, as the command says it; the fault is the web's own."""

    def __init__(self, lesson: str, fault: FieldError, names: tuple[str, ...]) -> None:
        super().__init__("param")
        self.lesson, self.fault, self.names = lesson, fault, names

    def sentence(self, lang: Lang) -> str:
        """What is wrong with the value, and what would be right."""
        fault, said = self.fault, command_words.words(lang)["error"]
        listed = command_words.words(lang)["list"].join
        if fault.code == "budget":
            return str(said["budget"]).format(why=fault.must.partition(": ")[2])
        if fault.code == "unknown":
            key = "no_param" if self.names else "no_params"
            return str(said[key]).format(lesson=self.lesson, names=listed(self.names))
        if fault.field == "preset":
            return str(said["preset"]).format(lesson=self.lesson, choices=listed(fault.choices))
        name = f"--set {fault.field.rpartition('.')[2]}"
        if fault.code == "twice":
            return str(said["twice"]).format(name=name)
        kind = "choice" if fault.choices else "bool" if fault.low is None else "int"
        must = str(said["must"][kind]).format(low=fault.low, high=fault.high, choices=listed(fault.choices))
        return str(said["param"]).format(name=name, must=must)


def of_values(lesson: str, error: validation.Refused, names: tuple[str, ...]) -> UsageError:
    """The first fault of parameters, as a usage error; ``names`` are those that the lesson has."""
    return UsageError("values", why=Refused(lesson, error.faults[0], names))


def of_setting(error: ValueError) -> UsageError:
    """A setting of the environment that cannot be read."""
    if not isinstance(error, BadSetting):
        return UsageError("values", why=str(error))
    return UsageError("setting", name=error.name, kind=Kind(error.kind), value=error.value)


def of_recording(error: archive.RecordingUnavailable) -> Failure:
    """A run that was asked for and cannot be read."""
    return Failure("unreadable" if isinstance(error, archive.TemporarilyUnreadable) else "too_damaged")


class Kind(LocalizedError):
    """What kind of value a setting takes."""

    def sentence(self, lang: Lang) -> str:
        """The kind in words; the annotation itself where nothing better is known."""
        kinds = command_words.words(lang)["error"]["kinds"]
        return str(kinds[self.key]) if self.key in kinds else self.key
