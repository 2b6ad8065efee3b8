// A stand-in for the module `vscode`, as much of it as a language client touches. Classes that only carry values exist
// as such; what the extension registers is kept for the test; anything else answers nothing.
'use strict';

const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { pathToFileURL, fileURLToPath } = require('node:url');

class Disposable {
  constructor(dispose = () => {}) {
    this.dispose = dispose;
  }
  static from(...parts) {
    return new Disposable(() => parts.forEach((part) => part.dispose()));
  }
}

class EventEmitter {
  constructor() {
    this.listeners = new Set();
    this.event = (listener, self) => {
      const bound = self ? listener.bind(self) : listener;
      this.listeners.add(bound);
      return new Disposable(() => this.listeners.delete(bound));
    };
  }
  fire(value) {
    for (const listener of [...this.listeners]) listener(value);
  }
  dispose() {
    this.listeners.clear();
  }
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(a, b, c, d) {
    [this.start, this.end] = a instanceof Position ? [a, b] : [new Position(a, b), new Position(c, d)];
  }
}

class Uri {
  constructor(parts) {
    Object.assign(this, { scheme: '', authority: '', path: '', query: '', fragment: '' }, parts);
  }
  static file(path) {
    return new Uri({ scheme: 'file', path });
  }
  static from(parts) {
    return new Uri(parts);
  }
  static parse(text) {
    const url = new URL(text);
    return url.protocol === 'file:' ? Uri.file(fileURLToPath(url)) : new Uri({ scheme: url.protocol.slice(0, -1), path: url.pathname });
  }
  get fsPath() {
    return this.path;
  }
  with(change) {
    return new Uri({ ...this, ...change });
  }
  toString() {
    return this.scheme === 'file' ? pathToFileURL(this.path).href : `${this.scheme}:${this.path}`;
  }
}

class CancellationTokenSource {
  token = { isCancellationRequested: false, onCancellationRequested: new EventEmitter().event };
  cancel() {}
  dispose() {}
}

class Diagnostic {
  constructor(range, message, severity) {
    Object.assign(this, { range, message, severity });
  }
}

class TextEdit {
  constructor(range, newText) {
    Object.assign(this, { range, newText });
  }
}

class Hover {
  constructor(contents, range) {
    Object.assign(this, { contents, range });
  }
}

class MarkdownString {
  constructor(value = '') {
    this.value = value;
  }
  appendMarkdown(text) {
    this.value += text;
    return this;
  }
  appendCodeblock(text) {
    return this.appendMarkdown(text);
  }
}

/** Kinds of action are put together from their parts: `refactor`, `refactor.extract`. */
class CodeActionKind {
  constructor(value) {
    this.value = value;
  }
  append(part) {
    return new CodeActionKind(this.value ? `${this.value}.${part}` : part);
  }
  static Empty = new CodeActionKind('');
}
for (const kind of ['QuickFix', 'Refactor', 'RefactorExtract', 'RefactorInline', 'Source', 'SourceOrganizeImports', 'SourceFixAll']) {
  CodeActionKind[kind] = new CodeActionKind(kind);
}

/** Something that answers nothing to any question, and can be called, constructed and disposed. */
function nothing() {
  const target = class {
    constructor(...parts) {
      this.parts = parts;
    }
  };
  return new Proxy(target, {
    get(object, name) {
      if (name in object || typeof name === 'symbol') return object[name];
      return /^[A-Z]/.test(name) ? 1 : undefined;
    },
  });
}

/** An object whose unknown members do nothing: events never come, registrations are kept. */
function lenient(known, keep) {
  const made = new Map();
  return new Proxy(known, {
    get(object, name) {
      if (name in object || typeof name === 'symbol') return object[name];
      if (!made.has(name)) {
        const register = (...args) => {
          keep?.(name, args);
          return new Disposable();
        };
        made.set(name, /^on(Did|Will)/.test(name) ? () => new Disposable() : register);
      }
      return made.get(name);
    },
  });
}

