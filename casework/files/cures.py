"""What can be wrong with a row of a file, and what its owner can do about it: one table."""

from opora.words import Sentence

_ZEROS = (
    "Format the column as text, give the leading zeros back and save again;"
    " or let the profile say how many characters an identifier has."
)

CURES: dict[str, tuple[str, str]] = {
    # cells
    "blank": ("The cell is empty.", "Fill it in, or let the profile name a reason for blanks."),
    "control": ("The cell holds invisible control characters.", "Type its text anew."),
    "too_long": ("The text is longer than {limit} characters.", "Shorten it."),
    "sheet_error": ("A formula went wrong here.", "Correct the formula and save again."),
    "made_a_date": (
        "A date stands where none belongs: a spreadsheet has changed what was typed.",
        "Format the column as text and type the original again, or add a repair to the profile.",
    ),
    "not_in_form": (
        "The text does not have the form {pattern}.",
        "Compare it with the source, and look whether a spreadsheet has changed it.",
    ),
    "unknown_word": (
        "The word is not known here.",
        "Known words: {known}. If the source has changed its words, add the new one to the profile.",
    ),
    "not_a_number": (
        "This is not a number.",
        "Write digits; if it stands for a suppressed value, name it under `suppressed` of the profile.",
    ),
    "comma": (
        "A comma stands in the number, and the profile knows only the point.",
        "Write a point, or set `decimal_comma` in the profile.",
    ),
    "point": (
        "A point stands in the number, and the profile expects a decimal comma.",
        "Write a comma, or take `decimal_comma` out of the profile.",
    ),
    "space": (
        "A space stands in the number.",
        "Take it out, or set `spaces` in the profile if it separates thousands.",
    ),
    "not_whole": ("This is not a whole number.", "Compare it with the source."),
    "too_small": ("The number is below {limit}.", "Compare it with the source."),
    "too_large": ("The number is above {limit}.", "Compare it with the source."),
    "above_whole": (
        "The part is larger than the whole: “{whole}” is {limit}.",
        "Compare both columns with the source; they may have been swapped.",
    ),
    "not_a_date": ("This is not a date.", "Write it as 2026-09-01 or 01.09.2026."),
    "not_yes_no": ("This is neither yes nor no.", "Write yes or no (да or нет)."),
    # identifiers and years
    "identifier_blank": ("The row has no identifier.", "Give it, or take the row out."),
    "identifier_number": (
        "The identifier was kept as a number: leading zeros may be lost, and nobody can know.",
        _ZEROS,
    ),
    "identifier_form": (
        "The identifier does not have the form {pattern}; leading zeros may be lost.",
        _ZEROS,
    ),
    "not_a_year": ("This is not a year.", "Write it as the profile says ({form})."),
    "other_year": (
        "The file was given for the year {given}.",
        "Give the right year, or none to take in every year of the file.",
    ),
    "far_year": (
        "The year lies outside of {first}–{last}.",
        "Correct it; a wrong year would count for or against the school.",
    ),
    "far_day": (
        "The year of the day lies outside of {first}–{last}.",
        "Compare the day with the source, above all its year.",
    ),
    # rows
    "too_many_cells": (
        "The row has more cells than the header.",
        "Enclose texts that hold the separator in quotation marks.",
    ),
    "too_few_cells": (
        "The row breaks off: it has {cells} cells, the header {columns}.",
        "Take the whole row from the source again.",
    ),
    "conflict": (
        "Rows {rows} say different things of the same {subject}.",
        "Keep the right one; none of them was taken in.",
    ),
    # register
    "unknown_school": (
        "The register has no such school.",
        "Import the register first, or correct the identifier.{near}",
    ),
    "unknown_territory": (
        "The register has no such territory.",
        "Write its code or full name.{near}",
    ),
    "no_territory": (
        "A new school needs its territory, and the file names none.",
        "Import the register of schools first.",
    ),
    "merged_into_itself": (
        "A school cannot be merged into itself.",
        "Give the school that took it in.",
    ),
    "merged_in_a_circle": (
        "Schools are merged in a circle: {way}.",
        "Find out which of them still works, and leave its own cell empty.",
    ),
    "closed_before_opened": (
        "The school would have closed before it opened, on {opened}.",
        "Compare both days with the source; the other one may stand in the register already.",
    ),
    # people
    "email": (
        "This is no address of one person.",
        "Write one address as name@example.org: no spaces, commas, brackets or line breaks.",
    ),
    "unknown_person": (
        "No person has this address.",
        "Import the people first, or correct the address.{near}",
    ),
    "unknown_role": ("The role is not known.", "Known roles: {known}."),
    "scope_missing": ("The role {role} needs a {scope}.", "Fill in the {scope} of the row."),
}
"""Key → what is wrong, and the cure."""


class CellRefused(Exception):
    """A cell that cannot be read: the row stays out whole, and the report says why."""

    def __init__(self, key: str, **fields: object) -> None:
        why, cure = CURES[key]
        self.why, self.cure = Sentence(why, fields), Sentence(cure, fields)
        super().__init__(str(self.why))
