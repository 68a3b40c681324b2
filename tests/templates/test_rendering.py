"""Every kind of letter, in both languages, says its things plainly and leaves no holes."""

import re
from datetime import date
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import pytest
from jinja2 import UndefinedError

from notifications.letters import (
    CONTENTS,
    AddressRefused,
    Analytics,
    CaseMoved,
    CaseOpened,
    Contents,
    DeadlineChanged,
    Digest,
    Escalation,
    LateGroup,
    ObjectionDecided,
    ObjectionMade,
    OwnSchool,
    PlanNotice,
    RecordInvitation,
    RecordLine,
    RecordNotice,
    TaskAccepted,
    TaskItem,
    TaskReturned,
    TasksAssigned,
    TaskSubmitted,
)
from notifications.outbox import LetterKind
from opora.words import LANGUAGES, Sentence
from templates.rendering import render

PROFILE = TaskItem(
    title="Заполнить рисковый профиль",
    help="анкета с подписью директора",
    due_on=date(2026, 11, 19),
    days_late=3,
    url="https://opora.example.org/tasks/41",
    school="МБОУ «Школа № 7»",
    territory="Выдуманный район",
)
CONTRACT = TaskItem(
    title="Загрузить <договор> & приложение",
    due_on=date(2026, 11, 22),
    url="https://opora.example.org/tasks/42",
    note=Sentence("it is empty"),
)
COMMON: dict[str, Any] = {
    "person": "Мария Выдуманная",
    "programme": "Поддержка школ",
    "why": Sentence("You handed this work in."),
    "home_url": "https://opora.example.org",
    "ask": "О. Придуманная, o@example.org",
    "checkpoint": "opora/1 42 q83vEg==",
}
HOME = "https://opora.example.org/cases/7"
LETTERS: dict[LetterKind, Contents] = {
    LetterKind.CASE_OPENED: CaseOpened(
        **COMMON, school="Школа № 7", territory="Район", year=2026,
        role="школа-тьютор", earlier=("2021 (стала эффективной)",),
        categories=("низкие результаты",), tasks=(CONTRACT,), url=HOME,
    ),
    LetterKind.TASKS_ASSIGNED: TasksAssigned(**COMMON, place="Район", tasks=(PROFILE, CONTRACT)),
    LetterKind.CASE_MOVED: CaseMoved(
        **COMMON, school="Школа № 7", move="Возврат на доработку", source="программа утверждена",
        dest="закреплён партнёр", basis="приказ № 12", remarks="Нет срока.", tasks=(CONTRACT,),
        url=HOME,
    ),
    LetterKind.TASK_SUBMITTED: TaskSubmitted(**COMMON, item=CONTRACT, author="И. Придуманный"),
    LetterKind.TASK_RETURNED: TaskReturned(
        **COMMON, item=CONTRACT, remarks="Нет подписи.", by="И. Придуманный"
    ),
    LetterKind.TASK_ACCEPTED: TaskAccepted(
        **COMMON, item=PROFILE, next_item=CONTRACT, again_on=date(2026, 12, 1)
    ),
    LetterKind.DEADLINE_CHANGED: DeadlineChanged(
        **COMMON, what=Sentence("The deadline was extended."), items=(CONTRACT,),
        reason="Ремонт здания", by="И. Придуманный", more=2,
    ),
    LetterKind.DIGEST: Digest(
        **COMMON, day=date(2026, 11, 22), overdue=(PROFILE,), today=(CONTRACT,),
        missed_days=(date(2026, 11, 18), date(2026, 11, 20)), more=4, gathered=("Принято: план",),
    ),
    LetterKind.ADDRESS_REFUSED: AddressRefused(
        **COMMON, reader="И. Придуманный", address="i@example.org", reason="550 5.1.1 no such user"
    ),
    LetterKind.OBJECTION_MADE: ObjectionMade(
        **COMMON, number=3, school="Школа № 7", territory="Район", year=2026, is_listed=True,
        is_appeal=False, made_on=date(2026, 11, 22), reason="Нет результатов 9Б.", by="И. Придуманный",
    ),
    LetterKind.OBJECTION_DECIDED: ObjectionDecided(
        **COMMON, school="Школа № 7", territory="Район", year=2026, is_listed=False,
        is_appeal=False, made_on=date(2026, 11, 22), is_upheld=True,
        remarks="Файл был неверен.", basis="протокол № 4",
    ),
    LetterKind.RECORD_INVITATION: RecordInvitation(
        **COMMON, kind="семинар", title=CONTRACT.title, day=date(2026, 11, 22), hour="14:30",
        lines=(RecordLine("место", "Актовый зал"),), url=CONTRACT.url,
    ),
    LetterKind.RECORD_NOTICE: RecordNotice(
        **COMMON, what=Sentence("Somebody has answered."), kind="вопрос", title=CONTRACT.title,
        day=date(2026, 11, 22), due_on=date(2026, 11, 22), lines=(RecordLine("тема", "План"),),
        text="По форме 2.", by="И. Придуманный", url=CONTRACT.url,
    ),
    LetterKind.ANALYTICS: Analytics(
        **COMMON, year=2026, on=date(2026, 11, 22), summary=(("на мониторинге", "22"),),
        own=(OwnSchool(school="Школа № 7", stage="на мониторинге", years=2, late=1, url=CONTRACT.url),),
        more=3,
    ),
    LetterKind.PLAN_NOTICE: PlanNotice(
        **COMMON, what=Sentence("The plan was returned with remarks."), school="Школа № 7",
        version=2, remarks="Нет сроков.", by="И. Придуманный", url=CONTRACT.url,
    ),
    LetterKind.ESCALATION: Escalation(
        **COMMON, groups=(LateGroup(person="И. Придуманный", items=(PROFILE, CONTRACT)),)
    ),
}  # fmt: skip
WITHOUT_TASKS = {
    LetterKind.ADDRESS_REFUSED,
    LetterKind.OBJECTION_MADE,
    LetterKind.OBJECTION_DECIDED,
    LetterKind.ANALYTICS,
    LetterKind.PLAN_NOTICE,
}
every_letter = pytest.mark.parametrize(
    ("kind", "language"), [(kind, language) for kind in LetterKind for language in LANGUAGES]
)


