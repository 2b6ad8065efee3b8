//! The ledger of duties: read from records that only the workflow writes, from incidents and from signatures.

use serde_json::{Value, json};

use crate::scripts::{API, COMMIT, LIVE, Runner};
use crate::world::{FIXTURE, emit, emit_with, policy, yaml};

const HEALTH: &str = "production.gate.health";

/// Statuses of a record, by the workflow's own identity.
fn statuses(all: &[(&str, &str, &str)]) -> Value {
    let bot = json!({ "login": "github-actions[bot]" });
    all.iter()
        .map(|(state, at, said)| json!({ "state": state, "created_at": at, "description": said, "creator": bot }))
        .collect()
}

/// A deployment at noon that owes a look at its health within half an hour.
fn deployed(runner: &Runner, of_override: &Value, all: &[(&str, &str, &str)]) {
    let owes = json!([{ "id": HEALTH, "on": "deployed", "due": "30m" }, { "id": "gone.gate.x", "on": "deployed", "due": "1h" },
        { "id": "production.gate.post_mortem", "on": "incident.resolved", "due": "48h" }]);
    let record = json!({ "id": 2, "created_at": "2026-11-24T12:00:00Z", "creator": { "login": "github-actions[bot]" },
        "payload": { "hxp": 1, "action": "deploy", "commit": LIVE, "tag": "v1.2.2", "override": of_override, "owes": owes, "deploys": [0],
            "images": { "api": "sha256:bb" }, "chart": null } });
    runner.answer(&format!("{API}/deployments?environment=production&task=hxp"), &json!([record]));
    runner.answer(&format!("{API}/deployments/2/statuses"), &statuses(all));
}

fn incident(runner: &Runner, labels: &[&str], declared: &str, resolved: Option<&str>) {
    let labels: Vec<Value> = labels.iter().map(|name| json!({ "name": name })).collect();
    let issue = json!({ "number": 5, "state": if resolved.is_some() { "closed" } else { "open" }, "labels": labels,
        "created_at": declared, "closed_at": resolved });
    runner.answer(&format!("{API}/issues?labels=incident&state=all"), &json!([issue]));
}

fn signatures(runner: &Runner, all: &[(&str, &str, &str)]) {
    let runs: Vec<Value> = all
        .iter()
        .map(|(person, title, at)| {
            json!({ "run_attempt": 1, "actor": { "login": person }, "triggering_actor": { "login": person },
                "display_title": title, "run_started_at": at, "html_url": "https://x", "repository": { "full_name": "acme/shop" } })
        })
        .collect();
    let path = format!("{API}/actions/workflows/hxp-sign.yml/runs?event=workflow_dispatch&status=success");
    runner.answer(&path, &json!({ "workflow_runs": runs }));
    runner.answer("orgs_acme_teams_platform_memberships_pia", &json!({ "state": "active" }));
}

/// Id, due and done of each duty.
fn ledger(runner: &Runner) -> Vec<(String, String, Option<String>)> {
    for cached in ["records-production.json", "records-staging.json"] {
        let _ = std::fs::remove_file(runner.repository.path(&format!("work/{cached}")));
    }
    let run = runner.run("duties.sh", &["ledger"]);
    assert_eq!(run.code, 0, "{}", run.said);
    let json: Value = serde_json::from_str(&run.printed).expect("a ledger");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let duties = json.as_array().expect("a list").iter();
    duties
        .map(|d| (text(&d["id"]).unwrap_or_default(), text(&d["due_at"]).unwrap_or_default(), text(&d["done_at"])))
        .collect()
}

fn owed(id: &str, due: &str, done: Option<&str>) -> (String, String, Option<String>) {
    (id.to_owned(), due.to_owned(), done.map(str::to_owned))
}

#[test]
fn a_deployment_owes_what_its_record_says() {
    let runner = Runner::new();
    incident(&runner, &[], "2026-11-01T00:00:00Z", None);
    let done = format!("duty {HEALTH}");
    let healthy = ("success", "2026-11-24T12:10:00Z", "revision 41");
    let id = format!("{HEALTH}@2");
    for (all, expected) in [
        (vec![], vec![]),
        (vec![("failure", "2026-11-24T12:10:00Z", "")], vec![]),
        (vec![healthy], vec![owed(&id, "2026-11-24T12:40:00Z", None)]),
        (
            vec![healthy, ("success", "2026-11-24T12:12:00Z", done.as_str())],
            vec![owed(&id, "2026-11-24T12:40:00Z", Some("2026-11-24T12:12:00Z"))],
        ),
        (
            vec![healthy, ("success", "2026-11-24T12:12:00Z", "duty production.gate.other")],
            vec![owed(&id, "2026-11-24T12:40:00Z", None)],
        ),
    ] {
        deployed(&runner, &Value::Null, &all);
        assert_eq!(ledger(&runner), expected, "{all:?}");
    }
    // A status that a person gave counts for nothing.
    let mut forged = statuses(&[healthy, ("success", "2026-11-24T12:12:00Z", &done)]);
    forged[1]["creator"]["login"] = json!("mallory");
    runner.answer(&format!("{API}/deployments/2/statuses"), &forged);
    assert_eq!(ledger(&runner), [owed(&id, "2026-11-24T12:40:00Z", None)]);
}