/** Puts the stand-in where `require('vscode')` finds it, and gives what a test does with it. */
function install({ folder, settings }) {
  const providers = {};
  const found = new Map();
  const shown = { errors: [] };
  const documents = [];
  const opened = new EventEmitter();
  const configured = new EventEmitter();
  const commands = new Map();
  const workspaceFolder = { uri: Uri.file(folder), name: 'project', index: 0 };

  const collection = () => ({
    set: (uri, list) => (Array.isArray(uri) ? uri.forEach(([u, l]) => found.set(u.toString(), l)) : found.set(uri.toString(), list)),
    delete: (uri) => found.delete(uri.toString()),
    clear: () => found.clear(),
    has: (uri) => found.has(uri.toString()),
    get: (uri) => found.get(uri.toString()),
    forEach: () => {},
    dispose: () => found.clear(),
  });
  const channel = lenient({ logLevel: 1, name: 'hxp' });

  const vscode = lenient({
    Disposable, EventEmitter, Position, Range, Selection: Range, Uri, CancellationTokenSource, Diagnostic, TextEdit, Hover,
    MarkdownString, CodeActionKind,
    version: '1.91.0',
    env: lenient({ appName: 'editor', language: 'en', openExternal: async () => true, onDidChangeTelemetryEnabled: () => new Disposable() }),
    languages: lenient(
      {
        createDiagnosticCollection: collection,
        match: (selector, document) =>
          [selector].flat().some((s) => (typeof s === 'string' ? s : s.language) === document.languageId) ? 10 : 0,
        getDiagnostics: (uri) => found.get(uri.toString()) ?? [],
      },
      (name, args) => (providers[name] ??= []).push(args.find((a) => typeof a === 'object' && a !== null && !Array.isArray(a) && !a.language && !a.scheme)),
    ),
    workspace: lenient({
      workspaceFolders: [workspaceFolder],
      textDocuments: documents,
      notebookDocuments: [],
      isTrusted: true,
      getWorkspaceFolder: () => workspaceFolder,
      getConfiguration: (section) => ({
        get: (key, otherwise) => settings[section ? `${section}.${key}` : key] ?? otherwise,
        has: () => false,
        inspect: () => undefined,
      }),
      onDidOpenTextDocument: opened.event,
      onDidChangeConfiguration: configured.event,
      createFileSystemWatcher: () => lenient({}),
      fs: lenient({}),
      asRelativePath: (path) => String(path),
    }),
    window: lenient({
      createOutputChannel: () => channel,
      showErrorMessage: async (...args) => void shown.errors.push(args),
      visibleTextEditors: [],
      tabGroups: lenient({ all: [] }),
      withProgress: (_options, task) => task({ report() {} }, new CancellationTokenSource().token),
    }),
    commands: lenient({
      registerCommand: (name, run) => {
        commands.set(name, run);
        return new Disposable(() => commands.delete(name));
      },
      executeCommand: async (name, ...args) => commands.get(name)?.(...args),
    }),
    tasks: lenient({}),
    notebooks: lenient({}),
    extensions: lenient({ all: [], getExtension: () => undefined }),
    DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
    ViewColumn: { Beside: -2 },
  });
  // What is not above is an enumeration or a class of values.
  const other = new Map();
  const module_ = new Proxy(vscode, {
    get(object, name) {
      if (typeof name === 'symbol' || !/^[A-Z]/.test(name) || name in object) return object[name];
      if (!other.has(name)) other.set(name, nothing());
      return other.get(name);
    },
  });
  const load = Module._load;
  Module._load = (request, ...rest) => (request === 'vscode' ? module_ : load(request, ...rest));

  function document(path) {
    const text = readFileSync(path, 'utf8');
    return {
      uri: Uri.file(path),
      fileName: path,
      languageId: 'hxp',
      version: 1,
      isClosed: false,
      isDirty: false,
      lineCount: text.split('\n').length,
      getText: () => text,
    };
  }

  return {
    providers,
    shown,
    settings,
    commands,
    token: new CancellationTokenSource().token,
    diagnostics: (name) => [...found].filter(([uri]) => uri.endsWith(`/${name}`)).flatMap(([, list]) => list ?? []),
    async open(path) {
      const one = document(path);
      documents.push(one);
      opened.fire(one);
      return one;
    },
    find(one, word) {
      const before = one.getText().slice(0, one.getText().indexOf(word)).split('\n');
      return new Position(before.length - 1, before.at(-1).length);
    },
    apply(one, edits) {
      const starts = one.getText().split('\n').reduce((all, line) => [...all, all.at(-1) + line.length + 1], [0]);
      const at = ({ line, character }) => Math.min((starts[line] ?? Infinity) + character, one.getText().length);
      return [...edits]
        .sort((a, b) => at(b.range.start) - at(a.range.start))
        .reduce((text, { range, newText }) => text.slice(0, at(range.start)) + newText + text.slice(at(range.end)), one.getText());
    },
  };
}

module.exports = { install };
