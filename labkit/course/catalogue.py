"""The exercises of the notebooks, by the notebook's number."""

from __future__ import annotations

import re

from labkit.course import federated, packet_plans, plans, scoped
from labkit.course.exercises import Exercise
from labkit.course.repairs import Call, Repair
from labkit.errors import TokenRejected
from labkit.record import ApiCall
from labkit.resources import Attempt, Identity, Tokens
from labkit.things import IotAttempt
from labkit.tokens import decode_unverified


def _signed_in_as_carol(answer: Tokens) -> str | None:
    claims = decode_unverified(answer.id_token).claims
    if claims.get("cognito:username") != "carol":
        return f"These are the tokens of `{claims.get('cognito:username')}`, not of `carol`."
    if claims.get("email_verified") is not True:
        return "Carol's address is not verified. Which operation checks the code?"
    return None


def _rejected_for_its_use(answer: TokenRejected) -> str | None:
    if answer.check == "token_use":
        return None
    return f"The check that failed is `{answer.check}`. Which token says what it is *for*?"


def _two_guests(answer: tuple[Identity, Identity]) -> str | None:
    first, second = answer
    if not (first.guest and second.guest):
        return "One of them is not a guest: it was made with a login."
    if first.id == second.id:
        return "That is the same Identity ID twice."
    return None


def _refused_listing(answer: Attempt) -> str | None:
    if answer.action != "s3:ListBucket":
        return f"This is `{answer.action}`; the task asks for `s3:ListBucket`."
    if answer.allowed:
        return "AWS allowed this listing. Whose prefix may Alice not list?"
    if answer.code != "AccessDenied":
        return f"AWS refused this with `{answer.code}`, not for want of permission. Are the keys still good?"
    prefix = str(answer.calls[-1].request.get("Prefix", "")) if answer.calls else ""
    if not re.fullmatch(r"[a-z0-9-]+:[0-9a-f-]{36}/.*", prefix):
        return f"The prefix `{prefix}` is nobody's: it must be an Identity ID and a slash."
    return None


def _code_in_two_calls(answer: list[ApiCall]) -> str | None:
    if refused := [call for call in answer if call.error_code]:
        return f"`{refused[0].operation}` was refused with `{refused[0].error_code}`."
    if len(answer) != 2:
        return f"Two calls are asked for, a question and its answer; these are {len(answer)}."
    if (challenge := answer[1].request.get("ChallengeName")) != "EMAIL_OTP":
        return f"The second call answers `{challenge}`, not a question for the code by e-mail."
    if (name := answer[0].request.get("AuthParameters", {}).get("USERNAME")) != "carol":
        return f"This signs in `{name}`, not `carol`."
    return None if "AuthenticationResult" in answer[1].response else "There are no tokens at the end."


def _own_message(answer: IotAttempt, not_whose: str) -> str | None:
    if answer.action != "iot:Publish":
        return f"This is `{answer.action}`; the task asks for what `publish` returned."
    if answer.client_id == not_whose:
        return "That is Alice's connection."
    if not answer.allowed:
        return f"It was not accepted: `{answer.saw}`."
    return None if answer.client_id in answer.resource else "The client's own id is not in the topic."


