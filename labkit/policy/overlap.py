"""Whether the resources that a policy names and those that an action works on can be the same.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from functools import lru_cache

#: A name in an ARN template. Most may hold a `/`, as a role's path; a bucket's name never does.
_NAME = re.compile(r"\$\{(\w+)\}")
#: An escaped character, or a variable.
_VARIABLE = re.compile(r"\$\{(?:([*?$])|[^}]*)\}")
#: One character; any number of them; any number without a slash. Other tokens are themselves.
_ANY, _STAR, _STAR_NO_SLASH = "one", "many", "many, no slash"

Tokens = tuple[str, ...]


@lru_cache(maxsize=8192)
def fits(resource: str, template: str) -> bool:
    """Whether a value of Resource can match an ARN of a template, as `arn:${Partition}:s3:::${BucketName}`.

    A variable may become anything. Where an ARN is incomplete, so that its wildcards may run past a
    colon, only the service is compared.
    """
    if set(resource) == {"*"}:
        return True
    given, wanted = resource.split(":", 5), template.split(":", 5)
    fields = range(1, 6) if len(given) == 6 else range(2, min(3, len(given)))
    return all(overlap(given[field], wanted[field]) for field in fields)


def overlap(pattern: str, template: str) -> bool:
    """Whether some text matches both a policy's pattern and a template."""
    left, right = _pattern_tokens(pattern), _template_tokens(template)
    seen, todo = set(), [(0, 0)]
    while todo:
        place = todo.pop()
        if place == (len(left), len(right)):
            return True
        if place not in seen:
            seen.add(place)
            todo += _steps(left[place[0] : place[0] + 1], right[place[1] : place[1] + 1], *place)
    return False


def _steps(a: Tokens, b: Tokens, i: int, j: int) -> list[tuple[int, int]]:
    """Where both can stand after one more character, or after a wildcard's end; `a` and `b` are next."""
    steps = []
    if a == (_STAR,):
        steps += [(i + 1, j), *([(i, j + 1)] if b else [])]
    if b in ((_STAR,), (_STAR_NO_SLASH,)):
        goes_on = a and not (a == ("/",) and b == (_STAR_NO_SLASH,))
        steps += [(i, j + 1), *([(i + 1, j)] if goes_on else [])]
    if a and b and (a == b or _ANY in (*a, *b)):
        steps.append((i + 1, j + 1))
    return steps


@lru_cache(maxsize=4096)
def _pattern_tokens(pattern: str) -> Tokens:
    tokens: list[str] = []
    end = 0
    for found in _VARIABLE.finditer(pattern):
        tokens += [*_wildcards(pattern[end : found.start()]), found[1] or _STAR]
        end = found.end()
    return (*tokens, *_wildcards(pattern[end:]))


@lru_cache(maxsize=4096)
def _template_tokens(template: str) -> Tokens:
    tokens: list[str] = []
    for index, part in enumerate(_NAME.split(template)):
        if index % 2:
            tokens += [_ANY, _STAR_NO_SLASH if part == "BucketName" else _STAR]
        else:
            tokens += _wildcards(part)
    return tuple(tokens)


def _wildcards(text: str) -> list[str]:
    return [{"*": _STAR, "?": _ANY}.get(char, char) for char in text]
