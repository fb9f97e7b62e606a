"""What a domain remembers does not outlive its time, nor grow with those who came and went."""

from __future__ import annotations

from datetime import timedelta

from labkit.local.app import create_app
from labkit.local.managed_login.state import (
    CODE_VALIDITY,
    SESSION_VALIDITY,
    AuthorizationCode,
    ManagedLogin,
    SignedIn,
)
from labkit.local.state import State
from labkit.local.user_pools.state import Authorized

POOL = "us-east-1_pool"
SECOND = timedelta(seconds=1)


def somebody(state: State) -> SignedIn:
    return SignedIn(POOL, "ann", "a-sub", state.clock.now())


def keep_code(state: State, there: ManagedLogin) -> str:
    code = AuthorizationCode(
        "client", "https://app", Authorized(("openid",), ""), "", "", somebody(state),
        state.clock.now() + CODE_VALIDITY,
    )  # fmt: skip
    return there.keep_code(code)


def test_a_session_is_known_until_its_hour_is_over_and_then_dropped() -> None:
    state = create_app().state
    there = state.managed_login
    first = there.open_session(somebody(state))
    state.clock.advance(SESSION_VALIDITY - SECOND)
    second = there.open_session(somebody(state))
    assert there.session(first, POOL)
    state.clock.advance(SECOND)
    third = there.open_session(somebody(state))
    assert there.session(first, POOL) is None
    assert there._sessions.keys() == {second, third}
    state.clock.advance(10 * SESSION_VALIDITY)
    fourth = there.open_session(somebody(state))
    assert there._sessions.keys() == {fourth}


def test_a_code_is_known_for_five_minutes_and_then_dropped() -> None:
    state = create_app().state
    there = state.managed_login
    first, second = keep_code(state, there), keep_code(state, there)
    state.clock.advance(CODE_VALIDITY - SECOND)
    assert there.redeem(first)
    assert there.redeem(first) is None
    assert there.code(second)
    state.clock.advance(SECOND)
    assert there.code(second) is None
    third = keep_code(state, there)
    assert there._codes.keys() == {third}
