"""A programme with kinds of records that no code knows: Yugra's files and the kinds of the tests."""

from functools import cache
from pathlib import Path

from programmes.definition import Programme
from programmes.folders import files_of, shipped
from programmes.reading import read_programme_files

_HERE = Path(__file__).parent


def record_files(*, needs: str = "", kinds: tuple[str, str] = ("", "")) -> dict[str, str]:
    """The files of that programme; `needs` are more lines for the move `analyse`.

    `kinds` is an old text of the tests' kinds and what stands in its place.
    """
    files = dict(files_of(shipped()["yugra"]))
    own = (_HERE / "record_kinds.yaml").read_text(encoding="utf-8")
    assert kinds[0] in own
    files["records.yaml"] += own.replace(*kinds, 1)
    milestone = (_HERE / "record_milestone.yaml").read_text(encoding="utf-8")
    stages = files["stages.yaml"].replace("milestones:\n", f"milestones:\n{milestone}", 1)
    files["stages.yaml"] = stages.replace("    needs:\n", f"    needs:\n{needs}", 1)
    return files


@cache
def with_records(needs: str = "") -> Programme:
    """Read once a process."""
    return read_programme_files(record_files(needs=needs))
