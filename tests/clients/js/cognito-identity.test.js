// amazon-cognito-identity-js, unmodified: AWS's browser library, by its `endpoint` setting.
// Error codes: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html,
// .../API_SignUp.html and .../API_ConfirmSignUp.html

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AdminCreateUserCommand,
  CognitoIdentityProviderClient,
} from "@aws-sdk/client-cognito-identity-provider";
import library from "amazon-cognito-identity-js";
import {
  advance, another, clientId, code, endpoint, newName, newUser, otherPassword, password, userPoolId,
} from "./lab.js";

const { AuthenticationDetails, CognitoUser, CognitoUserAttribute, CognitoUserPool, CognitoUserSession } =
  library;
const pool = new CognitoUserPool({ UserPoolId: userPoolId, ClientId: clientId, endpoint });

const user = (username) => new CognitoUser({ Username: username, Pool: pool });

/** The outcome of a sign-in, whichever callback it took. */
function signIn(who, withPassword, flow = "USER_SRP_AUTH") {
  who.setAuthenticationFlowType(flow);
  const details = new AuthenticationDetails({ Username: who.getUsername(), Password: withPassword });
  return new Promise((resolve, reject) =>
    who.authenticateUser(details, {
      onSuccess: (session) => resolve({ session }),
      onFailure: reject,
      newPasswordRequired: (attributes, required) => resolve({ attributes, required }),
    }),
  );
}

/** A method with a Node callback, as a promise. */
const call = (object, method, ...args) =>
  new Promise((resolve, reject) =>
    object[method](...args, (error, result) => (error ? reject(error) : resolve(result))),
  );

for (const flow of ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"]) {
  test(`${flow} takes the right password and refuses a wrong one`, async () => {
    const alice = user(await newUser());
    const { session } = await signIn(alice, password, flow);
    assert.equal(session.isValid(), true);
    assert.equal(session.getIdToken().payload["cognito:username"], alice.getUsername());
    await assert.rejects(signIn(alice, otherPassword, flow), { name: "NotAuthorizedException" });
  });
}

test("a new user is confirmed by the code that was sent and by no other", async () => {
  const bob = user(await newUser());
  await signIn(bob, password);
  const carol = newName();
  const email = new CognitoUserAttribute({ Name: "email", Value: `${carol}@example.com` });
  const result = await call(pool, "signUp", carol, password, [email], null);
  assert.equal(result.userConfirmed, false);
  const sent = await code(carol);
  await assert.rejects(call(user(carol), "confirmRegistration", another(sent), true), {
    name: "CodeMismatchException",
  });
  await assert.rejects(signIn(user(carol), password), { name: "UserNotConfirmedException" });
  assert.equal(await call(user(carol), "confirmRegistration", sent, true), "SUCCESS");
  await signIn(user(carol), password);
});

test("a code that is sent again takes the place of the first", async () => {
  const dora = newName();
  const email = new CognitoUserAttribute({ Name: "email", Value: `${dora}@example.com` });
  await call(pool, "signUp", dora, password, [email], null);
  const first = await code(dora);
  const { CodeDeliveryDetails } = await call(user(dora), "resendConfirmationCode");
  assert.equal(CodeDeliveryDetails.AttributeName, "email");
  const second = await code(dora);
  if (first !== second)
    await assert.rejects(call(user(dora), "confirmRegistration", first, true), { name: "CodeMismatchException" });
  assert.equal(await call(user(dora), "confirmRegistration", second, true), "SUCCESS");
  await assert.rejects(call(user(dora), "resendConfirmationCode"), { name: "InvalidParameterException" });
});

test("a name that is taken cannot sign up again", async () => {
  const taken = await newUser();
  await assert.rejects(call(pool, "signUp", taken, password, [], null), { name: "UsernameExistsException" });
});

test("a session is refreshed by its refresh token and by no invented one", async () => {
  const alice = user(await newUser());
  const { session } = await signIn(alice, password);
  const fresh = await call(alice, "refreshSession", session.getRefreshToken());
  assert.notEqual(fresh.getAccessToken().getJwtToken(), session.getAccessToken().getJwtToken());
  const invented = { getToken: () => `${session.getRefreshToken().getToken().slice(0, -4)}AAAA` };
  await assert.rejects(call(alice, "refreshSession", invented), { name: "NotAuthorizedException" });
});

// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GlobalSignOut.html
test("global sign-out ends the access token", async () => {
  const alice = user(await newUser());
  const { session } = await signIn(alice, password);
  const attributes = await call(alice, "getUserAttributes");
  assert.ok(attributes.some(({ Name, Value }) => Name === "email_verified" && Value === "true"));
  await new Promise((onSuccess, onFailure) => alice.globalSignOut({ onSuccess, onFailure }));
  alice.setSignInUserSession(new CognitoUserSession({
    IdToken: session.getIdToken(), AccessToken: session.getAccessToken(), RefreshToken: session.getRefreshToken(),
  }));
  await assert.rejects(call(alice, "getUserAttributes"), { name: "NotAuthorizedException" });
});

