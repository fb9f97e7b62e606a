"""Branding styles, and the pages of managed login that there are not without one.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateManagedLoginBranding.html
https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-brandingeditor.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.accounts import LocalAccount, refused
from tests.local.directory import Pool, user_pool
from tests.local.managed_login import App, app

NOBODY = "11111111-1111-4111-8111-111111111111"
LOGO = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": b"\x89PNG light"}
DARK = LOGO | {"ColorMode": "DARK", "Bytes": b"\x89PNG dark"}
SETTINGS = {"categories": {"form": {"displayGraphics": True}}, "components": {"form": {"borderRadius": 8}}}


@pytest.fixture
def pool(account: LocalAccount) -> Pool:
    return user_pool(account)


def create(pool: Pool, **given: Any) -> dict[str, Any]:
    named = {"UserPoolId": pool.id, "ClientId": pool.client_id}
    return dict(pool.admin.create_managed_login_branding(**named | given)["ManagedLoginBranding"])


def named(pool: Pool, made: dict[str, Any]) -> dict[str, Any]:
    return {"UserPoolId": pool.id, "ManagedLoginBrandingId": made["ManagedLoginBrandingId"]}


@pytest.mark.operation("cognito-idp:CreateManagedLoginBranding")
@pytest.mark.operation(
    "cognito-idp:DescribeManagedLoginBranding",
    "cognito-idp:DescribeManagedLoginBrandingByClient",
    missing="the default style of ReturnMergedResources",
)
def test_a_style_is_kept_as_it_was_given(pool: Pool) -> None:
    """Settings only where there are any, Assets always: https://github.com/floci-io/floci/pull/2869"""
    plain = create(pool, UseCognitoProvidedValues=True)
    assert (plain["UseCognitoProvidedValues"], plain["Assets"], "Settings" in plain) == (True, [], False)
    other = pool.another_client()
    made = create(other, Settings=SETTINGS, Assets=[LOGO])
    assert (made["UseCognitoProvidedValues"], made["Settings"], made["Assets"]) == (False, SETTINGS, [LOGO])
    assert made["CreationDate"] == made["LastModifiedDate"]
    ours = {"UserPoolId": pool.id, "ClientId": other.client_id}
    described = pool.admin.describe_managed_login_branding(**named(pool, made))
    assert described["ManagedLoginBranding"] == made
    by_client = pool.admin.describe_managed_login_branding_by_client(**ours)
    assert by_client["ManagedLoginBranding"] == made
    for ask, given in (
        (pool.admin.describe_managed_login_branding, named(pool, made)),
        (pool.admin.describe_managed_login_branding_by_client, ours),
    ):
        assert refused(ask, **given, ReturnMergedResources=True).code == "NotSimulated"


@pytest.mark.operation("cognito-idp:UpdateManagedLoginBranding", refuses="InvalidParameterException")
def test_an_update_keeps_what_it_does_not_name(account: LocalAccount, pool: Pool) -> None:
    """ "Amazon Cognito … preserves existing style settings that you don't specify."

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateManagedLoginBranding.html
    """
    made = create(pool, Settings=SETTINGS, Assets=[LOGO])

    def update(**given: Any) -> dict[str, Any]:
        answer = pool.admin.update_managed_login_branding(**named(pool, made) | given)
        return dict(answer["ManagedLoginBranding"])

    changed = update(Settings={"categories": {"form": {"displayGraphics": False}}}, Assets=[DARK])
    assert changed["Settings"] == SETTINGS | {"categories": {"form": {"displayGraphics": False}}}
    assert changed["Assets"] == [LOGO, DARK]
    answer = refused(update, UseCognitoProvidedValues=True, Assets=[LOGO])
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    answer = refused(pool.admin.update_managed_login_branding, UserPoolId=pool.id)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    reverted = update(UseCognitoProvidedValues=True)
    assert (reverted["Assets"], "Settings" in reverted) == ([], False)


@pytest.mark.operation("cognito-idp:CreateManagedLoginBranding", refuses="InvalidParameterException")
def test_awss_own_values_come_without_others(pool: Pool) -> None:
    answer = refused(create, pool=pool, UseCognitoProvidedValues=True, Settings=SETTINGS)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert create(pool, UseCognitoProvidedValues=True)


