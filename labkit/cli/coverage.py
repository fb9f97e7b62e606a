"""`labkit coverage`: what the local account does of AWS's operations, as its tests show it.

AWS's operations and their documented errors come from botocore's models, what is not simulated from the
account itself, everything else from the marks of tests/local, and from the list there of errors that
nothing brings about.
"""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.cli import unreachable
from labkit.cli.checks import clone
from labkit.cli.marks import Mark, read
from labkit.cli.unreachable import Unreachable
from labkit.environment import without_account
from labkit.errors import LabError

SERVICES = {
    "cognito-idp": "User Pools",
    "cognito-identity": "Identity Pools",
    "sts": "STS",
    "iot-data": "AWS IoT data plane",
}

#: Documented errors that the account cannot give, because it lacks what they are about.
BEYOND = {
    "quotas and throttling": {
        "LimitExceededException", "ServiceQuotaExceededException", "ThrottlingException",
        "TooManyRequestsException",
    },
    "faults of AWS itself and of others' services": {
        "ExternalServiceException", "IDPCommunicationError", "InternalErrorException",
        "InternalFailureException", "InternalServerException", "RegionDisabledException",
        "ServiceUnavailableException",
    },
    "two changes at the same time (the account makes one after the other)": {
        "ConcurrentModificationException",
    },
    "the delivery of e-mail and SMS, and the roles for it": {
        "CodeDeliveryFailureException", "InvalidEmailRoleAccessPolicyException",
        "InvalidSmsRoleAccessPolicyException", "InvalidSmsRoleTrustRelationshipException",
    },
    "web ACLs of AWS WAF": {"ForbiddenException"},
    "replicas of a user pool": {"OperationNotEnabledException"},
}  # fmt: skip

_PREFACE = """\
# What the local account does of each operation

Written by `labkit coverage`, not by hand: from the marks of `tests/local`, which fail where a test does not
show what its mark claims; from what the account answers with `NotSimulated`; and from AWS's models in
botocore {botocore}.

- *faithful*: tests show the operation accepted, and refused with every error that AWS documents for it, but
  for those marked *¹*;
- *partial*: something of it is missing, or an error that AWS documents is not shown by a test;
- *not simulated*: the account answers `NotSimulated`.

Beyond the account's reach, and so not counted, are errors about
"""

_NOTES = """\
Nor does an error count where nothing could bring it about: `NotAuthorizedException` of a signed operation
(IAM refuses with `AccessDeniedException`), `UserNotConfirmedException` of one that takes an access token
(which only confirmed users have), `ResourceConflictException` of one that takes no login, and of one that
takes no code `CodeMismatchException`, `ExpiredCodeException` and `TooManyFailedAttemptsException`. Identity
Pools say `ValidationException` of a malformed parameter; it stands as the `InvalidParameterException` of
AWS's pages.
"""

#: The section of single errors that have no occasion, and its mark in the tables.
_UNREACHABLE = "Errors that AWS documents and nothing here can bring about"
_FOOTNOTE = f"[¹](#{_UNREACHABLE.lower().replace(' ', '-')})"

_BEYOND = frozenset().union(*BEYOND.values())
#: Members of which a login may belong to another identity.
_LOGINS = {"DestinationUserIdentifier", "DeveloperUserIdentifier", "Logins"}
#: Members that a code comes in, and the errors about codes.
_CODES = {"ChallengeResponses", "Code", "ConfirmationCode", "UserCode"}
_OF_CODES = ("CodeMismatchException", "ExpiredCodeException", "TooManyFailedAttemptsException")
#: Answers that say nothing of an operation.
_FAULTS = ("InternalFailure", "InvalidClientTokenId", "UnrecognizedClientException")
_WRITTEN_WITH = re.compile(r"botocore (\d+\.\d+\.\d+)")


