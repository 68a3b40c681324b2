"""What the code says in English is said in Russian too, with the same fields and the right endings."""

import functools
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import resources

import pytest
from babel.messages.pofile import read_po

from opora.errors import InputRefused, NotFound
from opora.words import Sentence
from templates.catalogue import read_catalogue
from templates.wording import fields_of, say
from tests.templates.spoken import spoken, unreadable


@functools.cache
def entries(language: str) -> dict[str, tuple[str, ...]]:
    file = resources.files("templates") / "wording" / f"{language}.po"
    catalogue = read_po(io.BytesIO(file.read_bytes()), locale=language, abort_invalid=True)
    return {
        message.id if isinstance(message.id, str) else message.id[0]: (
            (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        )
        for message in catalogue
        if message.id
    }


def test_every_sentence_of_the_code_is_said_in_russian():
    lacking = {text: place for text, place in spoken().items() if text not in entries("ru")}
    advice = "\n\n".join(
        f'# {place}\nmsgid "{text.translate({34: chr(92) + chr(34)})}"\nmsgstr ""'
        for text, place in lacking.items()
    )
    assert not lacking, f"add to templates/wording/ru.po, and translate:\n\n{advice}"


def test_every_sentence_can_be_found_by_reading_the_code():
    """Write Sentence("…"), or a name or table of its own module: else nobody can translate it."""
    assert unreadable() == []


def test_the_catalogue_says_nothing_that_the_code_no_longer_says():
    stale = [text for text in {**entries("ru"), **entries("en")} if text not in spoken()]
    assert not stale, f"take out of templates/wording: {stale}"


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_translation_has_the_fields_of_its_sentence(language):
    wrong = {
        text: said
        for text, forms in entries(language).items()
        for said in forms
        if not said or sorted(fields_of(said)) != sorted(fields_of(text))
    }
    assert not wrong


@pytest.mark.parametrize("language", ["ru", "en"])
def test_our_fast_reader_reads_what_babel_reads(language):
    assert read_catalogue(language).forms == entries(language)


@pytest.mark.parametrize(
    ("number", "russian", "english"),
    [
        (1, "через 1 рабочий день", "1 working day after"),
        (3, "через 3 рабочих дня", "3 working days after"),
        (11, "через 11 рабочих дней", "11 working days after"),
        (21, "через 21 рабочий день", "21 working days after"),
    ],
)
def test_a_number_chooses_the_ending(number, russian, english):
    anchor = Sentence("the opening of the cycle")
    rule = Sentence("{n} working days after {anchor}", {"n": number, "anchor": anchor})
    assert say(rule, "ru") == f"{russian}; отсчёт: открытие цикла"
    assert say(rule, "en") == f"{english} the opening of the cycle"


def test_a_sentence_says_days_numbers_words_and_lists_in_the_readers_language():
    def of(value: object, language: str = "ru") -> str:
        return say(Sentence("{words}", {"words": value}), language)

    assert of(date(2026, 11, 22)) == "22 ноября 2026 г."
    assert of(date(2026, 11, 22), "en") == "22 November 2026"
    assert of(datetime(2026, 11, 22, 6, 5, tzinfo=UTC)) == "22 ноября 2026 г., 06:05"
    assert of(Decimal("1234.5")) == "1 234,5"
    assert of({"ru": "школа", "en": "school"}, "en") == "school"
    assert of((Sentence("letter"), Sentence("it is empty"))) == "письмо, он пуст"


def test_an_error_is_said_with_its_cure():
    error = InputRefused(field="year", value="дважды", cure=Sentence("This is not a year."))
    assert say(error, "ru") == "year: значение «дважды» не подходит. Это не год."
    assert (
        say(NotFound(what=Sentence("letter"), key="k"), "en") == "Nothing is stored under letter k."
    )


def test_what_was_not_given_is_not_quoted():
    error = InputRefused(field="year", value="", cure=Sentence("This is not a year."))
    assert say(error, "ru") == "year: Это не год."


def test_a_field_that_looks_like_a_field_stays_as_it_was_written():
    assert say(Sentence("{words}", {"words": "{n} {anchor}"}), "ru") == "{n} {anchor}"


def test_a_sentence_without_translation_is_said_in_english():
    assert say(Sentence("Nobody has translated this {n}.", {"n": 2}), "ru").endswith("this 2.")


@pytest.mark.parametrize("damaged", [None, b"", b"\xff\xfe", b'msgid ""\nmsgstr "no rule"\n'])
def test_a_catalogue_that_is_damaged_or_gone_leaves_english(damaged, tmp_path, monkeypatch):
    (tmp_path / "wording").mkdir()
    if damaged is not None:
        (tmp_path / "wording" / "ru.po").write_bytes(damaged)
    monkeypatch.setattr("templates.catalogue.resources.files", lambda _: tmp_path)
    assert read_catalogue("ru").say("Stopped.", 5) == "Stopped."


def test_an_unknown_language_gets_russian():
    assert say(Sentence("letter"), "de") == "письмо"
