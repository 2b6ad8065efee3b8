# Deployments to production, by hand: the same policy as examples/hexabase, written directly in Rego.
#
# Input: a request (see "Request and Decision" in the documentation). A missing key is unknown and holds a release up;
# `null` is known to be none. Output: `decision`.
package hand.production

default decision := {
	"hxp": 1,
	"outcome": "deny",
	"reasons": [{"id": "engine.request", "verdict": "failed", "text": "the request cannot be judged"}],
	"not_before": null,
	"valid_until": null,
	"obligations": [],
	"notify": [],
}

decision := refusal("engine.request", {"the request is not an object"}) if {
	not is_object(input)
} else := refusal("engine.request", shapeless) if {
	count(shapeless) > 0
} else := refusal("engine.request", malformed) if {
	count(malformed) > 0
} else := refusal("engine.environment", {"this is the policy of production"}) if {
	input.environment != "production"
} else := {
	"hxp": 1,
	"policy": identification,
	"request": null,
	"at": input.at,
	"environment": input.environment,
	"action": action,
	"outcome": outcome,
	"not_before": not_before,
	"valid_until": valid_until,
	"reasons": reasons,
	"obligations": obligations,
	"notify": notices,
}

refusal(id, causes) := {
	"hxp": 1,
	"policy": identification,
	"request": null,
	"at": given("at"),
	"environment": given("environment"),
	"action": given("action"),
	"outcome": "deny",
	"not_before": null,
	"valid_until": null,
	"reasons": [object.union(unsaid, {"id": id, "verdict": "failed", "text": text, "source": written_policy}) |
		some text in causes
	],
	"obligations": [],
	"notify": [],
}

given(key) := object.get(input, key, null) if {
	is_object(input)
} else := null

identification := {"name": "hexabase_kaas", "version": "1.0.0", "digest": null}

# ---------------------------------------------------------------------------------------------------------- the policy

second := 1000000000

hour := 3600 * second

day := 24 * hour

# Evidence that machines give: what it must be about, and how long it counts.
machine_gates := {
	"unit_tests": {"subject": "commit"},
	"integration_tests": {"subject": "commit"},
	"e2e_tests": {"subject": "commit"},
	"coverage": {"subject": "commit"},
	"perf": {"subject": "commit"},
	"scan": {"subject": "commit", "valid": day},
	"changelog": {"subject": "commit"},
	"migration_rollback": {"subject": "commit"},
	"on_call": {"subject": "environment", "valid": 7 * day},
	"tls_1_2": {"subject": "environment", "valid": 7 * day},
	"encrypted_at_rest": {"subject": "environment", "valid": 7 * day},
	"waf": {"subject": "environment", "valid": 7 * day},
	"ddos_protection": {"subject": "environment", "valid": 7 * day},
	"multi_az": {"subject": "environment", "valid": 7 * day},
	"database_replicated": {"subject": "environment", "valid": 7 * day},
	"redis_sentinel": {"subject": "environment", "valid": 7 * day},
	"point_in_time_recovery": {"subject": "environment", "valid": 7 * day},
	"backup_taken": {"subject": "environment", "valid": 7 * day},
}

# Evidence that a member of a team signs.
signed_gates := {
	"release_notes": {"subject": "release", "by": "engineering"},
	"rollback_plan": {"subject": "release", "by": "engineering"},
	"dashboards_ready": {"subject": "release", "by": "engineering"},
	"customers_told": {"subject": "release", "by": "support"},
	"eol_notice": {"subject": "release", "by": "support"},
	"uat": {"subject": "release", "by": "qa"},
	"pen_test": {"subject": "environment", "by": "security", "valid": 92 * day},
	"dr_test": {"subject": "environment", "by": "security", "valid": 92 * day},
	"security_audit": {"subject": "policy", "by": "security", "valid": 366 * day},
	"metrics_review": {"subject": "policy", "by": "engineering_managers", "valid": 31 * day},
	"policy_review": {"subject": "policy", "by": "platform", "valid": 92 * day},
}

gates := object.union(machine_gates, signed_gates)

# Passing is not enough for these: see `proven`.
measured_gates := {"unit_tests", "integration_tests", "coverage", "perf", "scan", "eol_notice"}

# Only changes with this label need these.
label_of_gate := {
	"customers_told": "customer_facing",
	"migration_rollback": "database_migration",
	"eol_notice": "end_of_life",
}

# Looked at and reported; they hold nothing up.
advisory_gates := {"uat", "pen_test", "dr_test", "security_audit", "metrics_review", "policy_review"}

# One approval of each of these teams; of some only for changes with one of these labels.
approving_teams := {
	"engineering_managers": set(),
	"devops": set(),
	"security": {"security", "sensitive"},
	"dba": {"database_migration"},
	"cab": {"infrastructure"},
	"architects": {"major_change"},
	"performance": {"critical_path"},
}

# A rollback to one of the last healthy releases needs this only.
rollback_gates := {"migration_rollback"}

releases_kept := 5

soak := hour

# The hotfix, during an incident. It also lifts the soak and the release hours; it asks for one senior engineer, and for
# a branch that starts from what is live.
lifted_gates := {"perf", "e2e_tests", "changelog"}

lifted_teams := {"engineering_managers", "devops"}

hotfix_lasts := day

# Release hours: Tuesday to Thursday from ten to three on the Pacific coast.
zone := "America/Los_Angeles"

opens_at := 10

closes_at := 15

release_days := {"Tuesday", "Wednesday", "Thursday"}

# How many days from each weekday to the next release day after it.
days_to_release_day := {
	"Monday": 1,
	"Tuesday": 1,
	"Wednesday": 1,
	"Thursday": 5,
	"Friday": 4,
	"Saturday": 3,
	"Sunday": 2,
}

# ------------------------------------------------------------------------------------------------------------- outcome

outcome := "deny" if {
	"failed" in verdicts
} else := "pending" if {
	"waiting" in verdicts
} else := "allow"

