"""The JSON Schema of a programme, so that an editor can complete and check the files."""

from typing import Any, Literal

from pydantic import TypeAdapter

from programmes.sections import REQUIRED, SECTIONS

_MODE: Literal["validation"] = "validation"


def schema() -> dict[str, Any]:
    """One document: a property for each file, and every definition under `$defs`."""
    adapters = [(name, _MODE, TypeAdapter(model)) for name, model in SECTIONS.items()]
    references, definitions = TypeAdapter.json_schemas(adapters, ref_template="#/$defs/{model}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Opora programme: one property for each file of the folder",
        "type": "object",
        "properties": {name: references[name, _MODE] for name in SECTIONS},
        "required": list(REQUIRED),
        "additionalProperties": False,
        **definitions,
    }
