// The lab that pytest made in the served account, and a user of one's own in it.

import hashing from "@aws-crypto/sha256-js";
import {
  AdminAddUserToGroupCommand,
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { SignatureV4 } from "@smithy/signature-v4";

const environment = process.env;

export const endpoint = environment.AWS_ENDPOINT_URL;
export const region = environment.AWS_REGION;
export const userPoolId = environment.LAB_USER_POOL_ID;
export const clientId = environment.LAB_CLIENT_ID;
export const identityPoolId = environment.LAB_IDENTITY_POOL_ID;
export const provider = environment.LAB_PROVIDER;
export const bucket = environment.LAB_BUCKET;
export const table = environment.LAB_TABLE;
/** The roles of the groups `readers` and `writers`. */
export const roles = { readers: environment.LAB_READERS, writers: environment.LAB_WRITERS };

export const password = "Correct-horse-1";
export const otherPassword = "Battery-staple-2";

const administrator = {
  accessKeyId: environment.AWS_ACCESS_KEY_ID, secretAccessKey: environment.AWS_SECRET_ACCESS_KEY,
};
const signer = new SignatureV4({ service: "labkit", region, credentials: administrator, sha256: hashing.Sha256 });

/** An operation of the account's own service, which no AWS SDK knows. */
async function control(operation, parameters = {}) {
  const { protocol, host, hostname, port } = new URL(endpoint);
  const headers = { host, "x-amz-target": `Labkit.${operation}`, "content-type": "application/x-amz-json-1.1" };
  const request = { method: "POST", protocol, hostname, port, path: "/", headers, body: JSON.stringify(parameters) };
  // The account checks signatures by the machine's clock, also where a test has moved `Date`.
  const signingDate = new Date(performance.timeOrigin + performance.now());
  const answer = await fetch(`${endpoint}/`, await signer.sign(request, { signingDate }));
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** The newest confirmation code for a user. */
export async function code(Username) {
  const { Messages } = await control("ReadOutbox", { Username });
  return Messages.findLast(({ Code }) => Code).Code;
}

/** Let the account's clock pass. */
export const advance = (Seconds) => control("AdvanceClock", { Seconds });

/** The account's time, in milliseconds as a Date has it. */
export const now = async () => (await control("GetClock")).Now * 1000;

/** Let a new key sign the tokens of a User Pool. */
export const rotateSigningKey = (UserPoolId) => control("RotateSigningKey", { UserPoolId });

/** A code that is surely not this one. */
export const another = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, "0");

let users = 0;

/** A user name that no other test uses. */
export const newName = () => `user-${process.pid}-${++users}`;

const cognito = new CognitoIdentityProviderClient({});

/** Sign up and confirm a new user, a member of these groups; its name. */
export async function newUser(...groups) {
  const username = newName();
  const UserAttributes = [{ Name: "email", Value: `${username}@example.com` }];
  await cognito.send(
    new SignUpCommand({ ClientId: clientId, Username: username, Password: password, UserAttributes }),
  );
  await cognito.send(
    new ConfirmSignUpCommand({ ClientId: clientId, Username: username, ConfirmationCode: await code(username) }),
  );
  for (const GroupName of groups)
    await cognito.send(
      new AdminAddUserToGroupCommand({ UserPoolId: userPoolId, Username: username, GroupName }),
    );
  return username;
}

/** The tokens of a user who signs in with a password, at the lab's app client or another. */
export async function signIn(username, withPassword = password, ClientId = clientId) {
  const answer = await cognito.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME: username, PASSWORD: withPassword },
    }),
  );
  return answer.AuthenticationResult;
}

/** A token whose signature no longer fits. */
export function tampered(token) {
  const [header, payload, signature] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  const changed = Buffer.from(JSON.stringify({ ...claims, sub: "somebody-else" })).toString("base64url");
  return [header, changed, signature].join(".");
}
