"""A picture is one file that needs nothing else, and the same numbers give the same file."""

import xml.etree.ElementTree as ET

from templates.pictures import steps_picture


def drawn(title="Сколько школ <в списке> & где"):
    return steps_picture(
        title,
        ["0,3", "0,4", "0,5"],
        {"все школы": [9, 4, 0], "лицеи": [2, None, 0]},
        across="доля",
        upward="В списке",
    )


def test_a_picture_carries_its_words_and_no_script():
    said = " ".join(text for one in ET.fromstring(drawn()).iter() for text in [one.text] if text)
    for word in ("Сколько школ <в списке> & где", "все школы", "лицеи", "доля", "В списке", "0,4"):
        assert word in said
    assert "<script" not in drawn()
    assert "href" not in drawn()


def test_the_same_numbers_give_the_same_file():
    assert drawn() == drawn()
