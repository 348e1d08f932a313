"""The pictures of this lesson: copies of one file, its memory, the deletion, the old name, the rescue, the kill."""

from __future__ import annotations

from ...lesson import Moment, Scene

COPIES = ("copy",)
ALL = ("copy", "tool")
DELETION = ("copy", "rm")  # of the commands, only those that the text has spoken of by then
SCENES = (
    Scene(
        "guess", "program", Moment.claim("one_file"), lead=0.9, around_share=0.6, tasks=COPIES, views=("lanes",),
        path=True,
    ),
    Scene(
        "one-file", "program", Moment.claim("separate", 1.0), lead=0.9, around_share=0.6, tasks=COPIES,
        views=("lanes", "code"), code="starts", path=True,
    ),
    Scene(
        "together", "program", Moment.claim("separate", 1.0), lead=0.9, around_share=0.6, tasks=COPIES,
        views=("memory", "lanes"), claim="together", path=True,
    ),
    Scene(
        "deleted", "program", Moment.claim("runs_on"), tasks=DELETION, views=("lanes", "memory"), select="copy 1",
        play=(Moment.claim("separate", 1.0), 0.01), path=True,
    ),
    Scene(
        "name", "program", Moment.claim("name_gone"), around_share=0.2, tasks=(*DELETION, "fourth"),
        views=("lanes", "code"), select="fourth", code="deletes:fourth", path=True,
    ),
    Scene(
        "rescue", "program", Moment.claim("rescued"), around_share=0.4, lead=0.8, tasks=ALL, views=("lanes", "code"),
        select="rescued", code="say_equal", path=True,
    ),
    Scene(
        "killed", "program", Moment.claim("others_stay"), around_share=0.3, lead=0.5, tasks=COPIES, views=("lanes",),
        select="copy 1",
    ),
    Scene(
        "script", "script", Moment.claim("script_not_there", 1.0), tasks=ALL, views=("lanes", "code"), code="search",
        path=True,
    ),
    Scene("keep", "program", Moment.whole("program"), trials=("program",), tasks=ALL, views=("lanes", "memory")),
)  # fmt: skip

HOME = Scene(
    "", "program", Moment.claim("one_file"), lead=0.9, around_share=0.6, tasks=COPIES, views=("lanes",)
)  # fmt: skip
