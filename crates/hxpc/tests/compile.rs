//! `compile`: what is written, what is refused, and what a kill leaves behind.

mod common;

use std::time::{Duration, Instant};

use common::{POLICY, Project, finish};

#[test]
fn compile_writes_where_a_repository_wants_it_and_then_rests() {
    let project = Project::new([("policy.hxp", POLICY)]);
    let run = project.run(&["compile"]);
    assert_eq!(run.code, 0, "{run:?}");
    let files = project.files();
    for path in [
        ".github/workflows/deploy-production.yml",
        ".github/workflows/deploy-staging.yml",
        "helm/values-production.yaml",
        "policy/production.rego",
        ".hxp/outputs.json",
    ] {
        assert!(files.contains_key(path), "{path} in {:?}", files.keys());
    }
    let again = project.run(&["compile"]);
    assert!(again.code == 0 && again.err.contains("up to date"), "{again:?}");
    assert_eq!(project.files(), files);
    assert_eq!(project.run(&["compile", "--check"]).code, 0);
}

#[test]
fn check_and_diff_write_nothing() {
    let project = Project::new([("policy.hxp", POLICY)]);
    let before = project.files();
    let diff = project.run(&["compile", "--diff"]);
    assert!(diff.code == 0 && diff.out.contains("+++ b/helm/values-production.yaml"), "{diff:?}");
    let check = project.run(&["compile", "--check"]);
    assert_eq!(check.code, 4);
    assert!(check.out.contains("--- /dev/null\n+++ b/helm/values-production.yaml"), "{check:?}");
    assert_eq!(project.files(), before);
    project.run(&["compile"]);
    project.write("policy.hxp", POLICY.replace("replicas = 3", "replicas = 4"));
    let check = project.run(&["compile", "--check"]);
    assert_eq!(check.code, 4);
    assert!(check.out.contains("\n-replicas: 3") && check.out.contains("\n+replicas: 4"), "{check:?}");
    let json: serde_json::Value =
        serde_json::from_str(&project.run(&["compile", "--check", "--format", "json"]).out).unwrap();
    assert!(json["diagnostics"].as_array().unwrap().iter().any(|d| d["code"] == "HXP0015"), "{json}");
}

#[test]
fn a_policy_with_errors_writes_nothing() {
    let project = Project::new([("policy.hxp", POLICY)]);
    project.run(&["compile"]);
    let files = project.files();
    project.write("policy.hxp", POLICY.replace("1 of devops", "1 of devpos"));
    let run = project.run(&["compile"]);
    assert_eq!(run.code, 1, "{run:?}");
    project.write("policy.hxp", POLICY);
    assert_eq!(project.files(), files);
}

#[test]
fn files_of_the_user_are_refused_unless_forced() {
    let project = Project::new([("policy.hxp", POLICY), ("helm/values-production.yaml", "mine: true\n")]);
    let before = project.files();
    let run = project.run(&["compile"]);
    assert_eq!(run.code, 1);
    for part in ["HXP0014", "helm/values-production.yaml", "mine: true", "--force"] {
        assert!(run.err.contains(part), "{part} in {run:?}");
    }
    assert_eq!(project.files(), before, "nothing at all was written");
    assert_eq!(project.run(&["compile", "--force"]).code, 0);
    project.write("helm/values-production.yaml", "edited: true\n");
    let run = project.run(&["compile"]);
    assert!(run.code == 1 && run.err.contains("has been edited since"), "{run:?}");
}

#[test]
fn stale_files_go_and_parts_leave_the_rest() {
    let project = Project::new([("policy.hxp", POLICY)]);
    project.run(&["compile"]);
    let all = project.files();
    let renamed = POLICY.replace("environment production", "environment live").replace("replicas = 1", "replicas = 2");
    project.write("policy.hxp", &renamed);
    let run = project.run(&["compile", "--target", "helm", "--env", "live"]);
    assert_eq!(run.code, 0, "{run:?}");
    let part = project.files();
    assert!(part.contains_key("helm/values-live.yaml") && part.contains_key("helm/values-production.yaml"));
    assert_eq!(part["helm/values-staging.yaml"], all["helm/values-staging.yaml"]);
    assert_eq!(part["policy/staging.rego"], all["policy/staging.rego"]);
    let run = project.run(&["compile", "--target", "helm"]);
    assert_eq!(run.code, 0, "{run:?}");
    let helm = project.files();
    assert!(!helm.contains_key("helm/values-production.yaml") && helm.contains_key("policy/production.rego"));
    let run = project.run(&["compile"]);
    assert!(run.code == 0 && run.err.contains("removed"), "{run:?}");
    assert!(!project.files().contains_key("policy/production.rego"));
    assert_eq!(project.run(&["compile", "--env", "prodution"]).code, 2);
}

