//! The registry of diagnostic codes: the one list of what hxp can say.
//!
//! A code's number is stable for ever; its page is `docs/errors/<id>.md`. Bands: 00 files and outputs, 01 syntax,
//! 02 names, 03 types, 04 form, 05 consistency, 06 enforcement, 08 lints.

use std::hash::{Hash, Hasher};

use crate::Severity;

/// A registered code. Two codes are equal when their ids are.
#[derive(Clone, Copy)]
pub struct Code(&'static Info);

/// What is registered of a code.
struct Info {
    id: &'static str,
    name: &'static str,
    title: &'static str,
    severity: Severity,
}

impl Code {
    /// The stable number, as in `HXP0201`.
    pub fn id(self) -> &'static str {
        self.0.id
    }

    /// A name for people who configure lints, as in `unknown-name`.
    pub fn name(self) -> String {
        self.0.name.to_lowercase().replace('_', "-")
    }

    /// What it is about, in a few words.
    pub fn title(self) -> &'static str {
        self.0.title
    }

    /// How bad it is unless a diagnostic says otherwise.
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// The code of that id (`HXP0201`, in any case) or name (`unknown-name`).
    pub fn find(text: &str) -> Option<Self> {
        ALL.iter().copied().find(|c| c.id().eq_ignore_ascii_case(text) || c.name() == text)
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Code {}

impl Hash for Code {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.id)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.id)
    }
}

