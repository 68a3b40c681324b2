"""What `--help` shows: the pages of the manual, in the reader's language."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from typer.core import TyperArgument, TyperCommand, TyperGroup

from opora.language import language_of_installation
from opora.words import Sentence
from templates.wording import catalogue_of, say

WIDEST = 110
"""Columns of a page on a wide terminal: longer lines are hard to read."""

_NO_BOUND = 2**31 - 1
_SHORT = 30
_KINDS: Mapping[object, Sentence] = {
    int: Sentence("N"),
    str: Sentence("TEXT"),
    Path: Sentence("FILE"),
}
"""What stands for a value that has no name of its own."""


class Wording:
    """Says what stands in the code, in the language of the installation."""

    def __init__(self) -> None:
        self.language = language_of_installation()

    def say(self, sentence: Sentence) -> str:
        return say(sentence, self.language)

    def plain(self, text: str) -> str:
        """A text of the code without fields: help of an option, a name of a value."""
        return catalogue_of(self.language).say(text)

    def paragraphs(self, text: str) -> str:
        """A docstring, paragraph by paragraph."""
        return "\n\n".join(map(self.plain, paragraphs(text)))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a docstring, each in one line."""
    parts = inspect.cleandoc(text).split("\n\n")
    return [" ".join(part.split()) for part in parts if part.strip()]


class Manual(TyperCommand):
    """A command whose page we write ourselves."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The page."""
        write_page(self, ctx, formatter)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """The line that a mistake is answered with, too."""
        write_usage(self, ctx, formatter)


def write_page(command: Any, ctx: Any, formatter: Any) -> None:
    """Usage, what it does, arguments, options, commands, an example."""
    words = Wording()
    write_usage(command, ctx, formatter)
    for text in filter(None, [command.help]):
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(words.paragraphs(text))
    for heading, rows in _sections(command, ctx, words):
        with formatter.section(words.say(heading)):
            formatter.write_dl(rows)
    if command.epilog:
        formatter.write_paragraph()
        with formatter.indentation():
            _write_epilog(command, formatter, words)


def _write_epilog(command: Any, formatter: Any, words: Wording) -> None:
    """A group's last words; a command's example in one line, to be copied."""
    if isinstance(command, TyperGroup):
        formatter.write_text(words.plain(command.epilog or ""))
        return
    example = words.say(Sentence("Example: {command}", {"command": command.epilog}))
    formatter.write(f"  {example}\n")


def write_usage(command: Any, ctx: Any, formatter: Any) -> None:
    """`Usage: opora task show [OPTIONS] TASK`."""
    words = Wording()
    pieces = [words.say(Sentence("[OPTIONS]"))]
    pieces += [_in_usage(one, words) for one in command.params if isinstance(one, TyperArgument)]
    if isinstance(command, TyperGroup):
        pieces.append(words.say(Sentence("COMMAND …")))
    prefix = words.say(Sentence("Usage:")) + " "
    formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=prefix)


def _sections(
    command: Any, ctx: Any, words: Wording
) -> Iterator[tuple[Sentence, Sequence[tuple[str, str]]]]:
    given = [one for one in command.get_params(ctx) if not one.hidden]
    arguments = [one for one in given if isinstance(one, TyperArgument)]
    options = [one for one in given if one not in arguments]
    if arguments:
        yield (
            Sentence("Arguments"),
            [(called(one, words), _meaning(one, words)) for one in arguments],
        )
    yield Sentence("Options"), [(called(one, words), _meaning(one, words)) for one in options]
    if isinstance(command, TyperGroup):
        listed = command.commands.items()
        yield Sentence("Commands"), [(name, words.plain(one.help or "")) for name, one in listed]


def _in_usage(argument: Any, words: Wording) -> str:
    name = called(argument, words)
    if argument.nargs != 1 and not name.endswith(("…", "...")):
        name += "…"
    return name if argument.required else f"[{name}]"


def called(param: Any, words: Wording) -> str:
    """`CASE`, `--year Y`, `--yes`: as it is written in a command."""
    if isinstance(param, TyperArgument):
        return _value(param, words)
    names = " / ".join(", ".join(some) for some in (param.opts, param.secondary_opts) if some)
    return names if param.is_flag or param.count else f"{names} {_value(param, words)}"


def _value(param: Any, words: Wording) -> str:
    if param.metavar:
        return words.plain(param.metavar)
    if known := choices(param):
        joined = "|".join(known)
        return joined if len(joined) <= _SHORT else words.say(Sentence("WORD"))
    of = param.type_descriptor.annotation
    kind = next(iter(get_args(of)), of)
    return words.say(_KINDS.get(kind, Sentence("TEXT")))


def choices(param: Any) -> Sequence[str]:
    """The words that it may be, where they are few and known."""
    return [str(getattr(one, "value", one)) for one in param.type_descriptor.choices or ()]


def _meaning(param: Any, words: Wording) -> str:
    if "--help" in param.opts:
        return words.say(Sentence("Show this page."))
    parts = [words.plain(param.help or "")]
    said = [words.say(one) for one in _remarks(param)]
    if said:
        parts.append(f"[{'; '.join(said)}]")
    return "  ".join(filter(None, parts))


def _remarks(param: Any) -> Iterator[Sentence]:
    known = choices(param)
    if len("|".join(known)) > _SHORT or (known and param.metavar):
        yield Sentence("one of: {words}", {"words": known})
    default = getattr(param.default, "value", param.default)
    if default and param.show_default and not isinstance(default, bool | Callable):
        shown = default if isinstance(default, list | tuple) else str(default)
        yield Sentence("by default {value}", {"value": shown})
    least, most = getattr(param, "min", None), getattr(param, "max", None)
    if least is not None and most is not None and most < _NO_BOUND:
        yield Sentence("{least} to {most}", {"least": str(least), "most": str(most)})
    if param.required:
        yield Sentence("required")
