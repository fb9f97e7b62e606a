"""The policy matrix's record, and its answers; `policy.matrix` is what they are measured by."""

from __future__ import annotations

import json
from time import perf_counter
from typing import Any

import pytest

from labkit.policy import Policy, PolicySet, Row, matrix
from labkit.show import policy_matrix
from labkit.show.interactive import gallery as samples
from labkit.show.interactive.policy_matrix import PolicyMatrix, sample

DATA = samples._data("policy_matrix")
ROLE = "arn:aws:sts::123456789012:assumed-role/Reader/session"
BUCKET = "arn:aws:s3:::photos"


def policy(name: str = "Read", **changes: Any) -> Policy:
    statement = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    return Policy.parse({"Version": "2012-10-17", "Statement": [statement | changes]}, name=name)


def view(**policies: Any) -> PolicyMatrix:
    rows = [Row("alice", ROLE, PolicySet(**policies or {"identity": (policy(),)}))]
    return policy_matrix(matrix(rows, ["s3:GetObject", "s3:PutObject"], [f"{BUCKET}/a", f"{BUCKET}/b"]))


def ask(shown: PolicyMatrix, edits: dict[str, str], at: Any = None) -> Any:
    shown.question = {"n": 1, "edits": edits} | ({"at": at} if at is not None else {})
    return shown.get_state("answer")["answer"]


def edited(shown: PolicyMatrix, old: str, new: str, number: int = 0) -> dict[str, str]:
    text = shown.record["policies"][number]["text"]
    assert old in text
    return {str(number): text.replace(old, new)}


def test_each_cell_is_one_character_and_each_policy_its_text() -> None:
    record = view().record
    assert record["grids"][0]["signs"] == ["✓✓", "––"]
    assert json.loads(record["policies"][0]["text"]) == policy().document
    assert record["policies"][0]["name"] == "Read (identity-based policies)"
    assert record["words"] == {"✓": "allowed", "✗": "explicit deny", "–": "implicit deny"}


def test_an_edit_recolours_the_matrix_as_the_policy_engine_decides() -> None:
    shown = view()
    assert ask(shown, {})["signs"] == [["✓✓", "––"]]
    assert ask(shown, edited(shown, "Allow", "Deny"))["signs"] == [["✗✗", "––"]]
    assert ask(shown, edited(shown, "s3:GetObject", "s3:*"))["signs"] == [["✓✓", "✓✓"]]
    assert ask(shown, {})["signs"] == [["✓✓", "––"]], "what the matrix was made from stays"


def test_a_cell_shows_its_layers_the_nearest_miss_and_what_would_change_it() -> None:
    shown = view()
    blocks = ask(shown, {}, [0, 1, 0])["why"]
    assert blocks[0]["note"].startswith("Implicit deny.")
    captions = [block["caption"] for block in blocks if "caption" in block]
    assert captions[0] == "The layers, in AWS's order"
    assert any(caption.startswith("The nearest misses") for caption in captions)
    assert "The smallest changes after which it would be allowed" in captions
    found = ask(shown, edited(shown, "s3:GetObject", "s3:*"), [0, 1, 0])["why"]
    assert found[0]["note"].startswith("Allowed."), "the cell is explained under the edited policy"


@pytest.mark.parametrize(
    "new, sentence",
    [
        ('"Allow",', "policy syntax error at `line "),
        ('"Alow"', "`Statement[0].Effect`: expected `Allow` or `Deny`, got `Alow` (did you mean `Allow`?)"),
        ('"Allow", "Principal": "*"', "policy syntax error at `Statement[0]"),
        (f'"{"x" * 4096}"', "`Statement[0].Effect`"),
        ('"<script>alert(1)</script>"', "got `<script>alert(1)</script>`"),
    ],
)
def test_what_aws_would_not_store_is_said_in_one_sentence(new: str, sentence: str) -> None:
    shown = view()
    assert "wrong" not in ask(shown, edited(shown, '"Allow"', '"Deny"'))
    said = ask(shown, edited(shown, '"Allow"', new if new != '"Allow",' else '"Allow",,'))["wrong"]
    assert sentence in said
    assert "\n" not in said


