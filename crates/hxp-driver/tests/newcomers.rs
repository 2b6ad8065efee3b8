//! What people get wrong in their first policy: each slip is told once, at the text that is wrong, in words that help,
//! and where one edit mends it, that edit is offered.

use hxp_driver::system::Memory;
use hxp_driver::{Compilation, Request, compile};
use jiff::civil::date;

const POLICY: &str = r#"policy shop { edition = 2026 }

team devops   { github = "shop/devops" }
team managers { github = "shop/managers" }

gate unit_tests { run = "make test" }

/// At least this much of the code is run by the tests.
gate coverage(min: percent) {
  run = "make coverage"
  yields line: percent
  require line >= min
}

/// Wall clock of the zone, whatever daylight saving does.
window release_hours {
  zone = "Europe/Berlin"
  open mon..thu 10:00..16:00
}

environment staging {
  deploy with make("deploy") on push(branch == "main"), manual
  require unit_tests
}

environment production {
  deploy with helm("charts/shop", wait = true, timeout = 10m) on release(published, tag ~ semver_tag)
  after staging soaked 1h
  within release_hours
  require unit_tests, coverage(min = 70%)
  approve 1 of managers, 1 of devops
}
"#;

fn checked(text: &str) -> Compilation {
    let system = Memory::with([("shop/policy.hxp", text)]);
    compile(&system, &Request { start: "shop".into(), today: Some(date(2026, 11, 23)), ..Request::default() })
}

