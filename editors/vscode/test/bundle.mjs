// The bundle that is packed into the .vsix, loaded as an editor loads it, against the real server. What the editor would be
// is a stand-in for the module `vscode` (test/editor.cjs): it has the classes, remembers what the extension registers, and
// lets a test do what a user does. HXP_PROGRAM is the compiler, HXP_PROJECT a copy of editors/test/project.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

const require = createRequire(import.meta.url);
const { HXP_PROGRAM: program, HXP_PROJECT: project } = process.env;
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const editor = require('./editor.cjs').install({ folder: project, settings: { 'hxp.path': program } });
const extension = require('../out/extension.js');

const wait = async (what, condition) => {
  for (const until = Date.now() + 20000; Date.now() < until; ) {
    const found = await condition();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`waited in vain for ${what}`);
};

test('the extension and the server', async (t) => {
  const context = { subscriptions: [], extensionPath: project };
  await t.test('starts the server', async () => {
    await extension.activate(context);
    assert.deepEqual(editor.shown.errors, []);
  });
  await t.test('shows the findings of the compiler', async () => {
    await editor.open(join(project, 'broken.hxp'));
    const found = await wait('a finding', () =>
      editor.diagnostics('broken.hxp').find((d) => /missing_gate/.test(d.message)),
    );
    assert.equal(found.source, 'hxp');
  });
  await t.test('formats', async () => {
    const document = await editor.open(join(project, 'crooked.hxp'));
    const provider = await wait('the formatter', () => editor.providers.registerDocumentFormattingEditProvider?.[0]);
    const options = { tabSize: 2, insertSpaces: true };
    const edits = await provider.provideDocumentFormattingEdits(document, options, editor.token);
    assert.equal(editor.apply(document, edits), 'team ops { github = "shop/ops" }\n');
  });
  await t.test('tells what is under the cursor', async () => {
    const document = await editor.open(join(project, 'policy.hxp'));
    const provider = await wait('hover', () => editor.providers.registerHoverProvider?.[0]);
    const hover = await provider.provideHover(document, editor.find(document, 'lint {'), editor.token);
    assert.match(JSON.stringify(hover), /lint/);
  });
  await t.test('stops', async () => {
    await extension.deactivate();
  });
});

test('a compiler that is missing is told with a way out', async () => {
  editor.settings['hxp.path'] = join(project, 'no-such-program');
  await extension.activate({ subscriptions: [] });
  const [message, ...ways] = editor.shown.errors.at(-1);
  assert.match(message, /no-such-program` was not found.*hxp\.path/);
  assert.deepEqual(ways, ['Open Settings']);
  await extension.deactivate();
});

test('the problem matcher reads what the compiler writes', () => {
  const { stdout, stderr } = spawnSync(program, ['check', '--format', 'short', project], { encoding: 'utf8' });
  const [pattern] = manifest.contributes.problemPatterns;
  const found = (stdout + stderr).split('\n').map((line) => new RegExp(pattern.regexp).exec(line)).filter(Boolean);
  const one = found.find((match) => match[pattern.file].endsWith('broken.hxp'));
  assert.ok(one, stdout + stderr);
  const read = ['line', 'column', 'severity', 'code'].map((part) => one[pattern[part]]);
  assert.deepEqual(read, ['3', '11', 'error', 'HXP0201']);
});

test('what is packed is what was tested', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hxp-vsix-'));
  const archive = new URL('../out/hxp.vsix', import.meta.url).pathname;
  execFileSync('python3', ['-m', 'zipfile', '-e', archive, folder]);
  for (const file of ['out/extension.js', 'syntaxes/hxp.tmLanguage.json', 'snippets/hxp.json']) {
    assert.deepEqual(
      readFileSync(join(folder, 'extension', file)),
      readFileSync(new URL(`../${file}`, import.meta.url)),
      file,
    );
  }
});
