// amazon-cognito-identity-js, unmodified, where a password is not enough: authenticator apps, SMS, devices.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { before, test } from "node:test";
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  SetUserPoolMfaConfigCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import library from "amazon-cognito-identity-js";
import { another, code, endpoint, newName, password } from "./lab.js";

const { AuthenticationDetails, CognitoUser, CognitoUserPool } = library;
const cognito = new CognitoIdentityProviderClient({});
const SmsConfiguration = { SnsCallerArn: "arn:aws:iam::123456789012:role/sms" };
let optional, required, tracking;

/** A new pool that asks for second factors, or that remembers devices. */
async function makePool(MfaConfiguration, more = {}) {
  const made = await cognito.send(new CreateUserPoolCommand({ PoolName: newName(), ...more }));
  const UserPoolId = made.UserPool.Id;
  if (MfaConfiguration !== "OFF") {
    await cognito.send(
      new SetUserPoolMfaConfigCommand({
        UserPoolId, MfaConfiguration, SoftwareTokenMfaConfiguration: { Enabled: true },
        ...(MfaConfiguration === "OPTIONAL" && { SmsMfaConfiguration: { SmsConfiguration } }),
      }),
    );
  }
  const flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
  const client = await cognito.send(
    new CreateUserPoolClientCommand({ UserPoolId, ClientName: "app", ExplicitAuthFlows: flows }),
  );
  return new CognitoUserPool({ UserPoolId, ClientId: client.UserPoolClient.ClientId, endpoint });
}

before(async () => {
  optional = await makePool("OPTIONAL");
  required = await makePool("ON");
  const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false };
  tracking = await makePool("OFF", { DeviceConfiguration });
});

/** A user of the pool with a phone number and a password. */
async function newUser(pool) {
  const ids = { UserPoolId: pool.getUserPoolId(), Username: newName() };
  const UserAttributes = [{ Name: "phone_number", Value: "+12065550100" }];
  await cognito.send(new AdminCreateUserCommand({ ...ids, MessageAction: "SUPPRESS", UserAttributes }));
  await cognito.send(new AdminSetUserPasswordCommand({ ...ids, Password: password, Permanent: true }));
  return new CognitoUser({ Username: ids.Username, Pool: pool });
}

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

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 6238, for the time step of an instant. */
function totp(secret, step) {
  const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = digest.at(-1) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** The account's time step, by the newest token: its clock may have been advanced. */
const stepOf = (session) => Math.floor(session.getAccessToken().getIssuedAt() / 30);

test("an authenticator app is set up and asked for", async () => {
  const alice = await newUser(optional);
  const { session } = await signIn(alice);
  const secret = await associate(alice);
  const now = totp(secret, stepOf(session));
  await assert.rejects(verify(alice, another(now)), { name: "EnableSoftwareTokenMFAException" });
  await verify(alice, now);
  await call(alice, "setUserMfaPreference", null, { Enabled: true, PreferredMfa: true });
  assert.ok((await signIn(alice)).totp);
  const next = totp(secret, stepOf(session) + 1);
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
  const { session } = await signIn(carol);
  await verify(carol, totp(await associate(carol), stepOf(session)));
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
  const [dave, helper] = [await newUser(required), await newUser(tracking)];
  const { session } = await signIn(helper); // tells the account's time
  assert.ok((await signIn(dave)).setup);
  const done = await verify(dave, totp(await associate(dave), stepOf(session)));
  assert.equal(done.isValid(), true);
});

test("a device is confirmed, remembered and proves its own secret", async () => {
  const erin = await newUser(tracking);
  const first = await signIn(erin); // the library confirms the device by itself
  const key = first.session.getAccessToken().payload.device_key;
  const again = await signIn(erin);
  assert.equal(again.session.getAccessToken().payload.device_key, key);
  const listed = await new Promise((onSuccess, onFailure) =>
    erin.listDevices(10, null, { onSuccess, onFailure }),
  );
  assert.deepEqual(listed.Devices.map(({ DeviceKey }) => DeviceKey), [key]);
  await new Promise((onSuccess, onFailure) => erin.forgetDevice({ onSuccess, onFailure }));
  const fresh = await signIn(erin); // its old key is refused, and the library goes on without
  assert.notEqual(fresh.session.getAccessToken().payload.device_key, key);
});