_DELETES_BUCKET = Call("Bob deletes the bucket", "bob", "s3:DeleteBucket")
_LISTING = Repair(
    works=(
        Call("Alice lists her own folder", "alice", "s3:ListBucket", "alice"),
        Call("Bob lists his own folder", "bob", "s3:ListBucket", "bob"),
    ),
    refused=(
        Call("Bob lists Alice's folder", "bob", "s3:ListBucket", "alice"),
        Call("Bob lists the whole bucket", "bob", "s3:ListBucket"),
        Call("Bob gets Alice's diary", "bob", "s3:GetObject", "alice"),
        _DELETES_BUCKET,
    ),
)
_DIARY = Repair(
    works=(
        Call("Alice gets her diary", "alice", "s3:GetObject", "alice"),
        Call("Bob gets his diary", "bob", "s3:GetObject", "bob"),
    ),
    refused=(
        Call("Bob gets Alice's diary", "bob", "s3:GetObject", "alice"),
        Call("Bob deletes Alice's diary", "bob", "s3:DeleteObject", "alice"),
        Call("Bob lists the whole bucket", "bob", "s3:ListBucket"),
        _DELETES_BUCKET,
    ),
)
_NOTES = Repair(
    works=(
        Call("Alice queries her own notes", "alice", "dynamodb:Query", "alice"),
        Call("Bob queries his own notes", "bob", "dynamodb:Query", "bob"),
    ),
    refused=(
        Call("Bob queries Alice's notes", "bob", "dynamodb:Query", "alice"),
        Call("Bob scans the whole table", "bob", "dynamodb:Scan"),
        _DELETES_BUCKET,
    ),
)

