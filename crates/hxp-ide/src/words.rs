//! What the words of statements mean, for hovers and completion.

/// What a word does, in a sentence.
pub fn about(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(w, _)| *w == word).map(|(_, about)| *about)
}

/// Heads of statements, suffixes, headers and the words that join, with what they do.
pub const WORDS: &[(&str, &str)] = &[
    ("after", "the release must have been healthy in that environment before, `soaked` for so long"),
    ("all", "holds when the condition holds for every element"),
    ("and", "both must hold; of windows, the times that both are open"),
    ("any", "holds when the condition holds for at least one element"),
    ("approve", "so many people of a team must agree; several seats need several people of each team"),
    ("at", "the instant at which the request is judged"),
    ("because", "why; in a test, the ids that must be among the reasons"),
    ("closed", "the window is shut on these days, dates and times"),
    ("deny", "the request fails while the condition holds"),
    ("deploy", "how a release gets here, and which events ask for it"),
    ("distinct", "nobody takes two of these seats"),
    ("due", "within what time after the event it is owed"),
    ("else", "what it is when the condition does not hold"),
    ("expect", "what must come out: `allow`, `pending` or `deny`"),
    ("extends", "says everything that the other says, and more"),
    ("false", "it does not hold"),
    (
        "for",
        "which environments it is about, or for how long a condition must hold; in a list, the name of each element",
    ),
    ("given", "the environment, the instant, and what differs from a request that has everything"),
    ("has", "whether a list contains the element, or a change has the label"),
    ("if", "chooses between two values by a condition"),
    ("in", "the list or range that is looked through"),
    ("none", "there is no such value"),
    ("not", "holds when the other does not; of windows, the times that it is shut"),
    ("notify", "who is told, and of which events"),
    ("of", "the team whose members are meant"),
    ("on", "what it is about, or which events start it"),
    ("open", "the window is open on these days, dates and times"),
    ("or", "one of both must hold; of windows, the times that either is open"),
    ("require", "evidence that must be there and good, or a condition that must hold"),
    ("rollback", "what brings the last healthy release back, and what that needs"),
    ("soaked", "for at least so long"),
    ("then", "what it is when the condition holds"),
    ("true", "it holds"),
    ("until", "the instant from which time alone would lift the reason"),
    ("use", "brings names of a module here"),
    ("waive", "lifts what is named, and must say why"),
    ("when", "it binds only while the condition holds; what is unknown makes it wait"),
    ("where", "leaves out the elements for which the condition does not hold"),
    ("with", "how it is deployed; in a test, what differs from a request that has everything"),
    ("within", "the window must be open"),
    ("yields", "the results that the evidence carries"),
];

/// Attributes.
pub const ATTRIBUTES: &[(&str, &str)] = &[
    ("advisory", "it is evaluated and reported, and never decides"),
    ("deprecated", "who uses it is told not to, `since` when, and what to `use`"),
];

/// The arguments of `@deprecated`.
pub const DEPRECATED: &[(&str, &str)] =
    &[("since", "the version from which it should not be used"), ("use", "what to use instead")];

/// What a test may expect.
pub const OUTCOMES: &[(&str, &str)] = &[("allow", "go ahead"), ("pending", "not yet"), ("deny", "no")];

/// What a rule may be about, beside a Kubernetes kind.
pub const SUBJECTS: &[(&str, &str)] =
    &[("policy", "the policy itself, settled when compiling"), ("release", "each release, when it is judged")];

/// Days of the week.
pub const DAYS: &[(&str, &str)] = &[
    ("mon", "Monday"),
    ("tue", "Tuesday"),
    ("wed", "Wednesday"),
    ("thu", "Thursday"),
    ("fri", "Friday"),
    ("sat", "Saturday"),
    ("sun", "Sunday"),
];

/// The words with which ids of requirements begin.
pub const IDS: &[(&str, &str)] = &[
    ("after", "that the release was healthy elsewhere before"),
    ("approve", "that a team agrees"),
    ("gate", "the evidence that a gate asks for"),
    ("rule", "what a rule demands"),
    ("window", "that the window is open"),
];

/// The types that are no kind of declaration and no closed list of words.
pub const TYPES: &[(&str, &str)] = &[
    ("bool", "true or false"),
    ("bytes", "an amount of memory or storage: `2Gi`"),
    ("cpu", "processor time: `500mcpu`"),
    ("date", "a day of the calendar"),
    ("decimal", "a number"),
    ("duration", "a stretch of time: `15m`"),
    ("instant", "a moment, with its zone"),
    ("int", "a whole number"),
    ("list", "a list: `list<int>`"),
    ("percent", "a share: `70%`"),
    ("range", "a first and a last: `range<int>`"),
    ("semver", "a version: `1.2.3`"),
    ("set", "a list without repetition"),
    ("string", "text"),
    ("time", "a time of day"),
    ("weekday", "a day of the week"),
];
