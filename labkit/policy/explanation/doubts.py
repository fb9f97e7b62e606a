"""What is doubtful in the policies that speak on a request: a misspelt action explains many a denial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labkit.policy.advice import Advice, advise
from labkit.policy.decide import Judgement
from labkit.policy.layers import Layer
from labkit.policy.places import Kind

#: Layer → the place whose rules its documents follow.
_KINDS: dict[str, Kind] = {
    "rcp": "rcp",
    "scp": "scp",
    "resource": "resource",
    "identity": "identity",
    "boundary": "boundary",
    "session": "session",
    "iot": "iot",
}


@dataclass(frozen=True)
class Doubt:
    """Advice on one of the policies."""

    layer: str
    #: The policy's name; empty for one without a name.
    policy: str
    advice: Advice

    @property
    def sentence(self) -> str:
        of = f" of {self.policy}" if self.policy else ""
        return f"{self.advice.pointer}{of}: {self.advice.message}{self.suggestion}"

    @property
    def suggestion(self) -> str:
        return f" (did you mean `{self.advice.suggestion}`?)" if self.advice.suggestion else ""


def doubts(judgement: Judgement) -> tuple[Doubt, ...]:
    """The advice on every policy of the request, in the order of the layers."""
    found = (doubt for layer in judgement.policies.layers for doubt in _of_layer(layer, judgement))
    return tuple(dict.fromkeys(found))


def _of_layer(layer: Layer, judgement: Judgement) -> Iterator[Doubt]:
    trust = layer.name == "resource" and judgement.request.assumes_role
    for policy in layer.policies:
        for advice in advise(policy, "trust" if trust else _KINDS[layer.name]):
            yield Doubt(layer.name, policy.name, advice)