/// How a slip is mended.
enum Mend {
    /// By the first fix, which gives the right text back.
    Back,
    /// By the first fix, which gives this in place of the slip.
    To(&'static str),
    /// By hand; the help says this.
    Help(&'static str),
}
use Mend::{Back, Help, To};

/// What stands in the right text, the slip in its place, the text that is pointed at, its code, and the mend.
const SLIPS: &[(&str, &str, &str, &str, Mend)] = &[
    ("min = 70%", "min = 70m", "70m", "HXP0302", Back),
    ("run = \"make test\"", "run = make test", "make test", "HXP0101", Back),
    (
        "run = \"make coverage\"\n",
        "run = npm run test -- --coverage\n",
        "npm run test -- --coverage",
        "HXP0101",
        To("run = \"npm run test -- --coverage\"\n"),
    ),
    ("coverage(min = 70%)", "coverge(min = 70%)", "coverge", "HXP0201", Back),
    ("coverage(min = 70%)", "coverage(70)", "70", "HXP0303", To("coverage(70%)")),
    ("10:00..16:00\n}", "10:00..16:00\n", "{", "HXP0102", Help("close it with `}`")),
    ("soaked 1h", "soaked 1", "1", "HXP0303", Help("`1m` or `1h` or `1d`")),
    ("soaked 1h", "for 1h", "for", "HXP0101", Back),
    ("soaked 1h", "1h", "", "HXP0101", Back),
    ("1 of devops", "1 of develops", "develops", "HXP0201", Back),
    ("1 of devops", "1 of dev-ops", "-", "HXP0101", Help("joined by `_`")),
    ("1 of managers, 1 of devops", "2 managers", "managers", "HXP0101", To("2 of managers")),
    ("1 of managers, 1 of devops", "one of managers", "one", "HXP0101", To("1 of managers")),
    ("1 of managers, 1 of devops", "1 of managers or 1 of devops", "or", "HXP0101", Help("declare a team of both")),
    ("1 of managers, 1 of devops", "1 of managers and 1 of devops", "and", "HXP0101", Back),
    ("1 of managers, 1 of devops", "1 of managers, devops", "devops", "HXP0101", Back),
    ("approve 1", "approval 1", "approval", "HXP0101", Back),
    ("mon..thu", "mon..thr", "thr", "HXP0101", Back),
    ("mon..thu", "Mon..thu", "Mon", "HXP0101", Back),
    ("mon..thu", "mon-thu", "-", "HXP0101", Back),
    ("mon..thu", "mon to thu", "to", "HXP0101", Back),
    ("mon..thu", "weekdays", "weekdays", "HXP0101", To("mon..fri")),
    ("10:00..16:00", "9:00..16:00", "9:00", "HXP0104", To("09:00..16:00")),
    ("10:00..16:00", "10:00-16:00", "10:00-16:00", "HXP0104", Back),
    ("10:00..16:00", "10am..16:00", "10am", "HXP0105", Back),
    ("zone = \"", "zone \"", "\"Europe/Berlin\"", "HXP0101", Back),
    ("\"Europe/Berlin\"", "Europe/Berlin", "Europe/Berlin", "HXP0201", Back),
    ("\"Europe/Berlin\"", "\"Europe/Berln\"", "\"Europe/Berln\"", "HXP0213", Back),
    ("within release_hours", "within 9:00..17:00", "9:00", "HXP0104", To("within 09:00..17:00")),
    ("within release_hours", "within 09:00..17:00", "09:00..17:00", "HXP0207", Help("then write `within name`")),
    ("within release_hours", "within release-hours", "release-hours", "HXP0201", Back),
    ("within release_hours", "if release_hours", "if", "HXP0101", Help("write `when`")),
    ("\"make test\"", "'make test'", "'make test'", "HXP0115", Back),
    ("push(branch == \"main\")", "push(branch = \"main\")", "=", "HXP0119", Back),
    ("push(branch == \"main\"), manual", "push to main", "to", "HXP0101", To("push(branch == \"main\")")),
    ("policy shop {", "policy \"shop\" {", "\"shop\"", "HXP0407", Back),
    ("edition = 2026", "edition = \"2026\"", "\"2026\"", "HXP0301", Back),
    ("policy shop", "# The shop.\npolicy shop", "#", "HXP0115", To("// The shop.\npolicy shop")),
    (
        "team devops   { github = \"shop/devops\" }",
        "team devops = \"shop/devops\"",
        "\"shop/devops\"",
        "HXP0410",
        Help("team devops { … }"),
    ),
    ("line >= min", "line => min", "=>", "HXP0101", Back),
    ("coverage(min: percent)", "coverage(min = 70%)", "=", "HXP0101", To("coverage(min: percent = 70%)")),
    ("coverage(min: percent)", "coverage(min: percentage)", "percentage", "HXP0317", Back),
    ("yields line: percent", "yield line: percent", "yield", "HXP0101", Back),
    ("yields line: percent", "yields line = percent", "=", "HXP0101", Back),
    ("require unit_tests, coverage", "requires unit_tests, coverage", "requires", "HXP0101", Back),
    (
        "unit_tests, coverage(min = 70%)",
        "unit_tests and coverage(min = 70%)",
        "unit_tests and coverage(min = 70%)",
        "HXP0301",
        Back,
    ),
    ("unit_tests, coverage", "unit-tests, coverage", "unit-tests", "HXP0201", Back),
    ("timeout = 10m", "timeout = 10min", "10min", "HXP0105", Back),
    ("timeout = 10m", "timeout = \"10m\"", "\"10m\"", "HXP0301", Back),
    ("timeout = 10m", "timout = 10m", "timout", "HXP0309", Back),
    ("wait = true", "wait: true", ":", "HXP0101", Back),
    ("wait = true", "wait = yes", "yes", "HXP0201", Back),
    ("helm(\"charts/shop\"", "helm(charts/shop", "charts/shop", "HXP0201", Back),
    ("helm(", "Helm(", "Helm", "HXP0201", Back),
    ("after staging", "after stagging", "stagging", "HXP0201", Back),
    ("environment staging", "env staging", "env", "HXP0114", Back),
    (
        "environment production",
        "environment production: staging",
        "staging",
        "HXP0407",
        To("environment production extends staging"),
    ),
    (
        "environment production",
        "environment production extends stagin",
        "stagin",
        "HXP0201",
        To("environment production extends staging"),
    ),
    ("tag ~ semver_tag", "tag ~ semver", "semver", "HXP0201", Back),
    ("tag ~ semver_tag", "tag matches semver_tag", "matches", "HXP0101", Back),
    ("release(published", "release(publish", "publish", "HXP0305", Back),
    ("release(published", "releases(published", "releases", "HXP0214", Back),
    ("deploy with make", "deploy make", "make", "HXP0101", Back),
    ("1 of devops\n", "1 of devops when change.has(security)\n", "has", "HXP0305", Help("`change has security`")),
    ("1 of devops\n", "1 of devops when change has security\n", "security", "HXP0201", Help("no label is declared")),
    (
        "1 of devops\n",
        "1 of devops\n  rollback on failed { keep = 5 releases }\n",
        "releases",
        "HXP0101",
        To("1 of devops\n  rollback on failed { keep = 5 }\n"),
    ),
    (
        "1 of devops\n",
        "1 of devops\n  rollback on failed { limit = 15 minutes }\n",
        "15 minutes",
        "HXP0117",
        To("1 of devops\n  rollback on failed { limit = 15m }\n"),
    ),
    (
        "1 of devops\n",
        "1 of devops\n  rollback failed, manual\n",
        "failed",
        "HXP0101",
        To("1 of devops\n  rollback on failed, manual\n"),
    ),
    (
        "1 of devops\n",
        "1 of devops\n  notify \"#ops\" on deployed\n",
        "\"#ops\"",
        "HXP0301",
        Help("named without quotes"),
    ),
    (
        "1 of managers, 1 of devops",
        "1 of managers distinct, 1 of devops",
        "distinct",
        "HXP0101",
        To("1 of managers, 1 of devops distinct"),
    ),
    (
        "1 of managers, 1 of devops",
        "1 of managers when incident.open, 1 of devops",
        ",",
        "HXP0101",
        To("1 of managers when incident.open\n  approve 1 of devops"),
    ),
    ("1 of managers, 1 of devops", "1 from managers, 1 of devops", "from", "HXP0101", Back),
    ("approve 1 of managers", "approve = 1 of managers", "=", "HXP0101", Back),
    ("approve 1 of managers", "approve: 1 of managers", ":", "HXP0101", Back),
    ("open mon..thu 10:00..16:00", "open = mon..thu 10:00..16:00", "=", "HXP0101", Back),
    ("open mon..thu 10:00..16:00", "open mon..thu, 10:00..16:00", ",", "HXP0101", Back),
    ("open mon..thu 10:00..16:00", "open mon...thu 10:00..16:00", "...", "HXP0101", Back),
    ("open mon..thu 10:00..16:00", "open mon..thu 10:00 to 16:00", "to", "HXP0101", Back),
    ("open mon..thu 10:00..16:00", "open mon..thu 10:00 - 16:00", "-", "HXP0101", Back),
    ("open mon..thu 10:00..16:00", "open mon..thu at 10:00..16:00", "at", "HXP0101", Back),
    ("open mon..thu 10:00..16:00", "open 10:00..16:00 mon..thu", "mon..thu", "HXP0101", Back),
    (
        "10:00..16:00\n",
        "10:00..16:00\n  closed 2098-12-24 to 2098-12-26\n",
        "to",
        "HXP0101",
        To("10:00..16:00\n  closed 2098-12-24..2098-12-26\n"),
    ),
    (
        "10:00..16:00\n",
        "10:00..16:00\n  closed \"2098-12-24\"\n",
        "\"2098-12-24\"",
        "HXP0101",
        To("10:00..16:00\n  closed 2098-12-24\n"),
    ),
    (
        "10:00..16:00\n",
        "10:00..16:00\n  closed 2098-12-24 because too few people\n",
        "too few people",
        "HXP0101",
        To("10:00..16:00\n  closed 2098-12-24 because \"too few people\"\n"),
    ),
    (
        "10:00..16:00\n",
        "10:00..16:00\n  closed 2098-12-24 \"too few people\"\n",
        "\"too few people\"",
        "HXP0101",
        To("10:00..16:00\n  closed 2098-12-24 because \"too few people\"\n"),
    ),
    ("\"Europe/Berlin\"", "\"UTC+1\"", "\"UTC+1\"", "HXP0213", Help("an offset is no zone")),
    ("\"Europe/Berlin\"", "\"Europe/Frankfurt\"", "\"Europe/Frankfurt\"", "HXP0213", Help("IANA")),
    ("yields line: percent", "yields line percent", "line percent", "HXP0101", Back),
    ("yields line: percent", "yields { line: percent }", "{", "HXP0101", To("yields  line: percent ")),
    ("yields line: percent", "yields line: float", "float", "HXP0317", To("yields line: decimal")),
    ("coverage(min: percent)", "coverage(percent min)", "percent min", "HXP0101", Back),
    ("coverage(min: percent)", "coverage(min)", "min", "HXP0101", Help("min: percent")),
    ("coverage(min: percent)", "coverage(min: percent = 70m)", "70m", "HXP0302", To("coverage(min: percent = 70%)")),
    ("coverage(min = 70%)", "coverage(minimum = 70%)", "minimum", "HXP0309", Help("`min`")),
    (
        "gate unit_tests {",
        "gate unit_tests, smoke-test {",
        "smoke-test",
        "HXP0101",
        To("gate unit_tests, smoke_test {"),
    ),
    ("unit_tests, coverage(min", "\"unit_tests\", coverage(min", "\"unit_tests\"", "HXP0301", Back),
    ("run = \"make coverage\"", "run make coverage", "run", "HXP0101", Help("text stands in quotes")),
    ("run = \"make coverage\"", "command = \"make coverage\"", "command", "HXP0401", Help("`run`")),
    ("timeout = 10m", "timeout = \"10 minutes\"", "\"10 minutes\"", "HXP0301", Back),
    ("on push(branch == \"main\"), manual", "on [push, manual]", "[push, manual]", "HXP0214", To("on push, manual")),
    ("on push(branch == \"main\"), manual", "on push or manual", "push or manual", "HXP0214", To("on push, manual")),
    ("deploy with make", "deploy using make", "using", "HXP0101", Back),
    ("soaked 1h", "soaked for 1h", "for", "HXP0101", Back),
    (" soaked 1h", ", soaked 1h", ",", "HXP0101", Back),
    ("after staging soaked 1h", "after: staging soaked 1h", ":", "HXP0101", Back),
    (
        "1 of devops\n",
        "1 of devops when previous.version != null\n",
        "null",
        "HXP0201",
        To("1 of devops when previous.version != none\n"),
    ),
    (
        "1 of devops\n}\n",
        "1 of devops\n}\n\ntrigger complaints raised_by devops\n",
        "raised_by devops",
        "HXP0101",
        To("1 of devops\n}\n\ntrigger complaints { raised_by = devops }\n"),
    ),
    ("1 of devops\n", "1 of devops\n  values:\n    replicas: 3\n", ":", "HXP0101", Help("write `values { … }`")),
    // ── events, and what goes with them
    (
        "1 of devops\n",
        "1 of devops\n  rollback when failed, manual { keep = 5 }\n",
        "when",
        "HXP0101",
        To("1 of devops\n  rollback on failed, manual { keep = 5 }\n"),
    ),
    (
        "1 of devops\n",
        "1 of devops\n  rollback when previous.version != none { keep = 5 }\n",
        "when previous.version != none",
        "HXP0406",
        Help("declare `trigger NAME when … for 5m`"),
    ),
    (
        "1 of devops\n",
        "1 of devops\n  rollback on failed, manual keep 10 limit 15m\n",
        "keep 10 limit 15m",
        "HXP0101",
        To("1 of devops\n  rollback on failed, manual { keep = 10, limit = 15m }\n"),
    ),
    (
        "1 of devops\n",
        "1 of devops\n  rollback on failed, manual, keep = 10\n",
        "keep = 10",
        "HXP0101",
        To("1 of devops\n  rollback on failed, manual { keep = 10 }\n"),
    ),
    (
        "/// Wall clock",
        "use std.notify.{slack}\nchannel ops { to = slack(\"#ops\"), audience = internal }\n\n\
         environment third { deploy with make(\"x\") on manual  notify ops when failed }\n\n/// Wall clock",
        "when",
        "HXP0101",
        To("use std.notify.{slack}\nchannel ops { to = slack(\"#ops\"), audience = internal }\n\n\
             environment third { deploy with make(\"x\") on manual  notify ops on failed }\n\n/// Wall clock"),
    ),
    ("1 of devops\n", "1 of devops\n  notify on failed\n", "notify", "HXP0101", Help("`notify CHANNEL on EVENT`")),
    ("push(branch == \"main\")", "push branch main", "branch", "HXP0101", Back),
    ("push(branch == \"main\")", "push branch = \"main\"", "branch", "HXP0101", Back),
    ("push(branch == \"main\")", "push main", "main", "HXP0101", Back),
    ("release(published, tag ~ semver_tag)", "release published", "published", "HXP0101", To("release(published)")),
    (
        "release(published, tag ~ semver_tag)",
        "release tag ~ semver_tag",
        "tag",
        "HXP0101",
        To("release(tag ~ semver_tag)"),
    ),
    (
        "/// Wall clock",
        "use std.notify.{slack}\nchannel ops { to = slack(\"#ops\"), audience = internal }\n\n\
         environment third { deploy with make(\"x\") on manual\n  notify #ops on failed\n}\n\n/// Wall clock",
        "#",
        "HXP0115",
        Help("remove `#`"),
    ),
    (
        "/// Wall clock",
        "environment third { deploy with make(\"x\") on manual  after staging, production soaked 1h }\n\n/// Wall clock",
        ",",
        "HXP0101",
        To("environment third { deploy with make(\"x\") on manual  after staging\n  after production soaked 1h }\n\n\
             /// Wall clock"),
    ),
    // ── values as they are written elsewhere
    (
        "/// Wall clock",
        "override soft for production { waive window because no capacity  expires = 2099-01-01, owner = devops }\n\n/// Wall clock",
        "no capacity",
        "HXP0101",
        Help("write the quotes"),
    ),
    (
        "1 of devops\n",
        "1 of devops\n  url = https://shop.example.org\n",
        "https://shop.example.org",
        "HXP0101",
        To("1 of devops\n  url = \"https://shop.example.org\"\n"),
    ),
    ("after staging soaked 1h", "after staging soaked 2 cores", "2 cores", "HXP0117", Help("write `2cpu`")),
    ("soaked 1h", "soaked 1 month", "1 month", "HXP0105", Help("write days, as in `30d`")),
    ("soaked 1h", "soaked 2years", "2years", "HXP0105", Help("write days, as in `730d`")),
    ("min = 70%", "min = 99,5%", "99,5%", "HXP0104", To("min = 99.5%")),
    ("coverage(min = 70%)", "coverage(99,5%)", "99,5%", "HXP0104", To("coverage(99.5%)")),
    ("timeout = 10m", "timeout = 1,5h", "1,5h", "HXP0104", To("timeout = 1.5h")),
    (
        "1 of devops\n",
        "1 of devops\n  values { replicas = 1,000 }\n",
        "1,000",
        "HXP0104",
        To("1 of devops\n  values { replicas = 1000 }\n"),
    ),
    (
        "1 of devops\n",
        "1 of devops\n  values { ports = 80,443,8080 }\n",
        "80,443,8080",
        "HXP0104",
        To("1 of devops\n  values { ports = [80, 443, 8080] }\n"),
    ),
    (
        "10:00..16:00\n",
        "10:00..16:00\n  closed 20.12.2098..31.12.2098\n",
        "20.12.2098..31.12.2098",
        "HXP0104",
        To("10:00..16:00\n  closed 2098-12-20..2098-12-31\n"),
    ),
    (
        "10:00..16:00\n",
        "10:00..16:00\n  closed 12/20/2098 because \"x\"\n",
        "12/20/2098",
        "HXP0104",
        To("10:00..16:00\n  closed 2098-12-20 because \"x\"\n"),
    ),
    (
        "10:00..16:00\n",
        "10:00..16:00\n  closed 01.02.2098\n",
        "01.02.2098",
        "HXP0104",
        To("10:00..16:00\n  closed 2098-02-01\n"),
    ),
    (
        "10:00..16:00\n",
        "10:00..16:00\n  closed 20 December 2098\n",
        "20 December 2098",
        "HXP0104",
        To("10:00..16:00\n  closed 2098-12-20\n"),
    ),
    (
        "10:00..16:00\n",
        "10:00..16:00\n  closed Dec 24 because \"x\"\n",
        "Dec 24",
        "HXP0104",
        Help("write `YYYY-12-24` with the year"),
    ),
    ("edition = 2026", "edition = 2026, version = v2.1.0", "v2.1.0", "HXP0104", To("edition = 2026, version = 2.1.0")),
    ("edition = 2026", "edition = 2026, version = 2.1", "2.1", "HXP0301", To("edition = 2026, version = 2.1.0")),
    (
        "edition = 2026",
        "edition = 2026, version = \"v2.1.0\"",
        "\"v2.1.0\"",
        "HXP0301",
        To("edition = 2026, version = 2.1.0"),
    ),
    (
        "/// Wall clock",
        "label security { files = [a/**] }\n\n/// Wall clock",
        "a/**",
        "HXP0101",
        To("label security { files = [\"a/**\"] }\n\n/// Wall clock"),
    ),
    (
        "/// Wall clock",
        "label security { files = [\"a\", **/*.{ts,tsx}] }\n\n/// Wall clock",
        "**/*.{ts,tsx}",
        "HXP0101",
        To("label security { files = [\"a\", \"**/*.{ts,tsx}\"] }\n\n/// Wall clock"),
    ),
    (
        "/// Wall clock",
        "rule forward { assert release.version >= 1.0.0 }\n\n/// Wall clock",
        "assert",
        "HXP0101",
        To("rule forward { require release.version >= 1.0.0 }\n\n/// Wall clock"),
    ),
    (
        "1 of devops\n}",
        "1 of devops\n}\ntest \"t\" { given production at 2027-03-28T02:30[Europe/Paris]  expect pending }",
        "2027-03-28T02:30[Europe/Paris]",
        "HXP0107",
        To("1 of devops\n}\ntest \"t\" { given production at 2027-03-28T03:30[Europe/Paris]  expect pending }"),
    ),
    (
        "1 of devops\n}",
        "1 of devops\n}\ntest \"t\" { given production at 2027-03-29T02:30+05:00[Europe/Paris]  expect pending }",
        "2027-03-29T02:30+05:00[Europe/Paris]",
        "HXP0107",
        To("1 of devops\n}\ntest \"t\" { given production at 2027-03-29T02:30[Europe/Paris]  expect pending }"),
    ),
    (
        "/// Wall clock",
        "use std.metrics.{nginx_error_rate}\ntrigger errors when nginx_error_rate > 2% for 3m { min_samples = 5 }\n\n\
         environment third { deploy with make(\"x\") on manual  rollback on errors }\n\n/// Wall clock",
        "errors",
        "HXP0304",
        Help("`namespace = …`"),
    ),
    (
        "/// Wall clock",
        "use std.metrics.{nginx_error_rate}\nrule calm { require nginx_error_rate < 2% }\n\n/// Wall clock",
        "nginx_error_rate",
        "HXP0207",
        Help("a metric is watched by a trigger"),
    ),
];

#[test]
fn each_slip_is_told_once_and_well() {
    assert!(checked(POLICY).diagnostics.iter().all(|d| !d.is_error()));
    let mut failures = Vec::new();
    for (right, slip, under, code, mend) in SLIPS {
        let at = POLICY.rfind(right).unwrap_or_else(|| panic!("`{right}` is not in the policy"));
        let put = |text: &str| format!("{}{text}{}", &POLICY[..at], &POLICY[at + right.len()..]);
        let wrong = put(slip);
        let compilation = checked(&wrong);
        let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.is_error()).collect();
        let [only] = errors.as_slice() else {
            let all: Vec<_> = errors.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
            failures.push(format!("`{slip}` is told {} times: {all:#?}", errors.len()));
            continue;
        };
        let place = compilation.sources.slice(only.primary.span);
        if only.code.id() != *code || place != *under {
            failures.push(format!("`{slip}`: {} at `{place}`: {}", only.code, only.message));
        }
        let fixed = only.fixes.first().map(|fix| {
            let mut edits = fix.edits.clone();
            edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
            let mut text = wrong.clone();
            for edit in edits {
                text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
            }
            text
        });
        let wanted = match mend {
            Back => Some(POLICY.to_owned()),
            To(text) => Some(put(text)),
            Help(part) => {
                let said = only.help.iter().chain(only.fixes.iter().map(|f| &f.title)).any(|h| h.contains(part));
                if !said {
                    failures.push(format!("`{slip}`: `{part}` is not in {only:#?}"));
                }
                continue;
            }
        };
        if fixed != wanted {
            let lines = |text: Option<&String>| {
                text.map(|t| t.lines().filter(|l| !POLICY.contains(l)).collect::<Vec<_>>().join(" | "))
            };
            failures.push(format!(
                "`{slip}` is mended to {:?}, not {:?}",
                lines(fixed.as_ref()),
                lines(wanted.as_ref())
            ));
        }
    }
    assert!(failures.is_empty(), "{} of {} fail:\n{}", failures.len(), SLIPS.len(), failures.join("\n"));
}

/// Policies full of independent mistakes: of names, types, units, times, dates and syntax. Behind each line stand the
/// codes of what is wrong on it.
const FULL_OF_MISTAKES: [&str; 3] = [
    include_str!("data/mistakes-bank.txt"),
    include_str!("data/mistakes-payments.txt"),
    include_str!("data/mistakes-shop.txt"),
];

#[test]
fn every_mistake_is_told_and_none_twice() {
    for text in FULL_OF_MISTAKES {
        let marked = text.lines().zip(1..).filter_map(|(line, n)| Some((n, line.split_once("  //! ")?.1)));
        let expected: Vec<(usize, &str)> =
            marked.flat_map(|(n, codes)| codes.split(' ').map(move |code| (n, code))).collect();
        let compilation = checked(text);
        let line = |d: &hxp_diagnostics::Diagnostic| text[..d.primary.span.start as usize].matches('\n').count() + 1;
        let found: Vec<(usize, &str)> = compilation.diagnostics.iter().map(|d| (line(d), d.code.id())).collect();
        assert_eq!(found, expected);
        assert!(found.len() >= 20, "{}", found.len());
    }
}
