"""What a slip of the fingers is answered with: the usage, what is wrong, and what would be right."""

import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import typer

from cli.manual import Wording, called, choices
from opora.value_faults import fault_of
from opora.words import Sentence

FAILED, WRONG_USAGE = 1, 2
"""Exit status."""

_SAID: tuple[tuple[re.Pattern[str], Sentence], ...] = (
    (re.compile(r"No such option: (?P<name>\S+)"), Sentence("There is no option {name}.")),
    (re.compile(r"No such command '(?P<name>.*?)'"), Sentence("There is no command {name}.")),
    (re.compile(r"Option '(?P<name>.*)' requires"), Sentence("A value must follow {name}.")),
    (re.compile(r"Option '(?P<name>.*)' does not"), Sentence("{name} takes no value.")),
    (
        re.compile(r"Got unexpected extra argument(?:\(s\)|s)? \((?P<words>.*)\)"),
        Sentence("That is too much: {words}."),
    ),
    (re.compile(r"Missing command"), Sentence("Name a command.")),
)
"""The library has its sentences in English alone."""


def answered(error: typer.TyperException | typer.Abort) -> int:
    """Tell it on standard error; gives the exit status."""
    words, ctx = Wording(), getattr(error, "ctx", None)
    if isinstance(error, typer.Abort):
        typer.echo(words.say(Sentence("Stopped.")), err=True)
        return FAILED
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(error.message, err=True)
        return WRONG_USAGE
    if ctx is not None:
        typer.echo(ctx.get_usage(), err=True)
        told = Sentence("Help: {command}", {"command": f"{ctx.command_path} --help"})
        typer.echo(words.say(told) + "\n", err=True)
    problem = Sentence("Error: {problem}", {"problem": _problem(error, words)})
    typer.echo(words.say(problem), err=True)
    return WRONG_USAGE


def _problem(error: Any, words: Wording) -> object:
    param = getattr(error, "param", None)
    if param is not None:
        name = called(param, words)
        if type(error).__name__ == "MissingParameter":
            missing = {"name": name, "meaning": words.plain(param.help or "")}
            return Sentence("{name} is missing. {meaning}", missing)
        return Sentence("{name}: {problem}", {"name": name, "problem": _misfit(error, param)})
    for pattern, sentence in _SAID:
        if found := pattern.match(error.message):
            return _with_guess(replace(sentence, fields=found.groupdict()), error)
    return error.format_message()


def _misfit(error: Any, param: Any) -> object:
    if known := choices(param):
        return Sentence("Use one of: {words}.", {"words": known})
    found: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    return fault_of(found[0]).sentence if found else error.message


def _with_guess(said: Sentence, error: Any) -> Sentence:
    """With the names that look like the one that was written."""
    known: Mapping[str, object] = getattr(error.ctx.command, "commands", {}) if error.ctx else {}
    close = getattr(error, "possibilities", None) or get_close_matches(
        str(said.fields.get("name", "")), known
    )
    if not close:
        return said
    return Sentence("{said} Did you mean {names}?", {"said": said, "names": [*close]})
