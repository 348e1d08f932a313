"""The command in both languages: its help, its errors, argparse's own words, and how a terminal's language is found."""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.cli import columns
from server.cli import main as command_line
from server.lesson import catalog
from server.text import command_words, lesson_text
from server.text.labels import LANGS, Lang

TEXT = Path(command_words.__file__).parent
COMMANDS = ("", *command_line.ACTS)
#: Latin words of a Chinese help that are names: of commands, files, formats, variables, programs.
NAMES = set(
    re.findall(
        r"\w+",
        """
        timeslice Perfetto NDJSON JSON GET api shell eval bash zsh tcsh share local html gz ndjson json trace lang help
        zh en Python CPU LC ALL MESSAGES LC_ALL LC_MESSAGES LANG TIMESLICE HOST PORT DATA DIR FILE COMMAND LESSON RUN
        PRESET NAME VALUE version host port data no browser preset set recorded serve run export doctor lessons
        completion quiz txt GIFT Moodle site""",
    )
)


def say(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    status = command_line.main(argv)
    told = capsys.readouterr()
    return status, told.out, told.err


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_in_the_language_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], name: str, lang: Lang
) -> None:
    status, out, err = say(capsys, *([name] if name else []), "--lang", lang, "--help")
    assert (status, err) == (0, "")
    own = out.partition(command_words.words(lang)["help"]["more_lessons"])[0]
    chinese = re.search(r"[\u3400-\u9fff]", out)
    assert bool(chinese) == (lang == "zh")
    if lang == "zh":
        assert set(re.findall(r"[A-Za-z]{2,}", own)) - NAMES == set(), "English is left"
        assert not re.search(r"[\u4e00-\u9fff][,:;]", own)
    assert all(len(line) <= 100 for line in own.splitlines())


def test_alone_it_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    alone, asked = say(capsys), say(capsys, "--help")
    assert alone == asked
    assert alone[0] == 0


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_it_says_its_version(capsys: pytest.CaptureFixture[str], option: str) -> None:
    from server import __version__

    assert say(capsys, option) == (0, f"timeslice {__version__}\n", "")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["run", "export"])
def test_the_help_lists_lessons_presets_and_parameters_with_their_bounds(
    capsys: pytest.CaptureFixture[str], name: str, lang: Lang
) -> None:
    out = say(capsys, name, "--help", "--lang", lang)[1]
    for slug, lesson in catalog.discover().items():
        assert f"  {slug}" in out
        assert lesson_text.text(slug, lang).front.title in out
        for preset in lesson.presets:
            assert f"--preset {preset.name} " in out
        for param in lesson.params:
            (row,) = {line for line in out.splitlines() if line.strip().startswith(f"--set {param.name}=")} & set(
                say(capsys, name, slug, "--help", "--lang", lang)[1].splitlines()
            )
            bounds = [param.low, param.high] if param.type == "int" else param.choices
            assert all(str(bound) in row for bound in (*bounds, str(param.default).lower()))


def test_the_help_of_one_lesson_is_of_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    out = say(capsys, "run", "blocking", "--help")[1]
    assert "delay_ms" in out
    assert "inotify" not in out


