"""Workbooks are read by a process of their own, so that a hostile one costs a refusal and not the server."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from casework.files.raw_cells import RawCell
from casework.files.workbook_child import cells_in
from opora.errors import FileRefused
from opora.words import Sentence

MOST_MEMORY = 3072
"""MiB that the reader may take."""
MOST_SECONDS = 120
"""Seconds of work, and twice as many on the clock."""
_ROOT = Path(__file__).parents[2]


def read_workbook(
    file: str, data: bytes, sheet: str | None
) -> tuple[str, Iterator[Sequence[RawCell]]]:
    """The sheet's name and its rows from row 1 on; empty cells are empty texts. Raises FileRefused."""
    answer = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  the rows are read later
    try:
        is_whole = _ask(file, data, sheet, answer)
        answer.seek(0)
        first = json.loads(answer.readline()) if is_whole else None
    except ValueError:
        first = None
    if first is None:
        answer.close()
        bounds = {"memory": MOST_MEMORY, "seconds": MOST_SECONDS}
        cure = (
            "Reading it takes more than {memory} MiB or {seconds} seconds: save the table as CSV."
        )
        raise FileRefused(file, Sentence(cure, bounds))
    if "cure" in first:
        answer.close()
        why = Sentence(first["cure"], first["fields"])
        raise FileRefused(file, why)
    return first["sheet"], _rows(answer)


def _ask(file: str, data: bytes, sheet: str | None, answer: IO[str]) -> bool:
    """Whether the child came to its end; memory or time may have run out before."""
    words = [file, sheet or "", str(MOST_MEMORY), str(MOST_SECONDS)]
    path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        done = subprocess.run(  # noqa: S603  our own interpreter and module
            [sys.executable, "-m", "casework.files.workbook_child", *words],
            input=data,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
            timeout=2 * MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _rows(answer: IO[str]) -> Iterator[Sequence[RawCell]]:
    with answer:
        for line in answer:
            yield cells_in(line)