verdicts := {finding.verdict | some finding in findings}

# Sorted by verdict, then by id.
reasons := [object.union(object.union(object.get(known, finding.id, unsaid), finding), object.get(links, finding.id, {})) |
	some verdict in ["failed", "waiting", "waived", "advice", "met"]
	verdict in verdicts
	some finding in findings
	finding.verdict == verdict
]

unsaid := {"until": null, "waived_by": null, "evidence": []}

# A rollback is bound by its own gates only. What a hotfix adds binds either.
findings := (gate_findings | hotfix_findings) | remarks if {
	is_rollback
} else := (gate_findings | hotfix_findings) | (remarks | (team_findings | other_findings))

# One requirement in the decision, by the force that it has: binding, or lifted by a hotfix.
stands(id, "binding", verdict, text) := {"id": id, "verdict": verdict, "text": text}

stands(id, "lifted", _, text) := {
	"id": id,
	"verdict": "waived",
	"text": concat("", ["waived by hotfix: ", text]),
	"waived_by": "hotfix",
}

# Whether a requirement of changes with these labels binds.
bond(labels) := "yes" if {
	count(labels) == 0
} else := "no" if {
	count(labels & possible_labels) == 0
} else := "yes" if {
	count(labels & carried_labels) > 0
} else := "maybe"

explained("yes", text) := text

explained("no", _) := "does not apply to this change"

explained("maybe", text) := concat("", [text, " (whether it applies is unknown)"])

# ---------------------------------------------------------------------------------------------------------------- time

at := instants[input.at]

instants := {text: time.parse_rfc3339_ns(text) | some text in instant_texts}

written(ns) := time.format([ns, zone, "2006-01-02T15:04:05Z07:00"])

spelled(ns) := time.format([ns, zone, "Monday 2 January 15:04"])

open_at(ns) if {
	[local_hour, _, _] := time.clock([ns, zone])
	local_hour >= opens_at
	local_hour < closes_at
	time.weekday([ns, zone]) in release_days
}

# The full local hour so many days later. Where the clocks change between, the day has 23 or 25 hours.
moved(ns, days, local_hour) := guess + ((local_hour - guessed_hour) * hour) if {
	[hour_now, minute, sec] := time.clock([ns, zone])
	past_hour := (((minute * 60) + sec) * second) + (ns % second)
	guess := ((ns - past_hour) + (days * day)) + ((local_hour - hour_now) * hour)
	[guessed_hour, _, _] := time.clock([guess, zone])
}

# The first instant from `ns` on at which the release hours are open.
opening(ns) := ns if {
	open_at(ns)
} else := moved(ns, 0, opens_at) if {
	time.weekday([ns, zone]) in release_days
	[local_hour, _, _] := time.clock([ns, zone])
	local_hour < opens_at
} else := moved(ns, days_to_release_day[time.weekday([ns, zone])], opens_at)

not_before := written(at) if {
	outcome == "allow"
} else := written(settled_by_time) if {
	outcome == "pending"
} else := null

valid_until := written(min(ends)) if {
	outcome == "allow"
	count(ends) > 0
} else := written(settled_by_time) if {
	outcome == "pending"
} else := null

# When something that is met ends though nobody does anything.
ends contains moved(at, 0, closes_at) if {
	not is_rollback
	not hotfix
}

ends contains end if {
	not is_rollback
	some name, gate in gates
	not name in advisory_gates
	end := newest[name][1] + gate.valid
}

ends contains hotfix_ends if {
	hotfix
	not is_rollback
	not dispensable
}

# Whether all that the hotfix lifts is met without it.
dispensable if {
	open_at(at)
	soaked == "met"
	count(lifted_gates - met_gates) == 0
	every team in lifted_teams {
		vote(team) == "met"
	}
}

# When time alone will have met all that waits; undefined if people or machines are needed.
settled_by_time := opening(soaked_at) if {
	soak_id in waiting_ids
	waiting_ids - {soak_id, window_id} == set()
} else := opening(at) if {
	waiting_ids == {window_id}
}

waiting_ids := {finding.id |
	some finding in findings
	finding.verdict == "waiting"
}

# -------------------------------------------------------------------------------------------------------------- labels

# Labels come from the change itself: labels of pull requests, paths of files, messages of commits.
label_of_pull_request := {
	"security": "security",
	"sensitive": "sensitive",
	"breaking": "breaking",
	"feature": "feature",
	"fix": "fix",
	"major": "major_change",
	"customer-facing": "customer_facing",
	"eol": "end_of_life",
}

# Of folders anywhere in a path.
label_of_folder := {
	"/auth/": "security",
	"/crypto/": "sensitive",
	"/billing/": "sensitive",
	"/migrations/": "database_migration",
}

carried_labels contains label if {
	some request in input.change.pull_requests
	some name in request.labels
	label := label_of_pull_request[name]
}

carried_labels contains label if {
	some file in input.change.files
	rooted := concat("", ["/", file])
	some folder, label in label_of_folder
	contains(rooted, folder)
}

carried_labels contains "security" if "SECURITY.md" in input.change.files

carried_labels contains "critical_path" if {
	some file in input.change.files
	startswith(file, "api/internal/")
	contains(trim_prefix(file, "api/internal"), "/hotpath/")
}

carried_labels contains "infrastructure" if {
	some file in input.change.files
	some folder in ["deployments/", "infra/"]
	startswith(file, folder)
}

carried_labels contains "breaking" if {
	some commit in input.change.commits
	regex.match(`^[a-z]+(\(.+\))?!:`, commit.message)
}

carried_labels contains label if {
	some commit in input.change.commits
	some prefix, label in {"feat": "feature", "fix": "fix"}
	startswith(commit.message, prefix)
}

# Those that the change carries, or may carry for all that is known.
possible_labels := (carried_labels | hidden_in_requests) | (hidden_in_files | hidden_in_messages)

