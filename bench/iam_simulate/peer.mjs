// Answers questions, one JSON line each, about the workloads in the file that is its argument.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { runUnsafeSimulation } from "@cloud-copilot/iam-simulate";

const VERDICTS = { Allowed: "allow", ExplicitlyDenied: "explicit_deny", ImplicitlyDenied: "implicit_deny" };

// What the package takes: policies and requests are objects of its own, made once.
function simulations({ policies, requests }) {
  const identityPolicies = policies.identity.map((policy, index) => ({ name: `policy-${index}`, policy }));
  return requests.map(({ principal, action, resource, resource_account, context }) => ({
    request: {
      principal,
      action,
      resource: { resource, accountId: resource_account },
      contextVariables: context,
    },
    identityPolicies,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }));
}

const verdicts = (asked) => asked.map((simulation) => VERDICTS[runUnsafeSimulation(simulation, {})]);

const seconds = ({ user, system }) => (user + system) / 1e6;

// Decisions per CPU-second, in whole passes over the workload.
function rate(asked, least) {
  const start = process.cpuUsage();
  let passes = 0;
  let taken = 0;
  while (taken < least) {
    for (const simulation of asked) runUnsafeSimulation(simulation, {});
    passes += 1;
    taken = seconds(process.cpuUsage(start));
  }
  return (passes * asked.length) / taken;
}

const workloads = JSON.parse(readFileSync(process.argv[2], "utf8"));
const prepared = Object.fromEntries(workloads.map((workload) => [workload.name, simulations(workload)]));

for await (const line of createInterface({ input: process.stdin })) {
  const { workload, seconds: least } = JSON.parse(line);
  const asked = prepared[workload];
  console.log(JSON.stringify(least === undefined ? verdicts(asked) : rate(asked, least)));
}
