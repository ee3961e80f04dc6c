// One contender of bench/decide.sh: @cloud-copilot/iam-simulate, which is fetched for the run and is no dependency.
//
//   node iam_simulate.mjs MODULES CASE (run|core) SECONDS
//
// `run` is runSimulation, what the package exports; `core` is the engine behind it with every policy and
// request loaded before, without validation. Prints the verdicts and what one decision took.

import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [modules, file, what, seconds] = process.argv.slice(2)
const load = (path) => import(pathToFileURL(`${modules}/@cloud-copilot/${path}`))
const { runSimulation } = await load('iam-simulate/dist/esm/index.js')
const { authorize } = await load('iam-simulate/dist/esm/core_engine/CoreSimulatorEngine.js')
const { AwsRequestImpl } = await load('iam-simulate/dist/esm/request/request.js')
const { RequestContextImpl } = await load('iam-simulate/dist/esm/requestContext.js')
const { DiscoveryContextKeyConstraints } = await load(
  'iam-simulate/dist/esm/context_keys/discoveryContextKeyConstraints.js'
)
const { loadPolicy } = await load('iam-policy/dist/esm/index.js')

const chain = JSON.parse(readFileSync(file))
const principal = `arn:aws:sts::${chain.account}:assumed-role/${chain.role.split('/').pop()}/${chain.session}`
const levels = (path) => path.map(({ name, policies }) => ({ orgIdentifier: name, policies }))
const verdicts = { Allowed: 'allowed', ExplicitlyDenied: 'explicit deny', ImplicitlyDenied: 'implicit deny' }

/** runSimulation: documents as they are, validated and loaded by the package each time. */
function byRun() {
  const fixed = {
    identityPolicies: chain.identity,
    serviceControlPolicies: levels(chain.service_control),
    resourceControlPolicies: levels(chain.resource_control),
    permissionBoundaryPolicies: chain.boundary
  }
  const simulations = chain.requests.map(({ action, resource, on_bucket, context }) => ({
    ...fixed,
    resourcePolicy: on_bucket ? chain.bucket.policy : undefined,
    request: { principal, action, resource: { resource, accountId: chain.account }, contextVariables: context }
  }))
  return async (n) => {
    const { resultType, overallResult, errors } = await runSimulation(simulations[n], {})
    return resultType === 'error' ? `error: ${errors.message}` : verdicts[overallResult]
  }
}

/** The engine, with everything loaded before. */
function byCore() {
  const loaded = (policies) => policies.map(({ name, policy }) => loadPolicy(policy, { name }))
  const loadedLevels = (path) =>
    path.map(({ name, policies }) => ({ orgIdentifier: name, policies: loaded(policies) }))
  // What runSimulation adds by itself.
  const full = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }
  const everything = { name: 'RCPFullAWSAccess', policy: { Version: '2012-10-17', Statement: [full] } }
  const resourceControl = chain.resource_control.map((level) => ({
    ...level,
    policies: [everything, ...level.policies]
  }))
  const fixed = {
    identityPolicies: loaded(chain.identity),
    serviceControlPolicies: loadedLevels(chain.service_control),
    resourceControlPolicies: loadedLevels(resourceControl),
    permissionBoundaries: loaded(chain.boundary),
    simulationParameters: {
      simulationMode: 'Strict',
      discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([])
    },
    serviceSettings: { s3: {} }
  }
  const bucket = loadPolicy(chain.bucket.policy, { name: chain.bucket.name })
  const requests = chain.requests.map(({ action, resource, on_bucket, context }) => {
    const target = { resource, accountId: chain.account }
    const request = new AwsRequestImpl(principal, target, action, new RequestContextImpl(context), false)
    return { ...fixed, request, resourcePolicy: on_bucket ? bucket : undefined }
  })
  return (n) => verdicts[authorize(requests[n]).result]
}

const decide = what === 'run' ? byRun() : byCore()
const answers = []
for (let n = 0; n < chain.requests.length; n++) answers.push(await decide(n))

// Whole passes only, so that every request counts alike. The first passes let the compiler see the code.
async function pass() {
  for (let n = 0; n < answers.length; n++) {
    const answer = decide(n)
    if (what === 'run') await answer
  }
}
const warm = performance.now()
while (performance.now() - warm < seconds * 500) await pass()
const begun = performance.now()
const before = process.cpuUsage()
let decisions = 0
while (performance.now() - begun < seconds * 1000) {
  await pass()
  decisions += answers.length
}
// The time on the core, as for the others; the wall would count what else the machine does.
const used = process.cpuUsage(before)
const nanoseconds = ((used.user + used.system) * 1e3) / decisions
console.log(JSON.stringify({ verdicts: answers, nanoseconds, decisions }))
