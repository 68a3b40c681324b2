"""A small invented region for the stories of the source documents: its files, its people, its proofs."""

import email
from dataclasses import dataclass
from email import policy

from tests.cli.conftest import write
from tests.cli.terminal import Terminal
from tests.cli.test_story import PDF

COLUMNS = ["id", "year", "procedure", "participants", "below_threshold"]
HEADER = ["id", "name", "kind", "municipality_id", "municipality", "opened", "closed"]
HEADER += ["settlement", "small", "innovation_site"]
PEOPLE = ["email", "name", "role", "territory", "school"]


@dataclass(frozen=True)
class Region:
    """One programme's region at one terminal."""

    terminal: Terminal
    programme: str

    def of(self, year):
        return ["--programme", self.programme, "--year", year]

    def take(self, profile, header, rows, *, at):
        write(self.terminal.folder / f"{profile}.csv", header, rows)
        words = ["import", f"{profile}.csv", "--programme", self.programme, "--profile", profile]
        return self.terminal.done(*words, "--json", at=at).data

    def schools(self, codes, *, at, sites=()):
        like = ["1970-09-01", "", "сельская", "нет"]
        rows = [
            [code, f"Школа {code}", "Школа", code[:2], f"Округ {code[:2]}", *like] for code in codes
        ]
        rows = [[*row, "да" if row[0] in sites else "нет"] for row in rows]
        return self.take("schools", HEADER, rows, at=at)

    def results(self, year, below, procedures, *, at):
        """`below`: how many of 20 pupils of a school fail in every one of the procedures."""
        rows = [[code, year, name, 20, n] for code, n in below.items() for name in procedures]
        return self.take("results", COLUMNS, rows, at=at)

    def context(self, index_by_year, *, at):
        rows = [[code, year, n] for year, of in index_by_year.items() for code, n in of.items()]
        return self.take("context", ["id", "year", "wellbeing_index"], rows, at=at)

    def people(self, rows, *, at):
        return self.take("people", PEOPLE, rows, at=at)

    def write_down(self, kind, *more, at, by=None, **fields):
        """A record; its number."""
        words = [word for key, value in fields.items() for word in ("--field", f"{key}={value}")]
        made = self.terminal.done("record", "add", kind, *words, *more, "--json", at=at, by=by)
        return made.data["record"]

    def tasks(self, **wanted):
        listed = self.terminal.done("task", "list", "--json").data
        return [one for one in listed if all(one[key] == value for key, value in wanted.items())]

    def carry_through(self, tasks, *, at, judges):
        """Hand in and accept these tasks; `judges`: the person behind each role that accepts."""
        (self.terminal.folder / "proof.pdf").write_bytes(PDF)
        for task in tasks:
            if task["state"] not in {"open", "returned"}:
                continue
            words = ["task", "submit", task["id"], "--text", "Сделано", "--file", "proof.pdf"]
            self.terminal.done(*words, at=at, by=task["assignee"])
            if task["approver"] is not None:
                by = judges[task["approver"]]
                self.terminal.done("task", "accept", task["id"], at=at, by=by)

    def letters(self, to):
        """(subject, text) of every letter that has left for that address, in order."""
        for file in sorted((self.terminal.folder / "home" / "mailbox").glob("*.eml")):
            message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
            if to in str(message["To"]):
                yield str(message["Subject"]), message.get_body(("plain",)).get_content()

    def move(self, case, move, *more, at):
        return self.terminal.done("case", "move", case, move, *more, "--json", at=at).data
