// What the server's commands answer, shown: a file, a text of some language, or a picture.

import * as vscode from 'vscode';

/** What a command may answer; anything else is shown as JSON. */
interface Answer {
  readonly title?: string;
  /** A file to open. */
  readonly uri?: string;
  /** A text, and the language it is in. */
  readonly text?: string;
  readonly language?: string;
  /** A picture. */
  readonly svg?: string;
  /** Files that would be generated. */
  readonly files?: readonly { readonly path: string; readonly text: string }[];
}

/** How a test went. */
interface Outcome {
  readonly title: string;
  readonly holds: boolean;
  readonly wrong: readonly unknown[];
}

/** Texts that are answers and no files. */
export class AnswerDocuments implements vscode.TextDocumentContentProvider {
  static readonly scheme = 'hxp-answer';
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? '';
  }

  /** The document of that title, with a new text. */
  put(title: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: AnswerDocuments.scheme, path: `/${title}` });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    return uri;
  }
}

const beside = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true, preview: true };

/** Shows an answer beside the source. */
export async function show(documents: AnswerDocuments, command: string, answer: unknown): Promise<void> {
  if (answer === null || answer === undefined) return;
  if (typeof answer === 'string') return showText(documents, command, { text: answer });
  if (command === 'hxp.runTest' && Array.isArray(answer)) return showOutcomes(documents, answer as Outcome[]);
  const { uri, svg, text, title, files } = answer as Answer;
  if (typeof uri === 'string') {
    await vscode.window.showTextDocument(vscode.Uri.parse(uri), beside);
  } else if (typeof svg === 'string') {
    showPicture(title ?? command, svg);
  } else if (Array.isArray(files)) {
    await showFile(documents, files as NonNullable<Answer['files']>);
  } else if (typeof text === 'string') {
    await showText(documents, command, answer as Answer);
  } else {
    await showText(documents, command, { text: JSON.stringify(answer, undefined, 2), language: 'json' });
  }
}

async function showText(documents: AnswerDocuments, command: string, answer: Answer): Promise<void> {
  const uri = documents.put(answer.title ?? command, answer.text ?? '');
  const document = await vscode.workspace.openTextDocument(uri);
  if (answer.language !== undefined) await vscode.languages.setTextDocumentLanguage(document, answer.language);
  await vscode.window.showTextDocument(document, beside);
}

/** One of the files that would be generated; the user chooses where there are several. */
async function showFile(documents: AnswerDocuments, files: NonNullable<Answer['files']>): Promise<void> {
  const items = files.map((file) => ({ label: file.path, text: file.text }));
  const chosen = items.length > 1 ? await vscode.window.showQuickPick(items) : items[0];
  // The language is told by the ending of the path.
  if (chosen !== undefined) await showText(documents, 'hxp.preview', { title: chosen.label, text: chosen.text });
}

/** How tests went: in a message, and at length where one failed. */
async function showOutcomes(documents: AnswerDocuments, outcomes: Outcome[]): Promise<void> {
  const failed = outcomes.filter((outcome) => !outcome.holds);
  if (failed.length === 0) {
    void vscode.window.showInformationMessage(`hxp: ${outcomes.length} passed`);
    return;
  }
  const told = failed.map(({ title, wrong }) => [title, ...wrong.map((one) => `  ${said(one)}`)].join('\n'));
  await showText(documents, 'hxp.runTest', { title: 'failed tests', text: told.join('\n\n') + '\n' });
}

function said(one: unknown): string {
  return typeof one === 'string' ? one : JSON.stringify(one);
}

/** A picture in a view that runs no scripts and loads nothing. */
function showPicture(title: string, svg: string): void {
  const panel = vscode.window.createWebviewPanel('hxp.picture', title, beside, { enableScripts: false });
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  const data = Buffer.from(svg, 'utf8').toString('base64');
  panel.webview.html = `<!doctype html><html><head><meta http-equiv="Content-Security-Policy" content="${policy}"></head>
<body style="background: white"><img alt="" src="data:image/svg+xml;base64,${data}"></body></html>`;
}
