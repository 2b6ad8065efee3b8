//! Completion.

use hxp_ide::completion::{About, completion, resolve};

use crate::{edited, project};

/// The labels at the cursor.
fn labels(text: &str) -> Vec<String> {
    let (snapshot, place) = project(text);
    completion(&snapshot, place).1.into_iter().map(|c| c.label).collect()
}

#[test]
fn the_place_decides_what_is_offered() {
    let mut wrong: Vec<String> = Vec::new();
    for (text, offered, not_offered) in [
        ("$0", &["environment", "gate", "use"][..], &["within"][..]),
        ("env$0", &["environment"], &["within"]),
        ("environment prod {\n  $0\n}", &["namespace", "require", "within", "values"], &["open", "unit"]),
        ("environment prod {\n  namespace = \"x\"\n  $0\n}", &["url", "require"], &["namespace"]),
        ("environment prod {\n  $0\n  namespace = \"x\"\n}", &["url"], &["namespace"]),
        ("environment prod {\n  require unit\n  na$0\n}", &["namespace"], &["coverage"]),
        ("environment prod { require $0 }", &["unit", "coverage", "trivy"], &["office", "ops"]),
        ("environment prod { require unit, $0 }", &["coverage"], &["office"]),
        ("environment prod { within $0 }", &["office", "business_hours"], &["unit"]),
        ("environment prod { approve 1 of $0 }", &["ops", "devs"], &["office"]),
        ("environment dev {}\nenvironment prod { after $0 }", &["dev"], &["office"]),
        ("environment prod { notify $0 }", &["chat"], &["ops"]),
        ("environment prod { notify chat on $0 }", &["deployed", "failed", "incident.declared"], &["ops"]),
        ("environment prod { deploy with $0 }", &["helm", "make", "command"], &["unit"]),
        ("environment prod extends $0", &["prod"], &["office"]),
        ("channel c { audience = $0 }", &["internal", "public"], &["ops"]),
        ("channel c { to = x, audience = in$0 }", &["internal"], &["ops"]),
        ("policy q { owner = $0 }", &["ops", "devs"], &["office"]),
        ("gate g { valid = 5$0 }", &["m", "h", "d"], &["%", "Gi", "cpu", "ops"]),
        ("environment prod { after dev soaked 1$0 }", &["h", "d"], &["%", "Gi"]),
        ("environment prod { require coverage(min = 7$0) }", &["%"], &["h", "Gi"]),
        ("environment prod { thresholds { a = 5$0 } }", &["%", "h", "Gi"], &[]),
        ("environment prod {\n  lifetime = permanent\n  $0\n}", &["namespace", "require"], &["ephemeral", "lifetime"]),
        ("environment prod {\n  lifetime =\n    $0\n}", &["ephemeral"], &["namespace"]),
        ("environment prod {\n  require unit\n  $0\n}", &["namespace", "within"], &["coverage"]),
        ("environment prod {\n  require unit,\n    $0\n}", &["coverage"], &["namespace"]),
        ("rule r {\n  deny when release.prerelease\n    $0\n}", &["because"], &["prerelease"]),
        ("label safe {}\nenvironment prod { require unit when change has $0 }", &["safe"], &["unit", "release"]),
        (
            "chart web { path = \"charts/web\", release = \"web\" }\nenvironment prod { deploy with helm(web) on manual\n  values { $0 } }",
            &["logLevel"],
            &["namespace"],
        ),
        (
            "chart web { path = \"charts/web\", release = \"web\" }\nenvironment prod { deploy with helm(web) on manual\n  values { logLevel = $0 } }",
            &["\"debug\"", "\"info\""],
            &["within"],
        ),
        ("window w { zone = $0 }", &["\"Europe/Paris\""], &["helm", "slack"]),
        (
            "let quick = [unit]\nlet text = \"x\"\nenvironment prod { require $0 }",
            &["quick", "unit"],
            &["text", "helm"],
        ),
        ("window w {\n  open $0\n}", &["mon", "sun"], &["ops"]),
        ("window w { zone = \"Europe/$0\" }", &["Europe/Paris", "Etc/UTC"], &["ops"]),
        ("rule r { deny when release.$0 }", &["version", "prerelease", "branch"], &["unit"]),
        ("rule r { deny when $0 }", &["release", "change", "count"], &["within"]),
        ("gate g extends coverage($0) {}", &["min"], &["ops"]),
        ("environment prod { require coverage($0) }", &["min"], &["within"]),
        ("use std.$0", &["gates", "notify"], &["unit"]),
        ("use std.gates.{$0}", &["trivy"], &["slack"]),
        ("let x: $0 = 5", &["percent", "duration", "gate"], &["coverage", "incident state"]),
        ("rule r on $0", &["policy", "release", "networking.k8s.io/v1.Ingress"], &["unit"]),
        ("rule r on networking.k8s.io/v1.Ingress { require count(spec.$0) > 0 }", &["tls", "rules"], &["replicas"]),
        ("test \"t\" { given $0 }\nenvironment prod {}", &["prod"], &["office"]),
        ("test \"t\" { expect $0 }", &["allow", "pending", "deny"], &["office"]),
        ("gate g(min: percent) { yields line: percent  require $0 }", &["min", "line"], &["office"]),
    ] {
        let found = labels(text);
        let lacks = offered.iter().filter(|label| !found.iter().any(|l| l == *label));
        wrong.extend(lacks.map(|label| format!("{text}\nlacks {label}: {found:?}")));
        let has = not_offered.iter().filter(|label| found.iter().any(|l| l == *label));
        wrong.extend(has.map(|label| format!("{text}\nhas {label}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn nothing_is_offered_in_a_comment() {
    assert_eq!(labels("// env$0"), Vec::<String>::new());
}

#[test]
fn a_name_of_a_module_brings_its_use() {
    for (before, expected) in [
        ("use std.gates.{secrets}\n", "use std.gates.{secrets, trivy}\n"),
        ("use std.gates.{secrets,}\n", "use std.gates.{secrets, trivy,}\n"),
        ("use std.gates.{}\n", "use std.gates.{trivy}\n"),
        ("use std.gates.{ }\n", "use std.gates.{trivy }\n"),
        ("use std.notify.{slack}\n", "use std.notify.{slack}\nuse std.gates.{trivy}\n"),
        ("use std.dora\n", "use std.dora\nuse std.gates.{trivy}\n"),
        ("policy q { edition = 2026 }\n", "policy q { edition = 2026 }\n\nuse std.gates.{trivy}\n"),
        ("", "use std.gates.{trivy}\n"),
    ] {
        let (snapshot, place) = project(&format!("{before}environment prod {{ require unit, $0 }}"));
        let (_, found) = completion(&snapshot, place);
        let trivy = found.iter().find(|c| c.label == "trivy").unwrap();
        let import = trivy.import.clone().unwrap();
        let text = edited(&snapshot, place.file, &[import]);
        assert_eq!(text.split("environment").next().unwrap(), expected, "{before}");
    }
}

#[test]
fn what_a_unit_follows_stays() {
    let (snapshot, place) = project("gate g { valid = 15mi$0 }");
    let (span, _) = completion(&snapshot, place);
    assert_eq!(snapshot.slice(span), "mi");
}

#[test]
fn more_is_said_when_it_is_asked_for() {
    let (snapshot, _) = project("");
    let about = About::Declaration(hxp_ide::Kind::Gate, "coverage".to_owned());
    let text = resolve(&snapshot, &about).unwrap();
    assert!(text.contains("gate coverage(min: percent = 70%)") && text.contains("The share of lines"), "{text}");
}

#[test]
fn every_offset_of_a_policy_can_be_asked_about() {
    let (snapshot, mut place) = project(crate::BASE);
    let length = snapshot.text(place.file).len();
    for offset in 0..=length {
        place.offset = u32::try_from(offset).unwrap();
        let (span, _) = completion(&snapshot, place);
        assert!(span.start <= place.offset && span.end == place.offset);
        hxp_ide::hover::hover(&snapshot, place);
        hxp_ide::signature::signature(&snapshot, place);
        hxp_ide::selection::selection(&snapshot, place);
    }
}
