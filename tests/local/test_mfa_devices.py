"""MFA devices of IAM users, and what STS and policies make of their codes.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyotp
import pytest

from labkit.resources import Credentials
from tests.local.accounts import (
    LocalAccount,
    access_key,
    anybody_here,
    credentials_in,
    document,
    refused,
    role,
    statement,
    trust_in,
)

WITH_MFA: dict[str, Any] = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
UNKNOWN = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user."
)
WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code."


@dataclass(frozen=True)
class Device:
    """A virtual MFA device."""

    account: LocalAccount
    serial: str
    seed: str

    def code(self, steps: int = 0) -> str:
        """The code that it shows now, or some time steps later."""
        totp = pyotp.TOTP(self.seed)
        return totp.generate_otp(totp.timecode(self.account.app.state.clock.now()) + steps)

    @property
    def given(self) -> dict[str, str]:
        return {"SerialNumber": self.serial, "TokenCode": self.code()}

    def enable(self, username: str, *codes: str) -> Any:
        first, second = codes or (self.code(-1), self.code())
        return self.account.client("iam").enable_mfa_device(
            UserName=username,
            SerialNumber=self.serial,
            AuthenticationCode1=first,
            AuthenticationCode2=second,
        )


def device(account: LocalAccount) -> Device:
    name = account.name("phone")
    made = account.client("iam").create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    return Device(account, made["SerialNumber"], made["Base32StringSeed"].decode())


def learner(account: LocalAccount, *statements: dict[str, Any]) -> tuple[str, Credentials]:
    """A user's name and keys."""
    iam, name = account.client("iam"), account.name("user")
    iam.create_user(UserName=name)
    policy = document(*statements or (statement("*"),))
    iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy)
    return name, access_key(account, name)


@pytest.fixture
def phone(fresh: LocalAccount) -> Device:
    return device(fresh)


@pytest.fixture
def enrolled(fresh: LocalAccount, phone: Device) -> tuple[Device, Credentials]:
    """A device and its user's keys, when it shows a code that nobody has used."""
    name, keys = learner(fresh)
    phone.enable(name)
    fresh.advance(seconds=30)
    return phone, keys


def test_a_virtual_device_is_a_seed_and_its_qr_code(fresh: LocalAccount) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_VirtualMFADevice.html"""
    create = fresh.client("iam").create_virtual_mfa_device
    made = create(VirtualMFADeviceName="anna", Path="/lab/")["VirtualMFADevice"]
    assert made["SerialNumber"] == f"arn:aws:iam::{fresh.account_id}:mfa/lab/anna"
    assert len(made["Base32StringSeed"]) == 64
    assert made["QRCodePNG"].startswith(b"\x89PNG")
    answer = refused(create, VirtualMFADeviceName="anna", Path="/lab/")
    assert (answer.status, answer.code) == (409, "EntityAlreadyExists")
    tags = [{"Key": "lab", "Value": "1"}]
    assert refused(create, VirtualMFADeviceName="bert", Tags=tags).code == "NotSimulated"


@pytest.mark.unconfirmed
def test_two_codes_in_a_row_enable_a_device(fresh: LocalAccount, phone: Device) -> None:
    """InvalidAuthenticationCode, 403; EntityAlreadyExists, 409; NoSuchEntity, 404 (the texts of the first two
    are not documented)"""
    iam, (name, _) = fresh.client("iam"), learner(fresh)
    now = phone.code()
    for codes in ((now, now), (now, phone.code(-1)), (phone.code(-2), now), ("000000", now)):
        answer = refused(lambda codes=codes: phone.enable(name, *codes))
        assert (answer.status, answer.code) == (403, "InvalidAuthenticationCode")
    phone.enable(name)
    assert [d["SerialNumber"] for d in iam.list_mfa_devices(UserName=name)["MFADevices"]] == [phone.serial]
    other, _ = learner(fresh)
    answer = refused(lambda: phone.enable(other))
    assert (answer.status, answer.code) == (409, "EntityAlreadyExists")
    gone = Device(fresh, phone.serial + "x", phone.seed)
    answer = refused(lambda: gone.enable(other))
    assert (answer.status, answer.code) == (404, "NoSuchEntity")


@pytest.mark.unconfirmed
def test_a_device_is_deactivated_before_it_is_deleted(fresh: LocalAccount, phone: Device) -> None:
    """ "You must deactivate a user's virtual MFA device before you can delete it." (DeleteConflict, 409)

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteVirtualMFADevice.html
    """
    iam, (name, _) = fresh.client("iam"), learner(fresh)
    phone.enable(name)
    answer = refused(iam.delete_virtual_mfa_device, SerialNumber=phone.serial)
    assert (answer.status, answer.code) == (409, "DeleteConflict")
    iam.deactivate_mfa_device(UserName=name, SerialNumber=phone.serial)
    assert iam.delete_virtual_mfa_device(SerialNumber=phone.serial)
    answer = refused(iam.delete_virtual_mfa_device, SerialNumber=phone.serial)
    assert (answer.status, answer.code) == (404, "NoSuchEntity")


@pytest.mark.operation("sts:GetSessionToken")
def test_a_session_that_began_with_a_code_satisfies_policies_for_a_while(
    fresh: LocalAccount, phone: Device
) -> None:
    """aws:MultiFactorAuthPresent and aws:MultiFactorAuthAge are keys of temporary credentials alone:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthage
    """
    young: dict[str, Any] = {"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}}
    name, keys = learner(
        fresh,
        statement("s3:ListAllMyBuckets", **WITH_MFA),
        statement("dynamodb:ListTables", **young),
    )
    phone.enable(name)
    fresh.advance(seconds=30)
    plain = credentials_in(fresh.client("sts", keys).get_session_token())
    session = credentials_in(fresh.client("sts", keys).get_session_token(**phone.given))
    for without in (keys, plain):
        assert refused(fresh.client("s3", without).list_buckets).code == "AccessDenied"
        assert refused(fresh.client("dynamodb", without).list_tables).code == "AccessDeniedException"
    assert fresh.client("s3", session).list_buckets()
    fresh.advance(minutes=59)
    assert fresh.client("dynamodb", session).list_tables()
    fresh.advance(minutes=1)
    assert refused(fresh.client("dynamodb", session).list_tables).code == "AccessDeniedException"
    assert fresh.client("s3", session).list_buckets()


@pytest.mark.operation("sts:GetSessionToken")
def test_only_with_a_code_is_a_users_session_good_for_iam(
    fresh: LocalAccount, enrolled: tuple[Device, Credentials]
) -> None:
    """ "You cannot call any IAM API operations unless MFA authentication information is included in the
    request."
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
    """
    phone, keys = enrolled
    plain = credentials_in(fresh.client("sts", keys).get_session_token())
    session = credentials_in(fresh.client("sts", keys).get_session_token(**phone.given))
    assert refused(fresh.client("iam", plain).list_roles).code == "InvalidClientTokenId"
    assert fresh.client("iam", session).list_roles()


@pytest.mark.operation("sts:AssumeRole", refuses="AccessDenied")
@pytest.mark.operation("sts:GetSessionToken")
def test_a_trust_policy_may_ask_for_a_code(fresh: LocalAccount, enrolled: tuple[Device, Credentials]) -> None:
    """ "If the role being assumed requires MFA and if the TokenCode value is missing or expired, the
    AssumeRole call returns an "access denied" error."
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    (phone, keys), here = enrolled, {"AWS": f"arn:aws:iam::{fresh.account_id}:root"}
    given = {"RoleArn": role(fresh, trust_in(here, **WITH_MFA)), "RoleSessionName": "tester"}
    sts = fresh.client("sts", keys)
    assert sts.assume_role(**given, **phone.given)["Credentials"]
    answer = refused(sts.assume_role, **given)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    fresh.advance(seconds=30)
    session = credentials_in(sts.get_session_token(**phone.given))
    assert fresh.client("sts", session).assume_role(**given)["Credentials"]


