// A user pool with a domain, and a browser without a screen that signs a person in there.

import {
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolDomainCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { endpoint, newName, password } from "./lab.js";
import { cognito, makePool, settledUser } from "./pools.js";

export const callback = "http://localhost:3000/callback";
export const signedOut = "http://localhost:3000/bye";
export const scope = "openid email aws.cognito.signin.user.admin";

/** A pool with a domain and a resource server: its discovery document, and a user in it. */
export async function makeDomain() {
  const pool = await makePool();
  const UserPoolId = pool.userPoolId;
  await cognito.send(new CreateUserPoolDomainCommand({ UserPoolId, Domain: newName() }));
  const Scopes = [{ ScopeName: "read", ScopeDescription: "Read" }];
  await cognito.send(new CreateResourceServerCommand({ UserPoolId, Identifier: "music", Name: "Music", Scopes }));
  const answer = await fetch(`${endpoint}/${UserPoolId}/.well-known/openid-configuration`);
  return { ...pool, metadata: await answer.json(), username: await settledUser(pool) };
}

/** An app client of such a pool, for codes unless the settings say otherwise. */
export async function makeApp({ userPoolId }, settings = {}) {
  const made = await cognito.send(
    new CreateUserPoolClientCommand({
      UserPoolId: userPoolId,
      ClientName: "app",
      AllowedOAuthFlows: ["code"],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: scope.split(" "),
      CallbackURLs: [callback],
      LogoutURLs: [signedOut],
      SupportedIdentityProviders: ["COGNITO"],
      ...settings,
    }),
  );
  return made.UserPoolClient;
}

/** Where the browser comes back to, after the person signed in at this address. */
export async function signedIn(address, username) {
  const login = await fetch(address, { redirect: "manual" });
  const page = await fetch(new URL(login.headers.get("location"), address));
  const text = await page.text();
  const action = text.match(/<form method="post" action="([^"]+)"/)[1].replaceAll("&amp;", "&");
  const body = new URLSearchParams({
    _csrf: text.match(/name="_csrf" value="([^"]+)"/)[1], username, password,
  });
  const cookie = page.headers.get("set-cookie").split(";")[0];
  const answer = await fetch(new URL(action, address), {
    method: "POST", body, headers: { cookie }, redirect: "manual",
  });
  return new URL(answer.headers.get("location"));
}
