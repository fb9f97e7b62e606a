"""Many decisions as one table. What each of them is stands in tests/decisions."""

from __future__ import annotations

import time
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import LabError
from labkit.policy import Matrix, Policy, PolicySet, Request, Row, Verdict, changes, decide, matrix

ALICE = "arn:aws:iam::111122223333:user/alice"
BOB = "arn:aws:iam::111122223333:user/bob"
SHELF = "arn:aws:s3:::shelf"
READ, WRITE = "s3:GetObject", "s3:PutObject"
OWN, OTHER = f"{SHELF}/alice/a.txt", f"{SHELF}/bob/a.txt"
ALLOWED, DENIED, SILENT = Verdict.ALLOWED, Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY


def policy(*statements: Any) -> Policy:
    return Policy.parse({"Version": "2012-10-17", "Statement": list(statements)}, name="shelf")


def statement(effect: str, action: str, resource: str, **more: Any) -> Any:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


OWN_FOLDER = statement("Allow", "s3:*Object", f"{SHELF}/${{aws:username}}/*", Sid="Own")
NO_WRITES = statement("Deny", WRITE, f"{SHELF}/*", Sid="NoWrites")
FOLDERS = PolicySet(identity=(policy(OWN_FOLDER, NO_WRITES),))


@pytest.fixture
def found() -> Matrix:
    rows = [
        Row("alice", ALICE, FOLDERS, {"aws:username": "alice"}),
        Row("bob", BOB, PolicySet(identity=(policy(OWN_FOLDER),)), {"aws:username": "bob"}),
    ]
    return matrix(rows, [READ, WRITE], [OWN, OTHER])


def verdicts(cells: Any) -> list[Verdict]:
    return [cell.verdict for cell in cells]


def test_every_cell_is_the_decision_of_its_row_action_and_resource(found: Matrix) -> None:
    assert len(found.cells) == 8
    for cell in found:
        alone = decide(cell.decision.request, policies=cell.row.policies)
        assert (cell.decision, cell.verdict) == (alone, alone.verdict)
        assert cell.decision.request.action == cell.action
        assert cell.decision.request.resource == cell.resource
        assert cell.decision.request.principal == cell.row.principal
    assert verdicts(found.of_row("alice")) == [ALLOWED, SILENT, DENIED, DENIED]
    assert verdicts(found.of_row("bob")) == [SILENT, ALLOWED, SILENT, ALLOWED]


def test_the_trace_of_a_cell_is_made_when_it_is_looked_at(found: Matrix) -> None:
    cell = found.at("alice", WRITE, OWN)
    assert "judgement" not in cell.decision.__dict__
    assert [trace.label for trace in cell.decision.decisive] == ["NoWrites"]
    assert "judgement" in cell.decision.__dict__


def test_a_slice_holds_one_name_and_has_the_other_two_sides(found: Matrix) -> None:
    one_row, one_action, one_resource = found.of_row("bob"), found.of_action(READ), found.of_resource(OTHER)
    assert [axis.kind for axis in (one_row.held, one_row.down, one_row.across)] == [
        "principal",
        "action",
        "resource",
    ]
    assert (one_action.down.names, one_action.across.names) == (("alice", "bob"), (OWN, OTHER))
    assert (one_resource.down.names, one_resource.across.names) == (("alice", "bob"), (READ, WRITE))
    assert one_resource.held.names == (OTHER,)
    assert verdicts(one_action) == [ALLOWED, SILENT, SILENT, ALLOWED]
    assert verdicts(one_resource) == [SILENT, DENIED, ALLOWED, ALLOWED]


def test_a_transposed_slice_has_the_same_cells_the_other_way_round(found: Matrix) -> None:
    grid = found.of_resource(OTHER)
    turned = grid.transposed()
    assert turned.cells[1][0] is grid.cells[0][1]
    assert (turned.down, turned.across) == (grid.across, grid.down)
    assert turned.transposed() == grid


def test_a_slice_without_lines_can_be_transposed(found: Matrix) -> None:
    empty = matrix(found.rows, [], [OWN]).of_resource(OWN)
    assert (empty.cells, empty.transposed().cells) == (((), ()), ())
    assert empty.transposed().across.names == ("alice", "bob")