hidden_in_requests := set() if {
	every request in input.change.pull_requests {
		request.labels
	}
} else := {label | some label in label_of_pull_request}

hidden_in_files := set() if {
	input.change.files
} else := {"security", "sensitive", "critical_path", "database_migration", "infrastructure"}

hidden_in_messages := set() if {
	every commit in input.change.commits {
		commit.message
	}
} else := {"breaking", "feature", "fix"}

# ----------------------------------------------------------------------------------------------------------- overrides

# The requester must name the hotfix, and an open incident of production must be younger than a day.
hotfix if {
	input.override.name == "hotfix"
	input.incident.state == "open"
	"production" in input.incident.environments
	instants[input.incident.declared_at] <= at
	at < hotfix_ends
}

hotfix_ends := instants[input.incident.declared_at] + hotfix_lasts

hotfix_findings contains stands(
	"production.gate.based_on_production",
	"binding",
	based_on_production,
	said("based_on_production", based_on_production),
) if {
	hotfix
}

hotfix_findings contains object.union(
	stands(
		"production.approve.senior_engineers",
		"binding",
		vote("senior_engineers"),
		voted("senior_engineers", vote("senior_engineers")),
	),
	needs("senior_engineers", vote("senior_engineers")),
) if {
	hotfix
}

# The branch is a hotfix's, and contains what is live.
based_on_production := "failed" if {
	input.previous == null
} else := "failed" if {
	input.previous.commit == null
} else := "failed" if {
	not is_hotfix_branch(object.get(input.release, "branch", "hotfix/"))
} else := "failed" if {
	input.release.ancestors == []
} else := "failed" if {
	commit := input.previous.commit
	ancestors := input.release.ancestors
	not commit in ancestors
} else := "met" if {
	input.release.branch
	input.previous.commit in input.release.ancestors
} else := "waiting"

is_hotfix_branch(branch) if {
	is_string(branch)
	regex.match(`^hotfix/[^/]*$`, branch)
}

said(name, "met") := concat(" ", [name, "holds"])

said(name, "failed") := concat(" ", [name, "does not hold"])

said(name, "waiting") := concat(" ", [name, "needs facts that the request lacks"])

in_force contains "hotfix" if hotfix

# The ui may run on two replicas until that day. It concerns the configuration and lifts nothing here.
in_force contains "ui_runs_on_two" if at < time.parse_rfc3339_ns("2030-06-30T00:00:00Z")

remarks contains {
	"id": concat(".", ["production.override", name]),
	"verdict": "advice",
	"text": concat("", ["the request names the override ", name, ", which is not in force"]),
	"source": written_policy,
} if {
	name := input.override.name
	is_string(name)
	not name in in_force
}

# --------------------------------------------------------------------------------------------------------------- gates

# Whatever is met, unless a hotfix lifts it.
gate_findings contains {
	"id": concat("", ["production.gate.", name]),
	"verdict": "met",
	"text": concat("", [name, " passed"]),
} if {
	some name in (((bound_gates & met_gates) - unbound_gates) - lifted_now)
}

gate_findings contains {
	"id": concat("", ["production.gate.", name]),
	"verdict": "met",
	"text": "does not apply to this change",
} if {
	some name in (bound_gates & unbound_gates)
}

gate_findings contains {
	"id": concat("", ["production.gate.", name]),
	"verdict": gate_concluded(name),
	"text": gate_said(name),
} if {
	some name in (((bound_gates - met_gates) - unbound_gates) - lifted_now)
}

gate_findings contains stands(concat("", ["production.gate.", name]), "lifted", "waived", gate_stands(name)) if {
	some name in (bound_gates & lifted_now)
}

bound_gates := rollback_gates if {
	is_rollback
} else := object.keys(gates)

# Those that this change does not need, and those of which that is unknown.
unbound_gates := {name | some name, label in label_of_gate; not label in possible_labels}

doubtful_gates := {name |
	some name, label in label_of_gate
	label in possible_labels
	not label in carried_labels
}

lifted_now := lifted_gates if {
	hotfix
} else := set()

gate_concluded(name) := "advice" if {
	name in advisory_gates
} else := "failed" if {
	name in failed_gates
	not name in doubtful_gates
} else := "waiting"

gate_said(name) := concat("", [gate_stands(name), "; whether it applies is unknown"]) if {
	name in doubtful_gates
} else := gate_stands(name)

gate_stands(name) := concat(" ", [name, "passed"]) if {
	name in met_gates
} else := concat(" ", [name, "failed, or does not satisfy its condition"]) if {
	name in failed_gates
} else := concat(" ", [name, "has only evidence that is too old"]) if {
	name in stale_gates
} else := concat(" ", [name, "has no evidence that counts"]) if {
	not newest[name]
} else := concat(" ", [name, "has not passed yet, or lacks what its condition asks for"])

# All other gates wait.
met_gates := passed_gates - unproven_gates

unproven_gates := {name | some name in (measured_gates & passed_gates); not proven(name, evidence_of(name))}

failed_gates := ({name | some name, [_, _, 4, _] in newest} - stale_gates) | refuted_gates

refuted_gates := {name | some name in (measured_gates & passed_gates); refuted(name, evidence_of(name))}

passed_gates := {name | some name, [_, _, 0, _] in newest} - stale_gates

stale_gates := {name | some name, gate in gates; at - newest[name][1] > gate.valid}

evidence_of(name) := input.evidence[newest[name][3]]

# What passed must show good results; a result that is missing neither proves nor refutes.
proven("unit_tests", item) if all_passed(item.results)

proven("integration_tests", item) if all_passed(item.results)

proven("coverage", item) if percent(item.results.line) >= 70

proven("perf", item) if percent(item.results.regression) <= 20

proven("scan", item) if {
	item.results.criticals == 0
	item.results.highs == 0
}

proven("eol_notice", item) if at - instants[item.at] >= 183 * day

