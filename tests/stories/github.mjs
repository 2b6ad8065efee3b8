// GitHub's REST and GraphQL API, Prometheus and the channels, served on loopback. What a story says is there is answered;
// what is written is kept, so that a later question finds it; everything that is asked is put on record.

import http from "node:http";

const BOT = { login: "github-actions[bot]" };

/** Starts the server; resolves to its address and a way to end it. */
export function serve(world, clock) {
  const record = [];
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url, "http://loopback");
    const path = decodeURIComponent(url.pathname);
    let body = text;
    try {
      body = text === "" ? null : JSON.parse(text);
    } catch {
      // A form, as curl sends it.
    }
    const asked = { at: clock.now(), method: request.method, path, query: Object.fromEntries(url.searchParams), body };
    const [status, answer] = reply(world, clock, asked);
    record.push({ ...asked, status });
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = `http://127.0.0.1:${server.address().port}`;
      resolve({ address, record, close: () => server.close() });
    });
  });
}

function reply(world, clock, { method, path, query, body }) {
  const outside = path.match(/^\/external\/([^/]+)(\/.*)$/);
  if (outside) return (world.unreachable ?? []).includes(outside[1]) ? [503, {}] : [200, {}];
  if (path === "/prometheus/api/v1/query") return [200, prometheus(world, clock, query.query ?? body)];
  if (world.github_is_down) return [503, { message: "unavailable" }];
  for (const [verb, pattern, answer] of ROUTES) {
    const found = verb === method && path.match(pattern);
    if (!found) continue;
    const value = answer(world, { at: clock.now(), query, body, parts: found.slice(1) });
    return value === undefined ? [404, { message: "Not Found" }] : [method === "POST" ? 201 : 200, value];
  }
  return [404, { message: `the story has no answer to ${method} ${path}` }];
}

/** The last of the story's readings that fits the query and has begun. */
function prometheus(world, clock, query) {
  const now = Date.parse(clock.now());
  const fits = (r) => query.includes(r.query) && (!r.from || Date.parse(r.from) <= now);
  const reading = (world.metrics ?? []).filter(fits).at(-1);
  const result = reading === undefined ? [] : [{ value: [now / 1000, String(reading.value)] }];
  return { status: "success", data: { result } };
}

const REPOSITORY = "/repos/[^/]+/[^/]+";
const on = (method, pattern, answer) => [method, new RegExp(`^${pattern}$`), answer];

const ROUTES = [
  on("GET", `${REPOSITORY}/deployments`, (world, { query }) =>
    world.deployments.filter((d) => d.environment === query.environment && d.task === query.task).reverse(),
  ),
  on("POST", `${REPOSITORY}/deployments`, (world, { at, body }) => {
    const made = { ...body, id: 1000 + world.deployments.length, created_at: at, creator: BOT, statuses: [] };
    world.deployments.push(made);
    return made;
  }),
  on("GET", `${REPOSITORY}/deployments/(\\d+)/statuses`, (world, { parts }) => deployment(world, parts)?.statuses),
  on("POST", `${REPOSITORY}/deployments/(\\d+)/statuses`, (world, { at, parts, body }) => {
    const made = { ...body, created_at: at, creator: BOT };
    deployment(world, parts)?.statuses.unshift(made);
    return made;
  }),
  on("GET", `${REPOSITORY}/compare/(.+)\\.\\.\\.(.+)`, (world, { parts: [base, head] }) =>
    world.compare[`${base}...${head}`],
  ),
  on("POST", "/graphql", (world, { body }) => ({
    data: {
      repository: Object.fromEntries(
        world.commits.filter((c) => body.query.includes(`"${c.oid}"`)).map((c) => [`c${c.oid}`, c]),
      ),
    },
  })),
  on("GET", `${REPOSITORY}/releases`, (world) => world.releases),
  on("GET", `${REPOSITORY}/releases/tags/(.+)`, (world, { parts }) =>
    world.releases.find((r) => r.tag_name === parts[0]),
  ),
  on("GET", `${REPOSITORY}/commits/(.+)`, (world, { parts }) => {
    const sha = world.refs[parts[0]] ?? world.commits.find((c) => c.oid === parts[0])?.oid;
    return sha && { sha };
  }),
  on("GET", "/orgs/([^/]+)/teams/([^/]+)/members", (world, { parts }) =>
    world.teams[`${parts[0]}/${parts[1]}`]?.map((login) => ({ login })),
  ),
  on("GET", "/orgs/([^/]+)/teams/([^/]+)/memberships/(.+)", (world, { parts }) =>
    world.teams[`${parts[0]}/${parts[1]}`]?.includes(parts[2]) ? { state: "active" } : undefined,
  ),
  on("GET", `${REPOSITORY}/actions/runs/\\d+/jobs`, (world) => ({ jobs: world.jobs })),
  on("GET", `${REPOSITORY}/actions/runs/\\d+/approvals`, (world) => world.approvals),
  on("GET", `${REPOSITORY}/issues`, (world, { query }) =>
    world.issues.filter((i) => query.state === "all" || i.state === (query.state ?? "open")).reverse(),
  ),
  on("GET", `${REPOSITORY}/issues/(\\d+)`, (world, { parts }) =>
    world.issues.find((i) => String(i.number) === parts[0]),
  ),
  on("GET", `${REPOSITORY}/actions/workflows/([^/]+)/runs`, (world, { parts }) => ({
    workflow_runs: world.runs[parts[0]] ?? [],
  })),
  on("GET", `${REPOSITORY}/git/trees/(.+)`, (world) => world.tree),
  on("GET", `${REPOSITORY}/contents/(.+)`, (world, { parts }) => world.contents[parts[0]]),
];

function deployment(world, [id]) {
  return world.deployments.find((d) => String(d.id) === id);
}
