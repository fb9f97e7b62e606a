"""Knowledge checks: what the page gets before an answer and after it, and the questions themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import LabError
from labkit.show import knowledge_check
from labkit.show.interactive.knowledge_check import KnowledgeCheck, Question, topic

FILES = sorted((Path(__file__).parents[2] / "data" / "questions").glob("*.json"))
TOPICS = [path.stem for path in FILES]
ALL = [question for name in TOPICS for question in topic(name)["questions"]]
every_question = pytest.mark.parametrize("data", ALL, ids=[question["id"] for question in ALL])


def question(kind: str = "single", answer: tuple[int, ...] = (1,), **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": "q",
        "kind": kind,
        "text": "Which?",
        "options": ["a", "b", "c"],
        "answer": answer,
        "explanation": "Because `b`.",
        "page": "https://docs.aws.amazon.com/",
    }
    return made | changes


def answer(data: dict[str, Any], chosen: object, **changes: Any) -> Any:
    view = knowledge_check([data])
    view.question = {"n": 1, "id": data["id"], "chosen": chosen, **changes}
    return view.get_state("answer")["answer"]


def test_there_are_questions_about_each_part_of_the_course() -> None:
    assert TOPICS == ["federation", "iam-decisions", "identity-pools", "iot", "oauth", "tokens", "user-pools"]
    assert len(ALL) >= 15
    assert len({each["id"] for each in ALL}) == len(ALL)
    assert {each["kind"] for each in ALL} == {"single", "multiple", "ordering"}


@every_question
def test_a_question_accepts_its_answer_and_no_other(data: dict[str, Any]) -> None:
    assert answer(data, data["answer"])["right"] is True
    others = [[place] for place in range(len(data["options"])) if [place] != data["answer"]]
    if data["kind"] == "ordering":
        others = [list(range(len(data["options"])))]  # else it would stand there solved
    assert not any(answer(data, other)["right"] for other in others)


@every_question
def test_a_question_says_why_and_where_aws_says_so(data: dict[str, Any]) -> None:
    assert data["explanation"].endswith(".")
    assert data["page"].startswith("https://docs.aws.amazon.com/")
    assert data["text"][-1] in "?."
    assert len(set(data["options"])) == len(data["options"]) >= 3


@pytest.mark.parametrize("name", TOPICS)
def test_nothing_of_the_answer_reaches_the_page_before_the_learner_s(name: str) -> None:
    view = knowledge_check(name)
    sent = json.dumps(view.get_state(list(KnowledgeCheck.OWN)))
    assert all(set(each) == {"id", "kind", "asked", "text", "options"} for each in view.record["questions"])
    for each in topic(name)["questions"]:
        assert json.dumps(each["text"]) in sent
        assert json.dumps(each["explanation"])[1:-1] not in sent
        assert each["explanation"] not in repr(view)


def test_what_is_right_comes_with_the_explanation_after_the_answer() -> None:
    told = answer(question(), [0])
    assert told["right"] is False
    assert (told["answer"], told["explanation"], told["id"], told["n"]) == ([1], "Because `b`.", "q", 1)


@pytest.mark.parametrize(
    "kind, right, chosen, verdict",
    [
        ("multiple", (0, 2), [2, 0], True),
        ("multiple", (0, 2), [0], False),
        ("multiple", (0, 2), [0, 1, 2], False),
        ("ordering", (2, 0, 1), [2, 0, 1], True),
        ("ordering", (2, 0, 1), [0, 1, 2], False),
    ],
)
def test_several_choices_count_together_and_an_order_counts_as_it_is(
    kind: str, right: tuple[int, ...], chosen: list[int], verdict: bool
) -> None:
    assert answer(question(kind, right), chosen)["right"] is verdict


@pytest.mark.parametrize(
    "kind, chosen",
    [
        ("single", []),
        ("single", [0, 1]),
        ("single", [3]),
        ("single", [-1]),
        ("single", [True]),
        ("single", "1"),
        ("single", None),
        ("multiple", [0, 0]),
        ("ordering", [0, 1]),
        ("ordering", [[0], 1, 2]),
    ],
)
def test_what_is_no_answer_reveals_nothing(kind: str, chosen: object) -> None:
    data = question(kind, (0, 1, 2) if kind == "ordering" else (1,))
    assert "error" not in answer(data, list(data["answer"]))
    assert set(answer(data, chosen)) == {"error", "n"}


def test_an_unknown_question_is_refused() -> None:
    assert answer(question(), [1], id="other")["error"] == "there is no question `other` here"


@pytest.mark.parametrize(
    "wrong, says",
    [
        ({"kind": "essay"}, "`single`, `multiple` or `ordering`: got `essay`"),
        ({"answer": [3]}, "none of its kind"),
        ({"answer": []}, "none of its kind"),
        ({"kind": "ordering", "answer": [0, 1]}, "none of its kind"),
        ({"hint": "no"}, "a question has `id`, `kind`"),
    ],
)
def test_a_question_that_nobody_can_answer_is_refused(wrong: dict[str, Any], says: str) -> None:
    assert Question.of(question()).right([1])
    with pytest.raises(LabError, match=says):
        knowledge_check([question(**wrong)])


def test_two_questions_of_one_id_an_unknown_topic_and_a_path_are_refused() -> None:
    with pytest.raises(LabError, match="the same `id`"):
        knowledge_check([question(), question()])
    with pytest.raises(LabError, match=r"there is no `data/questions/nothing\.json`"):
        knowledge_check("nothing")
    with pytest.raises(LabError, match="a topic is named like a file"):
        knowledge_check("../gallery/live_log")


def test_the_fallback_lists_questions_and_options() -> None:
    assert "1. Which? (choose one)" in repr(knowledge_check([question()]))
    assert "There is no question." in repr(knowledge_check([]))
