// amazon-cognito-identity-js and aws-amplify, unmodified, where the pool's own functions ask a riddle.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html

import assert from "node:assert/strict";
import { afterEach, before, test } from "node:test";
import library from "amazon-cognito-identity-js";
import { Amplify } from "aws-amplify";
import * as auth from "aws-amplify/auth";
import { endpoint, otherPassword, password } from "../lab.js";
import { makePool, settledUser } from "../pools.js";

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = library;
const LambdaConfig = JSON.parse(process.env.LAB_LAMBDA_CONFIG);
const incorrect = { name: "NotAuthorizedException", message: "Incorrect username or password." };
let pool;

before(async () => {
  pool = await makePool({ LambdaConfig });
  const { userPoolId, clientId } = pool;
  Amplify.configure({
    Auth: { Cognito: { userPoolId, userPoolClientId: clientId, userPoolEndpoint: endpoint } },
  });
});
afterEach(() => auth.signOut());

/** A user of the browser library, who signs in with a riddle; with a password too, if one is given. */
async function begin(username, Password) {
  const { userPoolId: UserPoolId, clientId: ClientId } = pool;
  const user = new CognitoUser({ Username: username, Pool: new CognitoUserPool({ UserPoolId, ClientId, endpoint }) });
  user.setAuthenticationFlowType("CUSTOM_AUTH");
  const details = new AuthenticationDetails({ Username: username, Password });
  const asked = await new Promise((customChallenge, onFailure) =>
    user[Password ? "authenticateUser" : "initiateAuth"](details, { customChallenge, onFailure }),
  );
  assert.equal(asked.question, "6 × 7");
  return user;
}

const answer = (user, given) =>
  new Promise((resolve, onFailure) =>
    user.sendCustomChallengeAnswer(given, { onSuccess: resolve, customChallenge: resolve, onFailure }),
  );

for (const [way, given] of [["alone", undefined], ["after the password", password]]) {
  test(`the browser library: a riddle ${way} signs in, and a wrong answer may be given once`, async () => {
    const username = await settledUser(pool);
    const alice = await begin(username, given);
    assert.equal((await answer(alice, "42")).isValid(), true);
    const again = await begin(username, given);
    assert.equal((await answer(again, "41")).question, "6 × 7");
    await assert.rejects(answer(again, "41"), incorrect);
  });
}

test("the browser library: a wrong password comes to no riddle", async () => {
  const username = await settledUser(pool);
  await begin(username, password);
  await assert.rejects(begin(username, otherPassword), incorrect);
});

for (const authFlowType of ["CUSTOM_WITHOUT_SRP", "CUSTOM_WITH_SRP"]) {
  test(`Amplify: ${authFlowType} signs in, and a wrong answer may be given once`, async () => {
    const username = await settledUser(pool);
    const begun = { username, options: { authFlowType }, ...(authFlowType === "CUSTOM_WITH_SRP" && { password }) };
    const { nextStep } = await auth.signIn(begun);
    assert.equal(nextStep.signInStep, "CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE");
    assert.equal(nextStep.additionalInfo.question, "6 × 7");
    assert.equal((await auth.confirmSignIn({ challengeResponse: "42" })).isSignedIn, true);
    await auth.signOut();
    await auth.signIn(begun);
    assert.equal((await auth.confirmSignIn({ challengeResponse: "41" })).isSignedIn, false);
    await assert.rejects(auth.confirmSignIn({ challengeResponse: "41" }), incorrect);
  });
}

test("Amplify: a wrong password comes to no riddle", async () => {
  const username = await settledUser(pool);
  const options = { authFlowType: "CUSTOM_WITH_SRP" };
  assert.equal((await auth.signIn({ username, password, options })).isSignedIn, false);
  await assert.rejects(auth.signIn({ username, password: otherPassword, options }), incorrect);
});
