// Runs a generated workflow as GitHub would, on this machine: `node run.mjs STORY_FOLDER`.
//
// GitHub's own parser reads the workflow, GitHub's own evaluator its expressions, bash its scripts; stand-ins are at the
// edge only. The folder holds story.json (what happens, see `crates/hxpc/tests/stories`) and gets result.json: each job's
// result, outputs, steps and log, and everything that GitHub, the cluster and the channels were asked.

import { spawn } from "node:child_process";
import fs from "node:fs";
import { register } from "node:module";
import path from "node:path";

import * as actions from "./actions.mjs";
import { fill, holds } from "./expressions.mjs";
import { serve } from "./github.mjs";

register("./json.mjs", import.meta.url);
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");

const folder = path.resolve(process.argv[2]);
const story = JSON.parse(fs.readFileSync(path.join(folder, "story.json"), "utf8"));

/** The story's clock, in whole seconds, shared with the scripts by way of a file. */
const clock = {
  file: path.join(folder, "clock"),
  seconds: () => Number(fs.readFileSync(clock.file, "utf8")),
  now: () => new Date(clock.seconds() * 1000).toISOString().replace(".000Z", "Z"),
  set: (instant) => fs.writeFileSync(clock.file, String(Date.parse(instant) / 1000)),
};

/** The workflow as GitHub understands it; its complaints are errors. */
async function read(file) {
  const content = fs.readFileSync(file, "utf8");
  const parsed = parseWorkflow({ name: path.basename(file), content }, new NoOperationTraceWriter());
  const complaints = parsed.context.errors.getErrors().map((e) => e.message);
  if (complaints.length > 0) throw new Error(`GitHub's parser: ${complaints.join("; ")}`);
  const template = await convertWorkflowTemplate(parsed.context, parsed.value);
  if (template.errors?.length > 0) throw new Error(template.errors.map((e) => e.Message).join("; "));
  return { template, root: plain(parsed.value) };
}

/** A token of GitHub's parser as a plain value; an expression keeps its `${{ }}`. */
function plain(token) {
  if (token === undefined || token === null) return null;
  if (typeof token !== "object" || token.templateTokenType === undefined) return token;
  switch (token.templateTokenType) {
    case 1:
      return [...Array(token.count).keys()].map((i) => plain(token.get(i)));
    case 2:
      return Object.fromEntries([...Array(token.count).keys()].map((i) => [plain(token.get(i).key), plain(token.get(i).value)]));
    case 3:
      return `\${{ ${token.expression} }}`;
    case 7:
      return null;
    default:
      return token.value;
  }
}

const RESULTS = { success: "success", failure: "failure", skipped: "skipped", cancelled: "cancelled" };

/** How the jobs before a job went: what the status functions of its `if` answer. */
function standing(job, jobs) {
  const all = new Set();
  const visit = (id) => {
    if (all.has(id)) return;
    all.add(id);
    jobs[id].needs.forEach(visit);
  };
  job.needs.forEach(visit);
  const results = [...all].map((id) => jobs[id].result);
  return {
    always: true,
    cancelled: false,
    success: results.every((r) => r === RESULTS.success),
    failure: results.some((r) => r === RESULTS.failure),
  };
}

async function main() {
  const { template, root } = await read(path.join(folder, story.workflow));
  clock.set(story.at);
  const world = story.world;
  world.jobs = [];
  world.approvals = [];
  const server = await serve(world, clock);
  const github = { ...story.github, server_url: "https://github.com", api_url: server.address };
  // Secrets and variables may point at the loopback.
  const local = (values) => Object.fromEntries(Object.entries(values).map(([k, v]) => [k, v.replace("http://loopback", server.address)]));
  const contexts = { github, inputs: story.inputs ?? {}, vars: local(story.vars), secrets: local(story.secrets) };
  fs.writeFileSync(path.join(folder, "event.json"), JSON.stringify(story.event));

  const jobs = {};
  for (const job of template.jobs) {
    const id = job.id.value;
    jobs[id] = { id, needs: (job.needs ?? []).map((n) => n.value), raw: root.jobs[id], result: null, outputs: {}, steps: [] };
  }
  const attested = [];
  for (;;) {
    const ready = Object.values(jobs).filter((j) => j.result === null && j.needs.every((n) => jobs[n].result !== null && jobs[n].result !== "waiting"));
    if (ready.length === 0) break;
    // What waits for a person comes last, whoever acts first first.
    const act = (job) => review(job, contexts)?.at ?? "";
    const job = ready.sort((a, b) => act(a).localeCompare(act(b)))[0];
    await runJob(job, jobs, { contexts, root, server, attested, world });
  }
  server.close();
  for (const job of Object.values(jobs)) job.result ??= "waiting";
  const shown = Object.fromEntries(Object.values(jobs).map(({ id, result, outputs, steps, log, from, to }) => [id, { result, outputs, steps, log, from, to }]));
  const result = { jobs: shown, asked: server.record, attested, deployments: world.deployments, ended: clock.now() };
  fs.writeFileSync(path.join(folder, "result.json"), JSON.stringify(result, null, 1));
}

