"""The traps of real files of school results, cell by cell."""

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from casework.files.cells import (
    Reading,
    number_text,
    one_line,
    read_cell,
    read_identifier,
    read_year,
    text_of,
)
from casework.files.cures import CURES, CellRefused
from casework.imports.importing_people import email_of
from programmes.import_profiles import Column, SchoolColumn, YearForm

SIX = SchoolColumn(column="id", pattern=r"[0-9A-Z]{6}")
ANY = SchoolColumn(column="id")
NOON = datetime(2018, 9, 12, 12)  # noqa: DTZ001  a workbook's moments have no zone
MIDNIGHT = datetime(2017, 6, 30)  # noqa: DTZ001  as above


def column(**rules) -> Column:
    return Column.model_validate({"column": "c", "fact": "f", **rules})


def share(**rules) -> Column:
    return column(type="decimal", **rules)


def why(refused: pytest.ExceptionInfo[CellRefused]) -> str:
    return f"{refused.value.why} {refused.value.cure}"


# --- identifiers ----------------------------------------------------------------------------------


def test_leading_zeros_of_an_identifier_are_kept():
    assert read_identifier(SIX, "010303") == "010303"


def test_a_stray_apostrophe_before_an_identifier_is_taken_off():
    assert read_identifier(ANY, "'001903102") == "001903102"


@pytest.mark.parametrize("raw", ["1903.0", "1903,0", 1903.0, "1.03E+12", 1903])
@pytest.mark.parametrize("form", [ANY, SIX])
def test_an_identifier_that_was_a_number_is_refused_and_not_guessed(raw, form):
    with pytest.raises(CellRefused, match="leading zeros may") as refused:
        read_identifier(form, raw)
    assert "Format the column as text" in why(refused)


def test_a_short_identifier_is_refused_with_the_zeros_in_mind():
    with pytest.raises(CellRefused, match="leading zeros may be lost"):
        read_identifier(SIX, "10303")


def test_a_number_is_an_identifier_where_no_zero_can_be_missing():
    ogrn = SchoolColumn(column="OGRN", pattern=r"\d{13}")
    assert read_identifier(ogrn, 1027700566761.0) == "1027700566761"


def test_a_profile_may_give_lost_zeros_back():
    padded = SchoolColumn(column="id", pattern=r"\d{6}", pad_to=6)
    assert read_identifier(padded, 10303.0) == "010303"


# --- what spreadsheets do -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw", ["12-Sep", "Sep-12", "12.сен", "9 дек 2018", date(2018, 9, 12), NOON]
)
@pytest.mark.parametrize(
    "rules",
    [
        {"pattern": r"\d\d - \d\d"},
        {},
        {"type": "word"},
        {"type": "integer"},
        {"words": ["09 - 12"]},
    ],
)
def test_a_date_where_a_grade_span_stood_is_refused(raw, rules):
    with pytest.raises(CellRefused) as refused:
        read_cell(column(**rules), raw)
    assert "date" in why(refused) or "known" in why(refused)


def test_a_span_spoilt_into_a_date_can_be_repaired_by_the_profile():
    spans = column(pattern=r"\d\d - \d\d", repairs={"12-Sep": "09 - 12", "2018-09-12": "09 - 12"})
    assert read_cell(spans, "12-Sep") == read_cell(spans, date(2018, 9, 12)) == Reading("09 - 12")


@pytest.mark.parametrize("raw", ["#N/A", "#REF!", "#DIV/0!", "#ССЫЛКА!", "#Н/Д", "#VALUE!"])
def test_a_formula_gone_wrong_is_no_value(raw):
    with pytest.raises(CellRefused, match="formula"):
        read_cell(column(), raw)


# --- suppressed, blank, unknown -------------------------------------------------------------------


@pytest.mark.parametrize("raw", ["<5", ">95", "-", "."])
def test_a_suppressed_value_has_the_reason_of_the_profile(raw):
    masked = share(suppressed={"<5": "suppressed", ">95": "suppressed", "-": "none", ".": "none"})
    reading = read_cell(masked, raw)
    assert reading in {Reading(None, "suppressed"), Reading(None, "none")}


@pytest.mark.parametrize(
    "raw", ["<5", ">95", "-", ".", "n/a", "95%", "1e3", "٣", "--5", "inf", "NaN"]
)
def test_a_text_among_numbers_is_refused_with_a_cure(raw):
    with pytest.raises(CellRefused) as refused:
        read_cell(share(), raw)
    assert "suppressed" in why(refused)


@pytest.mark.parametrize("raw", ["", "  ", "\u00a0", "\ufeff"])
def test_a_blank_is_not_rated_and_never_zero(raw):
    assert read_cell(share(blank="not_rated"), raw) == Reading(None, "not_rated")
    assert read_cell(share(), raw) is None
    with pytest.raises(CellRefused, match="empty"):
        read_cell(share(blank="required"), raw)


def test_codes_that_turned_from_words_into_numbers_are_read_by_the_same_profile():
    growth = column(
        type="word", words={"Met": "met", "NotMet": "not_met", "1": "not_met", "2": "met"}
    )
    assert read_cell(growth, "Met") == read_cell(growth, 2.0) == read_cell(growth, "2")
    assert read_cell(growth, 1.0) == Reading("not_met")


