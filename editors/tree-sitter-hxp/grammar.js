/**
 * The grammar of hxp for tree-sitter. `grammar/hxp.pest` defines the language; a test (tests/agree.rs) holds this grammar
 * to the compiler's parser: it finds an error in a text exactly when the compiler finds an error of syntax there.
 *
 * Words that begin declarations and statements are names elsewhere, which needs no rule here: tree-sitter takes a word for a
 * keyword only where that keyword may stand. Only in front of an entry both may, see `key`.
 */
/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

// <words>
const KINDS = [
  'channel', 'chart', 'control', 'environment', 'gate', 'image', 'label', 'let', 'metric', 'objective',
  'override', 'policy', 'rule', 'service', 'team', 'test', 'trigger', 'use', 'window',
];
const HEADS = [
  'after', 'approve', 'closed', 'deny', 'deploy', 'expect', 'given', 'notify', 'open', 'require', 'rollback',
  'waive', 'within', 'yields',
];
const RESERVED = [
  'all', 'and', 'any', 'because', 'distinct', 'due', 'else', 'extends', 'false', 'for', 'has', 'if', 'in',
  'none', 'not', 'of', 'on', 'or', 'soaked', 'then', 'true', 'until', 'when', 'where', 'with',
];
const WEEKDAYS = [
  'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun',
];
const DURATION_UNITS = [
  'w', 'd', 'h', 'm', 's', 'ms',
];
const BYTE_UNITS = [
  'B', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'kB', 'MB', 'GB', 'TB',
];
const CPU_UNITS = [
  'cpu', 'mcpu',
];
// </words>

const WORD = '[A-Za-z_][0-9A-Za-z_]*';

// Literals that begin with a digit.
const DATE = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const CLOCK = '[0-9]{2}:[0-9]{2}(:[0-9]{2})?';
const RELEASE = '(0|[1-9][0-9]*)';
const PRERELEASE = '(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)';
const BUILD = '[0-9A-Za-z-]+';
const DURATION_UNIT = `(${DURATION_UNITS.join('|')})`;
const OTHER_UNIT = `(%|${BYTE_UNITS.concat(CPU_UNITS).join('|')})`;
const NUMBERS = {
  instant: `${DATE}T${CLOCK}(Z|[+-][0-9]{2}:[0-9]{2})?\\[[0-9A-Za-z_/+-]+\\]`,
  date: DATE,
  time: CLOCK,
  version: `${RELEASE}\\.${RELEASE}\\.${RELEASE}(-${PRERELEASE}(\\.${PRERELEASE})*)?(\\+${BUILD}(\\.${BUILD})*)?`,
  quantity: `[0-9]+(\\.[0-9]+)?(${DURATION_UNIT}([0-9]+${DURATION_UNIT})*|${OTHER_UNIT})`,
  decimal: '[0-9]+\\.[0-9]+',
  integer: '[0-9]+',
};
// Nothing is glued behind a literal. Being longer, this token is preferred where something is, and no rule goes on from it.
const GLUED = `(${Object.values(NUMBERS).join('|')})([0-9A-Za-z_%]|[.:-][0-9])+`;

// A text that is in no file: a rule that needs it is a dead end, on purpose.
const NOWHERE = '\u{10FFFF}';

const list1 = (rule) => seq(rule, repeat(seq(',', rule)));
const list1_with_end = (rule) => seq(list1(rule), optional(','));
const number = (form) => token(new RegExp(form));

/**
 * The levels of expressions, from loosest to tightest. What stands before a body does not begin with `{`, so all rules
 * that may begin with one exist twice: with the suffix `_headed` they do not.
 */
function expressions(suffix) {
  const name = (rule) => `_${rule}${suffix}`;
  const rule = ($, level) => $[name(level)];
  const binary = ($, level) => alias(rule($, level), $.binary_expression);
  const operation = (tightness, left, operator, right) =>
    prec(tightness, seq(field('left', left), field('operator', operator), field('right', right)));
  const primaries = ($) => [
    $.quantifier,
    $.conditional,
    $._literal,
    $.identifier,
    $.parenthesized,
    $.list,
  ];
  return {
    [name('expression')]: ($) => choice(rule($, 'conjunction'), binary($, 'or')),
    [name('or')]: ($) => operation(1, rule($, 'expression'), 'or', $._conjunction),
    [name('conjunction')]: ($) => choice(rule($, 'negation'), binary($, 'and')),
    [name('and')]: ($) => operation(2, rule($, 'conjunction'), 'and', $._negation),
    [name('negation')]: ($) => choice(rule($, 'comparison'), $.not_expression),
    [name('comparison')]: ($) => choice(rule($, 'range'), binary($, 'compare')),
    [name('compare')]: ($) =>
      operation(3, rule($, 'range'), choice('==', '!=', '<=', '>=', '<', '>', '~', 'in', 'has'), $._range),
    [name('range')]: ($) => choice(rule($, 'sum'), alias(rule($, 'between'), $.range)),
    [name('between')]: ($) => prec(4, seq(field('first', rule($, 'sum')), '..', field('last', $._sum))),
    [name('sum')]: ($) => choice(rule($, 'product'), binary($, 'add')),
    [name('add')]: ($) => operation(5, rule($, 'sum'), choice('+', '-'), $._product),
    [name('product')]: ($) => choice(rule($, 'signed'), binary($, 'multiply')),
    [name('multiply')]: ($) => operation(6, rule($, 'product'), choice('*', '/'), $._signed),
    [name('signed')]: ($) => choice(rule($, 'postfix'), $.minus_expression),
    [name('postfix')]: ($) =>
      choice(
        rule($, 'primary'),
        alias(rule($, 'field'), $.field_expression),
        alias(rule($, 'index'), $.index_expression),
        alias(rule($, 'call'), $.call),
      ),
    [name('field')]: ($) => prec(7, seq(field('value', rule($, 'postfix')), '.', field('field', $._word))),
    [name('index')]: ($) => prec(7, seq(field('value', rule($, 'postfix')), '[', field('index', $._expression), ']')),
    [name('call')]: ($) => prec(7, seq(field('function', rule($, 'postfix')), field('arguments', $.arguments))),
    [name('primary')]: ($) => (suffix === '' ? choice(...primaries($), $.block) : choice(...primaries($))),
  };
}

