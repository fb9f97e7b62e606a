"""The credentials card: a masked key, the session that it is, the time that is left, what it can reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from labkit.errors import LabError
from labkit.policy import Decision, Policy, PolicySet, Request, decide, explain
from labkit.policy.explanation.funnel import TITLES
from labkit.policy.request import Caller
from labkit.record import Secret, mask
from labkit.resources import Credentials
from labkit.show.blocks import Block, Cell, Mark, Note, Table, row
from labkit.show.decisions import MARKS
from labkit.show.explanations import short
from labkit.show.interactive.drawn import drawn, sign
from labkit.show.interactive.widget import Interactive, page
from labkit.show.names import shorten
from labkit.show.values import duration, utc
from labkit.show.view import View

_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html"


@dataclass(frozen=True)
class Held:
    """Credentials, and what is known about them. None: it was not given, and the card says so."""

    credentials: Credentials
    #: ARN of the session, as GetCallerIdentity answers it.
    caller: str | None
    policies: PolicySet | None
    decisions: tuple[Decision, ...]


def credentials_card(
    credentials: Credentials,
    *,
    now: datetime,
    caller: str | None = None,
    policies: PolicySet | None = None,
    requests: Iterable[Request] = (),
    frozen: bool = False,
) -> CredentialsCard:
    """What these credentials are, how long they last, and what they can reach.

    `caller` is the ARN that GetCallerIdentity answers for them. Each of `requests` is decided under
    `policies`. The countdown starts at `now` (an aware time: `account.clock.now()`) and runs, unless it is
    `frozen`. Keys and token stay in the kernel. Raises LabError for a naive `now`, and for requests
    without policies.
    """
    if now.tzinfo is None:
        raise LabError(f"`now` must be an aware time: got `{now.isoformat()}`; pass `account.clock.now()`")
    asked = tuple(requests)
    if asked and policies is None:
        raise LabError("requests are decided under `policies`: expected a PolicySet, got none")
    decisions = tuple(decide(each, policies=policies) for each in asked if policies is not None)
    return CredentialsCard(Held(credentials, caller, policies, decisions), now, frozen)


class CredentialsCard(Interactive):
    """`credentials_card()` makes one. The keys stay here; the page gets the masked id."""

    _esm, _css = page("credentials_card")

    def __init__(self, held: Held, now: datetime, frozen: bool) -> None:
        self._held, self._frozen = held, frozen
        super().__init__(fallback(held, now), card(held, now, frozen=frozen))

    def at(self, now: datetime) -> None:
        """Set the clock, after the account's own was moved."""
        self.record = card(self._held, now, frozen=self._frozen)
        self.fallback = fallback(self._held, now)

    def reply(self, question: dict[str, Any]) -> dict[str, Any]:
        return answer(self._held, question)


def card(held: Held, now: datetime, *, frozen: bool) -> dict[str, Any]:
    """What the page draws."""
    return {
        "now": now,
        "frozen": frozen,
        "expiration": held.credentials.expiration,
        "facts": drawn(_facts(held)),
        "reach": _reach(held.decisions),
    }


def answer(held: Held, question: Mapping[str, Any]) -> dict[str, Any]:
    """Why request number `question["request"]` is decided as it is."""
    number = question.get("request")
    if not isinstance(number, int) or not 0 <= number < len(held.decisions):
        raise LabError(f"the card has no request number `{number}`: it has {len(held.decisions)}")
    return {"why": drawn(short(explain(held.decisions[number])).blocks)}


def _facts(held: Held) -> tuple[Block, ...]:
    credentials = held.credentials
    lines = [
        row("Access key ID", Cell(mask(credentials.access_key_id), code=True)),
        row("Secret access key", Cell(str(credentials.secret_access_key), code=True)),
        row("Session token", _token(credentials)),
        row(
            "Expires", utc(credentials.expiration) if credentials.expiration else "never, until it is deleted"
        ),
        *_session(held),
    ]
    return (Table("The credentials, masked", ("part", "value"), tuple(lines)),)


def _token(credentials: Credentials) -> Cell:
    if credentials.session_token is None:
        return Cell("none: long-term keys of an IAM user")
    return Cell(str(credentials.session_token), code=True)


def _session(held: Held) -> list[tuple[Cell, ...]]:
    if held.caller is None:
        unknown = "not known: pass `caller=`, the ARN that GetCallerIdentity answers for them"
        return [row("Who they are", unknown)]
    caller = Caller.of(held.caller)
    lines = [row("Who they are", Cell(held.caller, code=True))]
    if caller.role:
        lines.append(row("Role", Cell(caller.role, code=True)))
        lines.append(row("Role session name", Cell(held.caller.rsplit("/", 1)[-1], code=True)))
    return lines


def _reach(decisions: Sequence[Decision]) -> dict[str, Any]:
    """Resources down, actions across; of each place the number of its request, or None."""
    actions = list(dict.fromkeys(each.request.action for each in decisions))
    resources = list(dict.fromkeys(each.request.resource for each in decisions))
    places = {(each.request.action, each.request.resource): n for n, each in enumerate(decisions)}
    return {
        "actions": actions,
        "resources": [list(each) for each in zip(shorten(resources).short, resources, strict=True)],
        "numbers": [[places.get((action, resource)) for action in actions] for resource in resources],
        "verdicts": [[sign(MARKS[each.verdict][0]), MARKS[each.verdict][1]] for each in decisions],
    }


def fallback(held: Held, now: datetime) -> View:
    """The same without a countdown."""
    blocks = (*_facts(held), _left(held.credentials, now), *_reached(held.decisions))
    return View("Credentials", blocks)


def _left(credentials: Credentials, now: datetime) -> Note:
    until = credentials.expiration
    if until is None:
        return Note("They do not expire: whoever has them can use them until they are deleted.", source=_PAGE)
    left = until - now
    if left <= timedelta():
        return Note(f"At {utc(now)} they expired {duration(left)} ago.", mark=Mark.DENY)
    return Note(f"At {utc(now)} they last for another {duration(left)}.", mark=Mark.ALLOW)


def _reached(decisions: Sequence[Decision]) -> tuple[Block, ...]:
    if not decisions:
        return (Note("What they can reach: not known. Pass `policies=` and `requests=`."),)
    lines = (
        row(
            each.request.action,
            Cell(each.request.resource, code=True),
            Cell(MARKS[each.verdict][1], mark=MARKS[each.verdict][0]),
            ", ".join(TITLES[name] for name in each.blocked_by) or "none",
        )
        for each in decisions
    )
    head = ("action", "resource", "verdict", "what stands against it")
    return (Table("What they can reach, of what was asked", head, tuple(lines)),)


def sample(data: Mapping[str, Any]) -> CredentialsCard:
    """The view of the gallery: `data` has a session, its policy and a few requests; the keys are made up."""
    policy = Policy.parse(data["policy"]["document"], name=data["policy"]["name"])
    made_up = Credentials(
        f"ASIA{data['access_key_id']}",
        Secret(data["secret_access_key"]),
        Secret(data["session_token"]),
        datetime.fromisoformat(data["expiration"]),
    )
    requests = (
        Request(data["caller"], action, resource, context=data["context"])
        for action in data["actions"]
        for resource in data["resources"]
    )
    return credentials_card(
        made_up,
        now=datetime.fromisoformat(data["now"]),
        caller=data["caller"],
        policies=PolicySet(identity=(policy,)),
        requests=requests,
        frozen=True,
    )
