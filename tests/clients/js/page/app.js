// A web app of a developer's: aws-amplify, unmodified. What it was told of the account is in /config.json.
// https://docs.amplify.aws/react/build-a-backend/auth/connect-your-frontend/sign-in/#sign-in-with-an-external-identity-provider

import { Amplify } from "aws-amplify";
import { fetchAuthSession, getCurrentUser, signInWithRedirect, signOut } from "aws-amplify/auth";
import { Hub } from "aws-amplify/utils";
import "aws-amplify/auth/enable-oauth-listener";

const status = document.querySelector("[role=status]");

/** What a test reads: who is signed in, and the tokens. */
async function show(options) {
  const { tokens } = await fetchAuthSession(options);
  const user = tokens && (await getCurrentUser());
  window.shown = { user, idToken: `${tokens?.idToken ?? ""}`, accessToken: `${tokens?.accessToken ?? ""}` };
  status.textContent = user ? `Signed in as ${user.username}` : "Signed out";
}

Hub.listen("auth", ({ payload }) => {
  if (payload.event === "signInWithRedirect") show();
  if (payload.event === "customOAuthState") window.customState = payload.data;
  if (payload.event === "signInWithRedirect_failure") status.textContent = `Failed: ${payload.data.error.message}`;
});

Amplify.configure(await (await fetch("/config.json")).json());
const clicked = (id, act) => document.getElementById(id).addEventListener("click", act);
clicked("own", () => signInWithRedirect({ customState: "from page 7" }));
clicked("google", () => signInWithRedirect({ provider: "Google" }));
clicked("corp", () => signInWithRedirect({ provider: { custom: "ExampleCorp" } }));
clicked("renew", async () => {
  status.textContent = "Renewing";
  await show({ forceRefresh: true });
});
clicked("out", () => signOut());
if (!location.search) await show();