macro_rules! codes {
    ($($id:literal $severity:ident $name:ident $title:literal;)*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $title, ".")]
            pub const $name: Code = Code(&Info {
                id: $id,
                name: stringify!($name),
                title: $title,
                severity: Severity::$severity,
            });
        )*
        /// Every code, in the order of the ids.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    // 00: files, manifest, outputs
    "HXP0001" Error UNREADABLE_FILE "a file cannot be read";
    "HXP0002" Error INVALID_UTF8 "a file is not UTF-8 text";
    "HXP0003" Error NUL_BYTE "a file contains a NUL byte";
    "HXP0004" Error FILE_TOO_LARGE "a file is larger than a policy can be";
    "HXP0005" Error LINK_LOOP "symbolic links lead in a circle or out of the project";
    "HXP0006" Error NO_POLICY "the project declares no policy";
    "HXP0007" Error BAD_MANIFEST "the manifest cannot be understood";
    "HXP0008" Error UNKNOWN_MANIFEST_KEY "the manifest has a key that means nothing";
    "HXP0009" Error NO_SOURCES "no source file was found";
    "HXP0010" Error UNKNOWN_TARGET "no such target";
    "HXP0011" Error UNKNOWN_ENVIRONMENT "no such environment";
    "HXP0012" Error UNKNOWN_EDITION "no such edition of the language";
    "HXP0013" Error OUTPUT_OUTSIDE "an output would lie outside the output folder";
    "HXP0014" Error NOT_OURS "an output would overwrite a file that was not generated";
    "HXP0015" Error STALE_OUTPUT "generated files differ from the policy";
    "HXP0016" Error WRITE_FAILED "the outputs could not be written";
    "HXP0017" Warning HIDDEN_TEXT "direction-changing or invisible characters hide what the text says";
    "HXP0018" Error OUTPUT_COLLISION "two outputs would be the same file";
    // 01: syntax
    "HXP0101" Error UNEXPECTED "something else was expected here";
    "HXP0102" Error UNCLOSED "a bracket is never closed";
    "HXP0103" Error UNCLOSED_STRING "a string is never closed";
    "HXP0104" Error BAD_LITERAL "a literal has a form that does not exist";
    "HXP0105" Error UNKNOWN_UNIT "a number has a unit that does not exist";
    "HXP0106" Error NO_SUCH_DATE "the calendar has no such date";
    "HXP0107" Error NO_SUCH_TIME "the clock has no such time";
    "HXP0108" Error INSTANT_WITHOUT_ZONE "an instant needs its time zone";
    "HXP0109" Error RESERVED_NAME "a reserved word cannot be a name";
    "HXP0110" Error TOO_DEEP "nesting is deeper than the language allows";
    "HXP0111" Error BAD_ESCAPE "a string has an escape that does not exist";
    "HXP0112" Error UNMATCHED "a closing bracket has no opening one";
    "HXP0113" Error CHAINED_COMPARISON "comparisons cannot be chained";
    "HXP0114" Error UNKNOWN_DECLARATION "no such kind of declaration";
    "HXP0115" Error STRAY_CHARACTER "a character has no meaning here";
    "HXP0116" Error DANGLING_DOC "a doc comment documents nothing";
    "HXP0117" Error SPACED_UNIT "a unit must be glued to its number";
    "HXP0118" Error NEEDS_PARENTHESES "an operator here needs parentheses";
    "HXP0119" Error ASSIGN_FOR_EQUALS "= gives a value, == compares";
    // 02: names and modules
    "HXP0201" Error UNKNOWN_NAME "no such name";
    "HXP0202" Error DUPLICATE_DECLARATION "a name is declared twice";
    "HXP0203" Error UNKNOWN_MODULE "no such module";
    "HXP0204" Error UNKNOWN_IMPORT "a module does not declare that name";
    "HXP0205" Error IMPORT_CYCLE "modules import each other in a circle";
    "HXP0206" Error SHADOWS_FACT "a name would hide a fact of the request";
    "HXP0207" Error WRONG_KIND "a name is of another kind than this place expects";
    "HXP0208" Error VALUE_CYCLE "a value depends on itself";
    "HXP0209" Error EXTENDS_CYCLE "declarations extend each other in a circle";
    "HXP0210" Warning UNUSED_IMPORT "an import is never used";
    "HXP0211" Warning DEPRECATED "a deprecated declaration is used";
    "HXP0212" Error DUPLICATE_POLICY "the policy is declared more than once";
    "HXP0213" Error UNKNOWN_ZONE "no such time zone";
    "HXP0214" Error UNKNOWN_EVENT "no such event";
    "HXP0215" Error UNKNOWN_ID "no requirement has this id";
    // 03: types, units, evaluation
    "HXP0301" Error TYPE_MISMATCH "a value is of another type than this place expects";
    "HXP0302" Error UNIT_MISMATCH "two quantities have units that cannot meet";
    "HXP0303" Error NEEDS_UNIT "a bare number stands where a quantity is expected";
    "HXP0304" Error UNGUARDED_OPTIONAL "an optional value is used without a guard";
    "HXP0305" Error UNKNOWN_FIELD "a record has no such field";
    "HXP0306" Error UNKNOWN_MEMBER "an enumeration has no such member";
    "HXP0307" Error NOT_CONSTANT "a value must be known when compiling";
    "HXP0308" Error MISSING_ARGUMENT "an argument is missing";
    "HXP0309" Error UNKNOWN_ARGUMENT "no such argument";
    "HXP0310" Error NOT_CALLABLE "this cannot be called";
    "HXP0311" Error BAD_PATTERN "a pattern cannot be understood";
    "HXP0312" Error BAD_PROMQL "a PromQL query cannot be understood";
    "HXP0313" Error NOT_ITERABLE "a quantifier needs a finite list";
    "HXP0314" Error OUT_OF_RANGE "a number is out of range";
    "HXP0315" Error DIVISION_BY_ZERO "a division by zero";
    "HXP0316" Error EMPTY_RANGE "a range ends before it begins";
    "HXP0317" Error UNKNOWN_TYPE "no such type";
    "HXP0318" Error NOT_A_RECORD "only a record can be spread or have fields";
    "HXP0319" Error LIMIT "a limit of evaluation was reached";
    // 04: the form of declarations
    "HXP0401" Error UNKNOWN_PROPERTY "no such property here";
    "HXP0402" Error MISSING_PROPERTY "a property is missing";
    "HXP0403" Error DUPLICATE_PROPERTY "a property is given twice";
    "HXP0404" Error MISPLACED_STATEMENT "a statement has no meaning here";
    "HXP0405" Error UNKNOWN_ATTRIBUTE "no such attribute";
    "HXP0406" Error MISPLACED_SUFFIX "a suffix has no meaning here";
    "HXP0407" Error MISPLACED_HEADER "a header has no meaning here";
    "HXP0408" Error MISPLACED_PARAMETERS "this kind of declaration takes no parameters";
    "HXP0409" Error NEEDS_BECAUSE "what loosens the policy must say why";
    "HXP0410" Error BAD_BODY "a declaration has the wrong kind of body";
    "HXP0411" Error OVERRIDE_WITHOUT_END "an override needs an end";
    // 05: consistency of the policy
    "HXP0501" Error WINDOW_NEVER_OPENS "a window never opens";
    "HXP0502" Warning ALWAYS_HOLDS "a rule always holds";
    "HXP0503" Error NEVER_HOLDS "a rule can never hold";
    "HXP0504" Error IMPOSSIBLE_APPROVAL "an approval that nobody can give";
    "HXP0505" Error NEVER_ALLOWS "an environment that can never be deployed to";
    "HXP0506" Error RPO_AGAINST_BACKUPS "backups are rarer than the recovery point allows";
    "HXP0507" Error ROLLBACK_TOO_SLOW "a rollback cannot finish within its limit";
    "HXP0508" Warning STALE_BEFORE_WINDOW "evidence grows stale before the window opens";
    "HXP0509" Error GATE_BEFORE_ITS_SUBJECT "a gate about a deployment is required before it";
    "HXP0510" Error SHARED_SECRETS "two environments share their secrets";
    "HXP0511" Error LIVE_DATA_FLOWS_DOWN "live data flows to a lesser environment without an anonymizer";
    "HXP0512" Error MUTABLE_TAG "a mutable image tag where digests are promoted";
    "HXP0513" Error CONTROL_WITHOUT_EVIDENCE "a control names no evidence";
    "HXP0514" Error WAIVER_EXPIRED "a waiver has expired";
    "HXP0515" Warning WAIVER_EXPIRES_SOON "a waiver expires soon";
    "HXP0516" Error PROMOTION_CYCLE "environments wait for each other in a circle";
    "HXP0517" Error NEVER_DEPLOYED "promotion from an environment that is never deployed to";
    "HXP0518" Error STATIC_RULE_BROKEN "the policy contradicts its own rule";
    "HXP0519" Warning DEAD_WAIVER "a waiver waives nothing";
    "HXP0520" Warning CLOSURE_IN_THE_PAST "a dated closure is over";
    "HXP0521" Warning DEPLOY_OUTLIVES_WINDOW "a deployment may outlive its window";
    "HXP0522" Warning ATOMIC_AND_ROLLBACK "two mechanisms roll back the same failure";
    "HXP0523" Error WAIVES_AN_OVERRIDE "what an override adds cannot be waived";
    "HXP0524" Warning NO_CHART_SCHEMA "values are not checked against the chart";
    "HXP0525" Error CHART_VALUE "a value contradicts the chart's schema";
    "HXP0526" Warning TAG_NOT_SEMVER "a version pattern does not fit the tag";
    "HXP0527" Warning TRIGGER_WITHOUT_SAMPLES "a trigger may fire on too few samples";
    "HXP0528" Warning STRICTER_TWICE "a requirement is stated twice";
    "HXP0529" Error TWO_DEADLINES "one duty has two deadlines";
    // 06: enforcement
    "HXP0601" Error NOT_ENFORCED "no selected target enforces a requirement";
    "HXP0602" Advice PARTLY_ENFORCED "a target enforces a requirement only in part";
    "HXP0603" Error BELOW_MINIMUM "a requirement is enforced less strongly than asked";
    "HXP0604" Error ENFORCE_WITHOUT_TARGET "the policy demands a target that is not selected";
    "HXP0605" Error NAME_TOO_LONG "a name does not fit the target";
    "HXP0606" Error ACTION_NOT_LOCKED "an action has no pinned commit";
    "HXP0607" Warning NOT_YET_A_TARGET "a target that this version cannot produce";
    "HXP0608" Warning UNSAYABLE_PATTERN "the target cannot say a pattern";
    // 08: lints
    "HXP0801" Warning ALL_OVER_FACTS "all over a list of facts is true of an empty list";
    "HXP0802" Warning NAMING "a name is not in the usual style";
    "HXP0803" Warning UNUSED "a declaration is never used";
    "HXP0804" Warning MISSING_DOC "a public declaration has no doc comment";
    "HXP0805" Warning QUIET_ON_NO_DATA "a trigger treats silence as health";
    "HXP0806" Warning CONSTANT_CONDITION "a condition is always the same";
    "HXP0807" Warning PLAIN_SECRET "a value looks like a secret in clear text";
    "HXP0808" Warning UNPINNED_ZONE "a fixed offset where a time zone is meant";
    "HXP0809" Warning NEAR_MISS "a property of one's own looks like one that means something";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_and_are_unique() {
        for pair in ALL.windows(2) {
            assert!(pair[0].id() < pair[1].id(), "{} before {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn found_by_id_and_by_name() {
        assert_eq!(Code::find("hxp0201"), Some(UNKNOWN_NAME));
        assert_eq!(Code::find("unknown-name"), Some(UNKNOWN_NAME));
        assert_eq!(Code::find("nothing"), None);
    }
}
