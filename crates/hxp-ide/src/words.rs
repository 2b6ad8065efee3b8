//! What the words of statements mean, for hovers and completion.

/// What a word does, in a sentence.
pub fn about(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(w, _)| *w == word).map(|(_, about)| *about)
}

/// Heads of statements, suffixes and headers with what they do.
pub const WORDS: &[(&str, &str)] = &[
    ("after", "the release must have been healthy in that environment before, `soaked` for so long"),
    ("approve", "so many people of a team must agree; several seats need several people of each team"),
    ("because", "why; in a test, the ids that must be among the reasons"),
    ("closed", "the window is shut on these days, dates and times"),
    ("deny", "the request fails while the condition holds"),
    ("deploy", "how a release gets here, and which events ask for it"),
    ("distinct", "nobody takes two of these seats"),
    ("due", "within what time after the event it is owed"),
    ("expect", "what must come out: `allow`, `pending` or `deny`"),
    ("extends", "says everything that the other says, and more"),
    ("for", "which environments it is about, or for how long a condition must hold"),
    ("given", "the environment, the instant, and what differs from a request that has everything"),
    ("notify", "who is told, and of which events"),
    ("on", "what it is about, or which events start it"),
    ("open", "the window is open on these days, dates and times"),
    ("require", "evidence that must be there and good, or a condition that must hold"),
    ("rollback", "what brings the last healthy release back, and what that needs"),
    ("soaked", "for at least so long"),
    ("until", "the instant from which time alone would lift the reason"),
    ("waive", "lifts what is named, and must say why"),
    ("when", "it binds only while the condition holds; what is unknown makes it wait"),
    ("within", "the window must be open"),
    ("yields", "the results that the evidence carries"),
];
