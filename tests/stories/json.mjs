// GitHub's parser imports its schema without saying that it is JSON, as bundlers allow and Node does not.
export async function load(url, context, next) {
  if (!url.endsWith(".json")) return next(url, context);
  return next(url, { ...context, importAttributes: { type: "json" } });
}