def test_verdicts_are_counted_the_missing_ones_as_well(found: Matrix) -> None:
    assert found.counts == {ALLOWED: 3, DENIED: 2, SILENT: 3}
    assert found.of_row("bob").counts == {ALLOWED: 2, DENIED: 0, SILENT: 2}


def test_changes_are_the_cells_whose_verdict_is_another(found: Matrix) -> None:
    after = matrix(
        [found.rows[0], Row("bob", BOB, FOLDERS, {"aws:username": "bob"})], found.actions, found.resources
    )
    assert [(was.verdict, now.place, now.verdict) for was, now in changes(found, after)] == [
        (SILENT, ("bob", WRITE, OWN), DENIED),
        (ALLOWED, ("bob", WRITE, OTHER), DENIED),
    ]
    assert changes(found, found) == ()
    assert len(changes(found.of_resource(OWN), after)) == 1


def test_only_cells_that_both_have_can_change(found: Matrix) -> None:
    before = matrix(found.rows[:1], [READ], [OWN, f"{SHELF}/alice/b.txt"])
    assert changes(before, found) == ()


def test_a_statement_alone_allows_denies_or_does_not_apply() -> None:
    both = policy(OWN_FOLDER, {**NO_WRITES, "Sid": ""})
    rows = Row.of_statements(both, principal=ALICE, context={"aws:username": "alice"})
    alone = matrix(rows, [READ, WRITE], [OWN])
    assert alone.axes[0] == ("statement", ("Own", "1"))
    assert verdicts(alone) == [ALLOWED, ALLOWED, SILENT, DENIED]
    assert [trace.label for trace in alone.at("1", WRITE, OWN).decision.decisive] == ["1"]


def test_a_statement_alone_says_what_it_says_whatever_else_would_have_to_allow() -> None:
    """Across accounts both must allow, but it is not the statement that keeps silent.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
    """
    (row,) = Row.of_statements(policy(statement("Allow", READ, "*", Sid="All")), principal=ALICE)
    cell = matrix([row], [READ, "sts:GetCallerIdentity"], [OWN], resource_account="444455556666")
    assert verdicts(cell) == [ALLOWED, SILENT]
    assert [each.decision.verdict for each in cell] == [SILENT, ALLOWED]


def test_the_statements_of_a_resource_based_policy_apply_to_whom_they_name() -> None:
    account = statement("Allow", READ, f"{SHELF}/*", Principal={"AWS": "111122223333"}, Sid="Account")
    bob = statement("Allow", READ, f"{SHELF}/*", Principal={"AWS": BOB}, Sid="Bob")
    rows = Row.of_statements(policy(account, bob), principal=ALICE, layer="resource")
    # Naming the account only hands the decision on; the statement applies all the same.
    assert verdicts(matrix(rows, [READ], [OWN])) == [ALLOWED, SILENT]
    assert verdicts(matrix([Row("x", BOB, rows[1].policies)], [READ], [OWN])) == [ALLOWED]


def test_what_all_requests_carry_and_what_a_row_adds_come_together() -> None:
    team = {"StringEquals": {"aws:PrincipalTag/team": "red"}, "Bool": {"aws:SecureTransport": "true"}}
    policies = PolicySet(identity=(policy(statement("Allow", "*", "*", Condition=team)),))
    red = Row("red", ALICE, policies, {"aws:PrincipalTag/team": "red"})
    late = Row("late", ALICE, policies, {**red.context, "aws:SecureTransport": "false"})
    shared = {"aws:SecureTransport": "true", "aws:PrincipalTag/team": "blue"}
    plain = Row("plain", ALICE, policies)
    assert verdicts(matrix([red, late, plain], [READ], [OWN], context=shared)) == [ALLOWED, SILENT, SILENT]


