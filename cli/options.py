"""Options that many commands share, each worded once."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

_Command = TypeVar("_Command", bound=Callable[..., object])


def command(example: str) -> Callable[[_Command], _Command]:
    """Mark a function as a command and keep the one example that its manual shows."""

    def mark(function: _Command) -> _Command:
        function.example = example  # type: ignore[attr-defined]  # read back by cli.main
        return function

    return mark


As = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="EMAIL",
        help="Who acts; without it the person this installation is bound to.",
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="MOMENT",
        help="Act at this moment; only in virtual time. A date alone means nine in the morning.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON on standard output.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
ProgrammeOption = Annotated[
    str,
    typer.Option(
        "--programme", metavar="KEY|FOLDER", help="A programme that comes along, or a folder."
    ),
]
SomeProgramme = Annotated[
    str | None,
    typer.Option("--programme", metavar="KEY", help="Only of this programme."),
]
ProgrammeArgument = Annotated[
    str,
    typer.Argument(metavar="KEY|FOLDER", help="A programme that comes along, or a folder."),
]
Year = Annotated[int, typer.Option("--year", metavar="Y", min=1990, max=2100, help="Of this year.")]
SomeYear = Annotated[
    int | None, typer.Option("--year", metavar="Y", min=1990, max=2100, help="Of this year.")
]
CaseId = Annotated[
    int, typer.Argument(metavar="CASE", min=1, max=2**31 - 1, help="Number of the case.")
]
TaskId = Annotated[
    int, typer.Argument(metavar="TASK", min=1, max=2**31 - 1, help="Number of the task.")
]
LetterId = Annotated[
    int, typer.Argument(metavar="LETTER", min=1, max=2**31 - 1, help="Number of the letter.")
]
SomeCycle = Annotated[
    int | None, typer.Option("--cycle", metavar="ID", max=2**31 - 1, help="Only of this cycle.")
]
OfCase = Annotated[
    int | None, typer.Option("--case", metavar="ID", max=2**31 - 1, help="Only of this case.")
]
Seen = Annotated[
    int | None,
    typer.Option(
        "--seen", metavar="VERSION", help="The version you looked at; refused if it is older."
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        min=1,
        max=2**31 - 1,
        help="At most so many (a screen shows 100, JSON all).",
    ),
]
After = Annotated[
    int, typer.Option("--after", metavar="ID", min=0, max=2**31 - 1, help="Go on behind this one.")
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV or XLSX file.")]
Basis = Annotated[str, typer.Option("--basis", help="The act or document that the deed rests on.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stays in the history.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen; change nothing.")]
PersonArgument = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's address.")]
OfSchool = Annotated[
    str | None, typer.Option("--school", metavar="CODE", help="Only of this school.")
]
OfTerritory = Annotated[
    str | None, typer.Option("--territory", metavar="CODE", help="Only of this municipality.")
]
OnlyCases = Annotated[
    list[int] | None,
    typer.Argument(metavar="CASE", min=1, max=2**31 - 1, help="Only these cases."),
]
Fingerprint = Annotated[
    str | None,
    typer.Option("--seen", metavar="FINGERPRINT", help="Refused if the proposal is another."),
]
