"""What every section of the config is made of: its base class, choices by name, and bounds."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic_core import core_schema


@dataclass(frozen=True)
class Choice:
    """Marks a field whose value is a name from the registry called `family`."""

    family: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        def check(value: str, info: ValidationInfo) -> str:
            registry = (info.context or {}).get(self.family)
            problem = registry.problem(value) if registry else None
            if problem:
                raise ValueError(problem)
            return value

        return core_schema.with_info_after_validator_function(
            check, handler(source), metadata={"pydantic_js_updates": {"family": self.family}}
        )


class Section(BaseModel):
    """Base of all sections: frozen, strict about types, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _check_option(value: object) -> object:
    if not isinstance(value, bool | int | float | str):
        raise ValueError(f"must be true or false, a number or text, got {value!r}")
    return value


Option = Annotated[bool | int | float | str, BeforeValidator(_check_option)]
PositiveInt = Annotated[int, Field(ge=1)]
# Wider layers than any GAN has; a damaged config must not claim all memory.
Width = Annotated[int, Field(ge=1, le=65_536)]
NonNegativeInt = Annotated[int, Field(ge=0)]
NonNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Probability = Annotated[float, Field(ge=0, le=1)]