def test_a_changed_vocabulary_is_refused_with_the_known_words():
    with pytest.raises(CellRefused) as refused:
        read_cell(column(type="word", words=["Exceeded", "Met", "NotMet"]), "Does Not Meet")
    assert "Exceeded, Met, NotMet" in why(refused)


# --- numbers --------------------------------------------------------------------------------------


def test_a_decimal_comma_is_read_where_the_profile_says_so():
    assert read_cell(share(decimal_comma=True), "50,39") == Reading("50.39")
    with pytest.raises(CellRefused, match="comma stands"):
        read_cell(share(), "50,39")
    with pytest.raises(CellRefused, match="point stands"):
        read_cell(share(decimal_comma=True), "50.39")


@pytest.mark.parametrize("raw", ["1 204", "1\u00a0204", "1\u202f204"])
def test_spaces_inside_a_number_are_thousands_where_the_profile_says_so(raw):
    assert read_cell(column(type="integer", spaces=True), raw) == Reading("1204")
    with pytest.raises(CellRefused, match="space stands"):
        read_cell(column(type="integer"), raw)


@pytest.mark.parametrize("raw", [60, 60.0, "60", "60.0", "60.00", "'60"])
def test_one_number_has_one_text(raw):
    assert read_cell(share(), raw) == Reading("60")


def test_large_integers_of_a_workbook_stay_exact():
    assert read_cell(column(type="integer"), 1027700566761.0) == Reading("1027700566761")
    assert text_of(0.1) == "0.1"


@pytest.mark.parametrize(
    ("raw", "said"), [("101", "above 100"), ("-1", "below 0"), ("12.5", "whole"), (True, "number")]
)
def test_an_impossible_number_is_refused(raw, said):
    with pytest.raises(CellRefused, match=said):
        read_cell(column(type="integer", minimum=0, maximum=100), raw)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9
    )
)
def test_a_number_survives_its_canonical_text(number):
    text = number_text(number)
    assert Decimal(text) == number
    assert read_cell(share(), text) == Reading(text)


@given(
    st.text(max_size=40), st.sampled_from(["text", "word", "integer", "decimal", "date", "yes_no"])
)
def test_any_text_is_read_or_refused_with_a_cure(raw, kind):
    with suppress(CellRefused):  # anything else would be a mistake of ours
        reading = read_cell(column(type=kind), raw)
        assert reading is None or reading.value


# --- days, years, answers, addresses --------------------------------------------------------------


@pytest.mark.parametrize("raw", ["2017-06-30", "30.06.2017", date(2017, 6, 30), MIDNIGHT])
def test_a_day_is_read_in_the_usual_forms(raw):
    assert read_cell(column(type="date"), raw) == Reading("2017-06-30")


@pytest.mark.parametrize("raw", ["30/06/2017", "31.02.2017", "2017", "0000-01-01"])
def test_a_doubtful_day_is_refused(raw):
    with pytest.raises(CellRefused, match="not a date"):
        read_cell(column(type="date"), raw)


@pytest.mark.parametrize(
    ("raw", "answer"), [("Да", "yes"), ("NO", "no"), (True, "yes"), (0.0, "no")]
)
def test_yes_and_no_are_read_in_both_languages(raw, answer):
    assert read_cell(column(type="yes_no"), raw) == Reading(answer)


def test_a_school_year_is_known_by_one_of_its_years():
    assert read_year(YearForm.SPAN_END, "2015-2016") == 2016
    assert read_year(YearForm.SPAN_END, "1999/00") == 2000
    assert read_year(YearForm.SPAN_START, "2015–2016") == 2015
    assert read_year(YearForm.NUMBER, 2018.0) == 2018


@pytest.mark.parametrize(
    ("form", "raw"),
    [("number", "18"), ("number", "20018"), ("span_end", "2015-2017"), ("number", "")],
)
def test_a_wrong_year_is_refused(form, raw):
    with pytest.raises(CellRefused, match="not a year"):
        read_year(YearForm(form), raw)


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org, b@example.org",
        "Анна <a@example.org>",
        "a@example",
        "a b@example.org",
        "a@@example.org",
        "@example.org",
        "a@-example.org",
        "a" * 250 + "@example.org",
        "почта@example.org",
        "",
    ],
)
def test_an_address_that_is_not_one_plain_address_is_refused(address):
    with pytest.raises(CellRefused, match="address"):
        email_of(address)


def test_an_address_is_kept_in_lower_case():
    assert email_of("Anna.Ivanova@Example.ORG") == "anna.ivanova@example.org"


# --- texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", ["a\x00b", "a\u202egnp.exe", "a\x1bb", "x" * 5000])
def test_control_characters_and_endless_texts_are_refused(raw):
    with pytest.raises(CellRefused):
        one_line(raw)


def test_letters_written_in_two_ways_are_one_text():
    assert read_cell(column(), "Йошкина") == read_cell(column(), "И\u0306ошкина")


def test_every_refusal_has_its_words():
    for key, (reason, cure) in CURES.items():
        assert reason.endswith("."), key
        assert cure.endswith((".", "}")), key
