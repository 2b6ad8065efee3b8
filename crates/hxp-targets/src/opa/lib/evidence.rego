package hxp.lib

# -------------------------------------------------------------------------------------------------------- Evidence
#
# Evidence: what gates found out about this release.

# METADATA
# title: The verdict of a gate on what proves it
# description: Evidence that passed must satisfy the gate's own condition as well.
gate(proven, holds) := object.union(object.filter(proven, ["evidence", "ignored", "valid_until"]), {
	"verdict": "met",
	"text": concat(" ", [proven.gate, "passed"]),
}) if {
	proven.state == "passed"
	holds == true
} else := object.union(object.filter(proven, ["evidence", "ignored"]), {
	"verdict": unmet[holds].verdict,
	"text": concat(" ", [proven.gate, unmet[holds].text]),
}) if {
	proven.state == "passed"
} else := object.union(object.filter(proven, ["evidence", "ignored"]), {
	"verdict": unproved_verdict(proven.gate, proven.state),
	"text": concat(" ", [proven.gate, unproved[proven.state]]),
})

unmet := {
	false: {"verdict": "failed", "text": "does not satisfy its condition"},
	null: {"verdict": "waiting", "text": "passed, but lacks what its condition asks for"},
}

unproved := {
	"failed": "failed",
	"running": "is still running",
	"skipped": "was skipped",
	"error": "could not be run",
	"stale": "has only evidence that is too old",
	"missing": "has no evidence",
	"unknown": "has evidence, but who may sign it is unknown",
}

unproved_verdict(name, state) := "failed" if {
	state == "failed"
} else := "failed" if {
	state in {"error", "skipped"}
	name in tables.fail_on_no_data
} else := "waiting"

# METADATA
# title: What proves each gate
# description: Its newest evidence that counts, with its state; why there is none, if there is none.
proof := proofs(counted, disputed)

# METADATA
# title: What proves a gate for parameters that take part in making its evidence
proof_with(name, params) := proofs(rows_with(counted, name, params), rows_with(disputed, name, params))[name]

rows_with(rows_of_all, name, params) := {row |
	some row in rows_of_all
	row[0] == name
	same_params(input.evidence[row[3]], params)
}

same_params(e, params) if {
	every name, value in params { plain(e.params[name]) == plain(value) }
}

# From evidence as [gate, instant, how bad, place]. Of two at one instant the worse counts. In a union the last stays.
proofs(of, against) := object.union_n([tables.gates, uncertain, expired, newest_evidence, deadlines, links, ignored]) if {
	newest := object.union_n([{row[0]: row} | some row in of])
	deadlines := {name: {"valid_until": newest[name][1] + length} | some name, length in tables.valid}
	expired := {name: {"state": "stale"} | some name, deadline in deadlines; deadline.valid_until < at}
	newest_evidence := {name: input.evidence[row[3]] | some name, row in object.remove(newest, object.keys(expired))}
	links := {name: {"evidence": [url]} |
		some name
		url := newest_evidence[name].url
		url != null
	}
	uncertain := {row[0]: {"state": "unknown"} | some row in against; not untrusted[row]}
	ignored := {row[0]: {"ignored": texts_of} |
		some row in against
		texts_of := [text | some other in against; other[0] == row[0]; text := untrusted[other]]
	}
}

# METADATA
# title: Evidence that counts
counted := relevant - disputed

# METADATA
# title: Evidence about what is decided
# description: Facts of the future do not exist yet.
relevant := {[e.gate, instants[e.at], badness[e.state], i] |
	some i, e in input.evidence
	e.subject in about[tables.subjects[e.gate]]
	instants[e.at] <= at
}

# Evidence that does not come, as far as is known, from who may give it, or that does not say how it came out.
disputed := {row |
	some row in relevant
	asked := tables.signers[row[0]]
	not trusted(asked, input.evidence[row[3]])
} | stateless

# Evidence that has no state.
stateless := {[e.gate, instants[e.at], 0, i] |
	some i in ({n | some n, _ in input.evidence} - {n | some n, e in input.evidence; e.state})
	e := input.evidence[i]
	e.subject in about[tables.subjects[e.gate]]
	instants[e.at] <= at
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
	trusted(tables.signers[row[0]], e) == false
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
	"policy": {subject | some subject in subjects; subject.policy == tables.policy.name},
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
