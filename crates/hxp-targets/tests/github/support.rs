//! What the target says it enforces.

use hxp_targets::Strength::{Advisory, Hard, Soft};

use crate::world::{FIXTURE, policy, support};

#[test]
fn every_requirement_is_answered_for() {
    let policy = policy(FIXTURE);
    let answers = support(&policy);
    for (id, strength, partly) in [
        ("production.gate.unit_tests", Soft, false),
        ("production.gate.two_reviews", Hard, true),
        ("production.gate.pen_test", Advisory, false),
        ("production.approve.devops", Hard, true),
        ("production.window.release_hours", Soft, true),
        ("production.after.staging", Soft, true),
        ("production.gate.post_mortem", Advisory, false),
        ("production.gate.health", Soft, false),
        ("production.notify.pager", Soft, true),
        ("production.notify.deployments", Soft, false),
        ("staging.gate.scan", Soft, false),
    ] {
        let answer = answers.iter().find(|a| a.id == id).unwrap_or_else(|| panic!("nothing about {id}"));
        assert_eq!((answer.strength, answer.partly.is_some()), (strength, partly), "{answer:?}");
        assert!(!answer.file.is_empty());
    }
    for environment in ["staging", "production"] {
        for requirement in &policy.environments[environment].requirements {
            assert!(answers.iter().any(|a| a.id == requirement.id), "nothing about {}", requirement.id);
        }
        for duty in &policy.environments[environment].duties {
            assert!(answers.iter().any(|a| a.id == duty.id), "nothing about {}", duty.id);
        }
    }
}
