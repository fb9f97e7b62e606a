"""The lab's resources: plan what is missing, apply the plan, destroy what the lab created.

Resources are found by name, tag and ledger, so that every function may run again, also after a
restart of the account or a run that was killed half-way.
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.account import Account
from labkit.errors import LabError
from labkit.provision.lab import Lab, LabUser
from labkit.provision.parts import CHECKPOINTS, parts_of
from labkit.provision.progress import Progress
from labkit.provision.removal import delete, ours
from labkit.provision.steps import Plan, Step

__all__ = ["CHECKPOINTS", "Lab", "LabUser", "Plan", "Step", "apply", "checkpoint", "destroy", "plan"]


def checkpoint(account: Account, name: str) -> Lab:
    """Bring the account to the named checkpoint and return its lab; `plan`, then `apply`.

    `start` has nothing. `user-pool` has a User Pool, an app client without a secret and the users
    alice and bob. `identity-pool` has, besides, an Identity Pool with its two roles, a bucket and a
    table where each identity reaches its own part.
    """
    return apply(account, plan(account, name))


def plan(account: Account, name: str) -> Plan:
    """What is missing for the checkpoint; nothing is changed."""
    lab, steps = Lab(name), []
    for part in parts_of(name):
        found = part.find(account, lab)
        if found is None:
            steps.append(Step(part.operation, part.kind, part.name(account)))
        lab = found or lab
    return Plan(name, tuple(steps), lab)


def apply(account: Account, plan: Plan) -> Lab:
    """Do what the plan says, and return the lab. A real account shows the plan and asks once."""
    lab, missing = plan.found, {(step.kind, step.name) for step in plan.steps}
    if missing:
        _agree(account.confirm, plan, "Apply this plan?")
    with account.ledger.alone(), account.approved(), Progress(len(missing)) as progress:
        for part in parts_of(plan.checkpoint):
            if (part.kind, part.name(account)) in missing:
                progress.step(f"{part.operation} {part.name(account)}")
                # Another kernel may have made it while this one waited for its turn.
                lab = part.find(account, lab) or part.make(account, lab)
    return lab


def destroy(account: Account, *, confirm: Callable[[str], bool] | None = None) -> Plan:
    """Delete everything that the lab created; return what was deleted.

    `confirm` (by default the account's own, which a local account has not) sees the plan first.
    """
    resources = ours(account)
    steps = tuple(
        Step(kind.operation, kind.title, name, resource_id) for kind, resource_id, name in resources
    )
    removal = Plan("start", steps, Lab("start"))
    if steps:
        _agree(confirm or account.confirm, removal, "Delete all this?")
    with account.approved(), Progress(len(steps)) as progress:
        for kind, resource_id, name in resources:
            progress.step(f"{kind.operation} {name}")
            delete(account, kind, resource_id)
    return removal


def _agree(confirm: Callable[[str], bool] | None, plan: Plan, question: str) -> None:
    if confirm is not None and not confirm(f"{plan}\n{question}"):
        raise LabError("nothing was changed: you said no")
