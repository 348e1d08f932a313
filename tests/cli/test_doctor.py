"""What doctor says of the server's Python and the user that makes the runs."""

from __future__ import annotations

import os
import platform
import re
import sys

import pytest

from server.cli import doctor
from server.stage.machine import Interpreter, Machine
from server.text import command_words
from server.text.labels import LANGS, Lang


@pytest.mark.parametrize("lang", LANGS)
def test_doctor_says_where_the_user_of_the_runs_may_not_use_this_python(lang: Lang) -> None:
    said = command_words.words(lang)["doctor"]
    mine = Interpreter(sys.executable, platform.python_version(), free_threaded=False, subinterpreters=False)
    plain = doctor.python_line(said, Machine((mine,)), 65534)
    assert plain == doctor.python_line(said, Machine(), -1)
    told = doctor.python_line(said, Machine(), 65534).removeprefix(plain)
    assert {"65534", os.path.realpath(sys.executable)} <= set(re.findall(r"[\w./-]+", told, re.ASCII))
