"""What every rule model is made of: immutable, and an unknown key is an error."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Score = Annotated[float, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class Rule(BaseModel):
    """Base of every model here: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