WRONG: Sequence[tuple[tuple[str, ...], str, str]] = [
    (("frob",), "argument COMMAND: invalid choice: 'frob'", "COMMAND：没有'frob'"),
    (("run",), "the following arguments are required: LESSON", "还缺少：LESSON"),
    (("run", "blocking", "--frob"), "unrecognized arguments: --frob", "不认识：--frob"),
    (("run", "blocking", "--set"), "argument --set: expected one argument", "--set：需要一个值"),
    (("run", "nope"), "there is no such lesson; there are: states, ", "没有这一课；现有：states、"),
    (("run", "blocking", "--preset", "nope"), "blocking has no such preset; there are: four, ", "blocking没有这个预设"),
    (
        ("run", "blocking", "--set", "delay_ms=7"),
        "--set delay_ms must be a whole number from 20 to 400",
        "20到400的整数",
    ),
    (("run", "blocking", "--set", "show=x"), "--set show must be one of four, waits", "four、waits、three"),
    (
        ("run", "states", "--set", "buffered=x"),
        "--set buffered must be true or false",
        "--set buffered必须是true或false",
    ),
    (("run", "blocking", "--set", "x=1"), "blocking has no such parameter; --set takes show", "--set可以设置：show"),
    (("run", "blocking", "--set", "x"), "--set takes name=value, not 'x'", "--set的写法是name=value，不是'x'"),
    (
        ("run", "blocking", "--set", "show=four", "--set", "show=files"),
        "--set show is given twice",
        "--set show写了两次",
    ),
    (
        ("run", "concurrency-parallelism", "--set", "tasks=6", "--set", "millions=40"),
        "too much work for one run: tasks x millions must be at most ",
        "一次运行的工作量太大",
    ),
    (("serve", "--port", "x"), "a port is a number from 0 to 65535", "端口是0到65535之间的整数"),
    (("export", "blocking", "-o", "x.txt"), "the name says the format and ends in .ndjson", "文件名决定格式"),
    (("export", "00ff", "-o", "x.html"), "there is no lesson and no finished run of this name", "没有叫这个名字的课"),
    (("completion", "fish"), "invalid choice: 'fish'", "没有'fish'"),
]


@pytest.mark.parametrize(("argv", "en", "zh"), WRONG, ids=lambda value: " ".join(value) if type(value) is tuple else "")
def test_what_is_asked_wrongly_is_one_line_in_either_language(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    argv: tuple[str, ...], en: str, zh: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("TIMESLICE_DATA_DIR", str(tmp_path))
    for lang, said in (("en", en), ("zh", zh)):
        status, out, err = say(capsys, *argv, "--lang", lang)
        assert (status, out) == (2, "")
        assert said in err
        assert len(err.splitlines()) == 1
        if lang == "zh":
            assert not re.search(r"\b(the|is|are|must|argument|choose|invalid|expected)\b", err), err


def test_what_fails_is_said_in_chinese_with_the_systems_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = ("export", "blocking", "--recorded", "-o", "/proc/nowhere/x.ndjson")
    assert (
        say(capsys, *argv, "--lang=zh")[2] == "timeslice export：无法写入/proc/nowhere/x.ndjson：没有这个文件或目录\n"
    )
    assert say(capsys, *argv)[2] == "timeslice export: cannot write /proc/nowhere/x.ndjson: No such file or directory\n"
    monkeypatch.setenv("TIMESLICE_QUEUE_LENGTH", "many")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert say(capsys, "doctor")[2] == (
        "timeslice doctor：TIMESLICE_QUEUE_LENGTH的值'many'不是整数；请改正或取消设置\n"
    )


def test_every_message_of_argparse_that_a_reader_may_meet_is_translated() -> None:
    """Messages for whoever writes a parser wrongly are not met; the others are found in this Python's own source."""
    programmers = re.compile(
        r"not callable|for positionals|__call__|multiple subparser|cannot merge|conflict|dest= is|must start with|"
        r"mutually exclusive arguments"
    )
    source = ast.parse(Path(argparse.__file__).read_text("utf-8"))
    calls = [node for node in ast.walk(source) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    told = {
        text.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in ("_", "ngettext")
        for text in call.args
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
    }
    assert len(told) > 20
    assert {text for text in told if not programmers.search(text)} <= set(command_words.of_argparse("zh"))


def test_a_translation_of_argparse_has_the_slots_of_its_message() -> None:
    for message, said in command_words.of_argparse("zh").items():
        slots = [sorted(re.findall(r"%(?:\(\w+\))?[sr]", text)) for text in (message, said)]
        assert slots[0] == slots[1], message


def test_argparse_speaks_its_own_language_again_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    say(capsys, "run", "--lang", "zh")
    with pytest.raises(SystemExit):
        argparse.ArgumentParser("other").parse_args(["x"])
    assert "unrecognized arguments: x" in capsys.readouterr().err


def flat(tree: Any, path: str = "") -> dict[str, str]:
    if not isinstance(tree, dict):
        return {path: str(tree)}
    return {key: text for name, each in tree.items() for key, text in flat(each, f"{path}.{name}").items()}


def test_both_languages_have_the_same_words_with_the_same_slots() -> None:
    en, zh = (flat(yaml.safe_load((TEXT / f"command.{lang}.yaml").read_text("utf-8"))) for lang in ("en", "zh"))
    assert list(en) == list(zh)
    for key, text in en.items():
        slots = [set(re.findall(r"\{\w+\}", each)) for each in (text, zh[key])]
        # the reason of a budget is the lesson's own English
        assert slots[0] == slots[1] or key == ".error.budget", key
        assert not re.search(r"[\u4e00-\u9fff][,:;!?]", zh[key]), key


def test_every_word_is_used() -> None:
    code = "".join(path.read_text("utf-8") for path in (TEXT.parent / "cli").glob("*.py"))
    code += (TEXT.parent / "web/serve.py").read_text("utf-8")
    spoken = {"kinds", "errno", "must", "verdict", "ended", "help"}  # looked up by a value's own name
    for key in flat(yaml.safe_load((TEXT / "command.en.yaml").read_text("utf-8"))):
        names = key.split(".")[1:]
        assert spoken.intersection(names[:-1]) or f'"{names[-1]}"' in code or f"'{names[-1]}'" in code, key


@pytest.mark.parametrize(
    ("env", "lang"),
    [
        ({}, "en"), ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "zh_TW"}, "zh"), ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"), ({"LANG": "C", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh_SG"}, "zh"),
    ],
)  # fmt: skip
def test_the_language_is_the_terminals_unless_lang_says_another(env: dict[str, str], lang: Lang) -> None:
    assert command_words.language(["run", "states"], env) == lang
    assert command_words.language(["run", "states", "--lang", "zh"], env) == "zh"
    assert command_words.language(["--lang=en", "run"], env) == "en"
    assert command_words.language(["run", "--lang"], env) == lang
    assert command_words.language(["run", "--lang", "fr"], env) == lang