refuted("unit_tests", item) if some_failed(item.results)

refuted("integration_tests", item) if some_failed(item.results)

refuted("coverage", item) if percent(item.results.line) < 70

refuted("perf", item) if percent(item.results.regression) > 20

refuted("scan", item) if {
	some severity in ["criticals", "highs"]
	is_number(item.results[severity])
	item.results[severity] != 0
}

refuted("eol_notice", item) if at - instants[item.at] < 183 * day

# A suite that ran nothing has not passed.
all_passed(results) if {
	is_number(results.passed)
	results.passed == results.total
	results.total > 0
}

some_failed(results) if {
	is_number(results.passed)
	is_number(results.total)
	results.passed != results.total
}

some_failed(results) if {
	is_number(results.total)
	results.total <= 0
}

percent(text) := to_number(trim_suffix(text, "%")) if {
	is_string(text)
	regex.match(`^-?[0-9]{1,15}(\.[0-9]{1,6})?%$`, text)
}

# ------------------------------------------------------------------------------------------------------------ evidence

state_rank := {"passed": 0, "running": 1, "skipped": 2, "error": 3, "failed": 4}

# Of each gate the newest evidence that counts, as [gate, instant, rank of its state, index]; of two at one instant the
# worse. In a union the last of a key stays.
newest := object.union_n([{piece[0]: piece} | some piece in sort(array.concat(made, signed))])

made := [[item.gate, instants[item.at], state_rank[item.state], i] |
	some i, item in input.evidence
	gate := machine_gates[item.gate]
	item.subject in subjects[gate.subject]
	instants[item.at] <= at
]

signed := [[item.gate, instants[item.at], state_rank[item.state], i] |
	some i, item in input.evidence
	gate := signed_gates[item.gate]
	item.by in input.members[gate.by]
	item.subject in subjects[gate.subject]
	instants[item.at] <= at
]

# What evidence of each kind must be about.
subjects := {
	"commit": {subject | some subject in all_subjects; subject.commit == input.release.commit},
	"release": {subject | some subject in all_subjects; identity(subject.release) == identity(input.release)},
	"environment": {subject | some subject in all_subjects; subject.environment == "production"},
	"policy": {subject | some subject in all_subjects; subject.policy == "hexabase_kaas"},
}

# The digests make a release what it is; its version is a label.
identity(release) := [release.images, release.chart.digest]

identity(release) := [release.images, null] if release.chart == null

# Evidence that is not for its signer to give.
remarks contains {
	"id": concat("", ["production.gate.", item.gate, ".issuer"]),
	"verdict": "advice",
	"text": concat("", ["evidence of ", item.gate, " by ", signer(item), " is ignored: it is not of ", gate.by]),
	"source": known[concat("", ["production.gate.", item.gate])].source,
} if {
	some item in input.evidence
	gate := signed_gates[item.gate]
	members := input.members[gate.by]
	by := object.get(item, "by", false)
	by != false
	not by in members
	item.subject in subjects[gate.subject]
	instants[item.at] <= at
	item.gate in bound_gates
	not item.gate in unheard_gates
}

# Where the evidence of a gate can be looked at.
links := {concat("", ["production.gate.", name]): {"evidence": [url]} |
	some name, piece in newest
	url := input.evidence[piece[3]].url
	url != null
	name in bound_gates
	not name in stale_gates
	not name in unheard_gates
}

# While it is unknown whether a gate binds, only evidence that settles it is heard.
unheard_gates := unbound_gates | (doubtful_gates - met_gates)

signer(item) := item.by if {
	is_string(item.by)
} else := item.issuer if {
	is_string(item.issuer)
} else := "nobody"

# -------------------------------------------------------------------------------------------------------------- people

vote_rank := {"approve": 0, "withdraw": 1, "reject": 2}

# The last vote of each person on this very release.
last_votes := object.union_n([{ballot[0]: ballot[2]} | some ballot in sort(ballots)])

ballots := [[ballot.person, instants[ballot.at], vote_rank[ballot.vote]] |
	some ballot in input.approvals
	ballot.environment == "production"
	ballot.commit == input.release.commit
	on_these_images(ballot)
	instants[ballot.at] <= at
]

on_these_images(ballot) if ballot.images == input.release.images

on_these_images(ballot) if {
	not ballot.images
	ballot.vote != "approve"
}

rejecting := {person | some person, 2 in last_votes}

# Whoever asks, published or wrote it cannot approve it; undefined while these people are unknown.
approving := {person |
	some person, 0 in last_votes
	not person in authors
	not person in [publisher, input.actor.id]
	not endswith(person, "[bot]")
} if {
	authors := input.release.authors
	publisher := object.get(input.release, "publisher", false)
	publisher != false
}

# How a team votes where its approval is asked for.
vote(team) := "failed" if {
	some person in input.members[team]
	person in rejecting
} else := "met" if {
	approved(team)
} else := "waiting"

approved(team) if {
	some person in input.members[team]
	person in approving
}

# Where it is unknown whether it is asked for, approval settles the matter and a rejection does not.
vote_if(team, "yes") := vote(team)

vote_if(_, "no") := "met"

vote_if(team, "maybe") := "met" if {
	approved(team)
} else := "waiting"

team_findings contains object.union(
	stands(
		concat(".", ["production.approve", team]),
		force_of_team(team),
		verdict,
		explained(binds, voted(team, verdict)),
	),
	needs(team, verdict),
) if {
	some team, labels in approving_teams
	binds := bond(labels)
	verdict := vote_if(team, binds)
}

force_of_team(team) := "lifted" if {
	team in lifted_teams
	hotfix
} else := "binding"

needs(team, "waiting") := {"needs": {"approvals": {team: 1}}}

needs(_, verdict) := {} if verdict != "waiting"

voted(team, "met") := concat(" ", ["approved by", team])

voted(team, "failed") := concat(" ", ["rejected by", team])