module.exports = grammar({
  name: 'hxp',

  word: ($) => $.identifier,

  extras: ($) => [/[ \t\r\n]/, $.comment],

  reserved: {
    global: (_) => RESERVED,
    // Behind a dot and behind `@` any word may stand.
    none: (_) => [],
  },

  conflicts: ($) => [[$.path]],

  rules: {
    // The bare `//` is a comment on the last line; elsewhere the token of comments takes it.
    source_file: ($) => seq(repeat($._item), optional(alias('//', $.comment))),

    // `// …`, and with four slashes; three make a doc comment.
    comment: (_) => token(choice(/\/\/[^\/\n][^\n]*/, /\/\/\n/, /\/\/\/\/[^\n]*/)),
    doc_comment: (_) => token(choice(/\/\/\/[^\/\n][^\n]*/, /\/\/\//)),

    // ── declarations

    _item: ($) =>
      seq(
        repeat($.doc_comment),
        repeat($.attribute),
        choice($.import, $.declaration, seq(choice($._kind, 'use'), $._tag_here)),
      ),

    attribute: ($) => seq('@', field('name', $._word), optional($.arguments)),

    import: ($) => seq('use', field('module', $.path), optional($.import_list)),
    import_list: ($) => seq('.', '{', list1_with_end($.identifier), '}'),

    declaration: ($) =>
      seq(
        field('kind', $._kind),
        choice(field('title', $._string), list1(field('name', $.identifier))),
        optional($.parameters),
        optional(seq(':', field('type', $.type))),
        repeat(choice($.extends_clause, $.for_clause, $.when_clause, $.subject_clause)),
        optional(choice(seq('=', field('value', $._expression)), field('body', $.block))),
      ),
    _kind: (_) => choice(...KINDS.filter((word) => word !== 'use')),

    parameters: ($) => seq('(', optional(list1_with_end($.parameter)), ')'),
    parameter: ($) =>
      seq(
        field('name', $.identifier),
        ':',
        field('type', $.type),
        optional(seq('=', field('default', $._expression))),
      ),
    type: ($) => seq($.path, optional(seq('<', list1($.type), '>')), optional('?')),

    extends_clause: ($) => seq('extends', field('parent', $.path), optional($.arguments)),
    for_clause: ($) => seq('for', $._headed),
    when_clause: ($) => seq('when', $._expression_headed),
    subject_clause: ($) => seq('on', choice($.kubernetes_kind, $.path)),
    kubernetes_kind: (_) =>
      token(/([0-9A-Za-z.-]+\/)?v[0-9]+(alpha[0-9]+)?(beta[0-9]+)?\.[A-Z][0-9A-Za-z_]*/),

    // ── blocks

    block: ($) => seq('{', repeat($._entry), '}'),
    _entry: ($) =>
      seq(
        repeat($.doc_comment),
        repeat($.attribute),
        choice(
          seq(choice($.spread, $.property), optional(choice(',', ';'))),
          seq($._statement, optional(';')),
          seq($._head, $._tag_here),
        ),
      ),

    spread: ($) => seq('...', $._expression),
    property: ($) =>
      seq(
        field('key', $._key),
        repeat(seq('.', field('key', $._key))),
        choice(seq('=', field('value', $._expression)), field('value', $.block)),
      ),
    // A word that begins statements is a key where `=`, `.` or `{` follows.
    _key: ($) => choice($.identifier, $.string, ...HEADS.map((head) => alias(head, $.identifier))),
    _head: (_) => choice(...HEADS),
    // A word glued to a quote is the tag of a string, never one that begins something.
    _tag_here: ($) => seq($._quote, NOWHERE),

    _statement: ($) =>
      choice(
        $.require, $.approve, $.after, $.within, $.deploy, $.rollback, $.notify, $.waive, $.deny, $.yields, $.slot,
        $.given, $.expect,
      ),
    require: ($) => seq('require', $._headed, repeat($._suffix)),
    approve: ($) => seq('approve', list1($.seat), optional('distinct'), repeat($._suffix)),
    seat: ($) => seq(field('count', $._expression_headed), 'of', field('team', $.path)),
    after: ($) =>
      seq(
        'after',
        field('environment', $.identifier),
        optional(seq('soaked', field('soaked', $._expression_headed))),
        repeat($._suffix),
      ),
    within: ($) => seq('within', $._expression_headed, repeat($._suffix)),
    deploy: ($) => seq('deploy', optional(seq('with', field('method', $._expression_headed))), repeat($._suffix)),
    rollback: ($) => seq('rollback', repeat1($._suffix), optional(field('body', $.block))),
    notify: ($) => seq('notify', $._headed, repeat($._suffix)),
    waive: ($) => seq('waive', $._headed, repeat($._suffix)),
    deny: ($) => seq('deny', repeat($._suffix)),
    yields: ($) => seq('yields', list1($.parameter)),
    given: ($) =>
      seq(
        'given',
        field('environment', $.identifier),
        choice('at', seq('at', $._tag_here)),
        field('instant', $._expression_headed),
        optional(seq('with', field('facts', $.block))),
      ),
    expect: ($) => seq('expect', field('verdict', $.identifier), repeat($._suffix)),

    _headed: ($) => list1($._expression_headed),
    _suffix: ($) => choice($.when_clause, $.on_clause, $.due_clause, $.until_clause, $.because_clause),
    on_clause: ($) => seq('on', $._headed),
    due_clause: ($) => seq('due', $._expression_headed),
    until_clause: ($) => seq('until', $._expression_headed),
    because_clause: ($) => seq('because', $._headed),

    slot: ($) =>
      seq(
        choice('open', 'closed'),
        optional(choice(list1($.day_range), list1($.date_range), $._malformed)),
        optional(list1($.time_range)),
        repeat($._suffix),
      ),
    day_range: ($) => seq($.weekday, optional(seq('..', $.weekday))),
    weekday: (_) => choice(...WEEKDAYS),
    date_range: ($) => seq($.date, optional(seq('..', choice($.date, $._malformed)))),
    time_range: ($) => seq($.time, '..', choice($.time, $._malformed)),

    // ── expressions

    ...expressions(''),
    ...expressions('_headed'),

    not_expression: ($) => seq('not', field('operand', $._negation)),
    minus_expression: ($) => seq('-', field('operand', $._signed)),
    parenthesized: ($) => seq('(', $._expression, ')'),
    arguments: ($) => seq('(', optional(list1_with_end($.argument)), ')'),
    argument: ($) => seq(optional(seq(field('name', $.identifier), '=')), field('value', $._expression)),
    list: ($) =>
      seq(
        '[',
        optional(
          seq($._expression, choice(seq('for', $.binding), repeat(seq(',', $._expression))), optional(',')),
        ),
        ']',
      ),
    binding: ($) =>
      seq(
        field('variable', $.identifier),
        'in',
        field('over', $._expression),
        optional(seq('where', field('filter', $._expression))),
      ),
    quantifier: ($) => seq(choice('all', 'any'), $.binding, ':', field('body', $._expression)),
    conditional: ($) =>
      seq(
        'if',
        field('condition', $._expression),
        'then',
        field('consequence', $._expression),
        'else',
        field('alternative', $._expression),
      ),

    // ── names and literals

    path: ($) => seq($.identifier, repeat(seq('.', $._word))),
    _word: ($) => reserved('none', $.identifier),
    identifier: (_) => token(new RegExp(WORD)),

    _literal: ($) =>
      choice(
        $.boolean, $.none, $._string, $.instant, $.date, $.time, $.version, $.quantity, $.decimal, $.integer,
        $._malformed,
      ),
    boolean: (_) => choice('true', 'false'),
    none: (_) => 'none',
    instant: (_) => number(NUMBERS.instant),
    date: (_) => number(NUMBERS.date),
    time: (_) => number(NUMBERS.time),
    version: (_) => number(NUMBERS.version),
    quantity: (_) => number(NUMBERS.quantity),
    decimal: (_) => number(NUMBERS.decimal),
    integer: (_) => number(NUMBERS.integer),
    _malformed: ($) => seq($._glued, NOWHERE),
    _glued: (_) => number(GLUED),

    _string: ($) => choice($.string, $.tagged_string),
    string: ($) =>
      seq('"', repeat(choice($.string_content, $.escape_sequence)), alias($._quote, '"')),
    string_content: (_) => token.immediate(prec(1, /[^"\\\n]+/)),
    escape_sequence: (_) => token.immediate(/\\(["\\ntr]|u\{[0-9A-Fa-f]{1,6}\})/),
    tagged_string: ($) =>
      seq(
        field('tag', alias($.identifier, $.tag)),
        alias($._quote, '"'),
        optional($.raw_content),
        alias($._quote, '"'),
      ),
    raw_content: (_) => token.immediate(prec(1, /([^"\\\n]|\\[^\n])+/)),
    _quote: (_) => token.immediate('"'),
  },
});
