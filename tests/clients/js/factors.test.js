// amazon-cognito-identity-js, unmodified, where a password is not enough: authenticator apps, SMS, devices.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html

import assert from "node:assert/strict";
import { before, test } from "node:test";
import library from "amazon-cognito-identity-js";
import { another, code, endpoint, password } from "./lab.js";
import { authenticator, makePool, settledUser, totpAlone, totpAndSms, tracking } from "./pools.js";

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = library;
let optional, required, remembering, prompting;

before(async () => {
  optional = await makePool({}, "OPTIONAL", totpAndSms);
  required = await makePool({}, "ON", totpAlone);
  remembering = await makePool(tracking());
  prompting = await makePool(tracking(true), "OPTIONAL", totpAndSms);
});

const user = ({ userPoolId, clientId }, username) =>
  new CognitoUser({
    Username: username, Pool: new CognitoUserPool({ UserPoolId: userPoolId, ClientId: clientId, endpoint }),
  });

const newUser = async (pool) => user(pool, await settledUser(pool));

/** The outcome of a sign-in, whichever callback it took. */
const signIn = (who) =>
  new Promise((resolve, reject) => {
    const take = (name) => (value) => resolve({ [name]: value ?? true });
    who.authenticateUser(new AuthenticationDetails({ Username: who.getUsername(), Password: password }), {
      onSuccess: take("session"), onFailure: reject, totpRequired: take("totp"), mfaRequired: take("sms"),
      mfaSetup: take("setup"), selectMFAType: (name, { MFAS_CAN_CHOOSE }) => resolve({ choice: MFAS_CAN_CHOOSE }),
    });
  });

const sendCode = (who, given, kind) =>
  new Promise((onSuccess, onFailure) => who.sendMFACode(given, { onSuccess, onFailure }, kind));

const call = (object, method, ...args) =>
  new Promise((resolve, reject) =>
    object[method](...args, (error, result) => (error ? reject(error) : resolve(result))),
  );

const associate = (who) =>
  new Promise((associateSecretCode, onFailure) =>
    who.associateSoftwareToken({ associateSecretCode, onFailure }),
  );

const verify = (who, given) =>
  new Promise((onSuccess, onFailure) => who.verifySoftwareToken(given, "phone", { onSuccess, onFailure }));

test("an authenticator app is set up and asked for", async () => {
  const alice = await newUser(optional);
  await signIn(alice);
  const { shown, next } = await authenticator(await associate(alice));
  await assert.rejects(verify(alice, another(shown)), { name: "EnableSoftwareTokenMFAException" });
  await verify(alice, shown);
  await call(alice, "setUserMfaPreference", null, { Enabled: true, PreferredMfa: true });
  assert.ok((await signIn(alice)).totp);
  await assert.rejects(sendCode(alice, another(next), "SOFTWARE_TOKEN_MFA"), { name: "CodeMismatchException" });
  assert.equal((await sendCode(alice, next, "SOFTWARE_TOKEN_MFA")).isValid(), true);
});

test("a code by SMS is asked for and checked", async () => {
  const bob = await newUser(optional);
  await signIn(bob);
  await call(bob, "setUserMfaPreference", { Enabled: true, PreferredMfa: true }, null);
  assert.ok((await signIn(bob)).sms);
  const sent = await code(bob.getUsername());
  await assert.rejects(sendCode(bob, another(sent)), { name: "CodeMismatchException" });
  assert.equal((await sendCode(bob, sent)).isValid(), true);
});

test("a user with two factors and no preference chooses", async () => {
  const carol = await newUser(optional);
  await signIn(carol);
  await verify(carol, (await authenticator(await associate(carol))).shown);
  const on = { Enabled: true, PreferredMfa: false };
  await call(carol, "setUserMfaPreference", on, on);
  assert.deepEqual(JSON.parse((await signIn(carol)).choice), ["SMS_MFA", "SOFTWARE_TOKEN_MFA"]);
  const asked = await new Promise((resolve, onFailure) =>
    carol.sendMFASelectionAnswer("SMS_MFA", { mfaRequired: resolve, totpRequired: resolve, onFailure }),
  );
  assert.equal(asked, "SMS_MFA");
  assert.equal((await sendCode(carol, await code(carol.getUsername()))).isValid(), true);
});

test("a pool that requires a second factor has one set up within the sign-in", async () => {
  const dave = await newUser(required);
  assert.ok((await signIn(dave)).setup);
  const { shown } = await authenticator(await associate(dave));
  await assert.rejects(verify(dave, another(shown)), { name: "EnableSoftwareTokenMFAException" });
  assert.equal((await verify(dave, shown)).isValid(), true);
});

const told = (who, method, ...args) =>
  new Promise((onSuccess, onFailure) => who[method](...args, { onSuccess, onFailure }));
const keyOf = (outcome) => outcome.session.getAccessToken().payload.device_key;

test("a device is confirmed, remembered and proves its own secret", async () => {
  const erin = await newUser(remembering);
  const key = keyOf(await signIn(erin)); // the library confirms the device by itself
  assert.equal(keyOf(await signIn(erin)), key);
  const listed = await told(erin, "listDevices", 10, null);
  assert.deepEqual(listed.Devices.map(({ DeviceKey }) => DeviceKey), [key]);
  await told(erin, "forgetDevice");
  assert.notEqual(keyOf(await signIn(erin)), key); // its old key is refused, and the library goes on without
});

test("a device with another secret is refused", async () => {
  const frank = await newUser(remembering);
  await signIn(frank);
  const again = user(remembering, frank.getUsername());
  await signIn(again);
  const { storage } = again;
  const name = `${again.keyPrefix}.${again.getUsername()}.randomPasswordKey`;
  storage.setItem(name, "guess");
  await assert.rejects(signIn(again), { name: "NotAuthorizedException" });
});

test("a remembered device spares the second factor, and one not remembered does not", async () => {
  const grace = await newUser(prompting);
  await signIn(grace);
  await call(grace, "setUserMfaPreference", { Enabled: true, PreferredMfa: true }, null);
  assert.ok((await signIn(grace)).sms);
  await assert.rejects(sendCode(grace, another(await code(grace.getUsername()))), { name: "CodeMismatchException" });
  assert.ok((await signIn(grace)).sms);
  await sendCode(grace, await code(grace.getUsername()));
  assert.equal(await told(grace, "setDeviceStatusRemembered"), "SUCCESS");
  assert.ok((await signIn(grace)).session);
  assert.equal((await told(grace, "getDevice")).Device.DeviceKey, grace.deviceKey);
  assert.equal(await told(grace, "setDeviceStatusNotRemembered"), "SUCCESS");
  assert.ok((await signIn(grace)).sms);
});

test("a device that is forgotten is not found any more", async () => {
  const heidi = await newUser(remembering);
  const key = keyOf(await signIn(heidi));
  assert.equal((await told(heidi, "getDevice")).Device.DeviceKey, key);
  await told(heidi, "forgetSpecificDevice", key);
  await assert.rejects(told(heidi, "getDevice"), { name: "ResourceNotFoundException" });
});