#[test]
fn an_incident_owes_what_the_policy_says_and_people_sign_for_it() {
    let runner = Runner::new();
    let (declared, resolved) = ("2026-11-24T11:00:00Z", "2026-11-24T13:00:00Z");
    let told = json!({ "workflow_runs": [{ "display_title": "incident.declared #5", "updated_at": "2026-11-24T11:02:00Z" },
        { "display_title": "incident.declared #55", "updated_at": "2026-11-24T11:01:00Z" }] });
    runner.answer(&format!("{API}/actions/workflows/hxp-incident.yml/runs?event=issues&status=success"), &told);
    let notice = owed("production.notify.status@5", "2026-11-24T11:05:00Z", Some("2026-11-24T11:02:00Z"));
    let id = "production.gate.post_mortem@5";
    let passed = ("pia", "passed: post_mortem of 5", "2026-11-25T09:00:00Z");
    let failed = ("pia", "failed: post_mortem of 5", "2026-11-25T10:00:00Z");
    let due = "2026-11-26T13:00:00Z";
    let open = owed(id, due, None);
    for (of_override, labels, resolved, signed, expected) in [
        (Value::Null, vec!["incident"], None, vec![], vec![notice.clone()]),
        (Value::Null, vec!["incident", "environment: staging"], Some(resolved), vec![], vec![]),
        (
            Value::Null,
            vec!["incident", "environment: production"],
            Some(resolved),
            vec![],
            vec![notice.clone(), open.clone()],
        ),
        (Value::Null, vec!["bug"], Some(resolved), vec![], vec![]),
        (
            Value::Null,
            vec!["incident"],
            Some(resolved),
            vec![passed],
            vec![notice.clone(), owed(id, due, Some(passed.2))],
        ),
        (Value::Null, vec!["incident"], Some(resolved), vec![passed, failed], vec![notice.clone(), open.clone()]),
        // Signed before the event, of another incident, by somebody who is not in the team.
        (
            Value::Null,
            vec!["incident"],
            Some(resolved),
            vec![("pia", passed.1, declared)],
            vec![notice.clone(), open.clone()],
        ),
        (
            Value::Null,
            vec!["incident"],
            Some(resolved),
            vec![("pia", "passed: post_mortem of 6", passed.2)],
            vec![notice.clone(), open.clone()],
        ),
        (
            Value::Null,
            vec!["incident"],
            Some(resolved),
            vec![("joe", passed.1, passed.2)],
            vec![notice.clone(), open.clone()],
        ),
        // The override asks for it sooner; it was in force during the incident.
        (
            json!("hotfix"),
            vec!["incident"],
            Some(resolved),
            vec![],
            vec![notice.clone(), owed(id, "2026-11-25T13:00:00Z", None)],
        ),
    ] {
        deployed(&runner, &of_override, &[]);
        incident(&runner, &labels, declared, resolved);
        signatures(&runner, &signed);
        assert_eq!(ledger(&runner), expected, "{of_override} {labels:?} {signed:?}");
    }
}

#[test]
fn the_request_holds_the_ledger_or_leaves_it_unknown() {
    let mut runner = Runner::new();
    runner.planned();
    let resolved = Some("2026-11-24T13:00:00Z");
    incident(&runner, &["incident"], "2026-11-24T11:00:00Z", resolved);
    signatures(&runner, &[("pia", "passed: post_mortem of 5", "2026-11-25T09:00:00Z")]);
    assert_eq!(runner.run("request.sh", &[]).code, 0);
    assert_eq!(
        runner.json("work/request.json")["duties"],
        json!([
            { "id": "production.notify.status@5", "due_at": "2026-11-24T11:05:00Z", "done_at": null },
            { "id": "production.gate.post_mortem@5", "due_at": "2026-11-26T13:00:00Z", "done_at": "2026-11-25T09:00:00Z" },
        ])
    );
    // Who is in the team that signs cannot be asked: then it is unknown whether the signature counts.
    runner.set("HXP_TEAMS_TOKEN", "");
    assert_eq!(runner.run("request.sh", &[]).code, 0);
    assert!(runner.json("work/request.json").get("duties").is_none());
    // Incidents cannot be read.
    runner.set("HXP_TEAMS_TOKEN", "t");
    std::fs::remove_file(runner.repository.path(&format!("stubs/{API}_issues_labels_incident_state_all")))
        .expect("there");
    let run = runner.run("request.sh", &[]);
    assert!(runner.json("work/request.json").get("duties").is_none(), "{}", run.said);
    assert!(run.said.contains("The fact 'duties' could not be read"), "{}", run.said);
}