test("a user whom the administrator made chooses a new password", async () => {
  const username = newName();
  await new CognitoIdentityProviderClient({}).send(
    new AdminCreateUserCommand({
      UserPoolId: userPoolId, Username: username, TemporaryPassword: password, MessageAction: "SUPPRESS",
    }),
  );
  const complete = (who, newPassword) =>
    new Promise((onSuccess, onFailure) =>
      who.completeNewPasswordChallenge(newPassword, {}, { onSuccess, onFailure }),
    );
  const dave = user(username);
  assert.deepEqual((await signIn(dave, password)).required, []);
  assert.equal((await complete(dave, otherPassword)).isValid(), true);
  assert.equal((await signIn(dave, otherPassword)).session.isValid(), true);
});

/** A signed-in user with a verified e-mail address. */
async function signedIn() {
  const who = user(await newUser());
  await signIn(who, password);
  return who;
}

const attribute = (Name, Value) => new CognitoUserAttribute({ Name, Value });

/** The user's attributes, by name. */
const attributesOf = async (who) =>
  Object.fromEntries((await call(who, "getUserAttributes")).map(({ Name, Value }) => [Name, Value]));

test("a user changes attributes, but neither `sub` nor what the pool does not know", async () => {
  const erin = await signedIn();
  assert.equal(await call(erin, "updateAttributes", [attribute("name", "Erin")]), "SUCCESS");
  assert.equal((await attributesOf(erin)).name, "Erin");
  for (const [name, value] of [["sub", "me"], ["custom:unknown", "x"]])
    await assert.rejects(call(erin, "updateAttributes", [attribute(name, value)]), { name: "InvalidParameterException" });
  assert.equal(await call(erin, "deleteAttributes", ["name"]), "SUCCESS");
  assert.equal((await attributesOf(erin)).name, undefined);
});

test("a changed e-mail address is verified by the code that was sent to it and by no other", async () => {
  const frank = await signedIn();
  await call(frank, "updateAttributes", [attribute("email", "frank@example.org")]);
  assert.equal((await attributesOf(frank)).email_verified, "false");
  const verify = (given) =>
    new Promise((onSuccess, onFailure) => frank.verifyAttribute("email", given, { onSuccess, onFailure }));
  await assert.rejects(verify(another(await code(frank.getUsername()))), { name: "CodeMismatchException" });
  await new Promise((inputVerificationCode, onFailure) =>
    frank.getAttributeVerificationCode("email", { inputVerificationCode, onFailure }),
  );
  assert.equal(await verify(await code(frank.getUsername())), "SUCCESS");
  const { email, email_verified } = await attributesOf(frank);
  assert.deepEqual([email, email_verified], ["frank@example.org", "true"]);
});

test("a password is changed by who knows the old one", async () => {
  const grace = await signedIn();
  const change = (from, to) => call(grace, "changePassword", from, to);
  await assert.rejects(change(password, "short"), { name: "InvalidPasswordException" });
  assert.equal(await change(password, otherPassword), "SUCCESS");
  await assert.rejects(change(password, otherPassword), { name: "NotAuthorizedException" });
  await signIn(grace, otherPassword);
  await assert.rejects(signIn(grace, password), { name: "NotAuthorizedException" });
});

test("a forgotten password is reset with the code that was sent and with no other", async () => {
  const heidi = user(await newUser());
  const asked = await new Promise((inputVerificationCode, onFailure) =>
    heidi.forgotPassword({ inputVerificationCode, onFailure }),
  );
  assert.equal(asked.CodeDeliveryDetails.AttributeName, "email");
  const sent = await code(heidi.getUsername());
  const confirm = (given) =>
    new Promise((onSuccess, onFailure) => heidi.confirmPassword(given, otherPassword, { onSuccess, onFailure }));
  await assert.rejects(confirm(another(sent)), { name: "CodeMismatchException" });
  assert.equal(await confirm(sent), "SUCCESS");
  await signIn(heidi, otherPassword);
  await assert.rejects(signIn(heidi, password), { name: "NotAuthorizedException" });
});

// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html
test("sign-out revokes the refresh token", async () => {
  const ivan = user(await newUser());
  const { session } = await signIn(ivan, password);
  const refreshToken = session.getRefreshToken();
  assert.ok(await call(ivan, "refreshSession", refreshToken));
  await new Promise((resolve, reject) => ivan.signOut((error) => (error ? reject(error) : resolve())));
  await assert.rejects(call(ivan, "refreshSession", refreshToken), { name: "NotAuthorizedException" });
});

test("a user who is deleted cannot sign in any more", async () => {
  const judy = await signedIn();
  assert.equal(await call(judy, "deleteUser"), "SUCCESS");
  await assert.rejects(signIn(user(judy.getUsername()), password), { name: "UserNotFoundException" });
});

test("an access token expires when the account's clock has passed an hour", async () => {
  const alice = user(await newUser());
  await signIn(alice, password);
  await call(alice, "getUserAttributes");
  await advance(3600);
  await assert.rejects(call(alice, "getUserAttributes"), { name: "NotAuthorizedException" });
});
