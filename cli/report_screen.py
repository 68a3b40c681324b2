"""A report on the screen: numbers at a glance, then its tables."""

from cli.door import Door
from opora.words import Sentence
from templates.reports import Report, text_of

_SCREENFUL = 30


def print_report(door: Door, made: Report) -> None:
    """What a screen holds of it."""
    language = door.out.language
    glance = [(name, text_of(cell, language)) for name, cell in made.glance]
    door.out.paragraph(made.title)
    door.out.pairs(glance)
    for table in made.tables:
        rows = [[text_of(cell, language) for cell in row] for row in table.rows]
        door.out.table(table.columns, rows[:_SCREENFUL], title=table.title)
        if len(rows) > _SCREENFUL:
            more = {"more": len(rows) - _SCREENFUL}
            door.out.tell(Sentence("… and {more} more", more))
