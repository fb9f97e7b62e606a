// aws-amplify, unmodified: it finds the account by `userPoolEndpoint` and `identityPoolEndpoint`, its own settings.
// https://docs.amplify.aws/gen1/javascript/build-a-backend/auth/connect-your-frontend/sign-in/
// Error codes: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
// and the pages of RespondToAuthChallenge, SignUp and ConfirmSignUp beside it.

import assert from "node:assert/strict";
import { afterEach, before, beforeEach, test } from "node:test";
import {
  AdminResetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  GetUserCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Amplify } from "aws-amplify";
import * as auth from "aws-amplify/auth";
import {
  another, bucket, clientId, code, endpoint, identityPoolId, newName, newUser, otherPassword, password, userPoolId,
} from "./lab.js";
import {
  authenticator, cognito, invitedUser, lastingUser, makePool, sending, settledUser, totpAlone, totpAndEmail,
  totpAndSms, tracking,
} from "./pools.js";

// Amplify takes a device's name from the browser; Node.js has a navigator of its own from version 21 on.
globalThis.navigator ??= { userAgent: "Node.js" };

const lab = { userPoolId, clientId };
let choosing, mailing, optional, required, remembering;

before(async () => {
  const SignInPolicy = { AllowedFirstAuthFactors: ["PASSWORD", "EMAIL_OTP", "SMS_OTP"] };
  choosing = await makePool({ Policies: { SignInPolicy }, AutoVerifiedAttributes: ["email"] });
  mailing = await makePool(sending, "OPTIONAL", totpAndEmail);
  optional = await makePool({}, "OPTIONAL", totpAndSms);
  required = await makePool({}, "ON", totpAlone);
  remembering = await makePool(tracking(true), "OPTIONAL", totpAndSms);
});

const signedOut = () => auth.signOut();
beforeEach(() => use(lab));
afterEach(signedOut);

/** Let Amplify work on a User Pool; the lab's has an Identity Pool too. */
function use(pool) {
  const userPool = { userPoolId: pool.userPoolId, userPoolClientId: pool.clientId, userPoolEndpoint: endpoint };
  const identityPool = { identityPoolId, identityPoolEndpoint: endpoint, allowGuestAccess: true };
  Amplify.configure({ Auth: { Cognito: { ...userPool, ...(pool === lab && identityPool) } } });
}

const confirm = (challengeResponse, options) => auth.confirmSignIn({ challengeResponse, options });
const refuses = (promise, name) => assert.rejects(promise, { name });

/** The step that a sign-in arrives at. */
const step = async (promise) => (await promise).nextStep.signInStep;

const signIn = (username, authFlowType = "USER_SRP_AUTH", more = {}) =>
  auth.signIn({ username, password, options: { authFlowType, ...more } });

const choose = (username, preferredChallenge) =>
  auth.signIn({ username, options: { authFlowType: "USER_AUTH", preferredChallenge } });

/** Name and options of a new user with an e-mail address. */
function stranger(autoSignIn) {
  const username = newName();
  return { username, options: { userAttributes: { email: `${username}@example.com` }, autoSignIn } };
}

/** Amplify drops an `autoSignIn` within 300 ms of another one, and never answers it (its `debounce`). */
async function autoSignIn() {
  await new Promise((resolve) => setTimeout(resolve, 400));
  return auth.autoSignIn();
}

test("a new user is confirmed by the code that was sent and signed in at once", async () => {
  const { username, options } = stranger(true);
  const begun = await auth.signUp({ username, password, options });
  assert.equal(begun.nextStep.signUpStep, "CONFIRM_SIGN_UP");
  assert.equal(begun.nextStep.codeDeliveryDetails.attributeName, "email");
  const resent = await auth.resendSignUpCode({ username });
  assert.equal(resent.deliveryMedium, "EMAIL");
  const sent = await code(username);
  await refuses(auth.confirmSignUp({ username, confirmationCode: another(sent) }), "CodeMismatchException");
  assert.equal(await step(signIn(username)), "CONFIRM_SIGN_UP");
  const { username: name, options: again } = stranger(true);
  await auth.signUp({ username: name, password, options: again });
  const confirmed = await auth.confirmSignUp({ username: name, confirmationCode: await code(name) });
  assert.equal(confirmed.nextStep.signUpStep, "COMPLETE_AUTO_SIGN_IN");
  assert.equal((await autoSignIn()).isSignedIn, true);
  assert.equal((await auth.getCurrentUser()).username, name);
  assert.equal((await auth.fetchUserAttributes()).email_verified, "true");
  await refuses(auth.autoSignIn(), "AutoSignInException");
  await refuses(auth.signUp({ username: name, password, options: again }), "UsernameExistsException");
});

