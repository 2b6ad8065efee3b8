// Starts `hxpc lsp` and shows what its commands answer. All that is known of the language is known by the server.

import * as vscode from 'vscode';
import {
  type ExecuteCommandSignature,
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
} from 'vscode-languageclient/node';
import { findProgram } from './program';
import { AnswerDocuments, show } from './answers';

/** What is there while the extension is active. */
interface Session {
  readonly output: vscode.LogOutputChannel;
  readonly answers: AnswerDocuments;
  client?: LanguageClient;
}

let session: Session | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel('hxp', { log: true });
  const answers = new AnswerDocuments();
  session = { output, answers };
  const current = session;
  context.subscriptions.push(
    output,
    vscode.workspace.registerTextDocumentContentProvider(AnswerDocuments.scheme, answers),
    vscode.tasks.registerTaskProvider('hxpc', { provideTasks: tasks, resolveTask: resolveTask }),
    vscode.workspace.registerTextDocumentContentProvider('hxp', {
      provideTextDocumentContent: (uri) => textOf(current, uri),
    }),
    vscode.commands.registerCommand('hxp.decision', () => decide(current)),
    vscode.commands.registerCommand('hxp.restart', () => restart(current)),
    vscode.commands.registerCommand('hxp.output', () => output.show()),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration('hxp.path')) await restart(current);
    }),
  );
  await start(current);
}

export async function deactivate(): Promise<void> {
  await stop(session);
  session = undefined;
}

async function restart(current: Session): Promise<void> {
  await stop(current);
  await start(current);
}

async function stop(current: Session | undefined): Promise<void> {
  const client = current?.client;
  if (current !== undefined) delete current.client;
  await client?.dispose();
}

function configuredPath(): string {
  return vscode.workspace.getConfiguration('hxp').get<string>('path')?.trim() || 'hxpc';
}

async function start(current: Session): Promise<void> {
  const path = configuredPath();
  const program = await findProgram(path);
  if (program === undefined) {
    await missing(path);
    return;
  }
  const server: ServerOptions = { command: program, args: ['lsp'] };
  const options: LanguageClientOptions = {
    documentSelector: [{ scheme: 'file', language: 'hxp' }],
    outputChannel: current.output,
    middleware: { executeCommand: (command, args, next) => execute(current, command, args, next) },
  };
  const client = new LanguageClient('hxp', 'hxp', server, options);
  current.client = client;
  try {
    await client.start();
  } catch (error) {
    current.output.error(`${program} lsp: ${String(error)}`);
    await failed(current, program);
  }
}

/** Runs a command of the server and shows its answer. From the palette a command is about what the cursor is on. */
async function execute(
  current: Session,
  command: string,
  args: unknown[],
  next: ExecuteCommandSignature,
): Promise<unknown> {
  const answer: unknown = await next(command, args.length === 0 ? place(command) : args);
  await show(current.answers, command, answer);
  return answer;
}

/** The document and the name at the cursor, as arguments of a command. */
function place(command: string): unknown[] {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== 'hxp') return [];
  const uri = editor.document.uri.toString();
  // A calendar is that of an environment; the others are about the whole project unless a lens says a name.
  if (command !== 'hxp.calendar') return [{ uri }];
  const word = editor.document.getWordRangeAtPosition(editor.selection.active);
  return [{ uri, name: word === undefined ? '' : editor.document.getText(word) }];
}

/** Decides on a request, a file of JSON that the user chooses, by the policy of the file in front. */
async function decide(current: Session): Promise<void> {
  const uri = vscode.window.activeTextEditor?.document.uri.toString();
  const [file] = (await vscode.window.showOpenDialog({ filters: { JSON: ['json'] }, openLabel: 'Decide' })) ?? [];
  if (uri === undefined || file === undefined || current.client === undefined) return;
  try {
    const request: unknown = JSON.parse(Buffer.from(await vscode.workspace.fs.readFile(file)).toString('utf8'));
    await show(current.answers, 'hxp.decision', await current.client.sendRequest('hxp/decision', { uri, request }));
  } catch (error) {
    await vscode.window.showErrorMessage(`hxp: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What lies in the compiler: `hxp:///std/gates.hxp`, `hxp:///errors/HXP0201.md`. */
async function textOf(current: Session, uri: vscode.Uri): Promise<string> {
  const answer = await current.client?.sendRequest<{ text: string }>('hxp/text', { uri: uri.toString() });
  return answer?.text ?? '';
}

async function missing(path: string): Promise<void> {
  const settings = 'Open Settings';
  const chosen = await vscode.window.showErrorMessage(
    `hxp: the compiler \`${path}\` was not found. Install hxpc, or say where it is in the setting hxp.path. Colours and ` +
      'snippets work without it.',
    settings,
  );
  if (chosen === settings) await vscode.commands.executeCommand('workbench.action.openSettings', 'hxp.path');
}

async function failed(current: Session, program: string): Promise<void> {
  const log = 'Show Output';
  const chosen = await vscode.window.showErrorMessage(`hxp: \`${program} lsp\` did not start.`, log);
  if (chosen === log) current.output.show();
}

// ── tasks

const TASKS = ['check', 'lint'];

function tasks(): vscode.Task[] {
  return (vscode.workspace.workspaceFolders ?? []).flatMap((folder) => TASKS.map((name) => task(folder, name)));
}

function task(scope: vscode.WorkspaceFolder | vscode.TaskScope, command: string): vscode.Task {
  const run = new vscode.ProcessExecution(configuredPath(), [command, '--format', 'short']);
  return new vscode.Task({ type: 'hxpc', command }, scope, command, 'hxpc', run, '$hxpc');
}

function resolveTask(wanted: vscode.Task): vscode.Task | undefined {
  const command: unknown = wanted.definition['command'];
  if (typeof command !== 'string' || !TASKS.includes(command)) return undefined;
  const resolved = task(wanted.scope as vscode.WorkspaceFolder, command);
  resolved.definition = wanted.definition;
  return resolved;
}
