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
carries := {name: answer | some name, label in tables.labels; answer := carried(label)}

carried(label) if {
	found(label)
} else := false if {
	sources_known(label)
}

found(label) if label.pr in pull_request_labels

found(label) if {
	some pattern in label.files
	some path in input.change.files
	regex.match(pattern, path)
}

found(label) if {
	label.commits != null
	some text in first_lines
	regex.match(label.commits, text)
}

sources_known(label) if {
	label.pr == null
	files_known(label)
}

sources_known(label) if {
	files_known(label)
	every request in input.change.pull_requests { request.labels }
}

files_known(label) if {
	label.files == []
	commits_known(label)
}

files_known(label) if {
	input.change.files
	commits_known(label)
}

commits_known(label) if label.commits == null

commits_known(_) if {
	every commit in input.change.commits { commit.message }
}

pull_request_labels := {label | label := input.change.pull_requests[_].labels[_]}

first_lines := {trim_right(split(text, "\n")[0], "\r") | text := input.change.commits[_].message}

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
