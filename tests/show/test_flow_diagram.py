"""The flow diagram's record: calls as they were made, masked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import labkit
from labkit.account import ANONYMOUS, open_account
from labkit.errors import LabError
from labkit.record import ApiCall
from labkit.show import flow_diagram, sequence
from labkit.show.interactive.flow_diagram import FlowDiagram


def call(**changes: Any) -> ApiCall:
    made: dict[str, Any] = {
        "service": "sts",
        "operation": "GetCallerIdentity",
        "signed": True,
        "request": {},
        "response": {"Account": "123456789012"},
        "status": 200,
        "error_code": None,
        "request_id": "request-1",
        "started": datetime(2026, 1, 1, 9, tzinfo=UTC),
        "duration": timedelta(milliseconds=12.4),
    }
    return ApiCall(**{**made, **changes})


def test_calls_that_were_really_made_are_drawn_with_their_secrets_masked() -> None:
    with open_account(transport="direct") as account, labkit.record() as calls:
        pool = account.client("cognito-idp").create_user_pool(PoolName="users")["UserPool"]["Id"]
        client = account.client("cognito-idp").create_user_pool_client(
            UserPoolId=pool, ClientName="app", GenerateSecret=True
        )
        account.client("cognito-identity", ANONYMOUS)
    view = flow_diagram(calls, title="Setting up")
    sent = json.dumps(view.get_state(list(FlowDiagram.OWN)))
    assert [step["operation"] for step in view.record["steps"]] == ["CreateUserPool", "CreateUserPoolClient"]
    assert view.record["participants"] == ("You", "User Pool")
    assert client["UserPoolClient"]["ClientSecret"] not in sent
    assert '"PoolName": "users"' in view.record["steps"][0]["sent"]
    assert view.title == "Setting up"


def test_a_record_made_by_hand_is_masked_too() -> None:
    secret = "correct horse battery staple"
    view = flow_diagram([call(request={"Password": secret, "Name": "x"}, response={"SessionToken": secret})])
    sent = json.dumps(view.get_state(list(FlowDiagram.OWN)))
    assert '\\"Name\\": \\"x\\"' in sent
    assert secret not in sent


def test_a_step_says_whom_how_and_how_long() -> None:
    expiry = {"Expiration": datetime(2026, 1, 1, 10, tzinfo=UTC)}
    steps = flow_diagram(
        [call(response=expiry), call(service="s3", signed=False, status=403, error_code="AccessDenied")]
    ).record["steps"]
    assert [(step["to"], step["signature"], step["answer"], step["failed"]) for step in steps] == [
        (1, "SigV4", "200 OK", False),
        (2, "unsigned", "403 AccessDenied", True),
    ]
    assert steps[0]["milliseconds"] == 12
    assert json.loads(steps[0]["received"]) == {"Expiration": "2026-01-01 10:00:00 UTC"}
    assert steps[0]["sent"] == ""


def test_it_saves_what_show_sequence_draws() -> None:
    record, drawn = flow_diagram([call()]).record, sequence([call()])
    assert record["svg"] == drawn.to_svg()
    assert record["mermaid"] == drawn.to_mermaid()


def test_without_calls_it_says_so_and_anything_else_is_refused() -> None:
    assert flow_diagram([]).record["steps"] == []
    assert "No API call was recorded." in repr(flow_diagram([]))
    with pytest.raises(LabError, match="drawn from API calls: got `str`"):
        flow_diagram(["no call"])  # type: ignore[list-item]
