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

test("an access token expires when the account's clock has passed an hour", async () => {
  const alice = user(await newUser());
  await signIn(alice, password);
  await call(alice, "getUserAttributes");
  await advance(3600);
  await assert.rejects(call(alice, "getUserAttributes"), { name: "NotAuthorizedException" });
});