EXERCISES = {
    "01": Exercise(
        "01",
        "Bring a user `carol` from sign-up to tokens.",
        (
            "Three operations: sign up, confirm, sign in.",
            "The code comes from `account.confirmation_code('carol')`.",
            "The last line is `carol_tokens = sign_in.initiate_auth(account, app, 'carol', password)`.",
        ),
        "password = 'Carol-in-labkit-3'\n"
        "user_pool.sign_up(account, app, 'carol', password, {'email': 'carol@example.com'})\n"
        "user_pool.confirm_sign_up(account, app, 'carol', account.confirmation_code('carol'))\n"
        "carol_tokens = sign_in.initiate_auth(account, app, 'carol', password)",
        _signed_in_as_carol,
    ),
    "02": Exercise(
        "02",
        "Make a verification fail because of what the token is for.",
        (
            "Every token says what it is for in one claim.",
            "Ask for one use and hand in the other token. Both are good and unexpired.",
            "Verify an access token with `token_use='id'`; in `except`, write `my_rejection = error`.",
        ),
        "from labkit import TokenRejected\n"
        "fresh = sign_in.initiate_auth(account, lab.app_client, 'alice', alice.password)\n"
        "try:\n"
        "    tokens.verify(fresh.access_token, jwks=jwks, issuer=lab.user_pool.issuer,\n"
        "                  client_id=lab.app_client.id, token_use='id', now=account.clock.now())\n"
        "except TokenRejected as error:\n"
        "    my_rejection = error",
        _rejected_for_its_use,
    ),
    "03": Exercise(
        "03",
        "Get two guest identities and compare them.",
        (
            "A guest sends no logins at all.",
            "`identity_pool.get_id(account, pool)` makes one guest.",
            "Put two such calls into a pair: `two_guests = (first, second)`.",
        ),
        "two_guests = (identity_pool.get_id(account, pool), identity_pool.get_id(account, pool))",
        _two_guests,
    ),
    "04": Exercise(
        "04",
        "Let Alice try to list the objects of somebody else.",
        (
            "The policy's statement `OwnListing` has a condition on `s3:prefix`.",
            "`access.list_objects` takes a prefix.",
            "Call `access.list_objects(account, keys, lab.bucket, prefix)` with Bob's Identity ID as prefix.",
        ),
        "my_attempt = access.list_objects(account, keys, lab.bucket, f'{bob.id}/')",
        _refused_listing,
    ),
    "05a": Exercise(
        "05a",
        "Repair a policy, so that everybody lists their own folder and nobody another one.",
        (
            "Read what the check says. Which element does not fit, and where do the strings part?",
            "A listing is about the bucket itself; which part of it, the condition says.",
            "The ARN ends after the name of the bucket. Leave the condition as it is.",
        ),
        "repaired = {\n"
        "    'Version': '2012-10-17',\n"
        "    'Statement': [{'Sid': 'OwnListing', 'Effect': 'Allow', 'Action': 's3:ListBucket',\n"
        "                   'Resource': bucket,\n"
        "                   'Condition': {'StringLike': {'s3:prefix': f'{me}/*'}}}],\n"
        "}",
        _LISTING.fault,
    ),
    "05b": Exercise(
        "05b",
        "Repair a policy, so that everybody gets their own diary and nobody another one.",
        (
            "Read what the check says. What stands at that character of the pattern?",
            "Two things are wrong: one in the pattern, one that is missing from the document.",
            "A policy with variables says of which edition it is, and a Cognito identity is in `me`.",
        ),
        "repaired = {\n"
        "    'Version': '2012-10-17',\n"
        "    'Statement': [{'Sid': 'OwnDiary', 'Effect': 'Allow', 'Action': 's3:GetObject',\n"
        "                   'Resource': f'{bucket}/{me}/*'}],\n"
        "}",
        _DIARY.fault,
    ),
    "05c": Exercise(
        "05c",
        "Repair a policy, so that everybody queries their own notes and nobody sees others.",
        (
            "Nothing is refused here that should work. Which call has no `dynamodb:LeadingKeys`?",
            "Take away what nobody needs, or ask for the key.",
            "Without `dynamodb:Scan` it is closed; `Null` with `false` asks for the key.",
        ),
        "table = f'arn:aws:dynamodb:{account.region}:{account.account_id}:table/{lab.table}'\n"
        "repaired = {\n"
        "    'Version': '2012-10-17',\n"
        "    'Statement': [{'Sid': 'OwnNotes', 'Effect': 'Allow', 'Action': 'dynamodb:Query',\n"
        "                   'Resource': table,\n"
        "                   'Condition': {'ForAllValues:StringEquals': {'dynamodb:LeadingKeys': [me]},\n"
        "                                 'Null': {'dynamodb:LeadingKeys': 'false'}}}],\n"
        "}",
        _NOTES.fault,
    ),
    "06": Exercise(
        "06",
        "Sign Carol in with a code by e-mail, in two calls.",
        (
            "The call that can go is the one that only chooses.",
            "`initiate_user_auth` takes what the user prefers: look at how the passkey was asked for.",
            "`sign_in.initiate_user_auth(account, app, 'carol', 'EMAIL_OTP')` asks for the code at once.",
        ),
        "with account.record() as my_calls:\n"
        "    asked = sign_in.initiate_user_auth(account, app, 'carol', 'EMAIL_OTP')\n"
        "    code = account.confirmation_code('carol')\n"
        "    sign_in.respond_to_auth_challenge(account, app, asked, {'EMAIL_OTP_CODE': code})",
        _code_in_two_calls,
    ),
    "07": Exercise(
        "07",
        "Write a role policy: everybody gets every plan, and puts only their own team's.",
        (
            "Two statements: getting and putting are about different resources.",
            "The team's name must not stand in the policy; a variable has it.",
            "The variable is `${aws:PrincipalTag/team}`; the document needs its `Version`.",
        ),
        "objects = f'arn:aws:s3:::{lab.bucket}'\n"
        "team_policy = {\n"
        "    'Version': '2012-10-17',\n"
        "    'Statement': [{'Sid': 'AllPlans', 'Effect': 'Allow', 'Action': 's3:GetObject',\n"
        "                   'Resource': f'{objects}/*'},\n"
        "                  {'Sid': 'OwnPlan', 'Effect': 'Allow', 'Action': 's3:PutObject',\n"
        "                   'Resource': objects + '/${aws:PrincipalTag/team}/*'}],\n"
        "}",
        plans.fault,
    ),
    "08": Exercise(
        "08",
        "Bring Alice's app tokens that change the photos, and open nothing of her profile.",
        (
            "An app client gets only what its AllowedOAuthScopes list: make another app with `new_app`.",
            "Which scope brings the ID token? Ask for one scope alone.",
            "`tokens_for(album, 'photos/write')`, where `album` is `new_app('album', ['photos/write'])`.",
        ),
        "album = new_app('album', ['photos/write'])\nmy_tokens = tokens_for(album, 'photos/write')",
        scoped.for_photos_alone,
    ),
    "09a": Exercise(
        "09a",
        "Sign Chi in with Google, as the pool's user `chi`, and bring the claims of her ID token.",
        (
            "Ben's way, but in an order in which nothing has to be deleted.",
            "The user, the link, the sign-in: `sign_in` gives tokens, `claims_of` their claims.",
            "`federation.admin_link_provider_for_user(account, google, '117364528190473625140', 'chi')`.",
        ),
        "user_pool.admin_create_user(account, pool, 'chi', {}, MessageAction='SUPPRESS')\n"
        "federation.admin_link_provider_for_user(account, google, '117364528190473625140', 'chi')\n"
        "chi = {'email': 'chi@example.com', 'password': 'correct-horse-3'}\n"
        "chi_claims = claims_of(sign_in(with_google, google, chi))",
        federated.chi_by_google,
    ),
    "09b": Exercise(
        "09b",
        "Map Ana's first and last name from Example Corp's SAML provider, and bring her ID token's claims.",
        (
            "The response that you read has the names of its attributes.",
            "`federation.update_identity_provider` takes a mapping: the pool's names to the provider's.",
            "`{'given_name': f'{names}/givenname', 'family_name': f'{names}/surname'}`; then sign in anew.",
        ),
        "mapping = {'given_name': f'{names}/givenname', 'family_name': f'{names}/surname'}\n"
        "federation.update_identity_provider(account, saml_corp, attribute_mapping=mapping)\n"
        "browser = course.Browser()\n"
        "browser.open(address(with_saml, saml_corp, 'app-3'))\n"
        "browser.fill(**ana)\n"
        "browser.fill()\n"
        "name_claims = claims_of(tokens_of(with_saml, 'app-3'))",
        federated.named_by_saml,
    ),
    "10": Exercise(
        "10",
        "Bring Bob's app to where it publishes to Bob's own topic.",
        (
            "Bob's role allows it already. What did Alice need besides?",
            "The same IoT policy can be attached to another Identity ID; its variable has Bob's id then.",
            "`iot.attach_policy(account, policy, bob.identity)`; then connect as `bob.id`, and publish.",
        ),
        "bob = enter('bob', lab.users['bob'].password)\n"
        "iot.attach_policy(account, policy, bob.identity)\n"
        "course.settle(account, iot=True)\n"
        "with mqtt.connect(account, bob.keys, bob.id) as app:\n"
        "    my_attempt = app.publish(f'greenhouse/{bob.id}/notes', 'hello')",
        _own_message,
    ),
    "11": Exercise(
        "11",
        "Repair an IoT policy, so that each device speaks and hears for itself alone.",
        (
            "Read what the check says. Which name may a device connect under?",
            "What one asks for is a `topicfilter`, what one sends and gets is a `topic`.",
            "`client/${iot:Connection.Thing.ThingName}`; Subscribe on `topicfilter/…`, Receive on `topic/…`.",
        ),
        "thing = '${iot:Connection.Thing.ThingName}'\n"
        "repaired = {'Version': '2012-10-17', 'Statement': [\n"
        "    {'Effect': 'Allow', 'Action': 'iot:Connect', 'Resource': f'{arn}:client/{thing}'},\n"
        "    {'Effect': 'Allow', 'Action': ['iot:Publish', 'iot:Receive'],\n"
        "     'Resource': f'{arn}:topic/greenhouse/{thing}/*'},\n"
        "    {'Effect': 'Allow', 'Action': 'iot:Subscribe',\n"
        "     'Resource': f'{arn}:topicfilter/greenhouse/{thing}/*'}]}",
        packet_plans.fault,
    ),
}
