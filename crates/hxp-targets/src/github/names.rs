//! Names: from words of the policy to identifiers of GitHub.

use std::collections::BTreeSet;

/// The longest name of an environment that GitHub takes.
pub const ENVIRONMENT_LIMIT: usize = 255;
/// The longest job id.
pub const JOB_LIMIT: usize = 100;

/// Gives out job ids, each once.
#[derive(Debug, Default)]
pub struct JobIds {
    taken: BTreeSet<String>,
}

impl JobIds {
    /// A job id made of those words: letters, digits, `_` and `-`, not beginning with a digit. GitHub compares ids
    /// without regard to case.
    pub fn fresh(&mut self, wanted: &str) -> String {
        let mut id = identifier(wanted);
        let mut number = 2;
        while !self.taken.insert(id.to_ascii_lowercase()) {
            id = format!("{}_{number}", identifier(wanted));
            number += 1;
        }
        id
    }
}

/// The text as an identifier: every other character becomes `_`.
pub fn identifier(text: &str) -> String {
    let mut id: String = text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if !id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        id.insert(0, '_');
    }
    id
}

/// The name of an environment variable or secret: `HXP_STATUS_WEBHOOK`.
pub fn variable(parts: &[&str]) -> String {
    let words: Vec<String> = parts.iter().map(|p| identifier(p).to_ascii_uppercase()).collect();
    format!("HXP_{}", words.join("_"))
}

/// The environment whose reviewers are one team: `production-approve-devops`.
pub fn approval_environment(environment: &str, team: &str) -> String {
    format!("{environment}-approve-{team}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_ids_are_valid_and_unique() {
        let mut ids = JobIds::default();
        for (wanted, id) in [
            ("gate_perf", "gate_perf"),
            ("gate_perf", "gate_perf_2"),
            ("Gate_perf", "Gate_perf_3"),
            ("gate_${{ x }}", "gate_____x___"),
            ("2fast", "_2fast"),
            ("", "_"),
            ("ünï", "_n_"),
        ] {
            assert_eq!(ids.fresh(wanted), id, "{wanted}");
        }
    }

    #[test]
    fn variables_hold_nothing_that_a_shell_reads() {
        assert_eq!(variable(&["status-page", "token"]), "HXP_STATUS_PAGE_TOKEN");
        assert_eq!(variable(&["a$(x)", "key"]), "HXP_A__X__KEY");
    }
}
