"""Finding pools, app clients and users in moto's directory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from labkit.local.errors import AwsError
from labkit.local.operations import Call
from labkit.local.user_pools.directory import usernames

if TYPE_CHECKING:
    from labkit.local.state import State

#: moto's CognitoIdpUserPool, CognitoIdpUserPoolClient and CognitoIdpUser, which have no types to import.
Pool = Any
Client = Any
User = Any


def all_pools(state: State) -> Iterator[Pool]:
    from moto.cognitoidp.models import cognitoidp_backends

    for backend in cognitoidp_backends[state.account_id].values():
        yield from backend.user_pools.values()


def backend_of(pool: Pool) -> Any:
    from moto.cognitoidp.models import cognitoidp_backends

    return cognitoidp_backends[pool.account_id][pool.region]


def find_pool(pool_id: str, state: State) -> Pool | None:
    return next((pool for pool in all_pools(state) if pool.id == pool_id), None)


def pool_named(pool_id: str, state: State) -> Pool:
    """The pool of that id. Raises AwsError where there is none."""
    pool = find_pool(pool_id, state)
    if pool is None:
        raise AwsError("ResourceNotFoundException", f"User pool {pool_id} does not exist.")
    return pool


def pool_asked(call: Call, state: State) -> Pool:
    """The pool that a signed call names; only the Region that the call is signed for knows it.

    Unsigned calls name an app client or a token, and no Region: one endpoint serves all of them here.
    """
    pool = pool_named(call.parameters["UserPoolId"], state)
    if pool.region != call.region:
        raise AwsError("ResourceNotFoundException", f"User pool {pool.id} does not exist.")
    return pool


def require_no_import(pool: Pool, state: State) -> None:
    """ "This exception is thrown when you're trying to modify a user pool while a user import job is in
    progress for that pool." (no text is documented)

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html
    """
    jobs = state.user_pools[pool.id].directory.import_jobs.values()
    if any(job.status == "Pending" for job in jobs):
        raise AwsError("UserImportInProgressException", "A user import job of the user pool is in progress.")


def client_asked(call: Call, state: State) -> tuple[Pool, Client]:
    """The pool that a signed call names, and the app client of that pool."""
    pool, client_id = pool_asked(call, state), call.parameters["ClientId"]
    if client_id not in pool.clients:
        raise AwsError("ResourceNotFoundException", f"User pool client {client_id} does not exist.")
    return pool, pool.clients[client_id]


def client_named(client_id: str, state: State) -> tuple[Pool, Client]:
    """The app client of that id with its pool. Raises AwsError where there is none."""
    for pool in all_pools(state):
        if client_id in pool.clients:
            return pool, pool.clients[client_id]
    raise AwsError("ResourceNotFoundException", f"User pool client {client_id} does not exist.")


def find_user(pool: Pool, username: str) -> User | None:
    """A user by whatever name the pool knows them (usernames.py)."""
    return usernames.find(pool, username)


def user_named(pool: Pool, username: str) -> User:
    user = find_user(pool, username)
    if user is None:
        raise user_not_found()
    return user


def user_not_found() -> AwsError:
    return AwsError("UserNotFoundException", "User does not exist.")


def name_user(call: Call, state: State) -> None:
    """Give moto the username, which is the only name that it knows users by."""
    user = user_named(pool_asked(call, state), call.parameters["Username"])
    call.replace(Username=user.username)


def issuer(pool: Pool) -> str:
    """The `iss` claim, the same as in AWS: the local account stands in for that address."""
    return f"https://cognito-idp.{pool.region}.amazonaws.com/{pool.id}"


def status_of(user: User) -> str:
    """moto keeps a status as an enum or as text."""
    return str(getattr(user.status, "value", user.status))


def set_status(user: User, status: str) -> None:
    from moto.cognitoidp.models import UserStatus

    user.status = UserStatus[status]


def hides_existence(client: Client) -> bool:
    """Whether this client must not tell which users exist.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
    """
    return bool(client.extended_config.get("PreventUserExistenceErrors") == "ENABLED")


def lambda_triggers(pool: Pool) -> dict[str, Any]:
    return pool.extended_config.get("LambdaConfig") or {}
