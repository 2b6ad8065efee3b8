// GitHub's own judgement of workflows: node workflows.mjs (parser|service) NODE_MODULES ROOT FILE...
// Each complaint is a line; the exit code says whether there was one.

import { readFileSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [judge, modules, root, ...paths] = process.argv.slice(2);

// GitHub's packages are written for bundlers: they import JSON as if it were code.
const hook = `
  import { readFileSync } from "node:fs";
  export async function load(url, context, next) {
    if (!url.endsWith(".json")) return next(url, context);
    const source = "export default " + readFileSync(new URL(url), "utf8");
    return { format: "module", shortCircuit: true, source };
  }`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

const load = (file) => import(pathToFileURL(join(modules, file)).href);

const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = await load(
  "@actions/workflow-parser/dist/index.js",
);
const complaints = [];
const read = (path) => readFileSync(join(root, path), "utf8");

// A workflow that a job calls lies in the same repository.
const fileProvider = {
  getFileContent: async (reference) => ({ name: reference.path, content: read(reference.path) }),
};

async function parser(path) {
  const result = parseWorkflow({ name: path, content: read(path) }, new NoOperationTraceWriter());
  const errors = [...result.context.errors.getErrors()];
  if (result.value) {
    const options = { fetchReusableWorkflowDepth: 1 };
    const template = await convertWorkflowTemplate(result.context, result.value, fileProvider, options);
    errors.push(...(template.errors ?? []).map((e) => ({ message: e.Message })));
  }
  for (const error of errors) complaints.push(`${path}: ${error.message}`);
}

async function service(path) {
  const { validate } = await load("@actions/languageservice/dist/index.js");
  const { TextDocument } = await load("vscode-languageserver-textdocument/lib/esm/main.js");
  const document = TextDocument.create(`file:///${path}`, "yaml", 1, read(path));
  for (const found of await validate(document, { fileProvider })) {
    complaints.push(`${path}:${found.range.start.line + 1}: ${found.message}`);
  }
}

for (const path of paths) await (judge === "parser" ? parser(path) : service(path));
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;
