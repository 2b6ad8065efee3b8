// An extension beside ours, for the test alone: once the editor is there it asks for what a user would see, by the editor's
// own commands, and writes how each question went to HXP_RESULT. What starts the editor is ../host.mjs.
'use strict';

const assert = require('node:assert/strict');
const { writeFileSync, renameSync } = require('node:fs');
const { join } = require('node:path');
const vscode = require('vscode');

const project = process.env.HXP_PROJECT;
const ask = vscode.commands.executeCommand;
const open = async (name) => {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(join(project, name)));
  await vscode.window.showTextDocument(document);
  return document;
};
const at = (document, word) => document.positionAt(document.getText().indexOf(word));

/** Asks until something is answered: the server starts, and its findings come, in their own time. */
async function wait(what, question) {
  for (const until = Date.now() + 20000; Date.now() < until; ) {
    const found = await question();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`waited in vain for ${what}`);
}

const finding = (document, name) =>
  wait(`a finding about ${name}`, () => vscode.languages.getDiagnostics(document.uri).find((d) => d.message.includes(`\`${name}\``)));

const QUESTIONS = {
  'the extension is active': async () => {
    await open('policy.hxp');
    assert.equal(vscode.window.activeTextEditor.document.languageId, 'hxp');
    await wait('our extension', () => vscode.extensions.getExtension('hxp.hxp')?.isActive);
  },
  'a mistake is among the problems, with its code': async () => {
    const document = await open('broken.hxp');
    const found = await finding(document, 'missing_gate');
    assert.equal(found.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(found.code.value ?? found.code, 'HXP0201');
    assert.equal(document.getText(found.range), 'missing_gate');
  },
  'completion knows the gates': async () => {
    const document = await open('policy.hxp');
    const place = at(document, 'lint\n}');
    const list = await ask('vscode.executeCompletionItemProvider', document.uri, place);
    const labels = list.items.map(({ label }) => label.label ?? label);
    assert.ok(labels.includes('lint'), labels.join(' '));
  },
  'hover tells of a gate': async () => {
    const document = await open('policy.hxp');
    const hovers = await ask('vscode.executeHoverProvider', document.uri, at(document, 'lint\n}'));
    assert.match(hovers.flatMap(({ contents }) => contents.map((c) => c.value ?? c)).join('\n'), /lint/);
  },
  'a lens is above the environment': async () => {
    const document = await open('policy.hxp');
    const lenses = await ask('vscode.executeCodeLensProvider', document.uri, 10);
    const commands = lenses.map(({ command }) => command?.command);
    assert.ok(commands.includes('hxp.preview'), commands.join(' '));
  },
  'formatting is that of the compiler': async () => {
    const document = await open('crooked.hxp');
    await ask('editor.action.formatDocument');
    await wait('the form', () => document.getText() === 'team ops { github = "shop/ops" }\n');
  },
  'a quick fix mends a slip': async () => {
    const document = await open('broken.hxp');
    const slip = new vscode.WorkspaceEdit();
    slip.replace(document.uri, (await finding(document, 'missing_gate')).range, 'lnt');
    assert.ok(await vscode.workspace.applyEdit(slip));
    const { range } = await finding(document, 'lnt');
    const actions = await ask('vscode.executeCodeActionProvider', document.uri, range, 'quickfix');
    const mend = actions.find(({ edit }) => edit !== undefined);
    assert.ok(mend, actions.map(({ title }) => title).join('; '));
    assert.ok(await vscode.workspace.applyEdit(mend.edit));
    assert.match(document.getText(), /require lint\n/);
    await wait('no finding', () => vscode.languages.getDiagnostics(document.uri).length === 0);
  },
  'a rename reaches every place': async () => {
    const document = await open('policy.hxp');
    const edit = await ask('vscode.executeDocumentRenameProvider', document.uri, at(document, 'lint {'), 'style');
    assert.ok(await vscode.workspace.applyEdit(edit));
    assert.match(document.getText(), /gate style \{[^]*require style\n/);
  },
};

exports.activate = () => {
  void (async () => {
    const outcomes = {};
    for (const [name, question] of Object.entries(QUESTIONS)) {
      outcomes[name] = await question().then(() => 'fine', (error) => String(error?.stack ?? error));
    }
    const file = process.env.HXP_RESULT;
    writeFileSync(`${file}.new`, JSON.stringify(outcomes));
    renameSync(`${file}.new`, file);
  })();
};
