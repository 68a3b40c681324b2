"""What does not fit is said in the reader's language, with a cure; nothing of it is lost."""

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from opora.value_faults import fault_of
from opora.words import Sentence
from templates.wording import say


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    day: date


def fault(kind: object, value: object):
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    return fault_of(refused.value.errors()[0])


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (Part, {}, "не хватает day. Добавьте."),
        (Part, {"day": date(2026, 1, 1), "dai": 1}, "ключ dai здесь не известен. Уберите его"),
        (Part, 3, "здесь нужны ключи. Напишите строки вида ключ: значение"),
        (int, "x", "это не целое число. Напишите число, например 3."),
        (int, 0.5, "это не целое число. "),
        (Decimal, "x", "это не число. Напишите число, например 3 или 0.5."),
        (bool, "x", "это ни «да», ни «нет». Напишите true или false."),
        (str, 3, "это не текст. Напишите текст; "),
        (date, "x", "это не дата. Напишите день так: 2026-11-22."),
        (time, "x", "это не время суток. "),
        (list[int], 3, "здесь нужен список. "),
        (Literal["a", "b"], "c", "это слово здесь не известно. Подойдёт одно из: a, b."),
        (Annotated[int, Field(ge=5)], 4, "это слишком мало. Напишите 5 или больше."),
        (Annotated[int, Field(gt=5)], 5, "это слишком мало. Напишите больше, чем 5."),
        (Annotated[int, Field(le=5)], 6, "это слишком много. Напишите 5 или меньше."),
        (Annotated[int, Field(lt=5)], 5, "это слишком много. Напишите меньше, чем 5."),
        (Annotated[str, Field(min_length=1)], "", "здесь пусто. Заполните."),
        (Annotated[str, Field(min_length=3)], "a", "Знаков нужно не меньше: 3."),
        (Annotated[list[int], Field(min_length=2)], [1], "Нужно не меньше: 2."),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "Нужно не больше: 1."),
        (Annotated[str, Field(pattern="^a{2}$")], "b", "Нужный вид: ^a{2}$"),
    ],
    ids=lambda one: one if isinstance(one, str) and one.isascii() else "",
)
def test_a_value_that_does_not_fit_is_told_with_its_cure(kind, value, said):
    found = fault(kind, value).sentence
    assert said in say(found, "ru")
    assert "{" not in str(found).replace("{2}", "")


def refuse(value: int) -> int:
    raise ValueError(
        Sentence("fewest: {fewest} is more than most: {most}", {"fewest": str(value), "most": "2"})
    )


def test_what_a_validator_of_ours_refuses_is_told_in_the_readers_language():
    found = fault(Annotated[int, AfterValidator(refuse)], 3).sentence
    assert say(found, "ru") == "fewest: 3 больше, чем most: 2. Исправьте значение."
    assert str(found) == "fewest: 3 is more than most: 2. Correct the value."


def test_what_we_have_no_sentence_for_is_told_as_the_library_says_it():
    found = fault(bytes, 3)
    assert (found.problem, str(found.cure)) == (
        "Input should be a valid bytes",
        "Correct the value.",
    )
