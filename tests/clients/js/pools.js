// User Pools with other settings than the lab's, users in them, and an authenticator app.

import { createHmac } from "node:crypto";
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  SetUserPoolMfaConfigCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { newName, now, password } from "./lab.js";

export const cognito = new CognitoIdentityProviderClient({});

const SmsConfiguration = { SnsCallerArn: "arn:aws:iam::123456789012:role/sms" };
export const totpAlone = { SoftwareTokenMfaConfiguration: { Enabled: true } };
export const totpAndEmail = { ...totpAlone, EmailMfaConfiguration: {} };
export const totpAndSms = { ...totpAlone, SmsMfaConfiguration: { SmsConfiguration } };

/** A pool that sends its own e-mail, as codes by e-mail require beside a password. */
export const sending = {
  EmailConfiguration: {
    EmailSendingAccount: "DEVELOPER", SourceArn: "arn:aws:ses:us-east-1:123456789012:identity/lab@example.com",
  },
};

/** A pool whose app confirms the devices; with `prompt` the user says whether to remember one. */
export const tracking = (prompt = false) => ({
  DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: prompt },
});

const FLOWS = ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH", "CUSTOM_AUTH", "REFRESH_TOKEN_AUTH"];

/** A new pool with an app client for every flow. */
export async function makePool(settings = {}, MfaConfiguration = "OFF", factors = {}) {
  const made = await cognito.send(new CreateUserPoolCommand({ PoolName: newName(), ...settings }));
  const userPoolId = made.UserPool.Id;
  if (MfaConfiguration !== "OFF")
    await cognito.send(
      new SetUserPoolMfaConfigCommand({ UserPoolId: userPoolId, MfaConfiguration, ...factors }),
    );
  const ExplicitAuthFlows = FLOWS.map((flow) => `ALLOW_${flow}`);
  const client = await cognito.send(
    new CreateUserPoolClientCommand({ UserPoolId: userPoolId, ClientName: "app", ExplicitAuthFlows }),
  );
  return { userPoolId, clientId: client.UserPoolClient.ClientId };
}

/** A user with a temporary password, as an administrator makes one; its name. */
export async function invitedUser({ userPoolId }, attributes = {}) {
  const Username = newName();
  const UserAttributes = Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }));
  await cognito.send(
    new AdminCreateUserCommand({
      UserPoolId: userPoolId, Username, UserAttributes, TemporaryPassword: password, MessageAction: "SUPPRESS",
    }),
  );
  return Username;
}

/** A user with a phone number, an e-mail address and a lasting password; its name. */
export async function settledUser(pool) {
  const Username = await invitedUser(pool, {
    phone_number: "+12065550100", email: "learner@example.com", email_verified: "true",
  });
  await cognito.send(
    new AdminSetUserPasswordCommand({ UserPoolId: pool.userPoolId, Username, Password: password, Permanent: true }),
  );
  return Username;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 6238, for the number of a time step. */
function totp(secret, step) {
  const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = digest.at(-1) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** What an authenticator app shows by the account's clock, now and in the next time step. */
export async function authenticator(secret) {
  const step = Math.floor((await now()) / 30_000);
  return { shown: totp(secret, step), next: totp(secret, step + 1) };
}
