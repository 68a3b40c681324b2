"""The process that opens one workbook: bound in memory and time, it answers in lines of JSON and ends.

Whatever a hostile file does to the reader happens here, and costs its sender a refusal.
"""

import json
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from casework.files.raw_cells import RawCell
from casework.files.workbooks import open_workbook
from opora.errors import FileRefused

_TAGGED: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    datetime: ("moment", datetime.isoformat),
    date: ("day", date.isoformat),
    time: ("time", time.isoformat),
    timedelta: ("seconds", timedelta.total_seconds),
}
_UNTAGGED: Mapping[str, Callable[[Any], RawCell]] = {
    "moment": datetime.fromisoformat,
    "day": date.fromisoformat,
    "time": time.fromisoformat,
    "seconds": lambda seconds: timedelta(seconds=seconds),
}


def line_of(cells: Sequence[RawCell]) -> str:
    """One row as a line of JSON; what JSON has no form for stands as [kind, value]."""
    return json.dumps(list(map(_tagged, cells)))


def cells_in(line: str) -> list[RawCell]:
    """The row that `line_of` wrote."""
    return [_UNTAGGED[one[0]](one[1]) if isinstance(one, list) else one for one in json.loads(line)]


def _tagged(cell: RawCell) -> object:
    if type(cell) not in _TAGGED:
        return cell
    kind, form = _TAGGED[type(cell)]
    return [kind, form(cell)]


def main(file: str, sheet: str, megabytes: int, seconds: int) -> None:
    """Answer with the sheet's name and its rows, or with the refusal."""
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    out = sys.stdout
    try:
        name, rows = open_workbook(file, sys.stdin.buffer.read(), sheet or None)
    except FileRefused as refused:
        cure: Any = refused.fields["cure"]
        out.write(json.dumps({"cure": cure.text, "fields": dict(cure.fields)}) + "\n")
        return
    out.write(json.dumps({"sheet": name}) + "\n")
    for cells in rows:
        out.write(line_of(cells) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