#[test]
fn what_is_overdue_becomes_an_issue_and_what_is_done_closes_it() {
    let mut runner = Runner::new();
    runner.set("HXP_ENVIRONMENT", "");
    deployed(&runner, &Value::Null, &[]);
    incident(&runner, &["incident"], "2026-11-24T11:00:00Z", Some("2026-11-24T13:00:00Z"));
    let issue = |number: u32, state: &str, who: &str| json!({ "number": number, "state": state, "title": "Overdue: production.gate.post_mortem@5", "user": { "login": who } });
    let (bot, open) = ("github-actions[bot]", None);
    let done = Some(("pia", "passed: post_mortem of 5", "2026-11-25T09:00:00Z"));
    for (now, signed, issues, sent) in [
        ("2026-11-26T12:00:00Z", open, vec![], None),
        (
            "2026-11-27T12:00:00Z",
            open,
            vec![],
            Some("POST repos/acme/shop/issues {\"title\":\"Overdue: production.gate.post_mortem@5\""),
        ),
        (
            "2026-11-27T12:00:00Z",
            open,
            vec![issue(8, "open", "mallory")],
            Some("POST repos/acme/shop/issues {\"title\":\"Overdue: production.gate.post_mortem@5\""),
        ),
        ("2026-11-27T12:00:00Z", open, vec![issue(8, "open", bot)], None),
        (
            "2026-11-27T12:00:00Z",
            open,
            vec![issue(8, "closed", bot)],
            Some("PATCH repos/acme/shop/issues/8 {\"state\":\"open\"}"),
        ),
        (
            "2026-11-27T12:00:00Z",
            done,
            vec![issue(8, "open", bot)],
            Some("PATCH repos/acme/shop/issues/8 {\"state\":\"closed\""),
        ),
        ("2026-11-27T12:00:00Z", done, vec![], None),
    ] {
        let _ = std::fs::remove_file(runner.repository.path("stubs/sent"));
        runner.set("STUB_NOW", now);
        signatures(&runner, &signed.into_iter().collect::<Vec<_>>());
        runner.answer(&format!("{API}/issues?labels=hxp-duty&state=all"), &Value::Array(issues.clone()));
        let run = runner.run("duties.sh", &["tend"]);
        assert_eq!(run.code, 0, "{}", run.said);
        let all = runner.text("stubs/sent");
        // The status page was never told in time, which is another duty.
        let about: Vec<&str> = all.lines().filter(|line| !line.contains("notify.status")).collect();
        assert_eq!(about.len(), usize::from(sent.is_some()), "{now} {issues:?}: {all}");
        assert!(sent.is_none_or(|sent| about[0].starts_with(sent)), "{about:?}");
        if sent.is_some_and(|sent| sent.starts_with("POST")) {
            assert!(about[0].contains("#5") && about[0].contains("Sign a gate"), "{about:?}");
        }
    }
}

#[test]
fn a_gate_that_was_owed_and_passed_is_put_on_record() {
    let mut runner = Runner::new();
    runner.planned();
    let needs = json!({ "deploy": { "result": "success", "outputs": { "started": "true", "record": "99" } } });
    runner.set("HXP_NEEDS", &needs.to_string());
    for (gate, state, recorded) in [
        ("health", "passed", true),
        ("health", "failed", false),
        ("smoke", "passed", false),
        ("health", "error", false),
    ] {
        let _ = std::fs::remove_file(runner.repository.path("stubs/sent"));
        let evidence = json!({ "gate": gate, "subject": { "deployment": "99" }, "state": state, "results": {} });
        runner.file("work/evidence/evidence-duty_health-1/evidence.json", &evidence.to_string());
        let run = runner.run("audit.sh", &[]);
        assert_eq!(run.code, 0, "{}", run.said);
        let sent = runner.text("stubs/sent").contains("deployments/99/statuses {\"state\":\"success\"");
        assert_eq!(sent, recorded, "{gate} {state}: {}", run.said);
        assert_eq!(runner.text("stubs/sent").contains(&format!("duty {HEALTH}")), recorded);
    }
}