test("a user without a password signs up and is signed in by the same code", async () => {
  use(choosing);
  const { username, options } = stranger({ authFlowType: "USER_AUTH" });
  await auth.signUp({ username, options });
  const sent = await code(username);
  await refuses(auth.confirmSignUp({ username, confirmationCode: another(sent) }), "CodeMismatchException");
  const { username: name, options: again } = stranger({ authFlowType: "USER_AUTH" });
  await auth.signUp({ username: name, options: again });
  const confirmed = await auth.confirmSignUp({ username: name, confirmationCode: await code(name) });
  assert.equal(confirmed.nextStep.signUpStep, "COMPLETE_AUTO_SIGN_IN");
  assert.equal((await autoSignIn()).isSignedIn, true);
  assert.equal((await auth.getCurrentUser()).username, name);
});

for (const flow of ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"]) {
  test(`${flow} takes the right password and refuses a wrong one`, async () => {
    const username = await newUser();
    assert.equal((await signIn(username, flow)).isSignedIn, true);
    await refuses(signIn(username, flow), "UserAlreadyAuthenticatedException");
    await signedOut();
    const wrong = { username, password: otherPassword, options: { authFlowType: flow } };
    await refuses(auth.signIn(wrong), "NotAuthorizedException");
    await refuses(auth.getCurrentUser(), "UserUnAuthenticatedException");
  });
}

for (const factor of ["PASSWORD", "PASSWORD_SRP"]) {
  test(`a user who may choose takes ${factor}`, async () => {
    use(choosing);
    const username = await settledUser(choosing);
    const { nextStep } = await choose(username);
    assert.equal(nextStep.signInStep, "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION");
    assert.deepEqual(nextStep.availableChallenges.toSorted(), ["EMAIL_OTP", "PASSWORD", "PASSWORD_SRP", "SMS_OTP"]);
    assert.equal(await step(confirm(factor)), "CONFIRM_SIGN_IN_WITH_PASSWORD");
    assert.equal((await confirm(password)).isSignedIn, true);
    await signedOut();
    assert.equal((await signIn(username, "USER_AUTH", { preferredChallenge: factor })).isSignedIn, true);
    await signedOut();
    await choose(username);
    await confirm(factor);
    await refuses(confirm(otherPassword), "NotAuthorizedException");
  });
}

const preferring = (factor) => (username) => choose(username, factor);
const choosingFromList = (factor) => async (username) => {
  await choose(username);
  return confirm(factor);
};
const ways = [
  ["EMAIL", "asked for at once", preferring("EMAIL_OTP")],
  ["EMAIL", "chosen from the list", choosingFromList("EMAIL_OTP")],
  ["SMS", "chosen from the list", choosingFromList("SMS_OTP")],
];
for (const [medium, way, ask] of ways) {
  test(`a code by ${medium} signs in, ${way}`, async () => {
    use(choosing);
    const username = await settledUser(choosing);
    const { nextStep } = await ask(username);
    assert.equal(nextStep.signInStep, `CONFIRM_SIGN_IN_WITH_${medium}_CODE`);
    assert.equal(nextStep.codeDeliveryDetails.deliveryMedium, medium);
    const sent = await code(username);
    await refuses(confirm(another(sent)), "CodeMismatchException");
    assert.equal((await confirm(sent)).isSignedIn, true);
  });
}

