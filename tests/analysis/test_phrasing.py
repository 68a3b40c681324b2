"""A rule reads like a sentence of an order, in the region's own words."""

import re
from decimal import Decimal

import pytest

from analysis.explaining import reading
from analysis.identification import Identification
from analysis.judging import looks_of
from analysis.phrasing import Speaker, percent
from analysis.school_facts import Fact, SchoolFacts
from programmes.folders import shipped
from programmes.reading import read_programme
from templates.wording import say

YEAR = 2020
SCORE = {"fact": "score", "below": 10}


def words(ru, en="word"):
    return {"ru": ru, "en": en}


def rules(when, **measures):
    return Identification.model_validate(
        {
            "facts": {
                "score": {"words": words("балл"), "per": "year", "type": "integer"},
                "grade": {"words": words("оценка"), "per": "year", "type": "word"},
                "group": {"words": words("кластер"), "per": "year", "type": "word"},
                "took": {"words": words("участников"), "per": "procedure", "type": "integer"},
                "failed": {"words": words("не сдали"), "per": "procedure", "type": "integer"},
            },
            "procedures": {"math": {"words": words("математика")}},
            "measures": {
                "share": {"words": words("доля"), "share": "failed", "of": "took"},
                **measures,
            },
            "parameters": {"limit": {"words": words("порог"), "value": Decimal("0.305")}},
            "categories": {
                "low": {"words": words("ШНОР"), "when": when},
                "other": {"words": words("иное"), "when": SCORE},
            },
            "entry": "low",
        }
    )


def speaker(when, values=None, **measures):
    school = SchoolFacts(school="1", territory="t", years={YEAR: {"score": Fact(5)}})
    (look,) = looks_of(rules(when, **measures), [school], YEAR)
    return Speaker(look, values or {})


def said(when, values=None):
    text = say(speaker(when, values).category("low"), "ru")
    return text.removeprefix("Школа относится к категории «ШНОР», если ").removesuffix(".")


LOW = {"fact": "share", "at_least": {"parameter": "limit"}, "procedure": "math"}


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        (SCORE, "показатель «балл» — менее 10"),
        (
            {"fact": "score", "at_most": 3, "year": -1},
            "показатель «балл» за предыдущий год — не более 3",
        ),
        ({"fact": "score", "above": 3, "year": -2}, "показатель «балл» 2 года назад — более 3"),
        (LOW, "показатель «доля» по процедуре «математика» — не менее 30,5 %"),
        ({"fact": "grade", "in": ["D", "F"]}, "показатель «оценка» имеет одно из значений: D, F"),
        ({"fact": "grade", "is": "F"}, "показатель «оценка» равен «F»"),
        ({"fact": "grade", "known": False}, "показатель «оценка» неизвестен"),
        ({"not": SCORE}, "неверно, что показатель «балл» — менее 10"),
        (
            {"years": {"when": SCORE, "at_least": 2, "of_last": 3, "unrated": "no"}},
            (
                "не менее чем в 2 из 3 последних лет показатель «балл» — менее 10 "
                "(год, который нельзя оценить, считается годом без этого)"
            ),
        ),
        (
            {"run": {"when": SCORE, "at_least": 3}},
            (
                "3 года подряд, считая этот, показатель «балл» — менее 10 "
                "(год, который нельзя оценить, оставляет вопрос открытым)"
            ),
        ),
        ({"unchanged": ["score", "grade"]}, "не изменилось с прошлого года: «балл», «оценка»"),
        (
            {"bottom": {"of": "score", "share": Decimal("0.05")}},
            (
                "по показателю «балл» школа входит в нижние 5 % среди школ той же группы "
                "(их число округляется вверх, из равных у границы попадают все)"
            ),
        ),
        (
            {"bottom": {"of": "score", "count": 3, "within": "group", "order": "descending"}},
            (
                "по показателю «балл» школа входит в верхние 3 среди школ, у которых совпадает «кластер» "
                "(из равных у границы попадают все)"
            ),
        ),
        ({"category": "other"}, "школа относится к категории «иное»"),
        (
            {"all": [SCORE, {"any": [{"fact": "grade", "is": "F"}, {"always": True}]}]},
            (
                "выполняются все условия: 1) показатель «балл» — менее 10; "
                "2) показатель «оценка» равен «F» или при любых данных"
            ),
        ),
        (
            {"at_least": 2, "of": [SCORE, {"always": False}, {"category": "other"}]},
            (
                "выполнено условий из перечисленных не менее 2: 1) показатель «балл» — менее 10; "
                "2) никогда; 3) школа относится к категории «иное»"
            ),
        ),
    ],
)
def test_each_form_has_its_words(when, sentence):
    assert said(when) == sentence


def test_a_value_is_called_as_the_region_writes_it():
    assert said({"fact": "grade", "is": "F"}, {("grade", "F"): "плохо"}).endswith("равен «плохо»")


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        (
            {"share": "failed", "of": "took", "minimum": 5},
            "это «не сдали», делённое на «участников»",
        ),
        ({"sum": ["score", "took"]}, "сумма: «балл», «участников»"),
        ({"mean": ["score", "took"]}, "среднее: «балл», «участников»"),
        ({"difference": ["score", "took"]}, "это «балл» минус «участников»"),
        ({"product": ["score", "took"]}, "произведение: «балл», «участников»"),
        ({"ratio": ["score", "took"]}, "это «балл», делённое на «участников»"),
        ({"index": {"terms": [{"of": "score"}], "z": True}}, "взвешенный индекс: «балл»; каждое"),
        ({"difference_from_peers": {"of": "score"}}, "значение для школ той же группы: среднее"),
        ({"rank": {"of": "score", "within": "all"}}, "место среди всех школ по показателю «балл»"),
        ({"percentile": {"of": "score"}}, "доля (в процентах) школ той же группы"),
        ({"trend": {"of": "score", "years": 3}}, "изменение показателя «балл» за год"),
        ({"years": {"of": "score", "last": 3}}, "это «балл» за последние годы (3): среднее"),
        ({"procedures": {"of": "share"}}, "это «доля» по оценочным процедурам года: среднее"),
    ],
)
def test_each_measure_is_explained(measure, sentence):
    one = speaker(SCORE, made={"words": words("мера"), **measure})
    text = say(one.measure("made"), "ru")
    assert text.startswith("«мера» — ")
    assert sentence in text
    assert not re.search("[A-Za-z]{3}", text)


def test_no_share_looks_equal_to_a_limit_that_it_is_not():
    limit = Decimal("0.3")
    assert say(percent(Decimal("0.2999"), limit), "ru") == "29,99 %"
    assert say(percent(limit, limit), "ru") == "30 %"
    assert say(percent(Decimal(1) / 3, limit), "ru") == "33,3 %"


@pytest.mark.parametrize("key", sorted(shipped()))
def test_every_shipped_rule_can_be_said_and_read(key):
    programme = read_programme(shipped()[key])
    of = programme.identification
    school = SchoolFacts(school="1", territory="t", years={YEAR: {}})
    (look,) = looks_of(of, [school], YEAR)
    one = Speaker(look)
    for category in of.categories:
        text = say(one.category(category), "ru")
        assert "{" not in text
        assert reading(look, category).category == category
    for name in of.measures:
        assert "{" not in say(one.measure(name), "ru")


def test_who_is_left_out_of_a_comparison_is_said():
    programme = read_programme(shipped()["poshekhonye"])
    of = programme.identification
    (look,) = looks_of(of, [SchoolFacts(school="1", territory="t", years={YEAR: {}})], YEAR)
    assert "без самой школы" in say(Speaker(look).measure("oge_against_cluster"), "ru")