#[test]
fn a_part_never_takes_an_environment_out_of_a_shared_file() {
    let (whole, part) = (Project::new([("policy.hxp", POLICY)]), Project::new([("policy.hxp", POLICY)]));
    whole.run(&["compile"]);
    let run = part.run(&["compile", "--env", "production"]);
    assert_eq!(run.code, 0, "{run:?}");
    let (whole, part) = (whole.files(), part.files());
    assert!(!part.contains_key("helm/values-staging.yaml"));
    for (path, text) in part.iter().filter(|(p, _)| !p.starts_with(".hxp/")) {
        assert_eq!(text, &whole[path], "{path}");
    }
}

#[test]
fn the_same_bytes_whatever_the_machine() {
    let one = Project::new([("hxp.toml", ""), ("a.hxp", POLICY)]);
    one.run(&["compile", "--out", "out"]);
    let other = Project::new([("p/x/hxp.toml", ""), ("p/x/a.hxp", POLICY), ("elsewhere/y", "")]);
    let mut command = other.command();
    command
        .current_dir(other.root().join("elsewhere"))
        .env("HOME", "/nowhere")
        .env("TZ", "Pacific/Auckland")
        .env("LC_ALL", "tr_TR.UTF-8")
        .env("RAYON_NUM_THREADS", "1")
        .args(["compile", "../p/x", "--out", "../out", "--at", "2030-01-01"]);
    let run = finish(&mut command);
    assert_eq!(run.code, 0, "{run:?}");
    let outputs = |project: &Project| -> Vec<(String, String)> {
        project.files().into_iter().filter(|(p, _)| p.starts_with("out/")).collect()
    };
    assert_eq!(outputs(&one), outputs(&other));
    assert!(outputs(&one).len() > 5);
}

#[cfg(unix)]
#[test]
fn links_never_lead_outside() {
    let project = Project::new([("p/policy.hxp", POLICY), ("outside/x", "")]);
    std::os::unix::fs::symlink("../outside", project.root().join("p/helm")).unwrap();
    let run = project.run(&["compile", "p"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("HXP0013"), "{run:?}");
    assert_eq!(project.files().keys().filter(|p| p.starts_with("outside/")).count(), 1);
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_leaves_everything_as_it_was() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::new([("policy.hxp", POLICY)]);
    project.run(&["compile"]);
    project.write("policy.hxp", POLICY.replace("replicas = 3", "replicas = 4").replace("make test", "make check"));
    let before = project.files();
    let locked = project.root().join("helm");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    let run = project.run(&["compile"]);
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o755)).unwrap();
    // The superuser is not stopped by a mode; then everything was written.
    if run.code != 0 {
        assert!(run.err.contains("HXP0016"), "{run:?}");
        assert_eq!(project.files(), before);
    }
    assert_eq!(project.run(&["compile"]).code, 0);
}

/// Kills the program at many moments. What lies there after the next run is the new outputs, whole; and what a kill
/// left is either all old or is completed by that run.
#[test]
fn killed_at_any_moment_the_next_run_repairs() {
    let one =
        |n: u32| format!("environment e{n} {{ deploy with helm(\"c\") on manual  values {{ n = {n}, v = 1 }} }}\n");
    let many = (0..40).map(one).collect::<Vec<_>>().concat();
    let old = format!("policy p {{ edition = 2026 }}\n{many}");
    let new = old.replace("v = 1", "v = 2");
    let reference = Project::new([("policy.hxp", new.as_str())]);
    assert_eq!(reference.run(&["compile"]).code, 0);
    let expected = reference.files();
    let whole = {
        let start = Instant::now();
        let timed = Project::new([("policy.hxp", new.as_str())]);
        timed.run(&["compile"]);
        start.elapsed()
    };
    let mut interrupted = 0;
    for step in 0..40u32 {
        let project = Project::new([("policy.hxp", old.as_str())]);
        assert_eq!(project.run(&["compile"]).code, 0);
        project.write("policy.hxp", &new);
        let mut child = project.command().arg("compile").arg("-q").spawn().unwrap();
        std::thread::sleep(whole * step / 40 + Duration::from_micros(200));
        child.kill().unwrap();
        child.wait().unwrap();
        interrupted +=
            u32::from(project.root().join(".hxp/journal.json").exists() || project.root().join(".hxp/stage").exists());
        let run = project.run(&["compile"]);
        assert_eq!(run.code, 0, "killed at step {step}: {run:?}");
        assert_eq!(project.files(), expected, "killed at step {step}");
    }
    println!("{interrupted} of 40 kills hit the writing itself");
}