/** How many reviews of an environment were used up. */
const reviewed = {};

/** The name of the environment that a job is of. */
function environmentOf(job, contexts) {
  const environment = job.raw.environment;
  return fill(typeof environment === "string" ? environment : environment?.name, contexts);
}

/** What the reviewer of the job's environment does, if it has one that is protected; each job of it takes the next of several. */
function review(job, contexts) {
  const name = environmentOf(job, contexts);
  const next = [(story.reviews ?? {})[name] ?? []].flat()[reviewed[name] ?? 0];
  return next ?? (story.protected?.includes(name) ? { vote: "none" } : undefined);
}

async function runJob(job, jobs, run) {
  const needs = Object.fromEntries(job.needs.map((n) => [n, { result: jobs[n].result, outputs: jobs[n].outputs }]));
  const contexts = { ...run.contexts, needs };
  const status = standing(job, jobs);
  if (!holds(unwrap(job.raw.if), contexts, status)) {
    job.result = RESULTS.skipped;
    return;
  }
  const decided = review(job, run.contexts);
  if (decided) {
    if (decided.vote === "none") {
      job.result = "waiting";
      return;
    }
    if (decided.at && Date.parse(decided.at) > Date.parse(clock.now())) clock.set(decided.at);
    const environment = { name: environmentOf(job, run.contexts) };
    reviewed[environment.name] = (reviewed[environment.name] ?? 0) + 1;
    run.world.approvals.push({ state: decided.vote, environments: [environment], user: { login: decided.by }, comment: "" });
    if (decided.vote === "rejected") {
      job.result = RESULTS.failure;
      return;
    }
  }
  job.from = clock.now();
  const name = fill(job.raw.name ?? job.id, contexts);
  run.world.jobs.push({ name, started_at: job.from, conclusion: null });
  const place = path.join(folder, "jobs", job.id);
  const at = {
    story: { trees: Object.fromEntries(Object.entries(story.trees).map(([k, v]) => [k, path.resolve(folder, v)])) },
    tools: story.tools,
    github: contexts.github,
    workspace: path.join(place, "workspace"),
    temp: path.join(place, "temp"),
    artifacts: path.join(folder, "artifacts"),
    attested: run.attested,
  };
  fs.mkdirSync(at.workspace, { recursive: true });
  fs.mkdirSync(at.temp, { recursive: true });
  const env = { ...filled(run.root.env, contexts), ...filled(job.raw.env, contexts) };
  const runner = { temp: at.temp, os: "Linux", arch: "X64" };
  const state = { steps: {}, failed: false, extra: {}, path: [] };
  job.log = "";
  for (const [index, step] of job.raw.steps.entries()) {
    const id = step.id ?? `_${index}`;
    const inside = { ...contexts, env: { ...env, ...state.extra }, steps: state.steps, runner, job: { status: state.failed ? "failure" : "success" } };
    const so = { always: true, cancelled: false, success: !state.failed, failure: state.failed };
    if (!holds(unwrap(step.if), inside, so)) {
      state.steps[id] = { outcome: "skipped", conclusion: "skipped", outputs: {} };
      continue;
    }
    const stepEnv = { ...env, ...state.extra, ...filled(step.env, inside) };
    const ended = step.uses ? act(step, { ...inside, env: stepEnv }, at) : await script(step, stepEnv, { job, at, server: run.server, contexts });
    job.log += ended.log;
    const outcome = ended.ok ? "success" : "failure";
    const forgiven = String(fill(step["continue-on-error"] ?? "false", inside)) === "true";
    state.steps[id] = { outcome, conclusion: forgiven ? "success" : outcome, outputs: ended.outputs };
    state.failed ||= !ended.ok && !forgiven;
    job.steps.push({ name: step.name ?? id, outcome });
    // A job that takes longer than its limit is cut off.
    const took = clock.seconds() - Date.parse(job.from) / 1000;
    if (took > Number(job.raw["timeout-minutes"] ?? 360) * 60) {
      job.log += "the job was cut off at its time limit\n";
      state.failed = true;
    }
  }
  job.to = clock.now();
  job.result = state.failed ? RESULTS.failure : RESULTS.success;
  const outputs = { ...contexts, steps: state.steps, env, runner };
  job.outputs = filled(job.raw.outputs, outputs);
  // GitHub leaves out an output that is empty.
  for (const [key, value] of Object.entries(job.outputs)) if (value === "") delete job.outputs[key];
}

