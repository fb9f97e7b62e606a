"""What every stage does around its calls: keep them, and put a hint beside AWS's error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError, EndpointConnectionError

from labkit.account import Account
from labkit.errors import LabError, OAuthError
from labkit.record import ApiCall

#: What to do next, by message, by operation and error code, or by error code alone.
HINTS = {
    "ResourceNotFoundException": (
        "This account has none of that name: where it was started anew, run again from the first cell."
    ),
    "EntityAlreadyExists": "An earlier run made it: run again from the cell that makes the Identity Pool.",
    "CodeMismatchException": "`account.confirmation_code(username)` gives the newest code.",
    "ExpiredCodeException": "`resend_confirmation_code` or `forgot_password` sends a new code.",
    "InvalidPasswordException": "The User Pool's password policy decides; the message names the missed rule.",
    "User cannot be confirmed. Current status is CONFIRMED": "This user is confirmed already: sign in.",
    "UserNotConfirmedException": "First `confirm_sign_up`, with `account.confirmation_code(username)`.",
    "UsernameExistsException": "This user is there already: sign in, or take another name.",
    "Incorrect username or password.": "AWS does not tell a wrong name from a wrong password or signature.",
    "Invalid session for the user.": "A session is good for one answer, of the user who was asked.",
    "Invalid code received for user": "The app's code changes every 30 seconds, by the account's clock.",
    "InitiateAuth InvalidParameterException": "The app client must list this flow in its ExplicitAuthFlows.",
    "Access Token has expired": "`refresh` gets new tokens.",
    "Access Token has been revoked": "The user signed out, or the refresh token was revoked: sign in again.",
    "Refresh Token has been revoked": "The user signed out, or it was revoked: sign in again.",
    "Refresh Token has expired": "Sign in again.",
    "GetUser NotAuthorizedException": "GetUser wants an access token of this account's User Pools.",
    "Unauthenticated access is not supported for this identity pool.": (
        "Send a login: an ID token under its provider's name."
    ),
    "Invalid login token. Missing a required claim: aud": "That is an access token; a login is the ID token.",
    "GetId NotAuthorizedException": "A login is an unexpired ID token under its provider's name.",
    "GetCredentialsForIdentity NotAuthorizedException": (
        "Show the login that this Identity ID belongs to: an unexpired ID token of the same user."
    ),
    "UserNotFoundException": "Nobody of this name has signed up in this User Pool.",
    "GetCredentialsForIdentity InvalidIdentityPoolConfigurationException": (
        "Attach a role with `set_identity_pool_roles`; its trust policy must name this Identity Pool, "
        "and allow `sts:TagSession` where tags are mapped."
    ),
    "GetOpenIdToken InvalidParameterException": (
        "The basic flow needs `allow_classic_flow=True` on the Identity Pool."
    ),
    "RespondToAuthChallenge ExpiredCodeException": (
        "A code of an authenticator app is good once: wait for the next one."
    ),
    "EnableSoftwareTokenMFAException": "The app's code changes every 30 seconds, by the account's clock.",
    "UnexpectedLambdaException": "`account.register_trigger(arn, function)` says what runs for the trigger.",
    "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.": (
        "A mapping chooses the role, so the Identity Pool must take it: `get_credentials_for_identity`."
    ),
    "Basic (classic) flow is not supported with SAML providers, please use enhanced flow.": (
        "A SAML response is a login for `get_credentials_for_identity` alone."
    ),
    "DeveloperUserAlreadyRegisteredException": "`lookup_developer_identity` tells this user's Identity ID.",
    "AssumeRoleWithWebIdentity InvalidIdentityToken": (
        "Register the issuer in IAM; the local account must be told its keys: `account.tell_issuer_keys`."
    ),
    "/oauth2/token invalid_grant": (
        "A code is good once and for five minutes, with the redirect URI and the verifier that it was asked "
        "for with; a refresh token until it expires or is revoked."
    ),
    "/oauth2/token invalid_scope": "The app client must list the scope in its AllowedOAuthScopes.",
    "/oauth2/authorize invalid_scope": "The app client must list the scope in its AllowedOAuthScopes.",
    "/oauth2/userInfo invalid_token": "userInfo wants an unexpired access token with the scope `openid`.",
    "AssumeRoleWithWebIdentity AccessDenied": "The role's trust policy decides: look at its `aud` and `amr`.",
}

#: The same, for messages that name something, by the words around the name.
_PHRASES = {
    " already exists in user pool ": (
        "An earlier run made it: run again from the cell that makes the User Pool."
    ),
    "The ambiguous role mapping rules for": (
        "No group and no rule gives this login a role, and the mapping's AmbiguousRoleResolution is `Deny`."
    ),
    "Access to Role '": (
        "CustomRoleArn names a role of the login's own: one in `cognito:roles`, or of a rule that fits."
    ),
}


@contextmanager
def recorded(account: Account) -> Iterator[list[ApiCall]]:
    """Collect a stage's API calls. AWS's `ClientError` rises as it is, with a note where one helps."""
    with account.record() as calls:
        try:
            yield calls
        except EndpointConnectionError:
            raise LabError(
                f"nothing answers at `{account.endpoint or 'AWS'}` any more: start the account again "
                "(`labkit start` or `labkit serve`), then run the notebook's first cell"
            ) from None
        except ClientError as error:
            note(error, _hint(error))
            raise
        except OAuthError as error:
            note(error, oauth_hint(error))
            raise


def note(error: Exception, hint: str | None) -> None:
    """Put a hint beside an error, once: stages nest."""
    if hint and hint not in getattr(error, "__notes__", ()):
        error.add_note(hint)


def oauth_hint(error: OAuthError) -> str | None:
    return HINTS.get(f"{error.endpoint} {error.error}")


def _hint(error: ClientError) -> str | None:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    around = next((hint for words, hint in _PHRASES.items() if words in message), None)
    return HINTS.get(message) or around or HINTS.get(f"{error.operation_name} {code}") or HINTS.get(code)
