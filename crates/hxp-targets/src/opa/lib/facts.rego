package hxp.lib

# ----------------------------------------------------------------------------------------------------------- Facts
#
# Facts that the request may have as a whole, or not; labels; overrides.

# METADATA
# title: The instant of the request
at := instants[input.at]

# METADATA
# title: The release that is live in the environment
# description: If it is known that there is none, each of its facts is none.
# scope: document
previous := input.previous if input.previous != null

previous := {"commit": null, "version": null, "chart": null, "values_digest": null} if input.previous == null

# METADATA
# title: The incident
# description: If it is known that there is none, or it is declared only later, each of its facts is none.
incident := {
	"open": false,
	"id": null,
	"state": null,
	"environments": [],
	"declared_at": null,
	"resolved_at": null,
} if {
	no_incident
} else := object.union(input.incident, {"open": input.incident.state == "open"}) if {
	input.incident.state
} else := input.incident

no_incident if input.incident == null

no_incident if instants[input.incident.declared_at] > at

# METADATA
# title: The override that the request names
# scope: document
override := input.override if input.override != null

override := {"name": null, "reason": null, "ticket": null} if input.override == null

# METADATA
# title: Whether the change carries each label
# description: |
#   One of its sources says so: a label of a pull request, the path of a changed file, the first line of a commit's
#   message. False when all of them say no, undefined while one that could say so is unknown.
carries := object.union(object.remove(data.hxp.tables.no_labels, unknown_labels), {name: true | some name in found}) if {
	found := (labels_of_requests | labels_of_files) | labels_of_messages
	unknown_labels := (hidden_in_requests | hidden_in_files) | hidden_in_messages
}

labels_of_requests := {name |
	label := input.change.pull_requests[_].labels[_]
	some name in data.hxp.tables.labels_of_requests[label]
}

labels_of_files := {name |
	some name, patterns in data.hxp.tables.labels_of_files
	some pattern in patterns
	regex.match(pattern, input.change.files[_])
}

labels_of_messages := {name |
	some name, pattern in data.hxp.tables.labels_of_messages
	regex.match(pattern, first_lines[_])
}

first_lines := {trim_right(split(text, "\n")[0], "\r") | text := input.change.commits[_].message}

# Labels whose sources the request does not tell.
hidden_in_requests := set() if {
	every request in input.change.pull_requests { request.labels }
} else := {name | name := data.hxp.tables.labels_of_requests[_][_]}

hidden_in_files := set() if {
	input.change.files
} else := object.keys(data.hxp.tables.labels_of_files)

hidden_in_messages := set() if {
	every commit in input.change.commits { commit.message }
} else := object.keys(data.hxp.tables.labels_of_messages)

# METADATA
# title: An override is in force
# description: |
#   A waiver until it expires. Break-glass (it has a condition) only if the request names it, the condition holds, and an
#   open incident covers the environment.
# scope: document
in_force(_, grant) if {
	grant.when == "always"
	at < grant.expires
}

in_force(name, grant) if {
	grant.when == true
	input.override.name == name
	incident.open
	input.environment in incident.environments
	at < grant.expires
}

# METADATA
# title: What is waived in an environment at the moment
waived_ids(overrides) := {waiver |
	some name, grant in overrides
	in_force(name, grant)
	some waiver in grant.waives
}

# METADATA
# title: The places of a statement that are left when some teams are waived
standing(among, ids) := {team: seats |
	some team, seats in among
	id := concat(".", ["approve", team])
	every waiver in ids { not covers(waiver, id) }
}

# METADATA
# title: When an override ends that lasts so long after the incident was declared
after_declared(length) := instants[incident.declared_at] + length if {
	incident.declared_at
} else := null
