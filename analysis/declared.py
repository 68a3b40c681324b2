"""The ground of all that a person declares in a programme: frozen, nothing unknown slips in."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Declared(BaseModel):
    """A mapping of a programme file. A misspelt key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""A name that other places of the programme refer to."""
