"""Reads a programme: from a folder, or from the files of a version that was kept."""

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from opora.errors import ProgrammeInvalid
from opora.words import Sentence
from programmes.course_checks import check_course, check_identity, check_languages
from programmes.definition import Programme
from programmes.faults import Fault
from programmes.folders import files_of, fingerprint
from programmes.grouping_checks import check_clusters, check_partners
from programmes.indicator_checks import check_indicators
from programmes.list_checks import check_lists
from programmes.making_checks import check_makings
from programmes.paper_checks import faults_of_papers
from programmes.plan_checks import check_plan
from programmes.prefill_checks import check_prefills
from programmes.profile_checks import check_profiles, check_reasons
from programmes.record_checks import check_record_uses, check_records
from programmes.rule_checks import check_rules, warn_of_rules
from programmes.sections import FIELDS, Reading, read_sections

_CHECKS = (
    (check_identity, ("programme.yaml",)),
    (check_course, ("stages.yaml",)),
    (check_rules, ("identification.yaml",)),
    (check_profiles, ("imports.yaml", "identification.yaml")),
    (check_records, ("records.yaml", "stages.yaml")),
    (check_record_uses, ("stages.yaml", "records.yaml")),
    (check_makings, ("records.yaml",)),
    (
        check_prefills,
        ("records.yaml", "identification.yaml", "stages.yaml", "indicators.yaml"),
    ),
    (check_lists, ("lists.yaml", "identification.yaml")),
    (check_clusters, ("clusters.yaml", "identification.yaml", "stages.yaml")),
    (check_partners, ("partners.yaml", "identification.yaml", "stages.yaml")),
    (
        check_indicators,
        ("indicators.yaml", "identification.yaml", "stages.yaml", "records.yaml"),
    ),
    (check_plan, ("plan.yaml", "records.yaml")),
    (check_reasons, ("words.yaml", "imports.yaml", "identification.yaml")),
)
"""Each check with the sections it compares; its findings belong to the first of them."""


def read_programme(folder: Path | Traversable) -> Programme:
    """Raises ProgrammeInvalid with every Fault of every file at once."""
    return read_programme_files(files_of(folder), name=folder.name)


def read_programme_files(files: Mapping[str, str], *, name: str = "") -> Programme:
    """The same from name → text, as `files_of` gave them."""
    reading = read_sections(files)
    _cross_check(reading)
    reading.faults += _of_papers(reading, files)
    if reading.faults:
        order = sorted(reading.faults, key=lambda fault: (fault.file, fault.line, fault.path))
        raise ProgrammeInvalid(_name(reading, name), list(dict.fromkeys(order)))
    said = {FIELDS[section]: model for section, model in reading.models.items()}
    return Programme(
        **said, sha256=fingerprint(files), files=dict(files), warnings=_warnings(reading)
    )


def _warnings(reading: Reading) -> tuple[Fault, ...]:
    """What the rules allow and is probably not meant; a programme works in spite of it."""
    tree, model = reading.trees["identification.yaml"], reading.models["identification.yaml"]
    found = [tree.fault(place, problem, cure) for place, problem, cure in warn_of_rules(model)]
    return tuple(sorted(found, key=lambda fault: (fault.line, fault.path)))


def _cross_check(reading: Reading) -> None:
    for check, sections in _CHECKS:
        if all(section in reading.models for section in sections):
            models = (reading.models[section] for section in sections)
            for place, problem, cure in check(*models):
                if not _is_lost(reading, problem):
                    reading.blame(sections[0], place, problem, cure)
    identity = reading.models.get("programme.yaml")
    if identity is None:
        return
    for tree in reading.trees.values():
        for place, problem, cure in check_languages(tree.value, identity.languages):
            reading.faults.append(tree.fault(place, problem, cure))


def _of_papers(reading: Reading, files: Mapping[str, str]) -> list[Fault]:
    """Of the texts under documents/, once it is known what they may be called."""
    identity, course = (reading.models.get(name) for name in ("programme.yaml", "stages.yaml"))
    if identity is None or course is None:
        return []
    return list(faults_of_papers(files, course.documents, identity.languages))


def _is_lost(reading: Reading, problem: Sentence) -> bool:
    """A name declared in a part that is itself at fault is not reported a second time."""
    said = str(problem)
    about_a_name = "not declared" in said or "not named" in said
    return about_a_name and any(word.strip(",:") in reading.lost for word in said.split())


def _name(reading: Reading, name: str) -> str:
    identity = reading.models.get("programme.yaml")
    return identity.key if identity else name
