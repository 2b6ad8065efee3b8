//! The scripts that all workflows share.

use hxp_policy::Policy;

use super::FOLDER;
use crate::{OutputFile, OutputTree};

/// Name, text, and whether it is a program.
const SCRIPTS: &[(&str, &str, bool)] = &[
    ("audit.sh", include_str!("scripts/audit.sh"), true),
    ("decide.sh", include_str!("scripts/decide.sh"), true),
    ("deploy.sh", include_str!("scripts/deploy.sh"), true),
    ("duties.sh", include_str!("scripts/duties.sh"), true),
    ("gate.sh", include_str!("scripts/gate.sh"), true),
    ("lib.sh", include_str!("scripts/lib.sh"), false),
    ("logic.jq", include_str!("scripts/logic.jq"), false),
    ("login.sh", include_str!("scripts/login.sh"), true),
    ("notify.sh", include_str!("scripts/notify.sh"), true),
    ("plan.sh", include_str!("scripts/plan.sh"), true),
    ("record.sh", include_str!("scripts/record.sh"), true),
    ("request.sh", include_str!("scripts/request.sh"), true),
    ("resume.sh", include_str!("scripts/resume.sh"), true),
    ("rollback.sh", include_str!("scripts/rollback.sh"), true),
    ("settings-apply.sh", include_str!("scripts/settings-apply.sh"), true),
    ("settings-compare.sh", include_str!("scripts/settings-compare.sh"), true),
    ("sign.sh", include_str!("scripts/sign.sh"), true),
    ("watch.sh", include_str!("scripts/watch.sh"), true),
];

/// Adds the scripts; each says below its first line where it comes from.
pub fn emit(policy: &Policy, files: &mut OutputTree) {
    let stamp = format!("# {}\n#\n", super::stamp(policy));
    for (name, text, executable) in SCRIPTS {
        let text = match text.split_once('\n') {
            Some((first, rest)) if first.starts_with("#!") || first.starts_with("# shellcheck") => {
                format!("{first}\n{stamp}{rest}")
            }
            _ => format!("{stamp}{text}"),
        };
        files.insert(format!("{FOLDER}/{name}").into(), OutputFile { text, executable: *executable });
    }
}
