// The TextMate grammar gives each token of the corpus the colour of what the compiler reads there. HXP_CLASSES names a file
// with the tokens, as `cargo run -p tree-sitter-hxp --example classes` prints them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';

const require = createRequire(import.meta.url);
const { createOnigScanner, createOnigString, loadWASM } = require('vscode-oniguruma');
const textmate = require('vscode-textmate');

const grammarFile = new URL('../syntaxes/hxp.tmLanguage.json', import.meta.url);

async function loadGrammar() {
  await loadWASM(readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm')));
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: async (scope) =>
      scope === 'source.hxp' ? textmate.parseRawGrammar(readFileSync(grammarFile, 'utf8'), 'hxp.json') : null,
  });
  return registry.loadGrammar('source.hxp');
}

/** What the scopes of a place show, in the words of the compiler's classes. */
function shown(scopes) {
  const has = (prefix) => scopes.some((scope) => scope.startsWith(prefix));
  if (has('comment.line.documentation')) return 'doc';
  if (has('comment')) return 'comment';
  if (has('string')) return 'string';
  if (has('constant.numeric')) return 'number';
  if (has('constant.language')) return 'constant';
  if (has('constant.other.verdict')) return 'name';
  if (has('constant.other')) return 'literal';
  if (has('keyword.control') || has('keyword.operator.word')) return 'keyword';
  if (has('keyword.operator') || has('punctuation')) return 'symbol';
  return 'name';
}

/** The class at every place of a text where a token may begin or end. */
function tokenize(grammar, text) {
  const classes = [];
  let state = textmate.INITIAL;
  for (const line of text.split('\n')) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    for (const { startIndex, endIndex, scopes } of tokens) {
      const end = Math.min(endIndex, line.length);
      for (let i = startIndex; i < end; i++) classes.push(shown(scopes));
    }
    classes.push('end of line');
  }
  return classes;
}

const texts = readFileSync(process.env.HXP_CLASSES, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));

test('every token of the corpus has the colour of what the compiler reads', async () => {
  const grammar = await loadGrammar();
  assert.ok(texts.length > 100, `only ${texts.length} texts`);
  const wrong = [];
  let count = 0;
  for (const { place, text, tokens } of texts) {
    const classes = tokenize(grammar, text);
    for (const [first, end, expected] of tokens) {
      count += 1;
      const parts = new Set(classes.slice(first, end));
      const [only] = parts;
      if (parts.size !== 1 || only !== expected) {
        const line = text.slice(0, first).split('\n').length;
        wrong.push(`${place}:${line}: \`${text.slice(first, end)}\` is ${expected}, shown as ${[...parts].join(' and ')}`);
      }
    }
  }
  assert.deepEqual(wrong, [], `${wrong.length} of ${count} tokens`);
});

test('an unclosed string ends with its line', async () => {
  const grammar = await loadGrammar();
  const classes = tokenize(grammar, 'let a = "open\nlet b = 1\n');
  assert.equal(classes[14], 'keyword');
});
