"""The section `outputs` of the policy file: where else Ringfence sends what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.policy.lookup import get, mapping_of, meant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ringfence.model.remediation import Option
    from ringfence.policy.yaml_source import Path

    Outputs = Mapping[str, Sequence[Option]]

OUTPUTS = "outputs"
SCHEMA: dict[str, object] = {
    "description": "must be a mapping of outputs to their options; an output that is not in it is off",
    "type": "object",
    "additionalProperties": {
        "description": "must be a mapping of options to their values, or {} for the defaults",
        "type": "object",
        "additionalProperties": {
            "description": "must be the value of an option; put numbers in quotes",
            "type": "string",
        },
    },
}


def output_flaws(data: object, outputs: Outputs) -> Iterator[tuple[Path, str]]:
    """Find outputs and options that do not exist, and values that are not allowed."""
    for id_, given in mapping_of(get(data, OUTPUTS)).items():
        if id_ not in outputs:
            known = ", ".join(outputs)
            yield (OUTPUTS, id_), f"is not an output{meant(id_, outputs)}; the outputs are {known}"
            continue
        options = {one.name: one for one in outputs[id_]}
        for name, value in mapping_of(given).items():
            path = (OUTPUTS, id_, name)
            if name not in options:
                known = ", ".join(options) or "none"
                yield path, f"is not an option of {id_}{meant(name, options)}; its options are {known}"
            elif isinstance(value, str) and not options[name].allows(value):
                yield path, f"must be {options[name].allowed()}"


def compiled_outputs(data: Mapping[str, object]) -> dict[str, object]:
    """Return the section for the functions."""
    return {id_: dict(mapping_of(given)) for id_, given in mapping_of(data.get(OUTPUTS)).items()}
