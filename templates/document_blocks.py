"""The blocks of a document's Markdown, in shapes that both writers understand."""

from collections.abc import Sequence
from typing import Any, TypedDict

from markdown_it import MarkdownIt
from markdown_it.token import Token

_NARROW, _SHORT, _WIDEST_COLUMN = 70, 15, 36  # characters

Run = dict[str, Any]
"""`text`, and `bold` or `italic` where it is."""


class Block(TypedDict, total=False):
    """`kind` is heading, paragraph, item, table, rule (a new page); the other keys go with it."""

    kind: str
    level: int
    runs: list[Run]
    marker: str
    head: list[list[Run]]
    rows: list[list[list[Run]]]
    shares: list[int]  # of the width by column; 0: as wide as it needs


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
    for token, following in zip(tokens[place:], tokens[place + 1 :], strict=False):
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"}:
            rows[-1].append(_runs(following))
    return {"kind": "table", "head": rows[0], "rows": rows[1:], "shares": _shares(rows)}


def _shares(rows: Sequence[Sequence[list[Run]]]) -> list[int]:
    """A short column takes what it needs; the others share the rest by what they say, up to a bound."""
    texts = [
        ["".join(run["text"] for run in cell) for cell in column]
        for column in zip(*rows, strict=False)
    ]
    longest = [max(len(text) for text in column) for column in texts]
    if sum(longest) <= _NARROW:
        return [0] * len(longest)
    short = [size for size in longest if size <= _SHORT]
    fitting = _SHORT if sum(short) <= _NARROW else 0
    return [0 if size <= fitting else min(size, _WIDEST_COLUMN) for size in longest]


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
