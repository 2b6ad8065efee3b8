// The packed extension in the real editor: its server starts with the .vsix and the test's own extension (host/) installed, a
// browser without a screen opens the project, and what the editor then answers is read. HXP_PROGRAM is the compiler,
// HXP_PROJECT a copy of editors/test/project, HXP_EDITOR the folder of packages of xtask/tools/vscode.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';

const { HXP_PROGRAM: program, HXP_PROJECT: project, HXP_EDITOR: editor } = process.env;
const require = createRequire(join(editor, 'package.json'));
const work = mkdtempSync(join(tmpdir(), 'hxp-host-'));
const result = join(work, 'result.json');
const root = join(editor, 'node_modules/code-server/lib/vscode');
const folders = ['--server-data-dir', join(work, 'server'), '--extensions-dir', join(work, 'extensions')];
const main = [join(root, 'out/server-main.js'), '--accept-server-license-terms', '--disable-workspace-trust', ...folders];
let log = '';

/** Waits, for a bounded time, and says with all that the editor said what did not come. */
async function wait(what, seconds, condition) {
  for (const until = Date.now() + seconds * 1000; Date.now() < until; ) {
    const found = condition();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`waited in vain for ${what}:\n${log}`);
}

function install() {
  cpSync(new URL('modules/native-watchdog.js', import.meta.url), join(editor, 'node_modules/native-watchdog/index.js'));
  const settings = join(work, 'server/data/Machine');
  mkdirSync(settings, { recursive: true });
  writeFileSync(join(settings, 'settings.json'), JSON.stringify({ 'hxp.path': program, 'security.workspace.trust.enabled': false }));
  const archive = new URL('../out/hxp.vsix', import.meta.url).pathname;
  log += execFileSync(process.execPath, [...main, '--install-extension', archive], { encoding: 'utf8' });
  const testing = join(work, 'extensions/hxp.hxp-host-test-0.0.1');
  cpSync(new URL('host', import.meta.url), testing, { recursive: true });
  const list = join(work, 'extensions/extensions.json');
  const installed = JSON.parse(readFileSync(list, 'utf8'));
  const location = { $mid: 1, path: testing, scheme: 'file' };
  const identifier = { id: 'hxp.hxp-host-test' };
  writeFileSync(list, JSON.stringify([...installed, { identifier, version: '0.0.1', location, relativeLocation: 'hxp.hxp-host-test-0.0.1' }]));
}

async function start() {
  const server = spawn(process.execPath, [...main, '--host', '127.0.0.1', '--port', '0', '--without-connection-token'], {
    env: { ...process.env, HXP_RESULT: result },
  });
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data) => (log += data));
  const port = await wait('the port', 60, () => /Extension host agent listening on (\d+)/.exec(log)?.[1]);
  return { server, address: `http://127.0.0.1:${port}/?folder=${encodeURIComponent(project)}` };
}

async function browse(address) {
  // The browser unpacks itself there.
  process.env.TMPDIR = work;
  const { default: chromium } = await import(pathToFileURL(require.resolve('@sparticuz/chromium')));
  const options = { executablePath: await chromium.executablePath(), args: chromium.args, headless: true };
  const browser = await require('playwright-core').chromium.launch(options);
  const page = await browser.newPage();
  page.on('console', (message) => (log += `${message.text()}\n`));
  page.on('pageerror', (error) => (log += `${error}\n`));
  await page.goto(address, { waitUntil: 'commit' });
  return { browser, page };
}

test('the packed extension in the real extension host', async (t) => {
  let server;
  let browser;
  t.after(async () => {
    await browser?.close();
    server?.kill();
    rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  });
  install();
  const started = await start();
  server = started.server;
  const opened = await browse(started.address);
  browser = opened.browser;
  await wait('the answers', 120, () => existsSync(result));
  const outcomes = Object.entries(JSON.parse(readFileSync(result, 'utf8')));
  assert.ok(outcomes.length > 0);
  for (const [name, outcome] of outcomes) await t.test(name, () => assert.equal(outcome, 'fine'));
});
