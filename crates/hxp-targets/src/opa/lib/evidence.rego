package hxp.lib

# -------------------------------------------------------------------------------------------------------- Evidence
#
# Evidence: what gates found out about this release.

# METADATA
# title: The verdict of a gate whose evidence must satisfy a condition as well
measured(name, standing, holds) := standing if {
	holds == true
} else := standing if {
	standing.reason.verdict != "met"
} else := object.union(object.remove(standing, ["valid_until"]), {"reason": {
	"verdict": unmet[holds].verdict,
	"text": concat(" ", [name, unmet[holds].text]),
}})

unmet := {
	false: {"verdict": "failed", "text": "does not satisfy its condition"},
	null: {"verdict": "waiting", "text": "passed, but lacks what its condition asks for"},
}

# METADATA
# title: How each gate stands
gates := standings(newest, timely, disputed)

# METADATA
# title: How a gate stands for parameters that take part in making its evidence
gate_with(name, params) := standings(of, in_time(of), rows_with(disputed, name, params))[name] if {
	of := newest_with(name, params)
}

# METADATA
# title: What proves a gate
# description: Its newest evidence that counts, if it is not too old.
proof(name) := input.evidence[timely[name][3]]

# METADATA
# title: What proves a gate for parameters that take part in making its evidence
proof_with(name, params) := input.evidence[in_time(newest_with(name, params))[name][3]]

newest_with(name, params) := newest_of(rows_with(counted, name, params))

rows_with(rows_of_all, name, params) := {row |
	some row in rows_of_all
	row[0] == name
	same_params(input.evidence[row[3]], params)
}

same_params(e, params) if {
	every name, value in params { plain(e.params[name]) == plain(value) }
}

# How gates stand by the newest evidence of each, which of it is in time, and what was said that does not count. They
# stand as the tables say while there is none.
standings(of, counting, against) := object.union_n([missing, uncertain, passed, unpassed, ending, linked, ignored]) if {
	missing := object.remove(data.hxp.tables.missing, object.keys(of))
	passed := object.filter(data.hxp.tables.passed, [name | some name, [_, _, 0, _] in counting])
	unpassed := {name: unproved(name, counting) | some name in (object.keys(of) - object.keys(passed))}
	ending := {name: {"valid_until": of[name][1] + length} |
		some name, length in data.hxp.tables.valid
		passed[name]
	}
	linked := {name: {"reason": {"evidence": [url]}} |
		some name, row in counting
		url := input.evidence[row[3]].url
		url != null
	}
	uncertain := {row[0]: says("waiting", concat(" ", [row[0], "has evidence, but who may sign it is unknown"])) |
		some row in against
		not untrusted[row]
		not of[row[0]]
	}
	ignored := {row[0]: {"ignored": texts_of} |
		some row in against
		texts_of := [text | some other in against; other[0] == row[0]; text := untrusted[other]]
	}
}

unproved(name, counting) := says(unproved_verdict(name, state), concat(" ", [name, unproved_text[state]])) if {
	state := input.evidence[counting[name][3]].state
} else := says("waiting", concat(" ", [name, "has only evidence that is too old"]))

unproved_text := {
	"failed": "failed",
	"running": "is still running",
	"skipped": "was skipped",
	"error": "could not be run",
}

unproved_verdict(name, state) := "failed" if {
	state == "failed"
} else := "failed" if {
	state in {"error", "skipped"}
	name in data.hxp.tables.fail_on_no_data
} else := "waiting"

# The newest evidence of each gate that counts, as [gate, instant, how bad, place].
newest := newest_of(counted)

# Of two at one instant the worse counts. In a union the last stays.
newest_of(of) := object.union_n([{row[0]: row} | some row in of])

# That which is not too old.
timely := in_time(newest)

in_time(of) := object.remove(of, [name | some name, length in data.hxp.tables.valid; of[name][1] + length < at])

# METADATA
# title: Evidence that counts
counted := relevant - disputed

# METADATA
# title: Evidence about what is decided
# description: Facts of the future do not exist yet.
relevant := {[gate, made, badness[e.state], i] |
	some i, e in input.evidence
	made := instants[e.at]
	made <= at
	gate := e.gate
	e.subject in about[data.hxp.tables.subjects[gate]]
}

# Evidence that does not come, as far as is known, from who may give it, or that does not say how it came out.
disputed := {row |
	some row in relevant
	asked := data.hxp.tables.signers[row[0]]
	not trusted(asked, input.evidence[row[3]])
} | stateless

# Evidence that has no state, if there is any.
default stateless := set()

stateless := {[e.gate, instants[e.at], 0, i] |
	some i, e in input.evidence
	not e.state
	e.subject in about[data.hxp.tables.subjects[e.gate]]
	instants[e.at] <= at
} if {
	count([state | state := input.evidence[_].state]) < count(input.evidence)
}

# Whether evidence comes from who may give it. Undefined while the members of the team that signs are unknown.
trusted(asked, e) := by in signers if {
	signers := members[asked.team]
	by := e.by
}

trusted(asked, e) := issuer == wanted if {
	wanted := asked.issuer
	issuer := e.issuer
}

# What is said of evidence that others gave.
untrusted := {row: text |
	some row in disputed
	e := input.evidence[row[3]]
	trusted(data.hxp.tables.signers[row[0]], e) == false
	text := sprintf("evidence of %s by %s is ignored: it is not its issuer", [row[0], signer(e)])
}

signer(e) := e.by if {
	e.by != null
} else := e.issuer if {
	e.issuer != null
} else := "nobody"

badness := {"passed": 0, "running": 1, "skipped": 2, "error": 3, "failed": 4}

# METADATA
# title: The subjects of evidence that are what is being decided
about := {
	"commit": {subject | some subject in subjects; subject.commit == input.release.commit},
	"release": {subject | some subject in subjects; identity(subject.release) == this_release},
	"environment": {subject | some subject in subjects; subject.environment == input.environment},
	"incident": {subject | some subject in subjects; subject.incident == incident.id},
	"policy": {subject | some subject in subjects; subject.policy == data.hxp.tables.policy.name},
	"deployment": {subject |
		some subject in subjects
		some deployment in input.deployments
		deployment.environment == input.environment
		deployment.to == null
		deployment.id == subject.deployment
	},
}

# METADATA
# title: How old evidence is
age(e) := at - instants[e.at]