class Reader(HTMLParser):
    """Reads a page as a strict reader does: whatever is opened is closed, and nothing is fetched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"img", "script", "link", "iframe", "style", "form"}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += f" {data}"


def test_every_kind_has_contents_and_a_folder():
    folders = {
        folder.name for folder in (resources.files("templates") / "letters").iterdir()
        if folder.is_dir()
    }  # fmt: skip
    assert folders == {kind.value for kind in LetterKind} == {kind.value for kind in CONTENTS}
    assert {kind: type(contents) for kind, contents in LETTERS.items()} == CONTENTS


@every_letter
def test_a_letter_says_all_it_must_in_text_and_in_html(kind, language):
    letter = render(kind.value, language, LETTERS[kind].fields())
    page = Reader(letter.html)
    assert not page.open
    assert "\n" not in letter.subject
    why = {"ru": "Эту работу сдали Вы.", "en": "You handed this work in."}[language]
    day = {"ru": "22 ноября 2026 г.", "en": "22 November 2026"}[language]
    of_tasks = [] if kind in WITHOUT_TASKS else [day, CONTRACT.title]
    for text in (letter.text, re.sub(r"\s+", " ", page.words)):
        for said in ("Мария Выдуманная", why, *of_tasks, COMMON["ask"], "q83vEg=="):
            assert str(said) in text
        assert "None" not in text
        assert "Undefined" not in text
    if of_tasks:
        assert CONTRACT.url in letter.text
        assert CONTRACT.url in page.links
    assert all(link.startswith("https://opora.example.org") for link in page.links)
    assert "\n\n\n" not in letter.text


@every_letter
def test_a_letter_with_little_to_say_has_no_empty_headings(kind, language):
    bare = dict(LETTERS[kind].fields())
    bare |= {"ask": None, "checkpoint": None, "basis": "", "remarks": "", "categories": (),
             "missed_days": (), "next_item": None, "more": 0, "by": ""}  # fmt: skip
    letter = render(kind.value, language, bare)
    assert "()" not in letter.text + letter.html
    assert not re.search(r":\n\n\* \* \*", letter.text)


def test_names_cannot_change_the_page():
    evil = '<script>alert("x")</script>'
    item = TaskItem(title=evil, due_on=date(2026, 11, 22), url='https://x/"><b>', school=evil)
    fields = {**LETTERS[LetterKind.DIGEST].fields(), "person": evil, "today": (item,)}
    page = render("digest", "ru", fields).html
    assert "<script" not in page
    assert "<b>" not in page
    assert evil in render("digest", "ru", fields).text


def test_a_hole_in_a_letter_is_refused():
    fields = dict(LETTERS[LetterKind.DIGEST].fields())
    del fields["home_url"]
    with pytest.raises(UndefinedError, match="home_url"):
        render("digest", "ru", fields)


@pytest.mark.parametrize(
    ("days", "russian", "english"), [(1, "1 день", "1 day late"), (2, "2 дня", "2 days"),
                                     (5, "5 дней", "5 days"), (21, "21 день", "21 days")]
)  # fmt: skip
def test_lateness_has_the_right_ending(days, russian, english):
    item = TaskItem(title="x", due_on=date(2026, 11, 1), days_late=days, url="https://x")
    fields = {**LETTERS[LetterKind.TASK_RETURNED].fields(), "item": item}
    assert f"просрочено на {russian}\n" in render("task_returned", "ru", fields).text
    assert english in render("task_returned", "en", fields).text


def test_a_digest_says_what_the_day_holds():
    letter = render("digest", "ru", LETTERS[LetterKind.DIGEST].fields())
    assert letter.subject == "Задачи на 22 ноября — просрочено: 1, на сегодня: 1"
    assert "18 ноября – 20 ноября 2026 г." in letter.text
    assert "…и ещё 4 задачи" in letter.text


def test_an_unknown_language_gets_russian():
    fields = LETTERS[LetterKind.DIGEST].fields()
    assert render("digest", "de", fields) == render("digest", "ru", fields)