voted(team, "waiting") := concat(" ", ["needs the approval of 1 of", team])

# ---------------------------------------------------------------------------------------- window, promotion and rules

window_id := "production.window.release_hours"

soak_id := "production.after.staging.soaked"

other_findings contains stands(window_id, force_if_timely, "met", "release_hours is open") if open_at(at)

other_findings contains object.union(
	until(opening(at)),
	stands(
		window_id,
		force_if_timely,
		"waiting",
		concat(" ", ["release_hours opens", spelled(opening(at))]),
	),
) if {
	not open_at(at)
}

other_findings contains stands("production.after.staging", "binding", stayed, after_said(stayed, "healthy"))

other_findings contains stands(soak_id, force_if_timely, soaked, after_said(soaked, "healthy for 1h")) if {
	not soaking
}

other_findings contains object.union(
	until(soaked_at),
	stands(soak_id, force_if_timely, soaked, after_said(soaked, "healthy for 1h")),
) if {
	soaking
}

soaking if {
	soaked == "waiting"
	soaked_at
}

# From when on time alone will do.
until(ns) := {} if {
	hotfix
} else := {"until": written(ns)}

other_findings contains stands(
	"production.gate.two_reviews",
	"binding",
	two_reviews,
	said("two_reviews", two_reviews),
)

other_findings contains stands(
	"production.rule.version_matches_change",
	"binding",
	version_matches_change,
	ruled(version_matches_change, "a breaking change needs a major version, a feature a minor one, a fix a patch"),
)

other_findings contains stands(
	"production.rule.old_lines_get_security_only",
	"binding",
	old_lines_get_security_only,
	ruled(old_lines_get_security_only, "the previous minor version gets security updates only"),
)

# A hotfix waits neither for the release hours nor for the soak.
force_if_timely := "lifted" if {
	hotfix
} else := "binding"

after_said("met", what) := concat(" ", ["was", what, "in staging"])

after_said("waiting", what) := concat(" ", ["was not yet", what, "in staging"])

after_said("failed", _) := "failed in staging"

ruled("met", _) := "holds"

ruled("failed", because) := because

ruled("waiting", _) := "needs facts that the request lacks"

# ----------------------------------------------------------------------------------------------------------- promotion

stayed := after_staging(0)

soaked := after_staging(soak)

after_staging(length) := "met" if {
	some stay in stays
	not stay.failed
	stay.to - stay.from >= length
} else := "waiting" if {
	count(stays) == 0
} else := "waiting" if {
	some stay in stays
	not stay.failed
} else := "failed"

soaked_at := min({stay.from | some stay in stays; stay.ongoing}) + soak

# The longest stretches in which this release was healthy in staging. Stretches that touch are one stay, which ends as
# those at its end do.
stays := {object.union(stretch, {"from": begin}) |
	some stretch in stretches
	begin := max({start | some start in starts; start <= stretch.from})
	stretch.to == max({other.to | some other in stretches; other.from >= begin; not between(begin, other.from)})
}

# Whether another stay starts in (begin, from].
between(begin, from) if {
	some start in starts
	start > begin
	start <= from
}

starts contains stretch.from if {
	some stretch in stretches
	not continued(stretch.from)
}

continued(from) if {
	some earlier in stretches
	earlier.from < from
	earlier.to >= from
}

stretches contains {"from": from, "to": to, "ongoing": ongoing, "failed": failed} if {
	some deployment in input.deployments
	deployment.environment == "staging"
	identity(deployment) == identity(input.release)
	some healthy in deployment.healthy
	from := instants[healthy.from]
	from <= at
	[to, ongoing, failed] := ending(deployment, healthy)
	from <= to
}

# [until when, whether it lasts, whether it ended in failure]; undefined while that is unknown.
ending(deployment, healthy) := [instants[healthy.to], false, fell(deployment)] if {
	instants[healthy.to] <= at
} else := [min(alarms), false, true] if {
	lasts(healthy)
	count(alarms) > 0
} else := [at, deployment.outcome in good_ends, deployment.outcome in bad_ends] if {
	lasts(healthy)
}

good_ends := {"running", "healthy"}

bad_ends := {"failed", "rolled_back"}

lasts(healthy) if healthy.to == null

lasts(healthy) if instants[healthy.to] > at

# Whether something that is no longer healthy failed: it did if it is still live.
fell(deployment) if {
	deployment.outcome in bad_ends
} else if {
	deployment.outcome in good_ends
	deployment.to == null
} else := instants[deployment.to] > at if {
	deployment.outcome in good_ends
}

alarms contains since if {
	some trigger in input.triggers
	trigger.environment == "staging"
	trigger.state == "firing"
	since := instants[trigger.since]
	since <= at
}

action := "rollback" if {
	is_rollback
} else := "deploy" if {
	input.action == "rollback"
} else := input.action

# A rollback goes to one of the last healthy releases; to any other it is judged as a deployment.
is_rollback if {
	input.action == "rollback"
	identity(input.release) in last_healthy
}

last_healthy := {[images, chart] |
	some [_, chart, images] in array.slice(all_healthy, first_kept, count(all_healthy))
}

first_kept := max([0, count(all_healthy) - releases_kept])

all_healthy := sort([[max(dates), chart, images] | some [images, chart], dates in dates_of])

dates_of := {release: {instants[other.from] | some other in healthy_here; identity(other) == release} |
	some deployment in healthy_here
	release := identity(deployment)
}

healthy_here contains deployment if {
	some deployment in input.deployments
	deployment.environment == "production"
	deployment.outcome == "healthy"
	instants[deployment.from] <= at
}

# --------------------------------------------------------------------------------------------------------------- rules

# Every commit came with a pull request that two others approved.
two_reviews := "met" if {
	every commit in input.change.commits {
		some request in input.change.pull_requests
		request.id == commit.pull_request
		count(reviewers(request, commit)) >= 2
	}
} else := "failed" if {
	some commit in input.change.commits
	unreviewed(commit)
} else := "waiting"

