// Stand-ins of the actions that a workflow uses. Each does on this machine what the action does on a runner, as far as a
// step could tell; an action that has none is an error.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

/** Runs an action; `at` is the job's place: its workspace, its temporary folder and the run's artifacts. */
export function run(uses, inputs, at) {
  const name = uses.split("@")[0];
  const action = ACTIONS[name];
  if (!action) throw new Error(`the action ${name} has no stand-in`);
  if (!/@[0-9a-f]{40}$/.test(uses)) throw new Error(`the action ${uses} is not pinned to a commit`);
  return action(inputs, at) ?? {};
}

const ACTIONS = {
  "actions/checkout"(inputs, at) {
    const trees = at.story.trees;
    const tree = trees[inputs.ref || at.github.sha];
    if (!tree) throw new Error(`there is no commit ${inputs.ref}`);
    const root = fs.realpathSync(tree);
    const target = path.join(at.workspace, inputs.path ?? ".");
    const wanted = inputs["sparse-checkout"]?.trim().split(/\s+/);
    fs.mkdirSync(target, { recursive: true });
    fs.cpSync(root, target, {
      recursive: true,
      filter: (file) => {
        const relative = path.relative(root, file);
        const inside = (folder) => relative === folder || relative.startsWith(`${folder}/`) || folder.startsWith(`${relative}/`);
        return !wanted || relative === "" || wanted.some(inside);
      },
    });
  },

  // The programs are there; the pinned version must be the one that is.
  "azure/setup-helm": (inputs, at) => sameVersion(path.join(at.tools, "helm"), ["version", "--short"], inputs.version),
  "open-policy-agent/setup-opa": (inputs, at) => sameVersion(path.join(at.tools, "opa"), ["version"], inputs.version),

  "actions/create-github-app-token": () => ({ token: "an-app-token" }),

  "actions/upload-artifact"(inputs, at) {
    const files = inputs.path.trim().split(/\s*\n\s*/).filter((file) => fs.existsSync(file));
    if (files.length === 0) {
      if (inputs["if-no-files-found"] === "error") throw new Error(`no file found at ${inputs.path}`);
      return;
    }
    const target = path.join(at.artifacts, inputs.name);
    if (fs.existsSync(target)) {
      if (String(inputs.overwrite) !== "true") throw new Error(`the artifact ${inputs.name} exists already`);
      fs.rmSync(target, { recursive: true });
    }
    const root = files.length === 1 && !fs.statSync(files[0]).isDirectory() ? path.dirname(files[0]) : common(files);
    for (const file of files) fs.cpSync(file, path.join(target, path.relative(root, file)), { recursive: true });
  },

  "actions/download-artifact"(inputs, at) {
    const all = fs.existsSync(at.artifacts) ? fs.readdirSync(at.artifacts) : [];
    if (inputs.name) {
      if (!all.includes(inputs.name)) throw new Error(`there is no artifact ${inputs.name}`);
      fs.cpSync(path.join(at.artifacts, inputs.name), inputs.path, { recursive: true });
      return;
    }
    const prefix = inputs.pattern.replace(/\*$/, "");
    for (const name of all.filter((name) => name.startsWith(prefix))) {
      fs.cpSync(path.join(at.artifacts, name), path.join(inputs.path, name), { recursive: true });
    }
  },

  "actions/attest"(inputs, at) {
    at.attested.push(JSON.parse(fs.readFileSync(inputs["predicate-path"], "utf8")));
  },
};

/** The deepest folder that holds all of these. */
function common(files) {
  const parts = files.map((file) => path.dirname(file).split("/"));
  const shared = parts[0].filter((part, i) => parts.every((other) => other.slice(0, i + 1).join("/") === parts[0].slice(0, i + 1).join("/")));
  return shared.join("/");
}

/** A program built from its module says its version without the patch. */
function sameVersion(program, args, wanted) {
  const said = execFileSync(program, args, { encoding: "utf8" });
  const version = said.match(/v?(\d+\.\d+(\.\d+)?)/)?.[1] ?? "";
  if (!`${wanted.replace(/^v/, "")}.`.startsWith(`${version}.`)) throw new Error(`${program} here is not ${wanted}: ${said}`);
}