def test_what_is_doubtful_is_stored_with_advice() -> None:
    shown = view()
    assert ask(shown, edited(shown, "Allow", "Deny"))["advice"] == []
    (advice,) = ask(shown, edited(shown, "s3:GetObject", "s3:GettObject"))["advice"]
    assert advice["text"].endswith("(did you mean `s3:GetObject`?).")
    assert advice["source"].startswith("https://docs.aws.amazon.com/")


def test_every_layer_can_be_edited_and_a_shared_policy_is_one() -> None:
    shared = policy("Shared")
    rows = [
        Row("alice", ROLE, PolicySet(identity=(shared,), boundary=(policy("Limit", Action="s3:*"),))),
        Row("bob", ROLE.replace("session", "other"), PolicySet(identity=(shared,), scp=((policy("Org"),),))),
    ]
    shown = policy_matrix(matrix(rows, ["s3:GetObject"], [f"{BUCKET}/a"]))
    names = [(each["name"], tuple(each["rows"])) for each in shown.record["policies"]]
    assert names == [
        ("Shared (identity-based policies)", ("alice", "bob")),
        ("Limit (permissions boundary)", ("alice",)),
        ("Org (service control policies)", ("bob",)),
    ]
    assert ask(shown, {})["signs"] == [["✓", "✓"]]
    assert ask(shown, edited(shown, "Allow", "Deny"))["signs"] == [["✗", "✗"]]
    assert ask(shown, edited(shown, "s3:*", "s3:PutObject", 1))["signs"] == [["–", "✓"]]
    assert ask(shown, edited(shown, "Allow", "Deny", 2))["signs"] == [["✓", "✗"]]


@pytest.mark.parametrize(
    "edits, at",
    [
        ({"7": "{}"}, None),
        ({"x": "{}"}, None),
        ({}, [9, 9, 9]),
        ({}, "here"),
        ({}, {"a": 1}),
        ({}, [0, 0, "1"]),
    ],
)
def test_what_it_does_not_have_it_says(edits: dict[str, str], at: Any) -> None:
    assert "error" not in ask(view(), {}, [0, 1, 0])
    assert ask(view(), edits, at)["error"]


def test_statements_that_are_asked_alone_have_their_own_words() -> None:
    rows = Row.of_statements(policy(), principal=ROLE)
    shown = policy_matrix(matrix(rows, ["s3:GetObject", "s3:PutObject"], [f"{BUCKET}/a"]))
    assert shown.record["words"]["✓"] == "allows"
    assert ask(shown, edited(shown, "Allow", "Deny"))["signs"] == [["✗", "–"]]


def test_an_empty_matrix_says_that_there_is_nothing() -> None:
    shown = policy_matrix(matrix([], ["s3:GetObject"], []))
    assert shown.record["grids"] == []
    assert "There is nothing to decide" in repr(shown)


def test_a_thousand_cells_are_decided_anew_within_a_blink() -> None:
    actions = [f"s3:{name}Object{kind}" for name in ("Get", "Put") for kind in ("", *"ABCDEFGHI")]
    rows = [Row("alice", ROLE, PolicySet(identity=(sample(DATA)._held[0].policy,)))]
    shown = policy_matrix(matrix(rows, actions, [f"{BUCKET}/users/{n}" for n in range(50)]))
    assert [len(shown.record["grids"][0][side]) for side in ("down", "across")] == [50, 20]
    edits = edited(shown, '"s3:GetObject"', '"s3:Get*"')
    ask(shown, edits)
    began = perf_counter()
    answer = ask(shown, edits)
    assert perf_counter() - began < 0.5, "far more than it takes, for a busy machine"
    assert len(json.dumps(answer, ensure_ascii=False)) < 3000
