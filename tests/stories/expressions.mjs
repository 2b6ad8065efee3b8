// GitHub's own expression evaluator over plain JavaScript values.

import { Evaluator, Lexer, Parser, data } from "@actions/expressions";

const CONTEXTS = ["github", "env", "vars", "secrets", "inputs", "needs", "job", "steps", "runner", "strategy", "matrix"];

/** Names of the functions that ask how things went so far. */
export const STATUS = ["success", "failure", "always", "cancelled"];

function toData(value) {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "string") return new data.StringData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  return new data.Dictionary(...Object.entries(value).map(([key, v]) => ({ key, value: toData(v) })));
}

/** What an expression without its `${{ }}` is; `status` answers the status functions. */
export function evaluate(expression, contexts, status = {}) {
  const functions = STATUS.map((name) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => {
      if (status[name] === undefined) throw new Error(`${name}() cannot be asked in ${expression}`);
      return new data.BooleanData(status[name]);
    },
  }));
  const parsed = new Parser(new Lexer(expression).lex().tokens, CONTEXTS, functions).parse();
  const map = new Map(functions.map((f) => [f.name, f]));
  return new Evaluator(parsed, toData(contexts), map).evaluate();
}

/** Whether an `if:` holds. Without a status function in it, GitHub puts `success() &&` before it. */
export function holds(condition, contexts, status) {
  let text = String(condition ?? "").trim();
  if (text.startsWith("${{") && text.endsWith("}}")) text = text.slice(3, -2).trim();
  if (text === "") text = "success()";
  const names = new Lexer(text).lex().tokens.map((t) => t.lexeme?.toLowerCase());
  if (!names.some((name) => STATUS.includes(name))) text = `success() && (${text})`;
  return evaluate(text, contexts, status).coerceString() !== "" && truthy(evaluate(text, contexts, status));
}

function truthy(value) {
  const text = value.coerceString();
  return !(value instanceof data.Null || text === "false" || text === "" || text === "0");
}

/** A text with its `${{ }}` filled in. */
export function fill(text, contexts) {
  if (typeof text !== "string") return text === null || text === undefined ? "" : String(text);
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression) => evaluate(expression.trim(), contexts).coerceString());
}
