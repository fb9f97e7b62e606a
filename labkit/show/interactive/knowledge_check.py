"""Knowledge checks: questions that are answered before their answer is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from labkit.errors import LabError
from labkit.show.blocks import Block, Note, Table, row
from labkit.show.interactive.gallery import data
from labkit.show.interactive.widget import Interactive, page
from labkit.show.view import View

Kind = Literal["single", "multiple", "ordering"]
ASKED = {"single": "choose one", "multiple": "choose all that are right", "ordering": "bring them in order"}


@dataclass(frozen=True)
class Question:
    """One question; `answer` holds places in `options`, of an ordering all of them in the right order."""

    id: str
    kind: Kind
    text: str
    options: tuple[str, ...]
    answer: tuple[int, ...]
    explanation: str
    #: AWS's page that says so.
    page: str

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Question:
        """A question of `data/questions`. Raises LabError where none can be answered rightly."""
        try:
            found = cls(**{**data, "options": tuple(data["options"]), "answer": tuple(data["answer"])})
        except (KeyError, TypeError) as error:
            raise LabError(f"a question has `{'`, `'.join(cls.__match_args__)}`: {error}") from None
        if found.kind not in ASKED:
            raise LabError(f"a question is `single`, `multiple` or `ordering`: got `{found.kind}`")
        if not found.allows(found.answer):
            raise LabError(f"the answer of question `{found.id}` is none of its kind: got `{found.answer}`")
        return found

    def allows(self, chosen: Sequence[object]) -> bool:
        """Whether this is an answer at all, right or wrong."""
        places = range(len(self.options))
        if not chosen or any(type(place) is not int or place not in places for place in chosen):
            return False
        most = {"single": 1, "multiple": len(places), "ordering": len(places)}[self.kind]
        enough = len(places) if self.kind == "ordering" else 1
        return len(set(chosen)) == len(chosen) and enough <= len(chosen) <= most

    def right(self, chosen: Sequence[int]) -> bool:
        if self.kind == "ordering":
            return tuple(chosen) == self.answer
        return set(chosen) == set(self.answer)


def knowledge_check(questions: str | Iterable[Mapping[str, Any]], *, title: str = "") -> KnowledgeCheck:
    """Questions to answer before the answer is shown: to choose one, to choose several, or to bring in order.

    `questions` names a file of `data/questions`, as in `knowledge_check("tokens")`, or holds questions as
    they stand there. The page gets an answer only after the learner's. Raises LabError for what is none.
    """
    if isinstance(questions, str):
        found = topic(questions)
        return knowledge_check(found["questions"], title=title or f"What do you know of {found['title']}?")
    asked = tuple(Question.of(question) for question in questions)
    if len({question.id for question in asked}) < len(asked):
        raise LabError("two questions have the same `id`")
    return KnowledgeCheck(asked, title or "What do you know?")


def topic(name: str) -> dict[str, Any]:
    """A file of questions: its `title` and its `questions`."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise LabError(f"a topic is named like a file of `data/questions`, without its ending: got `{name}`")
    found: dict[str, Any] = data("questions", name)
    return found


class KnowledgeCheck(Interactive):
    """`knowledge_check()` makes one. The answers stay here."""

    _esm, _css = page("knowledge_check")

    def __init__(self, questions: tuple[Question, ...], title: str) -> None:
        self._questions = questions
        super().__init__(fallback(questions, title), {"questions": [posed(each) for each in questions]})

    def reply(self, question: dict[str, Any]) -> dict[str, Any]:
        return checked(self._questions, question)


def posed(question: Question) -> dict[str, Any]:
    """What the page gets of a question before it is answered."""
    return {
        "id": question.id,
        "kind": question.kind,
        "asked": ASKED[question.kind],
        "text": question.text,
        "options": question.options,
    }


def checked(questions: Iterable[Question], given: Mapping[str, Any]) -> dict[str, Any]:
    """Whether what was `chosen` is right, and only now what is."""
    asked = next((each for each in questions if each.id == given.get("id")), None)
    if asked is None:
        raise LabError(f"there is no question `{given.get('id')}` here")
    chosen = given.get("chosen")
    if not isinstance(chosen, list) or not asked.allows(chosen):
        raise LabError(f"Answer first: {ASKED[asked.kind]}.")
    return {
        "id": asked.id,
        "right": asked.right(chosen),
        "answer": asked.answer,
        "explanation": asked.explanation,
        "page": asked.page,
    }


def fallback(questions: Iterable[Question], title: str) -> View:
    """The questions and their options, without the answers."""
    tables: tuple[Block, ...] = tuple(
        Table(
            f"{number}. {each.text} ({ASKED[each.kind]})",
            ("", "option"),
            tuple(row(chr(ord("a") + place), option) for place, option in enumerate(each.options)),
        )
        for number, each in enumerate(questions, 1)
    )
    last = "Run the cell in JupyterLab to answer." if tables else "There is no question."
    return View(title, (*tables, Note(last)))


def sample(data: Mapping[str, Any]) -> KnowledgeCheck:
    """The view of the gallery: `data` names questions of some topics."""
    known = [question for name in data["topics"] for question in topic(name)["questions"]]
    return knowledge_check([question for question in known if question["id"] in data["questions"]])