test("a pool that requires a second factor has one set up within the sign-in", async () => {
  use(required);
  const username = await settledUser(required);
  const { nextStep } = await signIn(username);
  assert.equal(nextStep.signInStep, "CONTINUE_SIGN_IN_WITH_TOTP_SETUP");
  const { shown, next } = await authenticator(nextStep.totpSetupDetails.sharedSecret);
  await refuses(confirm(another(shown)), "EnableSoftwareTokenMFAException");
  assert.equal((await confirm(shown)).isSignedIn, true);
  await signedOut();
  assert.equal(await step(signIn(username)), "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
  await refuses(confirm(another(next)), "CodeMismatchException");
  assert.equal((await confirm(next)).isSignedIn, true);
});

test("a user who must have a second factor may choose which one to set up", async () => {
  const open = await makePool(sending, "ON", totpAndEmail);
  use(open);
  const username = await lastingUser(open);
  const { nextStep } = await signIn(username);
  assert.equal(nextStep.signInStep, "CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION");
  assert.deepEqual(nextStep.allowedMFATypes.toSorted(), ["EMAIL", "TOTP"]);
  assert.equal(await step(confirm("EMAIL")), "CONTINUE_SIGN_IN_WITH_EMAIL_SETUP");
  assert.equal(await step(confirm("mine@example.com")), "CONFIRM_SIGN_IN_WITH_EMAIL_CODE");
  const sent = await code(username);
  await refuses(confirm(another(sent)), "CodeMismatchException");
  assert.equal((await confirm(sent)).isSignedIn, true);
  await signedOut();
  assert.equal(await step(signIn(username)), "CONFIRM_SIGN_IN_WITH_EMAIL_CODE");
});

test("a signed-in user sets up an authenticator app and prefers it", async () => {
  use(optional);
  const username = await settledUser(optional);
  await signIn(username);
  const { shown, next } = await authenticator((await auth.setUpTOTP()).sharedSecret);
  await refuses(auth.verifyTOTPSetup({ code: another(shown) }), "EnableSoftwareTokenMFAException");
  await auth.verifyTOTPSetup({ code: shown });
  await auth.updateMFAPreference({ totp: "PREFERRED" });
  assert.deepEqual(await auth.fetchMFAPreference(), { enabled: ["TOTP"], preferred: "TOTP" });
  await signedOut();
  assert.equal(await step(signIn(username)), "CONFIRM_SIGN_IN_WITH_TOTP_CODE");
  await refuses(confirm(shown), "ExpiredCodeException");
  assert.equal((await confirm(next)).isSignedIn, true);
});

test("a user with two factors and no preference chooses", async () => {
  use(optional);
  const username = await settledUser(optional);
  await signIn(username);
  await auth.verifyTOTPSetup({ code: (await authenticator((await auth.setUpTOTP()).sharedSecret)).shown });
  await auth.updateMFAPreference({ sms: "ENABLED", totp: "ENABLED" });
  await signedOut();
  const { nextStep } = await signIn(username);
  assert.equal(nextStep.signInStep, "CONTINUE_SIGN_IN_WITH_MFA_SELECTION");
  assert.deepEqual(nextStep.allowedMFATypes.toSorted(), ["SMS", "TOTP"]);
  assert.equal(await step(confirm("SMS")), "CONFIRM_SIGN_IN_WITH_SMS_CODE");
  const sent = await code(username);
  await refuses(confirm(another(sent)), "CodeMismatchException");
  assert.equal((await confirm(sent)).isSignedIn, true);
});

test("a code by e-mail is a second factor, too", async () => {
  use(mailing);
  const username = await settledUser(mailing);
  await signIn(username);
  await auth.updateMFAPreference({ email: "PREFERRED" });
  assert.deepEqual(await auth.fetchMFAPreference(), { enabled: ["EMAIL"], preferred: "EMAIL" });
  await signedOut();
  assert.equal(await step(signIn(username)), "CONFIRM_SIGN_IN_WITH_EMAIL_CODE");
  const sent = await code(username);
  await refuses(confirm(another(sent)), "CodeMismatchException");
  assert.equal((await confirm(sent)).isSignedIn, true);
});

test("a factor that was never set up cannot be preferred", async () => {
  use(optional);
  await signIn(await settledUser(optional));
  await auth.updateMFAPreference({ sms: "PREFERRED" });
  await refuses(auth.updateMFAPreference({ totp: "PREFERRED" }), "InvalidParameterException");
});

test("a user whose password the administrator reset is asked to reset it", async () => {
  const username = await newUser();
  await cognito.send(new AdminResetUserPasswordCommand({ UserPoolId: userPoolId, Username: username }));
  assert.equal(await step(signIn(username)), "RESET_PASSWORD");
  const reset = (confirmationCode) =>
    auth.confirmResetPassword({ username, confirmationCode, newPassword: otherPassword });
  const sent = await code(username);
  await refuses(reset(another(sent)), "CodeMismatchException");
  await reset(sent);
  await refuses(signIn(username), "NotAuthorizedException");
  assert.equal((await auth.signIn({ username, password: otherPassword })).isSignedIn, true);
});

test("a user whom the administrator made chooses a new password", async () => {
  const username = await invitedUser(lab);
  assert.equal(await step(signIn(username)), "CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED");
  await refuses(confirm("short"), "InvalidPasswordException");
  assert.equal((await confirm(otherPassword)).isSignedIn, true);
  await signedOut();
  await refuses(signIn(username), "NotAuthorizedException");
});

const s3 = (credentials) => new S3Client({ credentials, forcePathStyle: true });
const put = (Key) => new PutObjectCommand({ Bucket: bucket, Key, Body: "mine" });
const get = (Key) => new GetObjectCommand({ Bucket: bucket, Key });

test("a session has tokens and credentials that open the own prefix and nobody else's", async () => {
  await signIn(await newUser());
  const { tokens, credentials, identityId, userSub } = await auth.fetchAuthSession();
  assert.equal(tokens.idToken.payload.sub, userSub);
  await s3(credentials).send(put(`${identityId}/note.txt`));
  await assert.rejects(s3(credentials).send(put("us-east-1:somebody/note.txt")), { name: "AccessDenied" });
});

test("a guest has credentials and no tokens", async () => {
  const { tokens, credentials, identityId } = await auth.fetchAuthSession();
  assert.equal(tokens, undefined);
  assert.match(identityId, /^us-east-1:/);
  await s3(credentials).send(get("public/welcome.txt"));
  await assert.rejects(s3(credentials).send(get("private/secret.txt")), { name: "AccessDenied" });
});

test("a forced refresh gives new tokens and credentials, until the refresh token is revoked", async () => {
  const username = await newUser();
  await signIn(username);
  const first = await auth.fetchAuthSession();
  const cached = await auth.fetchAuthSession();
  assert.equal(String(cached.tokens.accessToken), String(first.tokens.accessToken));
  const fresh = await auth.fetchAuthSession({ forceRefresh: true });
  assert.notEqual(String(fresh.tokens.accessToken), String(first.tokens.accessToken));
  assert.notEqual(fresh.credentials.accessKeyId, first.credentials.accessKeyId);
  assert.equal(fresh.identityId, first.identityId);
  // As another app of the user would do it.
  await cognito.send(new AdminUserGlobalSignOutCommand({ UserPoolId: userPoolId, Username: username }));
  await refuses(auth.fetchUserAttributes(), "NotAuthorizedException");
  // Amplify now lets the tokens go and goes on as a guest, to whom the user's identity is forbidden.
  await refuses(auth.fetchAuthSession({ forceRefresh: true }), "NotAuthorizedException");
  await refuses(auth.getCurrentUser(), "UserUnAuthenticatedException");
});

test("global sign-out ends the access token that somebody kept", async () => {
  await signIn(await newUser());
  const AccessToken = String((await auth.fetchAuthSession()).tokens.accessToken);
  assert.ok(await cognito.send(new GetUserCommand({ AccessToken })));
  await auth.signOut({ global: true });
  await refuses(cognito.send(new GetUserCommand({ AccessToken })), "NotAuthorizedException");
  await refuses(auth.fetchUserAttributes(), "UserUnAuthenticatedException");
});

test("a changed attribute is confirmed by the code that was sent, and `sub` cannot be changed", async () => {
  const username = await newUser();
  await signIn(username);
  const email = "another@example.com";
  const changed = await auth.updateUserAttributes({ userAttributes: { email, name: "Alice" } });
  assert.equal(changed.name.isUpdated, true);
  assert.equal(changed.email.nextStep.updateAttributeStep, "CONFIRM_ATTRIBUTE_WITH_CODE");
  const sent = await code(username);
  const given = (confirmationCode) => ({ userAttributeKey: "email", confirmationCode });
  await refuses(auth.confirmUserAttribute(given(another(sent))), "CodeMismatchException");
  await auth.confirmUserAttribute(given(sent));
  const found = await auth.fetchUserAttributes();
  assert.deepEqual([found.email, found.email_verified, found.name], [email, "true", "Alice"]);
  await auth.deleteUserAttributes({ userAttributeKeys: ["name"] });
  assert.equal((await auth.fetchUserAttributes()).name, undefined);
  await refuses(auth.updateUserAttributes({ userAttributes: { sub: "me" } }), "InvalidParameterException");
});

test("a password is changed by who knows it and reset by who has the code", async () => {
  const username = await newUser();
  await signIn(username);
  const change = { oldPassword: password, newPassword: otherPassword };
  await auth.updatePassword(change);
  await refuses(auth.updatePassword(change), "NotAuthorizedException");
  await signedOut();
  const asked = await auth.resetPassword({ username });
  assert.equal(asked.nextStep.resetPasswordStep, "CONFIRM_RESET_PASSWORD_WITH_CODE");
  const sent = await code(username);
  const reset = (confirmationCode) => auth.confirmResetPassword({ username, confirmationCode, newPassword: password });
  await refuses(reset(another(sent)), "CodeMismatchException");
  await reset(sent);
  assert.equal((await signIn(username)).isSignedIn, true);
});

test("a remembered device spares the second factor, and a forgotten one does not", async () => {
  use(remembering);
  const username = await settledUser(remembering);
  await signIn(username);
  await auth.updateMFAPreference({ sms: "PREFERRED" });
  await signedOut();
  assert.equal(await step(signIn(username)), "CONFIRM_SIGN_IN_WITH_SMS_CODE");
  await confirm(await code(username));
  await auth.rememberDevice();
  const [device] = await auth.fetchDevices();
  assert.ok(device.id.startsWith("us-east-1_"));
  await signedOut();
  assert.equal((await signIn(username)).isSignedIn, true);
  await auth.forgetDevice();
  assert.deepEqual(await auth.fetchDevices(), []);
  await signedOut();
  assert.equal(await step(signIn(username)), "CONFIRM_SIGN_IN_WITH_SMS_CODE");
});

test("a user who is deleted cannot sign in any more", async () => {
  const username = await newUser();
  await signIn(username);
  await auth.deleteUser();
  await refuses(signIn(username), "UserNotFoundException");
});
