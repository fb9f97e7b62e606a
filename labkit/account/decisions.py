"""Why a call was refused: the local account keeps its decisions, a real one tells nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from labkit.account.control import Control
from labkit.errors import LabError

if TYPE_CHECKING:
    from labkit.policy import Explanation


class Decisions(Protocol):
    """The decisions that an account made."""

    def explain(self, request_id: str, /) -> Explanation: ...


class LocalDecisions:
    """The local account keeps the latest ones by request ID."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def explain(self, request_id: str) -> Explanation:
        found = self._control.call("GetDecision", RequestId=request_id).get("Case")
        if found is None:
            raise LabError(
                f"the account has no decision of request `{request_id}`: it keeps the latest 1000 calls that "
                "were put to policies, and a call that fails earlier (a bad signature, an unknown "
                "resource, a wrong password) is not among them"
            )
        from labkit.policy import explain
        from labkit.policy.case import Case

        case = Case.of(found)
        return explain(case.request, policies=case.policies)


class Untold:
    """AWS says that a call was refused, and hardly more."""

    def explain(self, *_: object) -> Explanation:
        raise LabError(
            "a real account does not tell how it decided: put the question yourself with "
            "`explain(request, policies=…)`, and to AWS with `flow.simulation`"
        )
