//! Each check of consistency: a mistake, what is said of it, and its mended twin of which nothing is said.
#![expect(clippy::expect_used, clippy::disallowed_methods, reason = "a test may, and reads the pages where they lie")]

mod common;

use common::Run;
use hxp_analysis::consistency::{Context, check};
use hxp_diagnostics::{Diagnostic, Severity};
use jiff::civil::date;

/// What is inconsistent in a text on 23 November 2026; that it is otherwise a policy is taken for granted.
fn found(text: &str) -> (Run, Vec<Diagnostic>) {
    let run = common::run(text);
    let errors: Vec<_> = run.syntax.iter().chain(&run.analysis.diagnostics).filter(|d| d.is_error()).collect();
    let foreign: Vec<_> =
        errors.iter().filter(|d| !d.id().starts_with("HXP05")).map(|d| (d.id(), &d.message)).collect();
    assert!(foreign.is_empty(), "{text}\n{foreign:#?}");
    let library: Vec<_> = run.sources.iter().filter(|(_, f)| f.path().starts_with("<std>")).map(|(id, _)| id).collect();
    let context = Context { today: Some(date(2026, 11, 23)), library: &library, docs: false, mends: None };
    let found = check(run.policy(), &context);
    (run, found)
}

fn say(run: &Run, all: &[Diagnostic]) -> String {
    let line = |d: &Diagnostic| {
        let mut text = format!("{} {:?} \"{}\" {}", d.id(), d.severity, run.sources.slice(d.primary.span), d.message);
        text.push_str(&format!("\n    ^ {}", d.primary.text));
        for label in &d.related {
            text.push_str(&format!("\n    - \"{}\" {}", run.sources.slice(label.span), label.text));
        }
        for help in &d.help {
            text.push_str(&format!("\n    ? {help}"));
        }
        text
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The examples of the pages say what the checks say.
#[test]
fn pages_of_the_checks() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors/");
    let mut failures = Vec::new();
    let ids = (501..=523).chain([526, 527, 528, 801, 803, 805, 806, 807, 808]);
    for id in ids.map(|n| format!("HXP{n:04}")) {
        let page = std::fs::read_to_string(format!("{root}{id}.md")).unwrap();
        let example = |kind: &str| {
            let (_, rest) = page.split_once(&format!("```hxp {kind}\n"))?;
            rest.split_once("```").map(|(text, _)| text.to_owned())
        };
        let (Some(wrong), Some(right)) = (example("wrong"), example("right")) else { continue };
        if id != "HXP0518" {
            let (run, all) = found(&wrong);
            let others: Vec<_> = all.iter().filter(|d| d.id() != id).collect();
            if others.len() == all.len() || !others.is_empty() {
                failures.push(format!("{id} WRONG\n{}", say(&run, &all)));
            }
            println!("{}", say(&run, &all));
        }
        let (run, all) = found(&right);
        if !all.is_empty() {
            failures.push(format!("{id} RIGHT\n{}", say(&run, &all)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Code, underlined text, and a part of what is said in message, labels or help, of every finding in order; `!` before a
/// code: not an error but a warning or advice.
type Said = &'static [(&'static str, &'static str, &'static str)];

/// `deploy` as short as it gets.
const D: &str = "deploy with make(\"ship\") on manual";

fn cases(table: &[(&str, Said)]) {
    let mut failures = Vec::new();
    for (text, said) in table {
        let text = text.replace("DEPLOY", D);
        let (run, all) = found(&text);
        let fits = |d: &Diagnostic, (code, under, part): &(&str, &str, &str)| {
            let (soft, code) = code.strip_prefix('!').map_or((false, *code), |c| (true, c));
            d.id() == code
                && (d.severity != Severity::Error) == soft
                && run.sources.slice(d.primary.span) == *under
                && say(&run, std::slice::from_ref(d)).contains(part)
        };
        if all.len() != said.len() || !all.iter().zip(*said).all(|(d, s)| fits(d, s)) {
            failures.push(format!("{text}\n  said {}\n  want {said:#?}", say(&run, &all)));
        }
    }
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), table.len(), failures.join("\n\n"));
}

#[test]
fn windows() {
    cases(&[
        // Closed wins over open.
        (
            "window w { zone = \"Europe/Berlin\"  open mon 10:00..12:00  closed mon }\nenvironment e { within w DEPLOY }",
            &[("HXP0501", "w", "does not open once in the 400 days from 2026-11-23")],
        ),
        (
            "window w { zone = \"Europe/Berlin\"  open mon 10:00..12:00  closed mon 11:00..12:00 }\nenvironment e { within w DEPLOY }",
            &[],
        ),
        // A dated opening that is over.
        (
            "window w { open 2026-01-01..2026-01-10 }\nenvironment e { within w DEPLOY }",
            &[("HXP0501", "w", "400 days")],
        ),
        ("window w { open 2027-01-01..2027-01-10 }\nenvironment e { within w DEPLOY }", &[]),
        // An algebra of windows that leaves nothing.
        (
            "window a { open mon..fri 09:00..17:00 }\nwindow b = a and not a\nenvironment e { within b DEPLOY }",
            &[("HXP0501", "b", "join them with `or`")],
        ),
        // Two zones: 09:00 to 12:00 in Tokyo is over before Los Angeles begins.
        (
            "window la { zone = \"America/Los_Angeles\"  open mon..fri 09:00..12:00 }\nwindow tokyo { zone = \"Asia/Tokyo\"  open mon..fri 09:00..12:00 }\nenvironment e { within la within tokyo DEPLOY }",
            &[("HXP0501", "within tokyo", "`la` and `tokyo` are never open at once")],
        ),
        (
            "window la { zone = \"America/Los_Angeles\"  open mon..thu 15:00..20:00 }\nwindow tokyo { zone = \"Asia/Tokyo\"  open mon..fri 09:00..12:00 }\nenvironment e { within la within tokyo DEPLOY }",
            &[],
        ),
        // The heir of an environment that is held to another window.
        (
            "window a { open mon 09:00..10:00 }\nwindow b { open tue 09:00..10:00 }\nenvironment base { abstract = true within a }\nenvironment e extends base { within b DEPLOY }",
            &[("HXP0501", "within b", "`a` must be open as well")],
        ),
        // What is lifted need not be open.
        (
            "window a { open mon 09:00..10:00 }\nwindow b { open tue 09:00..10:00 }\nenvironment e { within a within b DEPLOY }\nteam t { github = \"x/t\" }\noverride o for e { waive window.b because \"moving\"  owner = t, expires = 2027-06-30 }",
            &[],
        ),
        // Closures: the last day counts.
        (
            "window w { closed 2026-11-20..2026-11-21 because \"audit\" }\nenvironment e { within w DEPLOY }",
            &[("!HXP0520", "closed 2026-11-20..2026-11-21 because \"audit\"", "(audit) ended on 2026-11-21")],
        ),
        ("window w { closed 2026-11-20..2026-11-23 }\nenvironment e { within w DEPLOY }", &[]),
        // Helm's own five minutes.
        (
            "window w { open mon 09:00..09:04 }\nenvironment e { within w deploy with helm(\"c\") on manual }",
            &[(
                "!HXP0521",
                "deploy with helm(\"c\") on manual",
                "may take 5m, Helm's own limit, but the shortest slot of `w` lasts 4m",
            )],
        ),
        ("window w { open mon 09:00..09:05 }\nenvironment e { within w deploy with helm(\"c\") on manual }", &[]),
        // Stale: from Friday 17:00 to Monday 09:00 are 64 hours.
        (
            "gate g { run = \"x\", subject = environment, valid = 63h }\nwindow w { open mon..fri 09:00..17:00 }\nenvironment e { within w require g DEPLOY }",
            &[("!HXP0508", "g", "counts for 63h, but `w` stays closed for 2d 16h")],
        ),
        (
            "gate g { run = \"x\", subject = environment, valid = 64h }\nwindow w { open mon..fri 09:00..17:00 }\nenvironment e { within w require g DEPLOY }",
            &[],
        ),
        // What a run makes is made again by the run that asks at the opening.
        (
            "gate g { run = \"x\", valid = 1h }\nwindow w { open mon..fri 09:00..17:00 }\nenvironment e { within w require g DEPLOY }",
            &[],
        ),
        (
            "team t { github = \"x/t\" }\ngate g { by = t, subject = release, valid = 1h }\nwindow w { open mon..fri 09:00..17:00 }\nenvironment e { within w require g DEPLOY }",
            &[("!HXP0508", "g", "counts for 1h")],
        ),
        // Zones.
        (
            "window w { zone = \"EST\"  open mon 09:00..17:00 }\nenvironment e { within w DEPLOY }",
            &[("!HXP0808", "w", "UTC-5")],
        ),
        ("window w { zone = \"UTC\"  open mon 09:00..17:00 }\nenvironment e { within w DEPLOY }", &[]),
    ]);
}

#[test]
fn rules() {
    cases(&[
        (
            "rule r for e { require count(change.files) >= 0 }\nenvironment e { DEPLOY }",
            &[("!HXP0502", "require count(change.files) >= 0", "always holds")],
        ),
        ("rule r for e { require count(change.files) > 0 }\nenvironment e { DEPLOY }", &[]),
        // Whole numbers leave no room between 5 and 6.
        (
            "rule r for e { require count(change.files) > 5 and count(change.files) < 6 }\nenvironment e { DEPLOY }",
            &[(
                "HXP0503",
                "require count(change.files) > 5 and count(change.files) < 6",
                "`count(change.files) > 5` and `count(change.files) < 6` exclude each other",
            )],
        ),
        ("rule r for e { require count(change.files) > 5 and count(change.files) < 7 }\nenvironment e { DEPLOY }", &[]),
        // Versions, through not, or and if.
        (
            "rule r for e { require not (release.version < 2.0.0 or release.version >= 2.0.0) }\nenvironment e { DEPLOY }",
            &[("HXP0503", "require not (release.version < 2.0.0 or release.version >= 2.0.0)", "exclude each other")],
        ),
        (
            "rule r for e { require (if release.prerelease then release.version < 1.0.0 else release.version < 2.0.0) and release.version > 3.0.0 }\nenvironment e { DEPLOY }",
            &[(
                "HXP0503",
                "require (if release.prerelease then release.version < 1.0.0 else release.version < 2.0.0) and release.version > 3.0.0",
                "exclude each other",
            )],
        ),
        (
            "rule r for e { require (if release.prerelease then release.version < 1.0.0 else release.version < 4.0.0) and release.version > 3.0.0 }\nenvironment e { DEPLOY }",
            &[],
        ),
        // Words of a closed list.
        (
            "rule r for e { require action != deploy and action != config and action != rollback }\nenvironment e { DEPLOY }",
            &[("HXP0503", "require action != deploy and action != config and action != rollback", "can never hold")],
        ),
        ("rule r for e { require action != deploy and action != config }\nenvironment e { DEPLOY }", &[]),
        // Yes and no of the same fact.
        (
            "rule r for e { deny when release.prerelease or not release.prerelease }\nenvironment e { DEPLOY }",
            &[("HXP0503", "deny when release.prerelease or not release.prerelease", "every release is denied")],
        ),
        (
            "rule r for e { deny when release.prerelease and not release.prerelease }\nenvironment e { DEPLOY }",
            &[("!HXP0502", "deny when release.prerelease and not release.prerelease", "never denies anything")],
        ),
        // How two facts stand to each other.
        (
            "rule r for e { require release.publisher != none and actor.id == release.commit and actor.id != release.commit }\nenvironment e { DEPLOY }",
            &[(
                "HXP0503",
                "require release.publisher != none and actor.id == release.commit and actor.id != release.commit",
                "`actor.id == release.commit` and `actor.id != release.commit`",
            )],
        ),
        // Two rules, each possible.
        (
            "rule a for e { require release.version >= 2.0.0 }\nrule b for e { deny when release.version > 1.0.0 }\nenvironment e { DEPLOY }",
            &[("HXP0505", "deny when release.version > 1.0.0", "rule `a` asks for `release.version >= 2.0.0`")],
        ),
        (
            "rule a for e { require release.version >= 2.0.0 }\nrule b for f { deny when release.version > 1.0.0 }\nenvironment e { DEPLOY }\nenvironment f { DEPLOY }",
            &[],
        ),
        // A gate that no result passes.
        (
            "gate g { run = \"x\"  yields n: int  require n > 3 and n < 3 }\nenvironment e { require g DEPLOY }",
            &[("HXP0505", "g", "gate `g` can never pass")],
        ),
        ("gate g { run = \"x\"  yields n: int  require n > 2 and n < 4 }\nenvironment e { require g DEPLOY }", &[]),
        // Conditions.
        (
            "team t { github = \"x/t\" }\nenvironment e { approve 1 of t when count(change.files) < 0 DEPLOY }",
            &[("!HXP0806", "1 of t", "never is asked for")],
        ),
        ("team t { github = \"x/t\" }\nenvironment e { approve 1 of t when count(change.files) > 9 DEPLOY }", &[]),
        // `all` over none, guarded, negated, and of absence.
        (
            "rule r for e { require all f in change.files: f ~ \"docs/**\" }\nenvironment e { DEPLOY }",
            &[("!HXP0801", "require all f in change.files: f ~ \"docs/**\"", "`change.files` is empty")],
        ),
        (
            "rule r for e { require count(change.files) >= 1 and (all f in change.files: f ~ \"docs/**\") }\nenvironment e { DEPLOY }",
            &[],
        ),
        (
            "rule r for e { require count(change.files) >= 0 or (all f in change.files: f ~ \"docs/**\") }\nenvironment e { DEPLOY }",
            &[
                (
                    "!HXP0502",
                    "require count(change.files) >= 0 or (all f in change.files: f ~ \"docs/**\")",
                    "always holds",
                ),
                (
                    "!HXP0801",
                    "require count(change.files) >= 0 or (all f in change.files: f ~ \"docs/**\")",
                    "is empty",
                ),
            ],
        ),
        (
            "rule r for e { deny when not (all f in change.files: f ~ \"docs/**\") }\nenvironment e { DEPLOY }",
            &[("!HXP0801", "deny when not (all f in change.files: f ~ \"docs/**\")", "`change.files` is empty")],
        ),
        ("rule r for e { deny when all f in change.files: f ~ \"docs/**\" }\nenvironment e { DEPLOY }", &[]),
        ("rule r for e { require all f in change.files: not (f ~ \"infra/**\") }\nenvironment e { DEPLOY }", &[]),
        // Of no element can the body hold.
        (
            "rule r for e { require any p in change.pull_requests: p.id > 5 and p.id < 3 }\nenvironment e { DEPLOY }",
            &[("HXP0503", "require any p in change.pull_requests: p.id > 5 and p.id < 3", "can never hold")],
        ),
    ]);
}

#[test]
fn people() {
    cases(&[
        (
            "team t { members = [] }\nenvironment e { approve 1 of t DEPLOY }",
            &[("HXP0504", "1 of t", "has no members")],
        ),
        ("team t { members = [\"ada\", \"bob\"] }\nenvironment e { approve 1 of t DEPLOY }", &[]),
        (
            "team t { members = [\"ada\", \"ada\"] }\nenvironment e { approve 2 of t DEPLOY }",
            &[("HXP0504", "2 of t", "only 1 person")],
        ),
        (
            "team t { members = [\"ada\", \"bob\"] }\nenvironment e { approve 2 of t DEPLOY }",
            &[("!HXP0504", "2 of t", "all 2 people must approve")],
        ),
        (
            "team t { title = \"T\" }\nenvironment e { approve 1 of t DEPLOY }",
            &[("!HXP0504", "t", "nothing says who is in it")],
        ),
        ("team t { gitlab = \"x/t\" }\nenvironment e { approve 1 of t DEPLOY }", &[]),
        // Each team has enough, all together have not.
        (
            "team a { members = [\"ada\", \"bob\"] }\nteam b { members = [\"bob\", \"ada\"] }\nteam c { members = [\"ada\", \"bob\"] }\nenvironment e { approve 1 of a, 1 of b, 1 of c distinct DEPLOY }",
            &[("HXP0504", "1 of a", "3 different people of `a`, `b` and `c` must approve, but at most 2")],
        ),
        (
            "team a { members = [\"ada\", \"bob\"] }\nteam b { members = [\"bob\", \"ada\"] }\nteam c { members = [\"cleo\", \"bob\"] }\nenvironment e { approve 1 of a, 1 of b, 1 of c distinct DEPLOY }",
            &[],
        ),
        (
            "team t { members = [] }\ngate g { by = t, subject = release }\nenvironment e { require g DEPLOY }",
            &[("HXP0504", "g", "signed by `t`")],
        ),
    ]);
}

#[test]
fn recovery() {
    cases(&[
        (
            "environment e { recovery { rpo = 1h, backup_every = 24h, point_in_time = true } DEPLOY }",
            &[("!HXP0506", "rpo = 1h", "nothing checks that it works")],
        ),
        (
            "gate pitr_works { run = \"x\", subject = environment, valid = 24h }\nenvironment e { recovery { rpo = 1h, backup_every = 24h, point_in_time = true } require pitr_works DEPLOY }",
            &[],
        ),
        ("environment e { recovery { rpo = 24h, backup_every = 1d } DEPLOY }", &[]),
        // 14 minutes and one to begin fit; a second more does not. The trigger's own time is not counted.
        ("environment e { deploy with helm(\"c\", timeout = 14m) on manual rollback on failed { limit = 15m } }", &[]),
        (
            "metric m : percent { unit = ratio, query = promql\"a / b\" }\ntrigger t when m > 5% for 2m { min_samples = 9, runbook = \"r.md\" }\nenvironment e { deploy with helm(\"c\", timeout = 15m) on manual rollback on t { limit = 15m } }",
            &[("HXP0507", "rollback on t { limit = 15m }", "`t` fires 2m after it began, which is not counted")],
        ),
        (
            "environment e { deploy with helm(\"c\") on manual rollback on failed { limit = 5m } }",
            &[("HXP0507", "rollback on failed { limit = 5m }", "6m")],
        ),
        ("environment e { deploy with helm(\"c\", atomic = true) on manual rollback on manual }", &[]),
    ]);
}

#[test]
fn gates() {
    cases(&[
        (
            "gate c(min: percent) { run = \"x\"  yields line: percent  require line >= min }\nenvironment e { require c(70%), c(80%) DEPLOY }",
            &[("!HXP0528", "c(70%)", "is met wherever")],
        ),
        (
            "gate c(min: percent) { run = \"x\"  yields line: percent  require line >= min }\nenvironment e { require c(80%) DEPLOY }",
            &[],
        ),
        (
            "team t { github = \"x/t\" }\nenvironment e { approve 1 of t approve 2 of t DEPLOY }",
            &[("!HXP0528", "1 of t", "they do not add up")],
        ),
        (
            "team t { github = \"x/t\" }\nenvironment e { approve 1 of t approve 2 of t when release.prerelease DEPLOY }",
            &[],
        ),
        (
            "window w { open mon 09:00..17:00 }\nenvironment e { within w within w DEPLOY }",
            &[("!HXP0528", "w", "window `w` twice")],
        ),
        // A duty is another thing, and what is inherited was not said twice.
        (
            "gate g { run = \"x\" }\nenvironment b { abstract = true require g }\nenvironment e extends b { require g  require g on deployed due 1h DEPLOY }",
            &[],
        ),
        (
            "team t { github = \"x/t\" }\nenvironment f extends b { approve 2 of t DEPLOY }\nenvironment b { approve 1 of t DEPLOY }",
            &[],
        ),
        // Under a condition each adds its own.
        (
            "gate g { run = \"x\" }\nenvironment e { require g when release.prerelease  require g when actor.bot DEPLOY }",
            &[],
        ),
        // A rollback has its deployment.
        (
            "gate g { run = \"x\", subject = deployment }\nenvironment e { DEPLOY rollback on manual { require g } }",
            &[],
        ),
    ]);
}

#[test]
fn isolation() {
    const TWO: &str = "environment a { secrets { store = vault, scope = \"x\" } DEPLOY }\nenvironment b { secrets { store = sops, scope = \"x\" } DEPLOY }";
    cases(&[
        (TWO, &[]),
        // Inherited by two stages: shared; by two services of one stage: meant.
        (
            "environment base { abstract = true secrets { store = vault, scope = \"x\" } }\nenvironment a extends base { DEPLOY }\nenvironment b extends base { DEPLOY }",
            &[("HXP0510", "scope = \"x\"", "inherited by both")],
        ),
        (
            "service s { key = \"s\" }\nservice t { key = \"t\" }\nenvironment base { abstract = true secrets { store = vault, scope = \"x\" } }\nenvironment a extends base { service = s DEPLOY }\nenvironment b extends base { service = t DEPLOY }",
            &[],
        ),
        // Data.
        (
            "environment a { data { class = test, from = b } DEPLOY }\nenvironment b { data { class = live } DEPLOY }",
            &[("HXP0511", "from = b", "live data of `b` flows into `a`")],
        ),
        (
            "environment a { data { class = test, from = b } DEPLOY }\nenvironment b { data { class = anonymized } DEPLOY }",
            &[],
        ),
        (
            "environment a { data { class = live, from = b } DEPLOY }\nenvironment b { data { class = live } after a DEPLOY }",
            &[("HXP0511", "from = b", "live data")],
        ),
        (
            "environment a { data { class = live } DEPLOY }\nenvironment b { data { class = live, from = a } after a DEPLOY }",
            &[],
        ),
        (
            "gate g { run = \"x\", subject = environment }\nenvironment a { data { class = anonymized, from = b, through = gate.g } DEPLOY }\nenvironment b { data { class = live } DEPLOY }",
            &[("!HXP0511", "through = gate.g", "which nothing requires")],
        ),
        // Tags.
        (
            "environment a { DEPLOY }\nenvironment b { after a values { api { image = \"shop/api:main\" } } DEPLOY }",
            &[("HXP0512", "image = \"shop/api:main\"", "`main`")],
        ),
        (
            "environment a { DEPLOY }\nenvironment b { after a values { api { image = \"shop/api:v1.2.3\" }, git { tag = \"main\" } } DEPLOY }",
            &[],
        ),
        ("environment a { values { api { image { tag = \"latest\" } } } DEPLOY }", &[]),
        (
            "environment a { DEPLOY }\nenvironment b { after a values { api { image { repository = \"a/b\", pullPolicy = \"Always\" } } } DEPLOY }",
            &[("!HXP0512", "pullPolicy = \"Always\"", "IfNotPresent")],
        ),
        // Secrets.
        (
            "environment a { values { db { password = \"hunter22\" }, env = [{ name = \"API_TOKEN\", value = \"9f86d081884c\" }] } DEPLOY }",
            &[
                ("!HXP0807", "password = \"hunter22\"", "`db.password`"),
                ("!HXP0807", "value = \"9f86d081884c\"", "`env.value`"),
            ],
        ),
        (
            "environment a { values { db { password = \"changeme\", existingSecret = \"db-credentials\", existingSecretPasswordKey = \"password\", tokenUrl = \"https://x.example/token\", passwordFile = \"/run/secrets/db\", url = \"postgres://app:$(PW)@db/x\" } } DEPLOY }",
            &[],
        ),
        ("environment a { secrets { store = inline } values { db { password = \"hunter22\" } } DEPLOY }", &[]),
        (
            "environment a { secrets { store = inline } values { db { url = \"postgres://app:hunter22@db/x\" } } DEPLOY }",
            &[("!HXP0807", "url = \"postgres://app:hunter22@db/x\"", "an address with its password")],
        ),
    ]);
}

#[test]
fn waivers() {
    const GATE: &str = "gate g { run = \"x\" }\nenvironment e { require g DEPLOY }\n";
    let with = |text: &str| format!("{GATE}{text}").replace("DEPLOY", D);
    for (text, said) in [
        ("override o for e { waive gate.g because \"b\"  expires = 2026-11-23 }", "HXP0514 expired on 2026-11-23"),
        ("override o for e { waive gate.g because \"b\"  expires = 2026-11-24 }", "HXP0515 expires tomorrow"),
        ("override o for e { waive gate.g because \"b\"  expires = 2026-12-07 }", "HXP0515 expires in 14 days"),
        ("override o for e { waive gate.g because \"b\"  expires = 2026-12-08 }", ""),
        ("override o for e when incident.open { waive gate.g  expires = 24h }", ""),
        ("override o for e when incident.open { waive gate.g  expires = 2026-01-01 }", "HXP0514 override `o` expired"),
    ] {
        let (run, all) = found(&with(text));
        let lines = say(&run, &all);
        let words: Vec<&str> = said.splitn(2, ' ').collect();
        assert!(
            all.len() == usize::from(!said.is_empty()) && words.iter().all(|w| lines.contains(w)),
            "{text}\n{lines}"
        );
    }
    cases(&[(
        "gate g { run = \"x\" }\nenvironment e { @advisory require g DEPLOY }\noverride o for e { waive gate.g because \"b\"  expires = 2027-06-30 }",
        &[("!HXP0519", "gate.g", "only advice")],
    )]);
}

#[test]
fn promotion_and_controls() {
    cases(&[
        ("environment e { after e DEPLOY }", &[("HXP0516", "after e", "waits for itself")]),
        (
            "environment a { after c DEPLOY }\nenvironment b { after a DEPLOY }\nenvironment c { after b DEPLOY }",
            &[("HXP0516", "after c", "`a` after `c` after `b` after `a`")],
        ),
        ("environment a { DEPLOY }\nenvironment b { after a DEPLOY }\nenvironment c { after a after b DEPLOY }", &[]),
        (
            "environment e { deploy with make(\"x\") on release(tag ~ re\"[0-9]+\\.[0-9]+\\.[0-9]+\") }",
            &[("!HXP0526", "release(tag ~ re\"[0-9]+\\.[0-9]+\\.[0-9]+\")", "`v1.2.3` starts nothing")],
        ),
        ("environment e { deploy with make(\"x\") on release(tag ~ re\"v?[0-9]+\\.[0-9]+\\.[0-9]+\") }", &[]),
        ("environment e { deploy with make(\"x\") on release(tag ~ \"v*\") }", &[]),
        (
            "control c { reference = \"A.1\" }\nenvironment e { DEPLOY }",
            &[("HXP0513", "c", "names nothing that satisfies it")],
        ),
        ("control c { applies = false, reason = \"no cards\" }\nenvironment e { DEPLOY }", &[]),
    ]);
}

#[test]
fn triggers_and_disuse() {
    cases(&[
        (
            "metric m : duration { unit = seconds, query = promql\"histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))\" }\ntrigger t when m > 1s for 2m { runbook = \"r.md\" }\nenvironment e { DEPLOY rollback on t }",
            &[("!HXP0527", "t", "no `min_samples`")],
        ),
        (
            "metric m : int { unit = count, query = promql\"sum(up)\" }\ntrigger t when m < 1 for 2m { runbook = \"r.md\" }\nenvironment e { DEPLOY rollback on t }",
            &[],
        ),
        (
            "metric m : int { unit = count, query = promql\"sum(up)\" }\ntrigger t when m > environment.thresholds.low and m < environment.thresholds.high for 2m { runbook = \"r.md\" }\nenvironment e { thresholds { low = 5, high = 3 } DEPLOY rollback on t }",
            &[("!HXP0806", "t", "`t` can never fire in `e`: `m > 5` and `m < 3`")],
        ),
        (
            "team idle { github = \"x/y\" }\nwindow idle { open mon 09:00..10:00 }\nlabel idle { pr = \"x\" }\nservice s { key = \"s\" }\nenvironment e { DEPLOY }",
            &[
                ("!HXP0803", "idle", "team `idle`"),
                ("!HXP0803", "idle", "window `idle`"),
                ("!HXP0803", "idle", "label `idle`"),
            ],
        ),
        (
            "team t { github = \"x/y\" }\nwindow a { open mon 09:00..10:00 }\nwindow b = not a\nlabel l { pr = \"x\" }\nenvironment e { within b  approve 1 of t when change has l DEPLOY }",
            &[],
        ),
    ]);
}

/// Nothing is over, and nothing has expired, when nobody says which day it is; and doc comments are asked for on demand.
#[test]
fn the_day_and_the_docs_are_the_callers() {
    let text =
        "window w { closed 2019-12-20..2020-01-02 }\nenvironment e { within w deploy with make(\"x\") on manual }";
    let run = common::run(text);
    let codes =
        |context: &Context<'_>| check(run.policy(), context).iter().map(|d| d.id().to_string()).collect::<Vec<_>>();
    assert!(codes(&Context::default()).is_empty());
    let today = Some(date(2026, 11, 23));
    assert_eq!(codes(&Context { today, ..Context::default() }), ["HXP0520"]);
    assert_eq!(codes(&Context { docs: true, ..Context::default() }), ["HXP0804", "HXP0804"]);
}
