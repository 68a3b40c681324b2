"""In which one-byte encoding a Russian text was most likely written: by how often its letters occur."""

import re
from math import log

_PER_MILLE = {  # of Russian prose; a letter that is missing here occurs once in ten thousand
    **dict.fromkeys("о", 110),
    **dict.fromkeys("еа", 83),
    **dict.fromkeys("ин", 70),
    **dict.fromkeys("тсрвл", 50),
    **dict.fromkeys("кмдпу", 31),
    **dict.fromkeys("яыьгзб", 18),
    **dict.fromkeys("чйхжшю", 9),
    **dict.fromkeys("цщэфё", 3),
    "ъ": 0.4,
}
_NO_LETTER = 0.01  # a sign where a letter is expected
_CYRILLIC = ("windows-1251", "koi8-r", "ibm866")
_FOREIGN_WORD = re.compile(rb"[\x80-\xff]{3,}")
_LONGEST = 20_000  # bytes that are looked at: more would not say more
_SURE = 8.0  # in natural logarithms: by how much another alphabet must beat the one that was read
_CLEAR = 0.3  # the same for each letter: a long text of odd words is no proof


def likelier(data: bytes, encoding: str) -> str | None:
    """The encoding that makes the text far likelier than `encoding` does; None without such a one."""
    letters = b"".join(_FOREIGN_WORD.findall(data))[:_LONGEST]
    if not letters:
        return None
    scores = {name: _score(letters, name) for name in _CYRILLIC}
    best = max(scores, key=lambda name: scores[name])
    gain = scores[best] - scores.get(encoding, _score(letters, encoding))
    return best if gain > max(_SURE, _CLEAR * len(letters)) else None


def _score(letters: bytes, encoding: str) -> float:
    text = letters.decode(encoding, errors="replace").lower()
    return sum(log(_PER_MILLE.get(letter, _NO_LETTER)) for letter in text)
