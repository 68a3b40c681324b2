"""Whether the texts under documents/ are papers that can be made: declared, readable, in every language."""

import re
from collections.abc import Collection, Iterator, Mapping

from programmes.faults import Fault, one_of
from templates.documents import mistake_in, shipped_kinds

_FOLDER = "documents/"
_NAME = re.compile(r"documents/([a-z][a-z0-9_]*)\.([a-z]{2})\.md")


def faults_of_papers(
    files: Mapping[str, str], declared: Collection[str], languages: Collection[str]
) -> Iterator[Fault]:
    """`declared` are the documents of stages.yaml; those that come along may be worded anew."""
    for name in sorted(name for name in files if name.startswith(_FOLDER)):
        found = _NAME.fullmatch(name)
        if found is None:
            cure = "Call it documents/KIND.LANGUAGE.md, like documents/list_order.ru.md."
            yield _fault(name, "this is the name of no paper", cure)
            continue
        key, _ = found.groups()
        if key not in shipped_kinds() and key not in declared:
            problem = f"the document {key} is not declared in stages.yaml"
            yield _fault(name, problem, one_of({*shipped_kinds(), *declared}))
        for language in languages if key not in shipped_kinds() else ():
            if f"{_FOLDER}{key}.{language}.md" not in files:
                problem = f"the paper is not there in the language {language}"
                yield _fault(name, problem, f"Add {_FOLDER}{key}.{language}.md.")
        if mistake := mistake_in(files[name]):
            line, said = mistake
            yield _fault(name, f"the template cannot be read ({said})", "Correct the marks.", line)


def _fault(file: str, problem: str, cure: str, line: int = 0) -> Fault:
    return Fault(file=file, line=line, path="", problem=problem, cure=cure)
