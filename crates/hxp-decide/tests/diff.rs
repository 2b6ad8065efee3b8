//! Comparison of two policies: edits of a small policy beside what is said of them.

use hxp_decide::diff::{self, Verdict};
use hxp_driver::system::Memory;
use hxp_driver::{Request, compile};
use hxp_policy::Policy;

const POLICY: &str = r#"
policy shop { edition = 2026, version = 1.0.0, owner = platform }
team platform { github = "shop/platform" }
team devops { github = "shop/devops" }
team security { github = "shop/security" }
label security { pr = "security", files = ["**/auth/**"] }
label migration { files = ["**/migrations/**"] }
window release_hours {
  zone = "Europe/Berlin"
  open mon..thu 10:00..15:00
  closed 2026-12-18..2027-01-04 because "year end"
}
gate coverage(min: percent) { run = "make coverage"  yields line: percent  require line >= min }
gate scan { run = "make scan", valid = 24h }
gate plan { by = platform, subject = release }
gate reviewed_by(min: int) { require all c in change.commits: c.pull_request != none  require all p in change.pull_requests: count(p.approved_by) >= min }
environment staging {
  url = "https://staging.example.com", namespace = "staging"
  deploy with make("deploy") on push(branch == "main"), manual
  require scan
}
environment production {
  url = "https://example.com", namespace = "production"
  deploy with make("deploy") on release(published, tag ~ semver_tag)
  after staging soaked 1h
  within release_hours
  require scan, coverage(min = 70%), plan, reviewed_by(min = 2)
  approve 2 of devops
  approve 1 of security when change has security
  rollback on failed, manual { keep = 5 }
}
override hotfix for production when incident.open {
  expires = 24h
  waive window
  approve 1 of platform
}
rule big_steps for production {
  deny when previous.version != none and release.version.major > previous.version.major and change has migration
    because "no migration with a major version"
}
"#;

fn policy(text: &str) -> Policy {
    let system = Memory::with([("shop/policy.hxp", text)]);
    let request = Request { start: "shop".into(), ..Request::default() };
    let compilation = compile(&system, &request);
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
    compilation.policy
}

#[test]
fn probe() {
    let old = policy(POLICY);
    let around = "2026-11-23T00:00:00Z".parse().unwrap();
    for (from, to) in [
        ("", ""),
        ("approve 2 of devops", "approve 1 of devops"),
        ("min = 70%", "min = 60%"),
        ("soaked 1h", "soaked 30m"),
        ("10:00..15:00", "10:00..18:00"),
        ("mon..thu 10:00..15:00", "mon..fri 10:00..14:00"),
        ("waive window", "waive window, gate.scan"),
        ("reviewed_by(min = 2)", "reviewed_by(min = 1)"),
        ("keep = 5", "keep = 6"),
        ("valid = 24h", "valid = 48h"),
        ("and change has migration", ""),
        ("**/auth/**\"", "**/auth/**\", \"**/login/**\""),
        ("when change has security", ""),
        ("2026-12-18..2027-01-04", "2026-12-18..2027-01-03"),
        ("Europe/Berlin", "Europe/Paris"),
        ("Europe/Berlin", "Europe/London"),
    ] {
        let new = policy(&POLICY.replace(from, to));
        let start = std::time::Instant::now();
        let found = diff::compare(&old, &new, around);
        println!("{from:30} -> {to:30} {:?}", start.elapsed());
        for (name, cases) in found {
            for case in cases.iter().filter(|c| c.verdict != Verdict::Equivalent) {
                println!("   {name} {:?} {:?} {:?} {:?}", case.actions, case.verdict, case.kinds, case.ids);
            }
        }
    }
}
