"""The blocks of a document's Markdown, in shapes that both writers understand."""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, TypedDict

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOM, _ROOM_ACROSS = 88, 136  # characters of a table's size, on a page upright and on its side
_WIDEST_COLUMN, _LONGEST_PIECE, _SYLLABLES, _PADDING = 36, 24, 10, 2  # characters
_PIECES = re.compile(r"[ \n\t]")  # a line breaks at no fixed space

Run = dict[str, Any]
"""`text`, and `bold` or `italic` where it is."""


class Layout(StrEnum):
    """How a table's columns come to their widths."""

    FREE = "free"  # each is as wide as it likes
    SHARED = "shared"  # some lines break
    ACROSS = "across"  # and the page lies on its side


class Block(TypedDict, total=False):
    """`kind` is heading, paragraph, item, table, rule (a new page); the other keys go with it."""

    kind: str
    level: int
    runs: list[Run]
    marker: str
    head: list[list[Run]]
    rows: list[list[list[Run]]]
    widths: list[int]  # of the columns, in characters
    layout: Layout
    hyphenated: bool  # there is no room for whole words
    right: list[bool]  # which columns stand at the right


def blocks_of(markdown: str) -> list[Block]:
    """Headings, paragraphs, list items, tables and rules, in their order."""
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(markdown)
    found: list[Block] = []
    lists: list[list[int | None]] = []
    for place, token in enumerate(tokens):
        match token.type:
            case "heading_open":
                runs = _runs(tokens[place + 1])
                found.append({"kind": "heading", "level": int(token.tag[1]), "runs": runs})
            case "ordered_list_open" | "bullet_list_open":
                start = token.attrGet("start")
                first = int(start) if start is not None else 1
                lists.append([first if token.type == "ordered_list_open" else None])
            case "ordered_list_close" | "bullet_list_close":
                lists.pop()
            case "paragraph_open":
                found.append(_paragraph(_runs(tokens[place + 1]), lists))
            case "hr":
                found.append({"kind": "rule"})
            case "table_open":
                found.append(_table(tokens, place))
    return found


def _paragraph(runs: list[Run], lists: list[list[int | None]]) -> Block:
    if not lists:
        return {"kind": "paragraph", "runs": runs}
    number = lists[-1][0]
    if number is None:
        return {"kind": "item", "marker": "–", "level": len(lists), "runs": runs}
    lists[-1][0] = number + 1
    return {"kind": "item", "marker": f"{number}.", "level": len(lists), "runs": runs}


def _table(tokens: Sequence[Token], place: int) -> Block:
    rows: list[list[list[Run]]] = []
    right: list[bool] = []
    for token, following in zip(tokens[place:], tokens[place + 1 :], strict=False):
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"}:
            rows[-1].append(_runs(following))
            if token.type == "th_open":
                right.append("right" in str(token.attrGet("style")))
    widths, layout, hyphenated = _widths(rows)
    return {
        "kind": "table",
        "head": rows[0],
        "rows": rows[1:],
        "widths": widths,
        "layout": layout,
        "hyphenated": hyphenated,
        "right": right,
    }


def _widths(rows: Sequence[Sequence[list[Run]]]) -> tuple[list[int], Layout, bool]:
    """No word leaves its column: each gets what its longest word needs, the rest goes by what they say."""
    columns = [
        ["".join(run["text"] for run in cell) for cell in column]
        for column in zip(*rows, strict=False)
    ]
    wanted = [_PADDING + max(len(text) for text in column) for column in columns]
    if sum(wanted) <= ROOM:
        return wanted, Layout.FREE, False
    whole = [_needed(column, lambda _: _LONGEST_PIECE) for column in columns]
    broken = [
        _needed(column, lambda piece: _SYLLABLES if piece.isalpha() else _LONGEST_PIECE)
        for column in columns
    ]
    for needed, room, layout in (
        (whole, ROOM, Layout.SHARED),
        (whole, _ROOM_ACROSS, Layout.ACROSS),
        (broken, _ROOM_ACROSS, Layout.ACROSS),
    ):
        if sum(needed) <= room:
            return _shared(wanted, needed, room), layout, needed is broken
    return broken, Layout.ACROSS, True


def _shared(wanted: Sequence[int], needed: Sequence[int], room: int) -> list[int]:
    """What is left of the room goes to those that want more, up to a bound."""
    more = [
        max(min(want, _WIDEST_COLUMN) - need, 0) for want, need in zip(wanted, needed, strict=True)
    ]
    left, shared = max(room - sum(needed), 0), sum(more) or 1
    return [n + left * m // shared for n, m in zip(needed, more, strict=True)]


def _needed(column: Sequence[str], most: Callable[[str], int]) -> int:
    pieces = [piece for text in column for piece in _PIECES.split(text)]
    return _PADDING + max(min(len(piece), most(piece)) for piece in pieces)


def _runs(inline: Token) -> list[Run]:
    runs: list[Run] = []
    bold = italic = False
    for token in inline.children or ():
        match token.type:
            case "strong_open" | "strong_close":
                bold = token.type == "strong_open"
            case "em_open" | "em_close":
                italic = token.type == "em_open"
            case "softbreak":
                runs.append({"text": " ", "bold": bold, "italic": italic})
            case "hardbreak":
                runs.append({"text": "\n", "bold": bold, "italic": italic})
            case _ if token.content:
                runs.append({"text": token.content, "bold": bold, "italic": italic})
    return runs