unreviewed(commit) if commit.pull_request == null

unreviewed(commit) if {
	every request in input.change.pull_requests {
		cannot_review(request, commit)
	}
}

cannot_review(request, commit) if request.id != commit.pull_request

cannot_review(request, commit) if count(reviewers(request, commit)) < 2

# Undefined while it is unknown who of them is an author.
reviewers(request, commit) := [person | some person in request.approved_by; not wrote(person, request, commit)] if {
	request.approved_by
	request.author
	commit.author
} else := [] if {
	every person in request.approved_by {
		wrote(person, request, commit)
	}
}

wrote(person, request, _) if person == request.author

wrote(person, _, commit) if person == commit.author

version_matches_change := "met" if {
	input.previous == null
} else := "met" if {
	input.previous.version == null
} else := "failed" if {
	bump < bump_needed
} else := "met" if {
	bump >= bump_needed
} else := "waiting"

# 3: major, 2: minor, 1: patch, 0: none.
bump := 0 if {
	new_numbers <= old_numbers
} else := 3 if {
	new_numbers[0] > old_numbers[0]
} else := 2 if {
	new_numbers[1] > old_numbers[1]
} else := 1 if {
	new_numbers[2] > old_numbers[2]
}

new_numbers := numbers(input.release.version)

old_numbers := numbers(input.previous.version)

bump_needed := 3 if {
	"breaking" in carried_labels
} else := 2 if {
	"feature" in carried_labels
	not "breaking" in possible_labels
} else := 1 if {
	"fix" in carried_labels
	count({"breaking", "feature"} & possible_labels) == 0
} else := 0 if {
	count({"breaking", "feature", "fix"} & possible_labels) == 0
}

numbers(version) := [to_number(major), to_number(minor), to_number(patch)] if {
	parts := split(trim_prefix(version, "v"), ".")
	major := parts[0]
	minor := parts[1]
	patch := split(split(parts[2], "-")[0], "+")[0]
}

old_lines_get_security_only := "met" if {
	"security" in carried_labels
} else := "waiting" if {
	not newer_lines
} else := "met" if {
	count(newer_lines) != 1
} else := "failed" if {
	not "security" in possible_labels
} else := "waiting"

newer_lines := {line |
	some version in input.published_versions
	line := array.slice(numbers(version), 0, 2)
	line > own_line
} if {
	input.published_versions
	own_line := array.slice(new_numbers, 0, 2)
}

# --------------------------------------------------------------------------------------- what is owed, and who is told

duties := {
	"production.gate.customer_reports_verified": {"on": "deployed", "due": "1d", "owner": "support"},
	"production.gate.health": {"on": "deployed", "due": "30m", "owner": null},
	"production.gate.post_mortem_published": {"on": "incident.resolved", "due": "5d", "owner": "engineering"},
	"production.gate.scan": {"on": "deployed", "due": "1d", "owner": null},
	"production.notify.customers_mail": {"on": "incident.declared", "due": "30m", "owner": null},
	"production.notify.status": {"on": "incident.declared", "due": "5m", "owner": null},
}

# What a hotfix leaves to be done.
duties_of_hotfix := {"production.gate.post_mortem": {"on": "incident.resolved", "due": "2d", "owner": "engineering"}} if {
	hotfix
} else := {}

obligations := [{"id": id, "on": duty.on, "due": duty.due, "due_at": due_at(duty), "owner": duty.owner} |
	some id, duty in object.union(duties, duties_of_hotfix)
]

lengths := {"5m": 300 * second, "30m": 1800 * second, "1d": day, "2d": 2 * day, "5d": 5 * day}

due_at(duty) := written(event + lengths[duty.due]) if {
	event := past_events[duty.on]
} else := null

# An incident that is declared only later does not exist yet.
past_events["incident.declared"] := instants[input.incident.declared_at] if not declared_later

past_events["incident.resolved"] := instants[input.incident.resolved_at] if not declared_later

declared_later if instants[input.incident.declared_at] > at

# Every notice, by channel and event, with the label without which it is not sent.
all_notices := [
	["", {"channel": "audit_log", "on": "denied", "due": null}],
	["", {"channel": "audit_log", "on": "deployed", "due": null}],
	["", {"channel": "audit_log", "on": "failed", "due": null}],
	["", {"channel": "audit_log", "on": "overridden", "due": null}],
	["", {"channel": "audit_log", "on": "requested", "due": null}],
	["", {"channel": "audit_log", "on": "rolled_back", "due": null}],
	["feature", {"channel": "customers_app", "on": "deployed", "due": null}],
	["breaking", {"channel": "customers_mail", "on": "deployed", "due": null}],
	["", {"channel": "customers_mail", "on": "incident.declared", "due": "30m"}],
	["", {"channel": "pager", "on": "high_error_rate", "due": null}],
	["", {"channel": "pager", "on": "slow_responses", "due": null}],
	["", {"channel": "pager", "on": "unhealthy", "due": null}],
	["", {"channel": "production_deployments", "on": "deployed", "due": null}],
	["", {"channel": "production_deployments", "on": "failed", "due": null}],
	["", {"channel": "production_deployments", "on": "rolled_back", "due": null}],
	["major_change", {"channel": "status", "on": "deployed", "due": null}],
	["", {"channel": "status", "on": "incident.declared", "due": "5m"}],
]

notices := [notice | some [label, notice] in all_notices; label in heard_labels]

heard_labels := possible_labels | {""}

# -------------------------------------------------------------------------------------------- where the policy says it

written_policy := {"file": "environments/production.hxp", "line": 12, "column": 13}

# What is said of each requirement, as far as nothing else is to be said.
known := object.union(known_of_deployments, {"production.gate.migration_rollback": {"source": {"file": "environments/production.hxp", "line": 82, "column": 13}}}) if {
	is_rollback
} else := known_of_deployments