@dataclass(frozen=True)
class Coverage:
    """One operation: what AWS documents of it, what the account does and what the tests show."""

    operation: str
    documented: frozenset[str]
    simulated: bool
    #: Tests that show it accepted, and those that show it refused.
    accepting: int
    refusing: int
    shown: frozenset[str]
    missing: tuple[str, ...]
    unreachable: tuple[Unreachable, ...] = ()

    @property
    def unshown(self) -> frozenset[str]:
        """Documented errors within the account's reach that no test shows."""
        explained = {entry.error for entry in self.unreachable}
        return self.documented - self.shown - _BEYOND - explained

    @property
    def verdict(self) -> str:
        if not self.simulated:
            return "not simulated"
        lacks = list(self.missing)
        if not self.accepting:
            lacks.append("no test shows it accepted")
        if self.unshown:
            lacks.append("refusals without a test")
        return f"partial: {'; '.join(lacks)}" if lacks else "faithful"


def run(options: Namespace) -> int:
    """Write the table into the docs; with `--check` compare only."""
    root = clone()
    for name in set(os.environ) - set(without_account(os.environ)):
        del os.environ[name]  # moto reads them too
    page, path = render(coverage(root)), root / "docs" / "coverage.md"
    if not options.check:
        path.write_text(page, encoding="utf-8")
        print(f"Wrote {path}")
        return 0
    return _check(page, path)


def _check(page: str, path: Path) -> int:
    """Only a page of the same botocore can be compared: another one knows other operations and errors."""
    written = path.read_text(encoding="utf-8") if path.is_file() else ""
    theirs, ours = _WRITTEN_WITH.search(written), _WRITTEN_WITH.search(page)
    if theirs and ours and theirs[1] != ours[1]:
        print(f"`{path.name}` was written with botocore {theirs[1]}, this is {ours[1]}: not compared")
        return 0
    if written != page:
        print(f"`{path.name}` is not what the tests show: run `labkit coverage`", file=sys.stderr)
        return 1
    return 0


def coverage(root: Path) -> tuple[Coverage, ...]:
    """Every operation of the services, in the order of their names.

    Raises `LabError` for a mark of no operation, and for an entry of unreachable.json that does not hold.
    """
    marks, entries = read(root / "tests" / "local"), unreachable.read(root / "tests" / "local")
    known = {f"{service}:{name}": model for service in SERVICES for name, model in _operations(service)}
    for source, operations in (
        *((mark.test, mark.operations) for mark in marks),
        *(("unreachable.json", (entry.operation,)) for entry in entries),
    ):
        unknown = set(operations) - known.keys()
        if unknown:
            raise LabError(f"`{source}` is marked with `{min(unknown)}`: AWS has no such operation")
    absent = not_simulated(known)
    return tuple(_covered(name, known[name], name not in absent, marks, entries) for name in known)


def _covered(
    operation: str,
    model: Any,
    simulated: bool,
    marks: Iterable[Mark],
    entries: Iterable[Unreachable],
) -> Coverage:
    own = [mark for mark in marks if operation in mark.operations]
    row = Coverage(
        operation,
        documented=frozenset(_code(shape) for shape in model.error_shapes) - _without_occasion(model),
        simulated=simulated,
        accepting=len({mark.test for mark in own if not mark.missing}),
        refusing=len({mark.test for mark in own if mark.refuses}),
        shown=frozenset(_documented_as(code, operation) for mark in own for code in mark.refuses),
        missing=tuple(dict.fromkeys(mark.missing for mark in own if mark.missing)),
        unreachable=tuple(entry for entry in entries if entry.operation == operation),
    )
    for entry in row.unreachable:
        unreachable.require_true(entry, row.documented - _BEYOND, row.shown)
    return row


def _without_occasion(model: Any) -> set[str]:
    """Errors that AWS lists with an operation which has nothing that could bring them about."""
    members = set(model.input_shape.members) if model.input_shape else set()
    return {
        code
        for code, listed in (
            ("NotAuthorizedException", model.auth_type != "none"),
            ("UserNotConfirmedException", "AccessToken" in members),
            *((code, not members & _CODES) for code in _OF_CODES),
            ("ResourceConflictException", not members & _LOGINS),
        )
        if listed
    }


def _documented_as(code: str, operation: str) -> str:
    """Identity Pools answer a broken constraint as ValidationException, and document the other name.

    As AWS answered: https://github.com/getmoto/moto/issues/1979
    """
    identity_pools = operation.startswith("cognito-identity:")
    return "InvalidParameterException" if identity_pools and code == "ValidationException" else code


