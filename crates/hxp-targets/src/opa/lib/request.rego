package hxp.lib

# ----------------------------------------------------------------------------------------------------- The request
#
# What a request may say. A missing key means that a fact is unknown, null that there is none. A key that a request does
# not have is an error, lest a slip of the pen read as unknown.
#
# The values of a request are judged by what they must be, each different one once, wherever it stands: the sets below
# name the places. They rest on the order of values, in which null comes first, then truth values, numbers, text, lists and
# objects: if the least and the greatest of a set are text, all of them are.

# METADATA
# title: What is wrong with the request
malformed := shapeless if {
	count(shapeless) > 0
} else := unsound

# Objects and lists stand where they must.
shapeless contains "the request is not an object" if not is_object(input)

shapeless contains sprintf("%s is no object", [kind]) if {
	some kind, list in rows
	min(list) < {}
}

shapeless contains "something else stands where a list must be" if {
	some end in [min(lists), max(lists)]
	not is_array(end)
}

shapeless contains "something else stands where an object must be" if min(maps) < {}

shapeless contains "something else stands where an object must be" if min(maps_or_none - {null}) < {}

unsound contains "hxp 1 is the only version of the request there is" if input.hxp != 1

unsound contains sprintf("%s is missing", [key]) if {
	some key in ["hxp", "at", "environment", "action", "actor", "release"]
	not has_key(input, key)
}

unsound contains "actor.id is missing" if {
	is_object(input.actor)
	not has_key(input.actor, "id")
}

unsound contains "release.commit is missing" if {
	is_object(input.release)
	not has_key(input.release, "commit")
}

unsound contains sprintf("%v is not a key of %s", [key, kind]) if {
	some kind, list in rows
	some key in (object.keys(object.union_n(list)) - keys[kind])
}

unsound contains sprintf("%v is not text", [end]) if {
	some end in [min(texts), max(texts)]
	not is_string(end)
}

unsound contains sprintf("%v is not of type text?", [end]) if {
	known := texts_or_none - {null}
	some end in [min(known), max(known)]
	not is_string(end)
}

unsound contains sprintf("%v is not an instant with its offset, of the years 1980 to 2199", [text]) if {
	some text in (instant_texts | (instant_texts_or_none - {null}))
	not instants[text]
}

unsound contains sprintf("%v is not a version", [text]) if {
	some text in (versions | (versions_or_none - {null}))
	not bare(text)
}

unsound contains sprintf("%v is neither true nor false", [value]) if {
	some value in (booleans | (booleans_or_none - {null}))
	not is_boolean(value)
}

unsound contains sprintf("%v is not a whole number", [value]) if {
	some value in (integers | (integers_or_none - {null}))
	not whole(value)
}

unsound contains sprintf("%v is none of %s", [value, concat(", ", sort(known - {null}))]) if {
	some [spoken, known] in [
		[action_words, words.action],
		[state_words, words.state],
		[vote_words, words.vote],
		[outcome_words, words.outcome],
		[reading_words, words.reading],
		[incident_words, words.incident],
	]
	some value in (spoken - known)
}

has_key(value, key) if {
	is_object(value)
	_ = value[key]
}

whole(value) if {
	holdable(value)
	value == floor(value)
}

# METADATA
# title: The instants of the request, in nanoseconds
instants := {text: ns |
	some text in (instant_texts | (instant_texts_or_none - {null}))
	ns := instant(text)
}

# --------------------------------------------------------------------------------------- objects whose keys are known

rows := {
	"a request": [input],
	"actor": [row | row := input.actor],
	"event": [row | row := input.event],
	"release": [row | row := input.release],
	"previous": [input.previous | input.previous != null],
	"change": [row | row := input.change],
	"a commit": [row | row := input.change.commits[_]],
	"a pull request": [row | row := input.change.pull_requests[_]],
	"evidence": [row | row := input.evidence[_]],
	"a subject": [row | some row in subjects],
	"a released identity": [row | row := subjects[_].release],
	"an approval": [row | row := input.approvals[_]],
	"a deployment": [row | row := input.deployments[_]],
	"a healthy stretch": [row | row := input.deployments[_].healthy[_]],
	"a trigger": [row | row := input.triggers[_]],
	"incident": [input.incident | input.incident != null],
	"override": [input.override | input.override != null],
	"a duty": [row | row := input.duties[_]],
	"a chart": [row | some row in charts; row != null],
}

# Most evidence is about a few subjects: each is looked at once.
subjects contains value if value := input.evidence[_].subject

charts contains input.release.chart

charts contains input.previous.chart

charts contains value if value := input.deployments[_].chart

charts contains value if value := subjects[_].release.chart

keys := {
	"a request": {
		"hxp", "at", "environment", "action", "actor", "event", "release", "previous", "published_versions", "change",
		"evidence", "approvals", "members", "deployments", "triggers", "incident", "override", "duties",
	},
	"actor": {"id", "bot"},
	"event": {"kind", "published", "tag", "branch"},
	"release": {
		"commit", "images", "chart", "values_digest", "version", "prerelease", "branch", "ancestors", "publisher",
		"authors",
	},
	"previous": {"commit", "version", "images", "chart", "values_digest"},
	"change": {"files", "commits", "pull_requests"},
	"a commit": {"id", "message", "author", "pull_request"},
	"a pull request": {"id", "author", "labels", "approved_by", "merged_at"},
	"evidence": {"gate", "params", "subject", "state", "results", "issuer", "by", "at", "url"},
	"a subject": {"commit", "release", "deployment", "environment", "incident", "policy"},
	"a released identity": {"images", "chart"},
	"an approval": {"person", "vote", "environment", "commit", "images", "at"},
	"a deployment": {
		"id", "environment", "images", "chart", "action", "revision", "from", "to", "outcome", "healthy",
	},
	"a healthy stretch": {"from", "to"},
	"a trigger": {"trigger", "environment", "state", "since"},
	"incident": {"id", "state", "environments", "declared_at", "resolved_at"},
	"override": {"name", "reason", "ticket"},
	"a duty": {"id", "due_at", "done_at"},
	"a chart": {"name", "version", "digest"},
}