#[test]
fn a_record_keeps_what_is_owed_after_it() {
    let mut runner = Runner::new();
    runner.planned();
    runner.set("HXP_ACTION", "deploy");
    let request = json!({ "override": { "name": "hotfix", "reason": "fire" } });
    runner.file("work/request.json", &request.to_string());
    let obligation = json!({ "id": HEALTH, "on": "deployed", "due": "30m", "due_at": null, "owner": "platform" });
    for (reasons, named) in [(json!([]), "\"hotfix\""), (json!([{ "id": "production.override.hotfix" }]), "null")] {
        let _ = std::fs::remove_file(runner.repository.path("stubs/sent"));
        let decision = json!({ "reasons": reasons, "obligations": [obligation, obligation] });
        runner.file("work/decision.json", &decision.to_string());
        assert_eq!(runner.run("record.sh", &["begin"]).code, 0);
        let sent = runner.text("stubs/sent");
        assert!(sent.contains(&format!("\"override\":{named}")), "{sent}");
        assert!(
            sent.contains(&format!("\"owes\":[{{\"id\":\"{HEALTH}\",\"on\":\"deployed\",\"due\":\"30m\"}}]")),
            "{sent}"
        );
    }
}

#[test]
fn that_a_channel_must_be_told_of_an_incident_fails_the_run_when_it_was_not() {
    for (secret, code) in [("", 1), ("t", 0)] {
        let mut runner = Runner::new();
        runner.set("HXP_EVENTS", "incident.declared").set("HXP_ABOUT", "down").set("HXP_STATUS_TOKEN", secret);
        let run = runner.run("notify.sh", &[]);
        assert_eq!(run.code, code, "{}", run.said);
    }
}

#[test]
fn a_channel_that_was_told_as_is_owed_is_on_record() {
    let text = FIXTURE.replace("notify hook on deployed\n", "notify hook on deployed due 5m\n");
    let policy = policy(&text);
    let workflow = yaml(&emit(&policy), ".github/workflows/deploy-production.yml");
    let notify = &workflow["jobs"]["notify"];
    assert_eq!(notify["permissions"]["deployments"], "write");
    let mut runner = Runner::of(&policy);
    runner.planned();
    runner.set("HXP_EVENTS", "deployed").set("HXP_HOOK_SECRET", "s").set("HXP_RECORD", "99");
    assert_eq!(runner.run("notify.sh", &[]).code, 0);
    assert!(runner.text("stubs/sent").contains("duty production.notify.hook"), "{}", runner.text("stubs/sent"));
    // Nothing is owed without `due`, and then the job may write nothing.
    let workflow = yaml(&emit(&crate::world::policy(FIXTURE)), ".github/workflows/deploy-production.yml");
    assert!(workflow["jobs"]["notify"]["permissions"].get("deployments").is_none());
}

#[test]
fn what_a_gate_yields_is_compared_before_a_duty_counts_as_done() {
    let text = FIXTURE.replace("require health on deployed due 30m", "require coverage(min = 70%) on deployed due 30m");
    let mut runner = Runner::of(&policy(&text));
    runner.planned();
    let needs = json!({ "deploy": { "result": "success", "outputs": { "started": "true", "record": "99" } } });
    runner.set("HXP_NEEDS", &needs.to_string());
    for (line, recorded) in [(json!("83.1%"), true), (json!("69.9%"), false), (Value::Null, false), (json!("x"), false)]
    {
        let _ = std::fs::remove_file(runner.repository.path("stubs/sent"));
        let evidence = json!({ "gate": "coverage", "subject": { "commit": COMMIT }, "state": "passed", "results": { "line": line } });
        runner.file("work/evidence/evidence-duty_coverage-1/evidence.json", &evidence.to_string());
        let run = runner.run("audit.sh", &[]);
        assert_eq!(run.code, 0, "{}", run.said);
        assert_eq!(
            runner.text("stubs/sent").contains("duty production.gate.coverage"),
            recorded,
            "{line}: {}",
            run.said
        );
    }
}

#[test]
fn the_duties_are_looked_after_by_the_clock() {
    let emission = emit_with(&policy(FIXTURE), &json!({ "duties": "5 6 * * *", "duties_since": "2026-11-01" }));
    let workflow = yaml(&emission, ".github/workflows/hxp-duties.yml");
    assert_eq!(workflow["on"]["schedule"][0]["cron"], "5 6 * * *");
    assert_eq!(workflow["jobs"]["duties"]["permissions"]["issues"], "write");
    assert_eq!(yaml(&emission, ".github/hxp/production.json")["duties_since"], "2026-11-01");
    let none = FIXTURE.lines().filter(|line| !line.contains(" due ")).collect::<Vec<_>>().join("\n");
    assert!(!emit(&policy(&none)).files.contains_key(".github/workflows/hxp-duties.yml"));
}