def test_lessons_as_json_are_those_of_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    from server.web import api

    status, out, err = say(capsys, "lessons", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == json.loads(json.dumps([api.about(*each) for each in catalog.discover().items()]))


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_a_shell_completes_commands_and_lessons(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    status, out, err = say(capsys, "completion", shell)
    assert (status, err) == (0, "")
    assert {*command_line.ACTS, *catalog.discover()} <= set(re.findall(r"[a-z]+(?:-[a-z]+)*", out))


@pytest.mark.real_processes
def test_bash_reads_its_completion_and_offers_lessons() -> None:
    import subprocess
    import sys

    script = subprocess.run(
        [sys.executable, "-m", "server", "completion", "bash"],
        cwd=TEXT.parents[1], capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    asked = (
        f"{script}\nCOMP_WORDS=(timeslice run blo); COMP_CWORD=2; "
        "$(complete -p timeslice | sed -E 's/.*-F ([^ ]+).*/\\1/'); echo \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("blocking", "")


@pytest.mark.parametrize("part", ["reasons", "privileges", "network", "processes", "hardening"])
def test_each_defence_of_doctor_is_told_in_both_languages_with_the_same_values(part: str) -> None:
    told = {lang: command_words.words(lang)["doctor"] for lang in LANGS}
    assert set(told["en"][part]) == set(told["zh"][part])
    for state in told["en"][part]:
        slots = {lang: set(re.findall(r"{(\w+)}", told[lang][part][state])) for lang in LANGS}
        assert slots["en"] == slots["zh"], state


@pytest.mark.real_processes
def test_doctor_speaks_chinese() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "doctor", "--lang", "zh"], capture_output=True, text=True, check=False
    )
    lines = dict(line.split("：", 1) for line in done.stdout.splitlines())
    names = command_words.words("zh")["doctor"]["names"]
    assert set(lines) <= set(names.values())
    assert {names[key] for key in ("tier", "reason", "reasons", "cores", "pipes", "fonts")} <= set(lines)
    for key in ("reasons", "privileges", "network", "processes", "cores", "descriptors"):
        assert re.search(r"[\u4e00-\u9fff]", lines[names[key]]), key
    assert (
        len({columns.width(line) - columns.width(line.split("：", 1)[1].lstrip()) for line in done.stdout.splitlines()})
        == 1
    )
