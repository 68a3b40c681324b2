"""Reads `wording/<language>.po`, each form of each sentence, in a hundredth of a second.

Babel's reader stands behind the tests. It takes longer than a whole page of the manual, which is
said in the reader's language too.
"""

import gettext
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Catalogue:
    """English sentence → how it is said; several forms where a number chooses among them."""

    forms: Mapping[str, tuple[str, ...]]
    form_of: Callable[[int], int]

    def say(self, text: str, number: int = 0) -> str:
        """What the catalogue lacks stays in English."""
        match self.forms.get(text, ()):
            case ():
                return text
            case (only,):
                return only
            case several:
                return several[self.form_of(number)]


def read_catalogue(language: str) -> Catalogue:
    """The catalogue that lies beside this file.

    One that is damaged or gone is empty: a refusal in English is better than none.
    """
    file = resources.files("templates") / "wording" / f"{language}.po"
    try:
        forms = dict(_entries(file.read_text(encoding="utf-8")))
        (header,) = forms.pop("")
        rule = header.partition("plural=")[2].partition(";")[0]
        return Catalogue(forms, gettext.c2py(rule))
    except (OSError, ValueError, KeyError):
        return Catalogue({}, lambda _: 0)


_LINE = re.compile(r'^msg(\w+)(?:\[\d+\])? "(.*)"\n((?:".*"\n)*)', re.MULTILINE)


def _entries(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """`msgid` with its `msgstr`, or with `msgstr[0]`, `msgstr[1]`, …; comments are passed over."""
    said = ""
    forms: list[str] = []
    for keyword, first, more in _LINE.findall(f"{text}\n"):
        part = first + more[1:-2].replace('"\n"', "")
        if "\\" in part:
            part = json.loads(f'"{part}"', strict=False)
        if keyword == "str":
            forms.append(part)
        elif keyword == "id":
            if forms:
                yield said, tuple(forms)
            said, forms = part, []
    if forms:
        yield said, tuple(forms)