@pytest.mark.operation("sts:AssumeRole")
def test_a_roles_session_knows_of_no_code(fresh: LocalAccount, enrolled: tuple[Device, Credentials]) -> None:
    """What AssumeRole gives has no MFA information in its context; GetSessionToken is for that.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    """
    phone, keys = enrolled
    lists = (statement("s3:ListAllMyBuckets", **WITH_MFA), statement("dynamodb:ListTables"))
    arn = role(fresh, anybody_here(fresh), *lists)
    answer = fresh.client("sts", keys).assume_role(RoleArn=arn, RoleSessionName="tester", **phone.given)
    session = credentials_in(answer)
    assert fresh.client("dynamodb", session).list_tables()
    assert refused(fresh.client("s3", session).list_buckets).code == "AccessDenied"


@pytest.mark.operation("sts:AssumeRole", "sts:GetSessionToken", refuses="AccessDenied")
@pytest.mark.parametrize("operation", ["assume_role", "get_session_token"])
def test_a_code_is_the_callers_own_of_this_moment_and_good_once(
    fresh: LocalAccount, enrolled: tuple[Device, Credentials], operation: str
) -> None:
    """The texts as AWS gave them: https://github.com/aws/aws-cli/issues/6325 and
    https://github.com/aws/aws-cli/issues/2279"""
    (phone, keys), (_, others) = enrolled, learner(fresh)
    given = {"RoleArn": role(fresh, anybody_here(fresh)), "RoleSessionName": "tester"}
    more = given if operation == "assume_role" else {}
    call = getattr(fresh.client("sts", keys), operation)
    foreign = getattr(fresh.client("sts", others), operation)
    serial, code = phone.given.values()
    for attempt, code_given, serial_given, text in (
        (foreign, code, serial, UNKNOWN),
        (call, code, serial + "x", UNKNOWN),
        (call, phone.code(-3), serial, WRONG),
        (call, phone.code(3), serial, WRONG),
        (call, code, None, "MultiFactorAuthentication failed, must provide both MFA serial number"),
        (call, None, serial, "MultiFactorAuthentication failed, must provide both MFA serial number"),
    ):
        pair = {"TokenCode": code_given, "SerialNumber": serial_given}
        answer = refused(attempt, **more, **{k: v for k, v in pair.items() if v})
        assert (answer.status, answer.code) == (403, "AccessDenied")
        assert answer.message.startswith(text)
    assert call(**more, SerialNumber=serial, TokenCode=code)["Credentials"]
    assert refused(call, **more, SerialNumber=serial, TokenCode=code).message == WRONG
    fresh.advance(seconds=30)
    assert call(**more, **phone.given)["Credentials"]


@pytest.mark.operation("sts:GetSessionToken", refuses="AccessDenied")
def test_a_deactivated_device_proves_nothing(
    fresh: LocalAccount, enrolled: tuple[Device, Credentials]
) -> None:
    (phone, keys), iam = enrolled, fresh.client("iam")
    call = fresh.client("sts", keys).get_session_token
    assert call(**phone.given)["Credentials"]
    (used,) = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    iam.deactivate_mfa_device(UserName=used["User"]["UserName"], SerialNumber=phone.serial)
    fresh.advance(seconds=30)
    assert refused(call, **phone.given).message == UNKNOWN