# ------------------------------------------------------------------------------------------------ lists and other maps

lists contains input.evidence

lists contains input.approvals

lists contains input.deployments

lists contains value if value := input.deployments[_].healthy

lists contains input.triggers

lists contains input.duties

lists contains input.change.commits

lists contains input.change.pull_requests

lists contains input.published_versions

lists contains value if value := lists_of_texts[_]

lists_of_texts contains input.release.ancestors

lists_of_texts contains input.release.authors

lists_of_texts contains input.change.files

lists_of_texts contains value if value := input.change.pull_requests[_].labels

lists_of_texts contains value if value := input.change.pull_requests[_].approved_by

lists_of_texts contains input.incident.environments

lists_of_texts contains value if value := input.members[_]

maps contains input.members

maps contains value if value := input.evidence[_].params

maps contains value if value := input.evidence[_].results

maps contains value if value := digests[_]

maps_or_none contains input.previous.images

digests contains input.release.images

digests contains value if value := subjects[_].release.images

digests contains value if value := input.approvals[_].images

digests contains value if value := input.deployments[_].images

# ---------------------------------------------------------------------------------------------------------------- texts

texts contains input.environment

texts contains input.actor.id

texts contains input.event.kind

texts contains input.release.commit

texts contains input.release.values_digest

texts contains value if value := charts[_].name

texts contains value if value := charts[_].digest

texts contains value if value := input.change.commits[_].id

texts contains value if value := input.change.commits[_].message

texts contains value if value := input.change.commits[_].author

texts contains value if value := input.change.pull_requests[_].author

texts contains value if value := input.evidence[_].gate

texts contains value if value := subjects[_].commit

texts contains value if value := subjects[_].deployment

texts contains value if value := subjects[_].environment

texts contains value if value := subjects[_].incident

texts contains value if value := subjects[_].policy

texts contains value if value := input.approvals[_].person

texts contains value if value := input.approvals[_].environment

texts contains value if value := input.approvals[_].commit

texts contains value if value := input.deployments[_].id

texts contains value if value := input.deployments[_].environment

texts contains value if value := input.triggers[_].trigger

texts contains value if value := input.triggers[_].environment

texts contains value if value := input.duties[_].id

texts contains value if value := lists_of_texts[_][_]

texts contains value if value := digests[_][_]

texts contains value if value := input.previous.images[_]

texts_or_none contains input.event.tag

texts_or_none contains input.event.branch

texts_or_none contains input.release.branch

texts_or_none contains input.release.publisher

texts_or_none contains input.previous.commit

texts_or_none contains input.previous.values_digest

texts_or_none contains value if value := input.evidence[_].issuer

texts_or_none contains value if value := input.evidence[_].by

texts_or_none contains value if value := input.evidence[_].url

texts_or_none contains input.incident.id

texts_or_none contains input.override.name

texts_or_none contains input.override.reason

texts_or_none contains input.override.ticket

# ------------------------------------------------------------------------------------- text that must be of some form

instant_texts contains input.at

instant_texts contains value if value := input.evidence[_].at

instant_texts contains value if value := input.approvals[_].at

instant_texts contains value if value := input.deployments[_].from

instant_texts contains value if value := input.deployments[_].healthy[_].from

instant_texts contains value if value := input.triggers[_].since

instant_texts_or_none contains value if value := input.change.pull_requests[_].merged_at

instant_texts_or_none contains value if value := input.deployments[_].to

instant_texts_or_none contains value if value := input.deployments[_].healthy[_].to

instant_texts_or_none contains input.incident.declared_at

instant_texts_or_none contains input.incident.resolved_at

instant_texts_or_none contains value if value := input.duties[_].due_at

instant_texts_or_none contains value if value := input.duties[_].done_at

versions contains input.release.version

versions contains value if value := input.published_versions[_]

versions contains value if value := charts[_].version

versions_or_none contains input.previous.version

words := {
	"action": {"deploy", "config", "rollback"},
	"state": {"passed", "failed", "running", "skipped", "error"},
	"vote": {"approve", "reject", "withdraw"},
	"outcome": {"running", "healthy", "failed", "rolled_back"},
	"reading": {"firing", "quiet", "no_data"},
	"incident": {"open", "resolved", null},
}

action_words contains input.action

action_words contains value if value := input.deployments[_].action

state_words contains value if value := input.evidence[_].state

vote_words contains value if value := input.approvals[_].vote

outcome_words contains value if value := input.deployments[_].outcome

reading_words contains value if value := input.triggers[_].state

incident_words contains input.incident.state

# -------------------------------------------------------------------------------------------- truth values and numbers

booleans contains input.actor.bot

booleans contains input.release.prerelease

booleans_or_none contains input.event.published

integers contains value if value := input.change.pull_requests[_].id

integers_or_none contains value if value := input.change.commits[_].pull_request

integers_or_none contains value if value := input.deployments[_].revision