function unwrap(condition) {
  return condition === null || condition === undefined ? "" : String(condition);
}

function filled(values, contexts) {
  return Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [key, fill(value, contexts)]));
}

function act(step, contexts, at) {
  try {
    return { ok: true, outputs: actions.run(step.uses, filled(step.with, contexts), at), log: "" };
  } catch (error) {
    return { ok: false, outputs: {}, log: `${step.uses}: ${error.message}\n` };
  }
}

/** A `run:` by bash, as GitHub starts it where no shell is named. */
function script(step, env, { job, at, server, contexts }) {
  if (step.run.includes("${{")) throw new Error(`an expression in a script: ${step.run}`);
  const file = path.join(at.temp, "script.sh");
  const output = path.join(at.temp, "output");
  fs.writeFileSync(file, step.run);
  fs.writeFileSync(output, "");
  const { github } = contexts;
  const child = spawn("bash", ["-e", file], {
    cwd: at.workspace,
    env: {
      ...env,
      ...story.env,
      PATH: `${path.join(import.meta.dirname, "stand-ins")}:${story.tools}:/usr/local/bin:/usr/bin:/bin`,
      HOME: at.temp,
      STORY: folder,
      STORY_GITHUB: server.address,
      STORY_HELM: path.join(story.tools, "helm"),
      CI: "true",
      RUNNER_TEMP: at.temp,
      GITHUB_ACTIONS: "true",
      GITHUB_WORKSPACE: at.workspace,
      GITHUB_OUTPUT: output,
      GITHUB_ENV: path.join(at.temp, "env"),
      GITHUB_STEP_SUMMARY: path.join(folder, `summary-${job.id}.md`),
      GITHUB_EVENT_PATH: path.join(folder, "event.json"),
      GITHUB_EVENT_NAME: github.event_name,
      GITHUB_REPOSITORY: github.repository,
      GITHUB_RUN_ID: String(github.run_id),
      GITHUB_RUN_ATTEMPT: String(github.run_attempt),
      GITHUB_SHA: github.sha,
      GITHUB_REF: github.ref,
      GITHUB_REF_NAME: github.ref_name,
      GITHUB_REF_TYPE: github.ref_type,
      GITHUB_ACTOR: github.actor,
      GITHUB_SERVER_URL: github.server_url,
    },
  });
  const log = [];
  child.stdout.on("data", (chunk) => log.push(chunk));
  child.stderr.on("data", (chunk) => log.push(chunk));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const text = `── ${job.id}: ${step.name}\n${Buffer.concat(log)}`;
      resolve({ ok: code === 0, outputs: outputs(fs.readFileSync(output, "utf8")), log: text });
    });
  });
}

/** What a step wrote to GITHUB_OUTPUT. */
function outputs(text) {
  const all = {};
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i += 1) {
    const block = lines[i].match(/^([^=]+)<<(.+)$/);
    const line = lines[i].match(/^([^=]+)=(.*)$/);
    if (block) {
      const end = lines.indexOf(block[2], i + 1);
      all[block[1]] = lines.slice(i + 1, end).join("\n");
      i = end;
    } else if (line) {
      all[line[1]] = line[2];
    }
  }
  return all;
}

await main();