known_of_deployments := {
	"production.after.staging": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 44, "column": 3},
	},
	"production.after.staging.soaked": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 44, "column": 3},
	},
	"production.window.release_hours": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 45, "column": 3},
	},
	"production.gate.unit_tests": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 48, "column": 11},
	},
	"production.gate.integration_tests": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 48, "column": 11},
	},
	"production.gate.e2e_tests": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 48, "column": 11},
	},
	"production.gate.coverage": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 48, "column": 11},
	},
	"production.gate.perf": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 48, "column": 11},
	},
	"production.gate.scan": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 48, "column": 18},
	},
	"production.gate.two_reviews": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 48, "column": 24},
	},
	"production.gate.changelog": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 48, "column": 37},
	},
	"production.gate.release_notes": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 48, "column": 48},
	},
	"production.gate.rollback_plan": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 48, "column": 63},
	},
	"production.gate.on_call": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 48, "column": 78},
	},
	"production.gate.dashboards_ready": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 48, "column": 87},
	},
	"production.gate.customers_told": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 50, "column": 11},
	},
	"production.gate.migration_rollback": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 52, "column": 11},
	},
	"production.gate.eol_notice": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 54, "column": 11},
	},
	"production.gate.tls_1_2": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 56, "column": 11},
	},
	"production.gate.encrypted_at_rest": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 56, "column": 20},
	},
	"production.gate.waf": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 56, "column": 39},
	},
	"production.gate.ddos_protection": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 56, "column": 44},
	},
	"production.gate.multi_az": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 58, "column": 11},
	},
	"production.gate.database_replicated": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 58, "column": 21},
	},
	"production.gate.redis_sentinel": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 58, "column": 42},
	},
	"production.gate.point_in_time_recovery": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 58, "column": 58},
	},
	"production.gate.backup_taken": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 58, "column": 82},
	},
	"production.gate.uat": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 61, "column": 21},
	},
	"production.gate.pen_test": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 61, "column": 26},
	},
	"production.gate.dr_test": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 61, "column": 36},
	},
	"production.gate.security_audit": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 61, "column": 45},
	},
	"production.gate.metrics_review": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 61, "column": 61},
	},
	"production.gate.policy_review": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 61, "column": 77},
	},
	"production.approve.engineering_managers": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 65, "column": 11},
	},
	"production.approve.devops": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 65, "column": 38},
	},
	"production.approve.security": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 67, "column": 11},
	},
	"production.approve.dba": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 69, "column": 11},
	},
	"production.approve.cab": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 71, "column": 11},
	},
	"production.approve.architects": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 73, "column": 11},
	},
	"production.approve.performance": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "environments/production.hxp", "line": 75, "column": 11},
	},
	"production.rule.version_matches_change": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "rules.hxp", "line": 4, "column": 6},
	},
	"production.rule.old_lines_get_security_only": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "rules.hxp", "line": 11, "column": 6},
	},
	"production.approve.senior_engineers": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "emergency.hxp", "line": 11, "column": 11},
	},
	"production.gate.based_on_production": {
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": {"file": "emergency.hxp", "line": 12, "column": 11},
	},
}

# ----------------------------------------------------------------------------------------------- what a request may say

# The records of a request by kind.
rows := {
	"request": [input],
	"actor": [row | row := input.actor],
	"event": [row | row := input.event],
	"release": [row | row := input.release],
	"previous": [row | row := input.previous; row != null],
	"change": [row | row := input.change],
	"commit": [row | row := input.change.commits[_]],
	"pull_request": [row | row := input.change.pull_requests[_]],
	"evidence": object.get(input, "evidence", []),
	"subject": all_subjects,
	"subject_release": {subject.release | some subject in all_subjects},
	"approval": object.get(input, "approvals", []),
	"deployment": object.get(input, "deployments", []),
	"stretch": [row | row := input.deployments[_].healthy[_]],
	"trigger": object.get(input, "triggers", []),
	"incident": [row | row := input.incident; row != null],
	"override": [row | row := input.override; row != null],
	"duty": object.get(input, "duties", []),
	"chart": charts - {null},
}

# Most evidence is about a few subjects: each is looked at once.
all_subjects := {subject | subject := input.evidence[_].subject}

charts contains chart if chart := input.release.chart

charts contains chart if chart := input.previous.chart

charts contains chart if chart := input.deployments[_].chart

charts contains chart if {
	some subject in all_subjects
	chart := subject.release.chart
}

# What the values of these keys are. Those that end in `_or_null` may also be known to be none.
texts := {
	"request": ["environment"],
	"actor": ["id"],
	"event": ["kind"],
	"release": ["commit", "values_digest"],
	"chart": ["name", "digest"],
	"commit": ["id", "message", "author"],
	"pull_request": ["author"],
	"evidence": ["gate"],
	"subject": ["commit", "deployment", "environment", "incident", "policy"],
	"approval": ["person", "environment", "commit"],
	"deployment": ["id", "environment"],
	"trigger": ["trigger", "environment"],
	"duty": ["id"],
}

texts_or_null := {
	"event": ["tag", "branch"],
	"release": ["branch", "publisher"],
	"previous": ["commit", "values_digest"],
	"evidence": ["issuer", "by", "url"],
	"incident": ["id"],
	"override": ["name", "reason", "ticket"],
}

booleans := {"actor": ["bot"], "release": ["prerelease"]}

booleans_or_null := {"event": ["published"]}

integers := {"request": ["hxp"], "pull_request": ["id"]}

integers_or_null := {"commit": ["pull_request"], "deployment": ["revision"]}

times := {
	"request": ["at"],
	"evidence": ["at"],
	"approval": ["at"],
	"deployment": ["from"],
	"stretch": ["from"],
	"trigger": ["since"],
}

times_or_null := {
	"pull_request": ["merged_at"],
	"deployment": ["to"],
	"stretch": ["to"],
	"incident": ["declared_at", "resolved_at"],
	"duty": ["due_at", "done_at"],
}

