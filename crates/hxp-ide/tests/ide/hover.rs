//! Hovers.

use hxp_ide::hover::hover;
use hxp_ide::navigate;

use crate::project;

#[test]
fn each_word_says_what_it_means() {
    let mut wrong: Vec<String> = Vec::new();
    for (text, parts) in [
        (
            "environment prod { within off$0ice  deploy with command(\"x\") on manual }",
            &[
                "window office",
                "Weekdays in Berlin.",
                "**closed** now",
                "next opening: Mon 2027-03-01 09:00 Europe/Berlin",
                "17:00 Asia/Tokyo",
            ][..],
        ),
        (
            "environment pr$0od { approve 2 of ops, 1 of devs  within office  require unit  deploy with command(\"x\") on manual }",
            &["- approved by 2 of **ops**\n- approved by 1 of **devs**", "within **office**", "requires `unit`"],
        ),
        ("let share = 50%\nlet ha$0lf = 10 * 2", &["let half", "`int` = `20`"]),
        ("environment prod { na$0mespace = \"x\" }", &["**namespace**", "text"]),
        ("environment prod { req$0uire unit }", &["**require**"]),
        (
            "ru$0le r for prod { deny when action == deploy because \"x\" }\nenvironment prod {}",
            &["**rule**", "condition"],
        ),
        (
            "rule r { deny when release.pre$0release because \"no\" }",
            &["release.prerelease: bool", "a fact of the request"],
        ),
        ("channel c { to = { kind = \"email\" }, audience = pub$0lic }", &["**public**", "everyone"]),
        (
            "environment prod { require cov$0erage }",
            &["gate coverage(min: percent = 70%)", "evidence made by `make cover`", "yields `line: percent`"],
        ),
        (
            "chart web { path = \"charts/web\", release = \"web\" }\nenvironment prod { deploy with helm(web) on manual\n  values { log$0Level = \"info\" } }",
            &["**logLevel**: string: how much is written", "by the chart's schema", "here: `\"info\"`"],
        ),
        (
            "rule r$0 for prod { deny when release.prerelease because \"no\" }\nenvironment prod { deploy with command(\"x\") on manual }",
            &["rule r", "`prod.rule.r`", "opa: **soft**"],
        ),
    ] {
        let (snapshot, place) = project(text);
        let found = hover(&snapshot, place).map(|h| h.markdown).unwrap_or_default();
        let lacks = parts.iter().filter(|part| !found.contains(**part));
        wrong.extend(lacks.map(|part| format!("{text}\nwants {part}\nsays {found}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn where_nothing_is_meant_nothing_is_said() {
    for text in ["environment prod { $0 }", "$0", "// a $0 comment\nteam t {}"] {
        let (snapshot, place) = project(text);
        assert_eq!(hover(&snapshot, place), None, "{text}");
    }
}

/// An environment, its parent and what they are about, for rows on one word each.
const WORLD: &str = r#"
use std.dora
use std.gates.{trivy}
let known(e: environment, least: int = 1) = [e]
metric errors: percent { query = promql"up", unit = ratio }
service shop { key = "shop" }
environment base { abstract = true  thresholds { most = 5% }  require coverage }
environment dev extends base { namespace = "dev"  deploy with command("x") on manual }
environment prod extends base {
  namespace = "prod"  within office  require unit  after dev soaked 1h  approve 1 of ops
  lifetime = permanent
  deploy with command("x") on manual
}
"#;

#[test]
fn no_word_is_silent() {
    let mut wrong: Vec<String> = Vec::new();
    for (text, expected, leads_to) in [
        // Ids.
        (
            "override o for prod when incident.open { expires = 1h  waive gate.un$0it because \"x\" }",
            "gate unit",
            "gate unit",
        ),
        (
            "override o for prod when incident.open { expires = 1h  waive ga$0te.unit because \"x\" }",
            "**gate**: the evidence",
            "",
        ),
        (
            "override o for prod when incident.open { expires = 1h  waive win$0dow because \"x\" }",
            "**window**: that the window",
            "",
        ),
        (
            "override o for prod when incident.open { expires = 1h  waive approve.o$0ps because \"x\" }",
            "team ops",
            "team ops",
        ),
        (
            "override o for prod when incident.open { expires = 1h  waive after.d$0ev.soaked because \"x\" }",
            "environment dev",
            "environment dev",
        ),
        (
            "override o for prod when incident.open { expires = 1h  waive after.dev.soa$0ked because \"x\" }",
            "**soaked**",
            "",
        ),
        (
            "rule two on policy { require all s in services: s.name != \"x\" }\noverride o for prod when incident.open { expires = 1h  waive rule.two[sh$0op] because \"x\" }",
            "service shop",
            "service shop",
        ),
        (
            "test \"t\" { given prod at 2027-03-02T10:00[UTC]  expect pending because window.off$0ice }",
            "window office",
            "window office",
        ),
        ("control c { evidence = [pr$0od.approve, gate.unit] }", "environment prod", "environment prod"),
        ("control c { evidence = [prod.app$0rove, gate.unit] }", "**approve**", ""),
        ("control c { evidence = [prod.approve, gate.un$0it] }", "gate unit", "gate unit"),
        ("control c { evidence = [prod.names$0pace] }", "**namespace**", "\n  namespace"),
        // Keys of tests.
        (
            "test \"t\" { given prod at 2027-03-02T10:00[UTC] with { gates { cov$0erage { line = 80% } } }  expect pending }",
            "gate coverage",
            "gate coverage",
        ),
        (
            "test \"t\" { given prod at 2027-03-02T10:00[UTC] with { gates { coverage { li$0ne = 80% } } }  expect pending }",
            "line: percent",
            "yields line",
        ),
        (
            "test \"t\" { given prod at 2027-03-02T10:00[UTC] with { approvals { o$0ps = 1 } }  expect pending }",
            "team ops",
            "team ops",
        ),
        (
            "test \"t\" { given prod at 2027-03-02T10:00[UTC] with { gates { unit = fai$0led } }  expect deny }",
            "**failed** (evidence_state)",
            "",
        ),
        // Environments in lists, what binds, what joins.
        (
            "rule r on policy { require all e in [dev, pr$0od]: e.name != \"x\" }",
            "environment prod",
            "environment prod",
        ),
        ("rule r on policy { require all e i$0n [dev, prod]: e.name != \"x\" }", "**in**", ""),
        ("rule r on policy { require al$0l e in [dev, prod]: e.name != \"x\" }", "**all**", ""),
        ("rule r on policy { require all e in environments wh$0ere e != dev: e.name != \"x\" }", "**where**", ""),
        ("rule r on policy { require all e in environ$0ments: e.name != \"x\" }", "list<environment>", ""),
        ("environment x ext$0ends base {}", "**extends**", ""),
        ("environment x extends ba$0se {}", "environment base", "environment base"),
        ("rule r fo$0r prod { deny when release.prerelease because \"x\" }", "**for**", ""),
        ("rule r for pr$0od { deny when release.prerelease because \"x\" }", "environment prod", "environment prod"),
        ("override o for prod wh$0en incident.open { expires = 1h }", "**when**", ""),
        ("trigger t when errors > 5% fo$0r 2m { runbook = \"x\" }", "**for**", ""),
        ("trigger t when err$0ors > 5% for 2m { runbook = \"x\" }", "metric errors: percent", "metric errors"),
        ("environment x { deploy wi$0th command(\"x\") on manual }", "**with**", ""),
        ("environment x { approve 1 o$0f ops }", "**of**", ""),
        ("environment x { approve 1 of ops, 1 of devs dist$0inct }", "**distinct**", ""),
        ("environment x { after prod soa$0ked 1h }", "**soaked**", ""),
        ("test \"t\" { given prod a$0t 2027-03-02T10:00[UTC]  expect pending }", "**at**", ""),
        ("test \"t\" { given prod at 2027-03-02T10:00[UTC]  expect pen$0ding }", "**pending**: not yet", ""),
        ("window w = office an$0d office", "**and**", ""),
        ("environment x { abstract = tr$0ue }", "**true**", ""),
        // Events and their fields.
        ("environment x { notify chat on dep$0loyed }", "**deployed**: a deployment is healthy", ""),
        ("environment x { notify chat on incident.res$0olved }", "**incident.resolved**", ""),
        ("environment x { rollback on fai$0led, manual { keep = 5 } }", "**failed**", ""),
        ("environment x { deploy with command(\"x\") on pu$0sh(branch == \"main\") }", "**push**", ""),
        ("environment x { deploy with command(\"x\") on push(bra$0nch == \"main\") }", "`string`: the branch", ""),
        ("environment x { deploy with command(\"x\") on release(publi$0shed) }", "`bool`", ""),
        // Local names.
        (
            "rule r on policy { require all e in [dev, prod]: $0e.name != \"x\" }",
            "`environment`: each of `[dev, prod]`",
            "all e",
        ),
        ("let names = [e$0.name for e in [dev, prod]]", "each of `[dev, prod]`", "for e"),
        ("let f(amo$0unt: int) = amount * 2", "amount: int\n```\n\na parameter of the function `f`", "(amount"),
        ("let f(amount: int) = amo$0unt * 2", "amount: int", "(amount"),
        (
            "gate g(least: percent) { run = \"x\"  yields share: percent  require share >= lea$0st }",
            "a parameter of the gate `g`",
            "(least",
        ),
        (
            "gate g { run = \"x\"  yields sh$0are: percent  require share >= 5% }",
            "a result of the gate `g`",
            "yields share",
        ),
        ("gate g extends coverage { require li$0ne >= 80% }", "a result of the gate `coverage`", "yields line"),
        ("environment x { require coverage(mi$0n = 80%) }", "min: percent = 70%", "(min"),
        ("gate g extends coverage(mi$0n = 80%) {}", "a parameter of the gate `coverage`", "(min"),
        ("let l = known(dev, lea$0st = 2)", "least: int = 1", ", least"),
        ("gate g extends trivy(worst = hi$0gh) {}", "**high** (severity)", ""),
        // Types, days, attributes, functions, subjects, modules.
        ("let f(amount: perc$0ent) = amount", "**percent**: a share", ""),
        ("let f(least: seve$0rity) = least", "- `critical`: to be mended now", ""),
        ("let f(e: environ$0ment) = e", "**environment**: ", ""),
        ("window w { zone = \"UTC\"  open mo$0n..fri 09:00..17:00 }", "**mon**: Monday", ""),
        ("@advi$0sory rule r for prod { deny when release.prerelease because \"x\" }", "**@advisory**", ""),
        ("@depre$0cated(since = 1.0.0, use = unit) gate old { run = \"x\" }", "**@deprecated**", ""),
        ("@deprecated(si$0nce = 1.0.0, use = unit) gate old { run = \"x\" }", "**since**", ""),
        ("rule r for prod { require cou$0nt(change.files) < 5 }", "count(list)", ""),
        ("rule r on pol$0icy { require prod.namespace != dev.namespace }", "**policy**: the policy itself", ""),
        (
            "rule r on networking.k8s.io/v1.Ing$0ress for prod { require count(spec.tls) > 0 }",
            "objects of `networking.k8s.io/v1`",
            "",
        ),
        (
            "rule r on networking.k8s.io/v1.Ingress for prod { require count(sp$0ec.tls) > 0 }",
            "a field of the Ingress",
            "",
        ),
        ("u$0se std.metrics.{istio_error_rate}", "**use**", ""),
        (
            "use s$0td.metrics.{istio_error_rate}",
            "**std.metrics**: a module that declares `istio_error_rate`",
            "<std>/metrics",
        ),
        ("use std.metr$0ics.{istio_error_rate}", "**std.metrics**", "<std>/metrics"),
        ("objective o for prod { over = 28d  require do$0ra.frequency >= 10 }", "**std.dora**", "<std>/dora"),
        ("objective o for prod { over = 28d  require dora.freq$0uency >= 10 }", "metric frequency", "metric frequency"),
        // What is read of a declaration.
        (
            "rule r on policy { require prod.thres$0holds.most < 50% }",
            "**thresholds**",
            "{ abstract = true  thresholds",
        ),
        ("rule r on policy { require prod.thresholds.mo$0st < 50% }", "here: `5%`", "thresholds { most"),
        (
            "rule r on policy { require all e in [dev, prod]: e.life$0time != ephemeral }",
            "**lifetime**: a lifetime",
            "",
        ),
        (
            "rule r on policy { require all e in [dev, prod]: e.lifetime != ephem$0eral }",
            "**ephemeral** (lifetime)",
            "",
        ),
        (
            "trigger t when errors > envi$0ronment.thresholds.most for 2m { runbook = \"x\" }",
            "the environment at hand",
            "",
        ),
        ("trigger t when errors > environment.thres$0holds.most for 2m { runbook = \"x\" }", "**thresholds**", ""),
        ("trigger t when not deploy$0ment.healthy for 2m { runbook = \"x\" }", "the deployment that is watched", ""),
        (
            "rule r for prod { deny when any c in change.commits: c.mess$0age == \"x\" because \"x\" }",
            "c.message: string",
            "",
        ),
        ("rule r for prod { deny when rele$0ase.prerelease because \"x\" }", "a fact of the request", ""),
        ("environment x { thresholds { le$0ast = 5% } }", "under a name of the policy's own\n\nhere: `5%`", "{ least"),
        ("policy q { enforce = [git$0hub] }", "**github**", ""),
    ] {
        let (snapshot, place) = project(&format!("{text}\n{WORLD}"));
        let found = hover(&snapshot, place).map(|h| h.markdown).unwrap_or_default();
        if !found.contains(expected) {
            wrong.push(format!("{text}\nwants {expected}\nsays {found}"));
        }
        let target = navigate::definition(&snapshot, place).map(|target| {
            let source = snapshot.source(target.name.file).unwrap();
            let before = source.text().get(..target.name.end as usize).unwrap();
            if before.is_empty() { source.path().to_string() } else { before.to_owned() }
        });
        let target = target.unwrap_or_default();
        if leads_to.is_empty() != target.is_empty() || !(target.ends_with(leads_to) || target.starts_with(leads_to)) {
            let end = target.len().saturating_sub(40);
            wrong.push(format!("{text}\nleads to …{}", target.get(end..).unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