@pytest.mark.operation(
    "cognito-idp:CreateManagedLoginBranding", refuses="ManagedLoginBrandingExistsException"
)
def test_a_client_has_one_style(pool: Pool) -> None:
    create(pool, UseCognitoProvidedValues=True)
    answer = refused(create, pool=pool, UseCognitoProvidedValues=True)
    assert (answer.status, answer.code) == (400, "ManagedLoginBrandingExistsException")
    assert create(pool.another_client(), UseCognitoProvidedValues=True)


@pytest.mark.operation(
    "cognito-idp:CreateManagedLoginBranding", "cognito-idp:DescribeManagedLoginBrandingByClient",
    "cognito-idp:DescribeManagedLoginBranding", "cognito-idp:UpdateManagedLoginBranding",
    "cognito-idp:DeleteManagedLoginBranding", refuses="ResourceNotFoundException",
)  # fmt: skip
def test_a_style_that_is_not_there_is_not_found(account: LocalAccount, pool: Pool) -> None:
    admin, made = pool.admin, create(pool, UseCognitoProvidedValues=True)
    unstyled = {"UserPoolId": pool.id, "ClientId": pool.another_client().client_id}
    elsewhere = named(user_pool(account), made)
    for call, given in (
        (admin.create_managed_login_branding, unstyled | {"ClientId": "nobody"}),
        (admin.describe_managed_login_branding_by_client, unstyled),
        *(
            (call, wrong)
            for call in (
                admin.describe_managed_login_branding, admin.update_managed_login_branding,
                admin.delete_managed_login_branding,
            )
            for wrong in (named(pool, made) | {"ManagedLoginBrandingId": NOBODY}, elsewhere)
        ),
    ):  # fmt: skip
        answer = refused(call, **given)
        assert (answer.status, answer.code) == (400, "ResourceNotFoundException")
    assert admin.update_managed_login_branding(**named(pool, made))
    admin.describe_managed_login_branding(**named(pool, made))
    admin.describe_managed_login_branding_by_client(UserPoolId=pool.id, ClientId=pool.client_id)
    admin.delete_managed_login_branding(**named(pool, made))
    assert refused(admin.describe_managed_login_branding, **named(pool, made)).status == 400


@pytest.mark.operation(
    "cognito-idp:DescribeManagedLoginBrandingByClient", "cognito-idp:DescribeManagedLoginBranding",
    "cognito-idp:DeleteManagedLoginBranding", refuses="InvalidParameterException",
)  # fmt: skip
def test_a_name_that_none_can_have_is_refused(pool: Pool) -> None:
    """The patterns of ManagedLoginBrandingId and ClientId:

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeManagedLoginBranding.html
    """
    admin, made = pool.admin, create(pool, UseCognitoProvidedValues=True)
    wrong = named(pool, made) | {"ManagedLoginBrandingId": "nonsense"}
    for call, given in (
        (admin.describe_managed_login_branding, wrong),
        (admin.delete_managed_login_branding, wrong),
        (admin.describe_managed_login_branding_by_client, {"UserPoolId": pool.id, "ClientId": "no-body!"}),
    ):
        answer = refused(call, **given)
        assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert admin.describe_managed_login_branding(**named(pool, made))
    assert admin.describe_managed_login_branding_by_client(UserPoolId=pool.id, ClientId=pool.client_id)
    admin.delete_managed_login_branding(**named(pool, made))


def test_without_a_style_managed_login_shows_no_page(account: LocalAccount) -> None:
    """ "Login pages unavailable": https://github.com/minorun365/html-share/issues/3"""
    at = app(account)
    made = at.pool.admin.describe_managed_login_branding_by_client(
        UserPoolId=at.pool.id, ClientId=at.client_id
    )["ManagedLoginBranding"]
    paths = ("/oauth2/authorize", "/login", "/signup", "/forgotPassword")
    assert [at.browser().open(at.address(path)).status for path in paths] == [200] * 4
    at.pool.admin.delete_managed_login_branding(**named(at.pool, made))
    for path in paths:
        screen = at.browser().open(at.address(path))
        assert (screen.status, screen.title) == (403, "Login pages unavailable")
    classic(at)
    assert [at.browser().open(at.address(path)).status for path in paths] == [200] * 4


def classic(at: App) -> None:
    """The classic hosted UI has a branding of its own."""
    at.pool.admin.update_user_pool_domain(UserPoolId=at.pool.id, Domain=at.domain, ManagedLoginVersion=1)
