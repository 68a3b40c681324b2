"""The blocks of a document's Markdown, in shapes that both writers understand."""

from collections.abc import Sequence
from typing import Any, TypedDict

from markdown_it import MarkdownIt
from markdown_it.token import Token

Run = dict[str, Any]
"""`text`, and `bold` or `italic` where it is."""


class Block(TypedDict, total=False):
    """`kind` is heading, paragraph, item, table, rule; the other keys go with it."""

    kind: str
    level: int
    runs: list[Run]
    marker: str
    head: list[list[Run]]
    rows: list[list[list[Run]]]


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
    return {"kind": "table", "head": rows[0], "rows": rows[1:]}


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
