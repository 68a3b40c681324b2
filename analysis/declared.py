"""The ground of all that a person declares in a programme: frozen, nothing unknown slips in."""

from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from opora.words import Sentence


class Declared(BaseModel):
    """A mapping of a programme file. A misspelt key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    exactly_one_of: ClassVar[tuple[str, ...]] = ()
    """Fields of which one is given, and no other."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = sum(getattr(self, name) is not None for name in self.exactly_one_of)
        if self.exactly_one_of and given != 1:
            msg = Sentence(
                "give exactly one of: {known}", {"known": ", ".join(self.exactly_one_of)}
            )
            raise ValueError(msg)
        return self


Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""A name that other places of the programme refer to."""