def _session() -> Any:
    """A session of botocore without the machine's profiles and files, which decide nothing here."""
    import botocore.session

    files: dict[str, Any] = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return botocore.session.Session(session_vars=files)


def _operations(service: str) -> Iterator[tuple[str, Any]]:
    model = _session().get_service_model(service)
    return ((name, model.operation_model(name)) for name in sorted(model.operation_names))


def _code(shape: Any) -> str:
    """The error's code on the wire, which for the query protocol is not its shape's name."""
    return str(shape.metadata.get("error", {}).get("code") or shape.name)


def not_simulated(operations: Iterable[str]) -> frozenset[str]:
    """Those that the account answers with NotSimulated, which it does before it reads parameters."""
    clients = _clients()
    return frozenset(name for name in operations if _says_not_simulated(clients, name))


def _clients() -> dict[str, Any]:
    """Clients of an account of their own, whose calls are sent whatever they lack."""
    from botocore.config import Config

    from labkit.local import direct
    from labkit.local.app import create_app

    app = create_app(account_id="000000000000")
    session = _session()
    direct.attach(session, app)
    keys = app.administrator
    settings = {
        "region_name": app.region,
        "endpoint_url": direct.ENDPOINT,
        "aws_access_key_id": keys.access_key_id,
        "aws_secret_access_key": keys.secret_access_key.reveal(),
        "config": Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    }
    return {service: session.create_client(service, **settings) for service in SERVICES}


def _says_not_simulated(clients: dict[str, Any], operation: str) -> bool:
    from botocore import xform_name
    from botocore.exceptions import ClientError

    service, _, name = operation.partition(":")
    try:
        getattr(clients[service], xform_name(name))(**_address(clients[service], name))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _FAULTS:
            raise LabError(
                f"the local account answers `{operation}` with `{code}`: expected a refusal"
            ) from error
        return bool(code == "NotSimulated")
    return False


def _address(client: Any, operation: str) -> dict[str, str]:
    """What a request needs in its path and query to be one of this operation."""
    shape = client.meta.service_model.operation_model(operation).input_shape
    members = {name: shape.members[name] for name in shape.required_members} if shape is not None else {}
    places = ("uri", "querystring")
    return {name: "x" for name, each in members.items() if each.serialization.get("location") in places}


def render(table: Iterable[Coverage]) -> str:
    """The page of the docs."""
    import botocore

    rows = tuple(table)
    lines = [*_PREFACE.format(botocore=botocore.__version__).splitlines(), ""]
    lines += (f"- {topic}: {_codes(codes)}" for topic, codes in BEYOND.items())
    lines += ["", *_NOTES.splitlines()]
    for service, title in SERVICES.items():
        lines += ["", f"## {title} (`{service}`)", "", *_section([r for r in rows if _of(service, r)])]
    lines += ["", f"## {_UNREACHABLE}", "", *_reasons(rows)]
    return "\n".join(lines) + "\n"


def _of(service: str, row: Coverage) -> bool:
    return row.operation.startswith(f"{service}:")


def _section(rows: list[Coverage]) -> Iterator[str]:
    kinds = [row.verdict.partition(":")[0] for row in rows]
    counts = (f"{kinds.count(kind)} {kind}" for kind in ("faithful", "partial", "not simulated"))
    yield f"{len(rows)} operations: {', '.join(counts)}."
    yield ""
    yield "| operation | | tests: accepted | refused | errors shown | documented, not shown |"
    yield "|---|---|---:|---:|---|---|"
    for row in rows:
        yield _row(row)


def _row(row: Coverage) -> str:
    name = row.operation.partition(":")[2]
    if not row.simulated:
        return f"| {name} | not simulated | | | | |"
    verdict = f"{row.verdict} {_FOOTNOTE}" if row.unreachable else row.verdict
    cells = (verdict, row.accepting, row.refusing, _codes(row.shown), _codes(row.unshown))
    return f"| {name} | {' | '.join(map(str, cells))} |"


def _reasons(rows: Iterable[Coverage]) -> Iterator[str]:
    yield "| operation | error | why | source |"
    yield "|---|---|---|---|"
    for row in rows:
        for entry in row.unreachable:
            yield f"| {row.operation} | `{entry.error}` | {entry.reason} | <{entry.page}> |"


def _codes(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in sorted(codes))
