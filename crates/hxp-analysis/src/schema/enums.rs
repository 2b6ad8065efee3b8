//! The closed lists of words that the compiler owns.

use hxp_policy::EnumType;
use hxp_policy::facts::{ACTION, BUMP, EVENT, INCIDENT_STATE, SUPPORT_LINE};

macro_rules! enumeration {
    ($(#[doc = $doc:literal])* $name:ident $word:literal $ordered:literal { $($member:literal $about:literal,)* }) => {
        $(#[doc = $doc])*
        pub static $name: EnumType =
            EnumType { name: $word, members: &[$(($member, $about)),*], ordered: $ordered };
    };
}

enumeration! {
    /// Who reads a channel.
    AUDIENCE "audience" true {
        "internal" "people of the company",
        "customers" "those who pay",
        "public" "everyone",
    }
}
enumeration! {
    /// How precious an environment's data is, from least to most.
    DATA_CLASS "data_class" true {
        "test" "made up",
        "anonymized" "was live, can no longer be traced to a person",
        "live" "of real people",
    }
}
enumeration! {
    /// Where secrets are kept.
    SECRET_STORE "secret_store" false {
        "inline" "in the values themselves; for throw-away environments",
        "kubernetes" "Kubernetes secrets made by hand",
        "vault" "HashiCorp Vault",
        "sealed_secrets" "sealed in the repository, opened in the cluster",
        "external_secrets" "fetched by the External Secrets operator",
        "sops" "encrypted files in the repository",
        "aws" "AWS Secrets Manager",
        "azure" "Azure Key Vault",
        "gcp" "Google Secret Manager",
    }
}
enumeration! {
    /// What silence of a trigger's metric means.
    TRIGGER_NO_DATA "trigger_no_data" false {
        "hold" "keep the state it had",
        "fire" "silence is a failure",
        "quiet" "silence is health; reported",
    }
}
enumeration! {
    /// What a gate's run that says nothing means.
    GATE_NO_DATA "gate_no_data" false {
        "wait" "the gate waits",
        "fail" "the gate fails",
    }
}
enumeration! {
    /// What evidence is about.
    SUBJECT "subject" false {
        "commit" "the source",
        "release" "the digests that are deployed",
        "deployment" "one release in one environment",
        "environment" "the environment's own state",
        "incident" "an incident",
        "policy" "the policy itself",
    }
}
enumeration! {
    /// What the raw number of a query is.
    UNIT "unit" false {
        "ratio" "0 to 1, read as a percentage",
        "percent" "0 to 100",
        "seconds" "a duration in seconds",
        "milliseconds" "a duration in milliseconds",
        "bytes" "an amount of memory or storage",
        "cores" "processors",
        "count" "a plain number",
        "per_day" "how often a day",
    }
}
enumeration! {
    /// How bad a finding is.
    SEVERITY "severity" true {
        "low" "worth knowing",
        "medium" "to be mended some day",
        "high" "to be mended soon",
        "critical" "to be mended now",
    }
}
enumeration! {
    /// How a new release takes over.
    STRATEGY "strategy" false {
        "rolling" "pod by pod",
        "recreate" "all stop, then all start",
        "blue_green" "beside the old one, then switched",
        "canary" "a growing share of the traffic",
    }
}
enumeration! {
    /// How long an environment lives.
    LIFETIME "lifetime" false {
        "ephemeral" "made and thrown away at will",
        "permanent" "always there",
    }
}
enumeration! {
    /// Whether other systems may be faked.
    EXTERNALS "externals" false {
        "mock_allowed" "may be faked",
        "sandbox" "test accounts of the real ones",
        "real" "the real ones",
    }
}
enumeration! {
    /// How people log in to an environment.
    AUTHENTICATION "authentication" false {
        "open" "nobody asks",
        "basic" "a name and a password",
        "sso" "single sign-on",
        "mtls" "client certificates",
    }
}
enumeration! {
    /// Who signs an environment's certificates.
    CERTIFICATES "certificates" false {
        "self_signed" "itself",
        "internal" "the company",
        "public" "a public authority",
    }
}
enumeration! {
    /// When someone answers on a channel.
    COVER "cover" false {
        "always" "round the clock",
        "business_hours" "when the office is open",
        "best_effort" "when someone happens to look",
    }
}
enumeration! {
    /// What a record of an action holds.
    RECORDED "recorded" false {
        "actor" "who asked",
        "release" "what was deployed",
        "at" "when",
        "approvals" "who approved",
        "config_diff" "what changed in the configuration",
        "decision" "the decision with its reasons",
        "evidence" "the evidence it rests on",
    }
}
enumeration! {
    /// What became of a gate's run, in tests.
    EVIDENCE_STATE "evidence_state" false {
        "passed" "it ran and passed",
        "failed" "it ran and failed",
        "running" "it runs",
        "skipped" "it did not run",
        "error" "the tool broke",
        "missing" "nothing is known of it",
    }
}

/// Every enumeration that may stand as a type.
pub static ENUMS: &[&EnumType] = &[
    &ACTION,
    &EVENT,
    &INCIDENT_STATE,
    &BUMP,
    &SUPPORT_LINE,
    &AUDIENCE,
    &DATA_CLASS,
    &SECRET_STORE,
    &TRIGGER_NO_DATA,
    &GATE_NO_DATA,
    &SUBJECT,
    &UNIT,
    &SEVERITY,
    &STRATEGY,
    &LIFETIME,
    &EXTERNALS,
    &AUTHENTICATION,
    &CERTIFICATES,
    &COVER,
    &RECORDED,
    &EVIDENCE_STATE,
];