def test_an_action_without_resource_types_is_covered_by_every_resource_only() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html"""
    listing = "s3:ListAllMyBuckets"
    narrow = Row("narrow", ALICE, PolicySet(identity=(policy(statement("Allow", "s3:*", f"{SHELF}*")),)))
    wide = Row("wide", ALICE, PolicySet(identity=(policy(statement("Allow", "s3:*", "*")),)))
    found = matrix([narrow, wide], [READ, listing], [OWN], wildcard_only=["S3:listallmybuckets"])
    assert verdicts(found) == [ALLOWED, SILENT, ALLOWED, ALLOWED]


def test_names_stand_once_on_their_side_in_the_order_given() -> None:
    row = Row("alice", ALICE, FOLDERS)
    assert matrix([row], [WRITE, READ, WRITE], [OWN]).actions == (WRITE, READ)


@pytest.mark.parametrize("rows, actions, resources", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (0, 0, 0)])
def test_a_side_may_be_empty(rows: int, actions: int, resources: int) -> None:
    found = matrix([Row("alice", ALICE, FOLDERS)][:rows], [READ][:actions], [OWN][:resources])
    assert found.cells == ()
    assert found.counts == {ALLOWED: 0, DENIED: 0, SILENT: 0}
    assert changes(found, found) == ()


def test_two_rows_of_one_name_are_refused() -> None:
    row = Row("alice", ALICE, FOLDERS)
    assert matrix([row, Row("bob", BOB, FOLDERS)], [READ], [OWN]).cells
    with pytest.raises(LabError, match="two rows have the name `alice`"):
        matrix([row, Row("alice", BOB, FOLDERS)], [READ], [OWN])


def test_a_text_where_a_list_belongs_is_refused() -> None:
    row = Row("alice", ALICE, FOLDERS)
    assert matrix([row], [READ], [OWN]).cells
    with pytest.raises(LabError, match=r"`actions` is a list: got the text `s3:GetObject`"):
        matrix([row], READ, [OWN])


def test_a_name_that_a_matrix_does_not_have_is_refused_with_those_that_it_has(found: Matrix) -> None:
    assert found.at("alice", READ, OWN).verdict is ALLOWED
    with pytest.raises(LabError, match="no principal `carol`: it has `alice`, `bob`"):
        found.at("carol", READ, OWN)
    with pytest.raises(LabError, match="no resource `x`"):
        found.of_resource("x")
    many = matrix(found.rows, [f"s3:A{number}" for number in range(9)], [OWN])
    with pytest.raises(LabError, match="`s3:A4` and 4 more"):
        many.of_action("s3:B")


def test_a_row_and_a_matrix_cannot_be_changed(found: Matrix) -> None:
    for record, name in ((found, "cells"), (found.rows[0], "name"), (found.of_row("bob"), "cells")):
        with pytest.raises(FrozenInstanceError):
            setattr(record, name, ())


names = st.lists(st.sampled_from("abcdef"), unique=True, max_size=4)


@given(actions=names, resources=names, allowed=st.sampled_from("abcdef"))
def test_the_slices_of_a_side_have_every_cell_once(
    actions: list[str], resources: list[str], allowed: str
) -> None:
    policies = PolicySet(identity=(policy(statement("Allow", "s3:*", f"{SHELF}/{allowed}")),))
    rows = [Row("alice", ALICE, policies), Row("bob", BOB, policies)]
    found = matrix(rows, [f"s3:{name}" for name in actions], [f"{SHELF}/{name}" for name in resources])
    by_row = [cell for row in found.rows for cell in found.of_row(row.name)]
    by_action = [cell for action in found.actions for cell in found.of_action(action)]
    by_resource = [cell for resource in found.resources for cell in found.of_resource(resource)]
    places = [cell.place for cell in found]
    assert [cell.place for cell in by_row] == places
    assert sorted(cell.place for cell in by_action) == sorted(cell.place for cell in by_resource)
    assert sorted(cell.place for cell in by_action) == sorted(places)


def test_twenty_actions_on_fifty_resources_are_a_thousand_decisions_and_take_no_time() -> None:
    row = Row("alice", ALICE, FOLDERS, {"aws:username": "alice"})
    actions, resources = [f"s3:Act{i}Object" for i in range(20)], [f"{SHELF}/alice/{i}" for i in range(50)]
    start = time.process_time()
    found = matrix([row], actions, resources)
    taken = time.process_time() - start
    assert found.counts[ALLOWED] == 1000
    assert decide(Request(ALICE, READ, OWN), policies=FOLDERS).verdict is SILENT
    # It takes a small part of this; other work on the machine may slow it down.
    assert taken < 0.5
