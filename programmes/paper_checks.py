"""Whether the texts under documents/ are papers that can be made: declared, readable, in every language."""

import re
from collections.abc import Collection, Iterator, Mapping

from opora.words import Sentence
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
            cure = Sentence("Call it documents/KIND.LANGUAGE.md, like documents/list_order.ru.md.")
            yield _fault(name, Sentence("this is the name of no paper"), cure)
            continue
        key, _ = found.groups()
        if key not in shipped_kinds() and key not in declared:
            problem = Sentence("the document {key} is not declared in stages.yaml", {"key": key})
            yield _fault(name, problem, one_of({*shipped_kinds(), *declared}))
        for language in languages if key not in shipped_kinds() else ():
            if (paper := f"{_FOLDER}{key}.{language}.md") not in files:
                problem = Sentence(
                    "the paper is not there in the language {language}", {"language": language}
                )
                yield _fault(name, problem, Sentence("Add {file}.", {"file": paper}))
        if mistake := mistake_in(files[name]):
            line, said = mistake
            yield _fault(
                name,
                Sentence("the template cannot be read ({said})", {"said": said}),
                Sentence("Correct the marks."),
                line,
            )


def _fault(file: str, problem: Sentence, cure: Sentence, line: int = 0) -> Fault:
    return Fault(file=file, line=line, path="", problem=problem, cure=cure)
