"""`labkit.explain`: why a decision, a request or a refused call came out as it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.account.account import Account
from labkit.errors import LabError
from labkit.policy import Decision, PolicySet, Request
from labkit.things import IotAttempt, LogEntry

if TYPE_CHECKING:
    from labkit.policy import Explanation


def explain(
    what: object, *, policies: PolicySet | None = None, account: Account | None = None
) -> Explanation:
    """Why `what` came out as it did.

    `what` is a decision; a request, with its `policies`; AWS's error of a refused call
    (`botocore.exceptions.ClientError`); what a stage of `flow.access` or an MQTT connection
    returned; or an entry of `account.iot_log()`.
    These are looked up in the account that answered: `account`, or for an error the one whose client
    raised it.

    Raises LabError where there is no such decision.
    """
    if isinstance(what, Decision | Request):
        from labkit.policy import explain as explain_decision

        return explain_decision(what, policies=policies)
    answered: Account | None = account or _metadata(what).get(Account.METADATA)
    if answered is None:
        raise LabError(
            "this error does not say which account raised it: pass `account=`, as in "
            "`explain(error, account=account)`"
        )
    if isinstance(what, IotAttempt):
        what = _noted(what, answered)
    return answered.explain(_decision_id(what) if isinstance(what, LogEntry) else _request_id(what))


def _noted(attempt: IotAttempt, account: Account) -> LogEntry:
    """MQTT has no request ID: what the account noted last about this packet of this client."""
    name, event = attempt.resource.split(":", 5)[5].partition("/")[2], attempt.action.removeprefix("iot:")
    noted = [e for e in account.iot_log(attempt.client_id) if (e.event, e.topic) == (event, name)]
    if not noted:
        raise LabError(
            f"the account has noted no {event} of `{attempt.client_id}`: it may have been refused before, as "
            "with a bad signature; `account.iot_log()` has all that was noted"
        )
    return noted[-1]


def _decision_id(entry: LogEntry) -> str:
    if not entry.decision_id:
        raise LabError(f"no policy was asked about this {entry.event}: {entry.reason}")
    return entry.decision_id


def _metadata(what: object) -> dict[str, Any]:
    response = getattr(what, "response", None)
    metadata = response.get("ResponseMetadata") if isinstance(response, dict) else None
    return metadata if isinstance(metadata, dict) else {}


def _request_id(what: object) -> str:
    found = getattr(what, "request_id", None) or _metadata(what).get("RequestId")
    if not isinstance(found, str):
        raise LabError(
            f"`{type(what).__name__}` cannot be explained: expected a decision, a request with `policies`, "
            "a ClientError, or an attempt of `flow.access`"
        )
    return found