versions := {"release": ["version"], "chart": ["version"]}

versions_or_null := {"previous": ["version"]}

lists_of_texts := {
	"release": ["ancestors", "authors"],
	"change": ["files"],
	"pull_request": ["labels", "approved_by"],
	"incident": ["environments"],
}

lists_of_versions := {"request": ["published_versions"]}

lists_of_records := {
	"request": ["evidence", "approvals", "deployments", "triggers", "duties"],
	"change": ["commits", "pull_requests"],
	"deployment": ["healthy"],
}

maps := {"request": ["members"], "evidence": ["params", "results"]}

maps_of_texts := {
	"release": ["images"],
	"deployment": ["images"],
	"subject_release": ["images"],
	"approval": ["images"],
}

maps_of_texts_or_null := {"previous": ["images"]}

words := {
	"action": {"request": ["action"], "deployment": ["action"]},
	"state": {"evidence": ["state"]},
	"vote": {"approval": ["vote"]},
	"outcome": {"deployment": ["outcome"]},
	"reading": {"trigger": ["state"]},
	"incident": {"incident": ["state"]},
}

word_lists := {
	"action": {"config", "deploy", "rollback"},
	"state": {"error", "failed", "passed", "running", "skipped"},
	"vote": {"approve", "reject", "withdraw"},
	"outcome": {"failed", "healthy", "rolled_back", "running"},
	"reading": {"firing", "no_data", "quiet"},
	"incident": {"open", "resolved", null},
}

keys := {
	"request": {
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
	"chart": {"name", "version", "digest"},
	"change": {"files", "commits", "pull_requests"},
	"commit": {"id", "message", "author", "pull_request"},
	"pull_request": {"id", "author", "labels", "approved_by", "merged_at"},
	"evidence": {"gate", "params", "subject", "state", "results", "issuer", "by", "at", "url"},
	"subject": {"commit", "release", "deployment", "environment", "incident", "policy"},
	"subject_release": {"images", "chart"},
	"approval": {"person", "vote", "environment", "commit", "images", "at"},
	"deployment": {
		"id", "environment", "images", "chart", "action", "revision", "from", "to", "outcome", "healthy",
	},
	"stretch": {"from", "to"},
	"trigger": {"trigger", "environment", "state", "since"},
	"incident": {"id", "state", "environments", "declared_at", "resolved_at"},
	"override": {"name", "reason", "ticket"},
	"duty": {"id", "due_at", "done_at"},
}

# The different values of keys.
values(columns) := {value |
	some kind, names in columns
	some name in names
	value := rows[kind][_][name]
}

all_lists_of_texts := values(lists_of_texts) | {people | people := input.members[_]}

all_maps_of_texts := values(maps_of_texts) | (values(maps_of_texts_or_null) - {null})

all_texts := (values(texts) | (values(texts_or_null) - {null})) | elements(all_lists_of_texts | all_maps_of_texts)

instant_texts := values(times) | (values(times_or_null) - {null})

all_versions := (values(versions) | (values(versions_or_null) - {null})) | elements(values(lists_of_versions))

elements(collections) := {element | some collection in collections; element := collection[_]}

shapeless contains concat("", ["a ", kind, " is not an object"]) if {
	some kind, list in rows
	row := list[_]
	not is_object(row)
}

shapeless contains concat("", [kind, " stands where a list is due"]) if {
	some kind, list in rows
	not is_array(list)
	not is_set(list)
}

malformed contains concat(" ", ["a key is missing of", name]) if {
	some name, obligatory in {"request": ["hxp", "at", "environment", "action"], "actor": ["id"], "release": ["commit"]}
	some key in obligatory
	count({row | some row in rows[name]; row[key] != null}) == 0
}

malformed contains "the only version of this form is 1" if input.hxp != 1

malformed contains concat("", [key, " is not a key of a ", kind]) if {
	some kind, accepted in keys
	some key in (union({object.keys(row) | some row in rows[kind]}) - accepted)
}

malformed contains "something is not text" if {
	some text in [min(all_texts), max(all_texts)]
	not is_string(text)
}

malformed contains "something is not a list" if {
	some list in all_lists
	not is_array(list)
}

malformed contains "something is not an object" if {
	some map in (values(maps) | all_maps_of_texts)
	not is_object(map)
}

malformed contains "something is neither true nor false" if {
	some value in (values(booleans) | (values(booleans_or_null) - {null}))
	not is_boolean(value)
}

malformed contains "something is not a whole number" if {
	some value in (values(integers) | (values(integers_or_null) - {null}))
	not is_whole(value)
}

malformed contains concat("", ["something is no word for ", kind]) if {
	some kind, columns in words
	count(values(columns) - word_lists[kind]) > 0
}

malformed contains "something is not a version" if {
	some version in all_versions
	not is_version(version)
}

malformed contains "something is not an instant with its offset" if {
	some text in instant_texts
	not is_instant(text)
}

all_lists := (all_lists_of_texts | values(lists_of_versions)) | values(lists_of_records)

is_whole(value) if {
	is_number(value)
	floor(value) == value
}

is_version(version) if {
	is_string(version)
	regex.match(
		`^v?(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2}(?:-(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$`,
		version,
	)
}

# RFC 3339 with an offset, of the years that nanoseconds can count.
is_instant(text) if {
	is_string(text)
	regex.match(
		`^(?:167[89]|16[89][0-9]|1[789][0-9]{2}|2[01][0-9]{2}|22[0-5][0-9]|226[01])-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9]))T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$`,
		text,
	)
	not no_leap_day(text)
}

no_leap_day(text) if {
	substring(text, 4, 6) == "-02-29"
	year := to_number(substring(text, 0, 4))
	not is_leap(year)
}

is_leap(year) if {
	year % 4 == 0
	year % 100 != 0
}

is_leap(year) if year % 400 == 0
