# METADATA
# title: The meaning of a deployment policy
# description: |
#   Everything the packages of the environments have in common: how a request is checked, how evidence, approvals,
#   promotion, windows and overrides are judged, and how the verdicts make a decision.
#
#   A truth value has three states. A rule or function that speaks of the request is `true`, `false` or, while the
#   request lacks a fact it needs, undefined (`null` where it must have a value). Nothing here negates what may be
#   undefined: `f(x) == false` is asked instead of `not f(x)`.
#
#   Instants are nanoseconds since 1970, durations nanoseconds; other quantities are millionths of a percent, a byte or a
#   thousandth of a processor, so that all are whole numbers. In the request they are text.
package hxp.lib

tables := data.hxp.tables

# METADATA
# title: What nobody knows
unknown if false

# ------------------------------------------------------------------------------------------------------- the decision

# METADATA
# title: The decision
# description: |
#   What a policy says about the request: the worst of its requirements that are neither waived nor advisory.
decide(policy) := {
	"hxp": 1,
	"policy": tables.policy,
	"request": null,
	"at": input.at,
	"environment": policy.environment,
	"action": judgement.action,
	"outcome": judgement.outcome,
	"not_before": written(time.not_before, zone),
	"valid_until": written(time.valid_until, zone),
	"reasons": [reason(reasons[i], zone) | some [_, _, _, i] in sort(ranking(reasons))],
	"obligations": obligations(policy, judgement),
	"notify": notices(policy, judgement),
} if {
	judgement := judge(policy)
	reasons := array.concat(judgement.entries, remarks(policy, judgement))
	time := timing(judgement)
	zone := home(policy)
}

# METADATA
# title: The refusal of a request that no policy should look at
# description: A malformed one, or one that is about another environment.
refusal(environment) := refused(environment, "engine.request", concat("; ", sort(malformed))) if {
	count(malformed) > 0
} else := refused(environment, "engine.environment", text) if {
	input.environment != environment
	text := sprintf("this is the policy of %s, the request is about %s", [environment, input.environment])
}

refused(environment, id, text) := {
	"hxp": 1,
	"policy": tables.policy,
	"request": null,
	"at": given("at"),
	"environment": given("environment"),
	"action": given("action"),
	"outcome": "deny",
	"not_before": null,
	"valid_until": null,
	"reasons": [{
		"id": id,
		"verdict": "failed",
		"text": text,
		"until": null,
		"waived_by": null,
		"evidence": [],
		"source": tables.environments[environment].source,
	}],
	"obligations": [],
	"notify": [],
}

given(key) := input[key] if {
	has_key(input, key)
} else := null

# METADATA
# title: Every requirement that the action must meet, with its verdict
judge(policy) := {
	"action": action,
	"entries": entries,
	"deciding": deciding,
	"outcome": outcome(deciding),
	"overrides": overrides,
} if {
	action := judged_action(policy)
	overrides := {name: o |
		some name, o in policy.overrides
		in_force(policy.environment, name, o)
	}
	table := tables.environments[policy.environment]
	entries := array.concat(
		[entry |
			some key, spec in table[bound[action]]
			entry := judged(spec, object.get(policy[bound[action]], key, unjudged), overrides)
		],
		[entry |
			some name, _ in overrides
			some key, spec in table.overrides[name]
			entry := added(spec, object.get(policy.additions[name].requirements, key, unjudged))
		],
	)
	deciding := [entry | some entry in entries; entry.verdict in {"failed", "waiting", "met"}; not entry.advisory]
}

# Which requirements bind which action.
bound := {"deploy": "requirements", "config": "requirements", "rollback": "rollback"}

# What a requirement without a verdict amounts to: absent evidence is never success.
unjudged := {"verdict": "waiting", "text": "cannot be judged from this request"}

outcome(deciding) := "deny" if {
	some entry in deciding
	entry.verdict == "failed"
} else := "pending" if {
	some entry in deciding
	entry.verdict == "waiting"
} else := "allow"

judged(spec, result, overrides) := object.union(result, {
	"id": spec.id,
	"verdict": "waived",
	"judged": result.verdict,
	"text": sprintf("waived by %s: %s", [by, result.text]),
	"until": null,
	"waived_by": by,
	"expires": overrides[by].expires,
	"advisory": spec.advisory,
	"source": spec.source,
}) if {
	by := min(waivers(spec.id, overrides))
} else := object.union(result, {
	"id": spec.id,
	"verdict": spoken(result.verdict, spec.advisory),
	"advisory": spec.advisory,
	"source": spec.source,
})

# An override's own additions cannot be waived by another one.
added(spec, result) := object.union(result, {
	"id": spec.id,
	"verdict": spoken(result.verdict, spec.advisory),
	"advisory": spec.advisory,
	"source": spec.source,
})

spoken(verdict, advisory) := "advice" if {
	advisory
	verdict != "met"
} else := verdict

# METADATA
# title: The overrides in force that waive a requirement
waivers(id, overrides) := {name |
	some name, o in overrides
	some waiver in o.waives
	covers(waiver, local_id(id))
}

local_id(id) := substring(id, indexof(id, ".") + 1, -1)

# METADATA
# title: A waiver covers its id and whatever lies below it
covers(waiver, id) if waiver == id

covers(waiver, id) if {
	some separator in {".", "(", "["}
	startswith(id, concat("", [waiver, separator]))
}

# METADATA
# title: What is said beside the requirements
# description: Evidence that was ignored for its issuer, and an override that was named but does not act.
remarks(policy, judgement) := array.concat(
	[remark |
		some entry in judgement.entries
		some ignored in object.get(entry, "ignored", [])
		remark := {
			"id": concat(".", [entry.id, "issuer"]),
			"verdict": "advice",
			"text": ignored,
			"source": entry.source,
		}
	],
	[remark |
		name := input.override.name
		name != null
		not judgement.overrides[name]
		remark := {
			"id": concat(".", [policy.environment, "override", name]),
			"verdict": "advice",
			"text": sprintf("the request names the override %s, which is not in force", [name]),
			"source": tables.environments[policy.environment].source,
		}
	],
)

# Reasons in the order in which they matter, as [rank, id, text, place].
ranking(reasons) := [[rank[r.verdict], r.id, r.text, i] | some i, r in reasons]

rank := {"failed": 0, "waiting": 1, "waived": 2, "advice": 3, "met": 4}

reason(entry, zone) := object.union(
	{
		"id": entry.id,
		"verdict": entry.verdict,
		"text": entry.text,
		"until": written(object.get(entry, "until", null), zone),
		"waived_by": object.get(entry, "waived_by", null),
		"evidence": object.get(entry, "evidence", []),
		"source": entry.source,
	},
	object.filter(entry, ["needs"]),
)

# METADATA
# title: A reason in one line
# description: With its place in the policy, when it has one.
message(reason) := sprintf("%s: %s (%s:%d)", [reason.id, reason.text, reason.source.file, reason.source.line]) if {
	reason.source
} else := sprintf("%s: %s", [reason.id, reason.text])

# METADATA
# title: What will be owed if this goes ahead
# description: A duty whose condition is unknown is listed too.
obligations(policy, judgement) := [obligation |
	some [_, _, obligation] in sort({[duty.id, event, obligation] |
		some owed in ({policy.duties} | {policy.additions[name].duties | some name, _ in judgement.overrides})
		some duty in owed
		duty.when != false
		some event in duty.on
		obligation := {
			"id": duty.id,
			"on": event,
			"due": duty.due,
			"due_at": written(due_at(event, duration(duty.due)), home(policy)),
			"owner": duty.owner,
		}
	})
]

due_at(event, due) := occurred(event) + due if {
	occurred(event)
} else := null

occurred("incident.declared") := instant(incident.declared_at)

occurred("incident.resolved") := instant(incident.resolved_at)

# METADATA
# title: Who will be told if this goes ahead
notices(policy, judgement) := [told |
	some [_, _, told] in sort({[notice.channel, event, told] |
		some given_by in ({policy.notices} | {policy.additions[name].notices | some name, _ in judgement.overrides})
		some notice in given_by
		notice.when != false
		some event in notice.on
		told := {"channel": notice.channel, "on": event, "due": notice.due}
	})
]

# METADATA
# title: What time alone will change
# description: |
#   `not_before` is the first instant at which everything that waits for the clock is met, and null if something waits
#   for people or machines. `valid_until` is the next instant at which the outcome changes though nobody does anything:
#   of an allow, when a window closes, evidence or an approval grows stale or a needed waiver expires.
timing(judgement) := {"not_before": at, "valid_until": least(ends)} if {
	judgement.outcome == "allow"
	ends := {end |
		some entry in judgement.deciding
		end := entry.valid_until
		end != null
	} | {end |
		some entry in judgement.entries
		entry.verdict == "waived"
		not entry.advisory
		entry.judged != "met"
		end := entry.expires
		end != null
	}
} else := {"not_before": opening, "valid_until": opening} if {
	judgement.outcome == "pending"
	waiting := [entry | some entry in judgement.deciding; entry.verdict == "waiting"]
	untils := [entry.until | some entry in waiting; entry.until != null]
	count(untils) == count(waiting)
	windows := {window | some entry in judgement.deciding; window := entry.window}
	soaked := [entry.until | some entry in waiting; not entry.window]
	opening := next_opening(windows, max(array.concat([at], soaked)))
} else := {"not_before": null, "valid_until": null}

least(instants) := min(instants) if {
	count(instants) > 0
} else := null

# METADATA
# title: The zone in which an environment writes its instants
home(policy) := tables.environments[policy.environment].zone

# ------------------------------------------------------------------------------------------------------- requirements

# METADATA
# title: A requirement that binds only when a condition holds
# description: Not the condition, or the requirement. With an unknown condition only a met requirement settles it.
when(true, result) := result

when(false, _) := {"verdict": "met", "text": "does not apply to this change"}

when(null, result) := result if {
	result.verdict == "met"
} else := {
	"verdict": "waiting",
	"text": sprintf("%s; whether it applies is unknown", [result.text]),
}

# METADATA
# title: The verdict of a gate on its newest evidence
# description: Evidence that passed must satisfy the gate's own condition as well.
gate(found, holds) := object.union(gate_verdict(found, holds), {
	"evidence": [url | url := found.url; url != null],
	"ignored": found.ignored,
})

gate_verdict(found, true) := {
	"verdict": "met",
	"text": sprintf("%s passed", [found.gate]),
	"valid_until": found.valid_until,
} if {
	found.state == "passed"
}

gate_verdict(found, false) := {
	"verdict": "failed",
	"text": sprintf("%s does not satisfy its condition", [found.gate]),
} if {
	found.state == "passed"
}

gate_verdict(found, null) := {
	"verdict": "waiting",
	"text": sprintf("%s passed, but lacks what its condition asks for", [found.gate]),
} if {
	found.state == "passed"
}

gate_verdict(found, _) := {"verdict": "failed", "text": sprintf("%s failed", [found.gate])} if {
	found.state == "failed"
}

gate_verdict(found, _) := {
	"verdict": unproved_verdict(found.gate, found.state),
	"text": sprintf("%s %s", [found.gate, unproved[found.state]]),
}

unproved := {
	"running": "is still running",
	"skipped": "was skipped",
	"error": "could not be run",
	"stale": "has only evidence that is too old",
	"missing": "has no evidence",
	"unknown": "has evidence, but who may sign it is unknown",
}

unproved_verdict(name, state) := "failed" if {
	state in {"error", "skipped"}
	tables.gates[name].fails_on_no_data
} else := "waiting"

# METADATA
# title: A requirement that the facts of the request prove
fact(name, true) := {"verdict": "met", "text": sprintf("%s holds", [name])}

fact(name, false) := {"verdict": "failed", "text": sprintf("%s does not hold", [name])}

fact(name, null) := {"verdict": "waiting", "text": sprintf("%s needs facts that the request lacks", [name])}

# METADATA
# title: A rule
# description: The worst of its clauses, each with what it says when it is broken.
rule(name, clauses) := {"verdict": "failed", "text": concat("; ", broken)} if {
	broken := [clause.because | some clause in clauses; clause.holds == false]
	count(broken) > 0
} else := {"verdict": "waiting", "text": sprintf("%s needs facts that the request lacks", [name])} if {
	some clause in clauses
	clause.holds == null
} else := {"verdict": "met", "text": sprintf("%s holds", [name])}

# METADATA
# title: The window is open
within(name) := {
	"verdict": "met",
	"text": sprintf("%s is open", [name]),
	"window": name,
	"valid_until": next_closing({name}, at),
} if {
	all_open({name}, at)
} else := {
	"verdict": "waiting",
	"text": sprintf("%s opens %s", [name, spelled(opening, window_zone(name))]),
	"window": name,
	"until": opening,
} if {
	opening := next_opening({name}, at)
	opening != null
} else := {
	"verdict": "waiting",
	"text": sprintf("%s does not open within %d days", [name, horizon]),
	"window": name,
	"until": null,
}

# METADATA
# title: The release was healthy in another environment, for at least so long
# description: |
#   A stay counts if it did not end in failure; it may be over. One that is still under way can be waited for. If there
#   were stays and all of them failed, that is a refusal.
after(environment, soak) := {"verdict": "met", "text": soaked_text(environment, soak)} if {
	some stay in stays(environment)
	not stay.failed
	stay.to - stay.from >= duration(soak)
} else := {
	"verdict": "waiting",
	"text": sprintf("healthy in %s since %s, not yet for %s", [environment, spelled(since, zone), soak]),
	"until": until,
} if {
	since := min({stay.from | some stay in stays(environment); stay.ongoing})
	until := since + duration(soak)
	zone := tables.environments[environment].zone
} else := {"verdict": "waiting", "text": sprintf("healthy in %s, but not for %s", [environment, soak])} if {
	some stay in stays(environment)
	not stay.failed
} else := {"verdict": "failed", "text": sprintf("failed in %s", [environment])} if {
	count(stays(environment)) > 0
} else := {"verdict": "waiting", "text": sprintf("has not been healthy in %s", [environment])}

soaked_text(environment, "0s") := sprintf("was healthy in %s", [environment])

soaked_text(environment, soak) := sprintf("was healthy in %s for %s", [environment, soak]) if soak != "0s"

# METADATA
# title: Enough people of a team approve
# description: |
#   Each seat is one statement that asks for the team: it binds when it `applies`, and wants so many people of each team
#   `among` whom its places are to be taken by different people.
approve(environment, team, seats) := {"verdict": "failed", "text": sprintf("%s of %s rejects", [who, team])} if {
	some seat in seats
	seat.applies == true
	who := concat(", ", sort(rejecting(environment, team)))
	who != ""
} else := {"verdict": "met", "text": "does not apply to this change"} if {
	every seat in seats { seat.applies == false }
} else := {
	"verdict": "met",
	"text": sprintf("approved by %s", [team]),
	"valid_until": approvals_end(environment, team),
} if {
	every seat in seats { seated(environment, team, seat) }
} else := {
	"verdict": "waiting",
	"text": sprintf("needs the approval of %d of %s%s", [needed, team, unsure(team)]),
	"needs": {"approvals": {team: needed}},
} if {
	needed := max({1} | {lacking(environment, team, seat.among) | some seat in seats; seat.applies != false})
}

seated(_, _, seat) if seat.applies == false

seated(environment, team, seat) if lacking(environment, team, seat.among) == 0

unsure(team) := "; its members are unknown" if {
	not members(team)
} else := "; the authors are unknown" if {
	not barred
} else := ""

# ------------------------------------------------------------------------------------------------------------ approvals

# METADATA
# title: How many people of a team are still lacking
# description: |
#   Different people can take all places if and only if every group of teams has at least as many people as places
#   (Hall's marriage theorem). A team lacks people if it belongs to a smallest group that has too few. Undefined while
#   it is unknown whose approval counts for any of them: the same person may be needed elsewhere.
lacking(environment, team, among) := max({0} | {missing |
	short := shortages(environment, among)
	some crowd, missing in short
	team in crowd
	every other, _ in short { not smaller(other, crowd) }
}) if {
	every other, _ in among { is_set(eligible(environment, other)) }
}

shortages(environment, among) := {crowd: missing |
	some crowd in crowds(object.keys(among))
	people := union({eligible(environment, team) | some team in crowd})
	missing := sum([among[team] | some team in crowd]) - count(people)
	missing > 0
}

# All sets of some of the teams.
crowds(teams) := {crowd |
	list := sort(teams)
	some mask in numbers.range(1, bits.lsh(1, count(list)) - 1)
	crowd := {team | some i, team in list; bits.and(mask, bits.lsh(1, i)) != 0}
}

smaller(crowd, than) if {
	crowd != than
	crowd & than == crowd
}

# METADATA
# title: Members of a team whose approval counts
# description: Undefined while it is unknown who the members or the authors are.
eligible(environment, team) := {person |
	some person, vote in votes(environment)
	vote.vote == "approve"
	fresh(environment, vote)
	person in members(team)
	not person in barred
	not endswith(person, "[bot]")
} if {
	is_array(members(team))
	is_array(barred)
}

# METADATA
# title: People who cannot approve
# description: Whoever asks, whoever published the release, and every author of a commit since the previous one.
barred := array.concat([input.actor.id, input.release.publisher], input.release.authors)

rejecting(environment, team) := {person |
	some person, vote in votes(environment)
	vote.vote == "reject"
	person in members(team)
}

# METADATA
# title: The members of a team
# description: As the policy lists them, otherwise as the request says they are at its instant.
members(team) := tables.teams[team].members

members(team) := input.members[team] if not tables.teams[team].members

# METADATA
# title: The latest vote of each person on this release in this environment
votes(environment) := {person: input.approvals[n] |
	some person in {vote.person | some vote in input.approvals}
	[_, _, n] := max([[instant(vote.at), weight[vote.vote], i] |
		some i, vote in input.approvals
		vote.person == person
		vote.environment == environment
		vote.commit == input.release.commit
		same_images(vote)
		instant(vote.at) <= at
	])
}

# Of two votes at one instant the heavier counts.
weight := {"approve": 0, "withdraw": 1, "reject": 2}

same_images(vote) if vote.images == input.release.images

same_images(vote) if {
	vote.vote != "approve"
	not has_key(vote, "images")
}

fresh(environment, _) if tables.environments[environment].approvals_valid == null

fresh(environment, vote) if at <= vote_end(environment, vote)

vote_end(environment, vote) := instant(vote.at) + duration(tables.environments[environment].approvals_valid)

approvals_end(environment, team) := least({end |
	some vote in votes(environment)
	vote.person in eligible(environment, team)
	end := vote_end(environment, vote)
})

# ------------------------------------------------------------------------------------------------------------- evidence

# METADATA
# title: The newest evidence of a gate
# description: |
#   Evidence belongs to a gate and its subject, and to the gate's parameters where they take part in making it. Facts of
#   the future do not exist yet, evidence of another issuer is ignored, and at a tie the worse state wins.
evidence(environment, name, params) := object.union(newest(name, found), {"gate": name, "ignored": ignored}) if {
	found := [e |
		some e in input.evidence
		e.gate == name
		same_params(e, params)
		about(tables.gates[name].subject, e.subject, environment)
		instant(e.at) <= at
	]
	ignored := [sprintf("evidence of %s by %s is ignored: it is not its issuer", [name, signer(e)]) |
		some e in found
		trusted(name, e) == false
	]
}

newest(name, found) := object.union(e, {"valid_until": evidence_end(name, e)}) if {
	e := latest(name, found)
	not stale(name, e)
} else := {"state": "stale"} if {
	latest(name, found)
} else := {"state": "unknown"} if {
	some e in found
	not untrusted(name, e)
} else := {"state": "missing"}

latest(name, found) := found[n] if {
	[_, _, n] := max([[instant(e.at), badness[e.state], i] | some i, e in found; trusted(name, e)])
}

badness := {"passed": 0, "running": 1, "skipped": 2, "error": 3, "failed": 4}

stale(name, e) if {
	end := evidence_end(name, e)
	end != null
	at > end
}

evidence_end(name, e) := null if {
	tables.gates[name].valid == null
} else := instant(e.at) + duration(tables.gates[name].valid)

# METADATA
# title: Whether evidence comes from who may give it
# description: Undefined while the members of the team that signs are unknown.
trusted(name, e) := by in signers if {
	tables.gates[name].by != null
	signers := members(tables.gates[name].by)
	by := e.by
}

trusted(name, e) := e.issuer == tables.gates[name].issuer if {
	tables.gates[name].by == null
	tables.gates[name].issuer != null
}

trusted(name, _) if {
	tables.gates[name].by == null
	tables.gates[name].issuer == null
}

untrusted(name, e) if trusted(name, e) == false

signer(e) := e.by if {
	e.by != null
} else := e.issuer if {
	e.issuer != null
} else := "nobody"

same_params(e, params) if {
	every name, value in params { plain(e.params[name]) == plain(value) }
}

# METADATA
# title: Whether evidence is about what is being decided
about("commit", subject, _) if subject.commit == input.release.commit

about("release", subject, _) if identity(subject.release) == identity(input.release)

about("environment", subject, environment) if subject.environment == environment

about("incident", subject, _) if subject.incident == incident.id

about("policy", subject, _) if subject.policy == tables.policy.name

about("deployment", subject, environment) if {
	some deployment in input.deployments
	deployment.environment == environment
	deployment.to == null
	deployment.id == subject.deployment
}

# METADATA
# title: How old evidence is
age(e) := at - instant(e.at)

# ------------------------------------------------------------------------------------------- releases and deployments

# METADATA
# title: What makes two releases the same
# description: The digests of the images and of the chart. The version is only a label.
identity(release) := {"images": release.images, "chart": chart_digest(release.chart)}

chart_digest(null) := null

chart_digest(chart) := chart.digest

# METADATA
# title: The stays of this release in an environment
# description: |
#   A stay is a longest stretch of time in which these digests were live and healthy. One that ends while the deployment
#   is still live, or with a deployment that failed or was rolled back, ended in failure.
stays(environment) := {{"from": start.from, "to": end.to, "ongoing": end.ongoing, "failed": end.failed} |
	parts := stretches(environment)
	some start in parts
	some end in parts
	start.from <= end.to
	not goes_on(parts, end.to)
	every part in parts { unbroken(parts, part.to, start.from, end.to) }
}

goes_on(parts, t) if {
	some part in parts
	part.from <= t
	t < part.to
}

unbroken(_, t, from, _) if t < from

unbroken(_, t, _, to) if t >= to

unbroken(parts, t, _, _) if goes_on(parts, t)

stretches(environment) := {object.union({"from": from}, end) |
	some deployment in input.deployments
	deployment.environment == environment
	identity(deployment) == identity(input.release)
	some healthy in deployment.healthy
	from := instant(healthy.from)
	from <= at
	end := stretch_end(deployment, healthy)
	from <= end.to
}

stretch_end(deployment, healthy) := {"to": instant(healthy.to), "ongoing": false, "failed": unhealthy(deployment)} if {
	instant(healthy.to) <= at
} else := {"to": min(fired), "ongoing": false, "failed": true} if {
	lasts(healthy)
	fired := firing(deployment.environment)
	count(fired) > 0
} else := {"to": at, "ongoing": not_failed(deployment), "failed": not_failed(deployment) == false} if {
	lasts(healthy)
}

lasts(healthy) if healthy.to == null

lasts(healthy) if instant(healthy.to) > at

# Undefined while it is unknown how the deployment came out, or whether it is still live.
unhealthy(deployment) := false if {
	not_failed(deployment)
	instant(deployment.to) <= at
}

unhealthy(deployment) if {
	not_failed(deployment)
	deployment.to == null
}

unhealthy(deployment) if {
	not_failed(deployment)
	instant(deployment.to) > at
}

unhealthy(deployment) if not_failed(deployment) == false

not_failed(deployment) if deployment.outcome in {"running", "healthy"}

not_failed(deployment) := false if deployment.outcome in {"failed", "rolled_back"}

# Since when triggers of an environment are firing.
firing(environment) := {since |
	some trigger in input.triggers
	trigger.environment == environment
	trigger.state == "firing"
	since := instant(trigger.since)
	since <= at
}

# METADATA
# title: The action as it is judged
# description: A rollback goes back to one of the last healthy releases; any other is judged as a deployment.
judged_action(policy) := "rollback" if {
	input.action == "rollback"
	identity(input.release) in recent(policy.environment, policy.keep)
} else := "deploy" if {
	input.action == "rollback"
} else := input.action

recent(environment, keep) := {release | some [_, release] in last(healthy_releases(environment), keep)}

healthy_releases(environment) := sort({[max(since), release] |
	healthy := {[instant(deployment.from), identity(deployment)] |
		some deployment in input.deployments
		deployment.environment == environment
		deployment.outcome == "healthy"
		instant(deployment.from) <= at
	}
	some [_, release] in healthy
	since := {from | some [from, other] in healthy; other == release}
})

last(list, n) := array.slice(list, max({0, count(list) - n}), count(list))

# ------------------------------------------------------------------------------------------------------------ overrides

# METADATA
# title: An override is in force
# description: |
#   A waiver until it expires. Break-glass (it has a condition) only if the request names it, the condition holds, and an
#   open incident covers the environment.
in_force(_, _, grant) if {
	grant.when == "always"
	at < grant.expires
}

in_force(environment, name, grant) if {
	grant.when == true
	input.override.name == name
	incident.open
	environment in incident.environments
	at < grant.expires
}

# METADATA
# title: What is waived in an environment at the moment
lifted(environment, overrides) := {waiver |
	some name, grant in overrides
	in_force(environment, name, grant)
	some waiver in grant.waives
}

# METADATA
# title: The places of a statement that are left when some teams are waived
standing(among, waived) := {team: seats |
	some team, seats in among
	id := concat(".", ["approve", team])
	every waiver in waived { not covers(waiver, id) }
}

# METADATA
# title: When an override ends that lasts so long after the incident was declared
after_declared(length) := instant(incident.declared_at) + duration(length) if {
	instant(incident.declared_at)
} else := null

# ---------------------------------------------------------------------------------------------------------------- facts

# METADATA
# title: The instant of the request
at := instant(input.at)

# METADATA
# title: The release that is live in the environment
# description: If it is known that there is none, each of its facts is none.
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

no_incident if instant(input.incident.declared_at) > at

# METADATA
# title: The override that the request names
override := input.override if input.override != null

override := {"name": null, "reason": null, "ticket": null} if input.override == null

# METADATA
# title: The change has a label
# description: |
#   One of its sources says so: a label of a pull request, the path of a changed file, the first line of a commit's
#   message. False when all of them say no, undefined while one that could say so is unknown.
has_label(name) if {
	some request in input.change.pull_requests
	tables.labels[name].pr in request.labels
}

has_label(name) if {
	some path in input.change.files
	some pattern in tables.labels[name].files
	matches(pattern, path)
}

has_label(name) if {
	some commit in input.change.commits
	matches(tables.labels[name].commits, first_line(commit.message))
}

has_label(name) := false if {
	unlabelled(tables.labels[name])
	unlisted(tables.labels[name])
	unannounced(tables.labels[name])
}

unlabelled(label) if label.pr == null

unlabelled(label) if {
	every request in input.change.pull_requests { lacks(request.labels, label.pr) }
}

lacks(list, element) if not element in list

unlisted(label) if label.files == []

unlisted(label) if {
	every path in input.change.files {
		every pattern in label.files { matches(pattern, path) == false }
	}
}

unannounced(label) if label.commits == null

unannounced(label) if {
	every commit in input.change.commits { matches(label.commits, first_line(commit.message)) == false }
}

first_line(text) := trim_right(split(text, "\n")[0], "\r")

# ------------------------------------------------------------------------------------------------------------- versions

# METADATA
# title: Which of two versions is the later one
# description: Negative, zero or positive; a leading v means nothing.
compare(a, b) := semver.compare(bare(a), bare(b))

bare(text) := trim_prefix(text, "v") if matches(version_pattern, text)

# A semantic version whose numbers have no more than 15 digits, which every engine can hold.
version_pattern := concat("", [
	`^v?(?:0|[1-9][0-9]{0,14})\.(?:0|[1-9][0-9]{0,14})\.(?:0|[1-9][0-9]{0,14})`,
	`(?:-`, pre_release, `(?:\.`, pre_release, `)*)?`,
	`(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$`,
])

pre_release := `(?:0|[1-9][0-9]{0,14}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)`

# METADATA
# title: The numbers of a version
version(text) := {
	"major": to_number(numbers[0]),
	"minor": to_number(numbers[1]),
	"patch": to_number(numbers[2]),
} if {
	numbers := regex.find_n(`[0-9]+`, bare(text), 3)
}

# METADATA
# title: Which part rose from one version to another
bump(from, to) := rise(version(from), version(to))

rise(from, to) := "major" if {
	to.major > from.major
} else := "same" if {
	to.major < from.major
} else := "minor" if {
	to.minor > from.minor
} else := "same" if {
	to.minor < from.minor
} else := "patch" if {
	to.patch > from.patch
} else := "same"

# METADATA
# title: What can rise, in order
bumps := ["same", "patch", "minor", "major"]

# METADATA
# title: How a version stands among the published ones
support_line(release, published) := "latest" if {
	line(release) == max(lines(release, published))
} else := "previous_minor" if {
	older := lines(release, published) - {max(lines(release, published))}
	line(release) == max(older)
} else := "older"

line(text) := [numbers.major, numbers.minor] if numbers := version(text)

lines(release, published) := {line(release)} | {line(text) | some text in published}

# ----------------------------------------------------------------------------------------------------------- quantities

# METADATA
# title: The millionths of a percentage
percent(text) := amount(text, {"%": 1000000}) if {
	matches(`^[0-9]{1,15}(\.[0-9]{1,6})?%$`, text)
} else := 0 - amount(trim_prefix(text, "-"), {"%": 1000000}) if {
	matches(`^-[0-9]{1,15}(\.[0-9]{1,6})?%$`, text)
}

# METADATA
# title: The nanoseconds of a duration
duration(text) := sum([amount(part, durations) | some part in parts]) if {
	matches(`^([0-9]{1,15}(\.[0-9]{1,6})?(ms|s|m|h|d|w))+$`, text)
	parts := regex.find_n(`[0-9.]+[a-z]+`, text, -1)
}

durations := {
	"ms": 1000000,
	"s": 1000000000,
	"m": 60000000000,
	"h": 3600000000000,
	"d": 86400000000000,
	"w": 604800000000000,
}

# METADATA
# title: The millionths of a byte in an amount of memory
bytes(text) := amount(text, sizes) if matches(`^[0-9]{1,15}(\.[0-9]{1,6})?(B|[KMGTP]i)$`, text)

sizes := {
	"B": 1000000,
	"Ki": 1024000000,
	"Mi": 1048576000000,
	"Gi": 1073741824000000,
	"Ti": 1099511627776000000,
	"Pi": 1125899906842624000000,
}

# METADATA
# title: The millionths of a thousandth in an amount of processors
cpu(text) := amount(text, {"mcpu": 1000000, "cpu": 1000000000}) if matches(`^[0-9]{1,15}(\.[0-9]{1,6})?m?cpu$`, text)

# Digits are read as whole numbers, lest a fraction be held in binary.
amount(text, units) := (numeral(concat("", parts)) * units[unit]) / tens[count(parts[1])] if {
	unit := trim_left(text, "0123456789.")
	parts := split(concat("", [trim_suffix(text, unit), "."]), ".")
}

tens := [1, 10, 100, 1000, 10000, 100000, 1000000]

numeral(text) := to_number(trim_left(text, "0")) if {
	trim_left(text, "0") != ""
} else := 0

# METADATA
# title: A number, undefined for anything else
# description: Of different types, one always comes before the other, so a comparison must be sure of its sides.
number(value) := value if {
	holdable(value)
	value == floor(value)
} else := fraction(value) if {
	holdable(value)
}

# METADATA
# title: A number that every engine can hold as it is written
holdable(value) if {
	is_number(value)
	value <= 1000000000000000
	value >= -1000000000000000
}

# METADATA
# title: Text, undefined for anything else
string(value) := value if is_string(value)

# METADATA
# title: A list of which every element is what it must be, undefined for anything else
all_of(value, type) := value if {
	is_array(value)
	every element in value { is_of(element, type) }
}

is_of(value, "text") if is_string(value)

is_of(value, "number") if holdable(value)

is_of(value, "truth") if is_boolean(value)

is_of(value, "version") if bare(value)

is_of(value, "instant") if is_number(instant(value))

is_of(value, "percent") if is_number(percent(value))

is_of(value, "duration") if is_number(duration(value))

is_of(value, "bytes") if is_number(bytes(value))

is_of(value, "cpu") if is_number(cpu(value))

# METADATA
# title: What comes of reckoning with fractions
# description: Held to six digits behind the point, so that binary fractions mean what was written.
fraction(value) := round(value * 1000000) / 1000000

# METADATA
# title: A quotient, undefined for the divisor zero
divide(a, b) := fraction(a / b) if b != 0

# METADATA
# title: A part of a quantity, undefined for the divisor zero
portion(a, b) := round(a / b) if b != 0

# METADATA
# title: A percentage of a quantity
share(a, b) := round((a * b) / 100000000)

# METADATA
# title: The place of a word in an ordered list of words
place(list, word) := i if {
	some i, other in list
	other == word
}

# METADATA
# title: Text matches a regular expression
# description: Undefined for what is not text.
matches(pattern, text) := regex.match(pattern, text) if {
	is_string(pattern)
	is_string(text)
}

# METADATA
# title: A value whatever unit it is written in
plain(value) := value if {
	not is_string(value)
} else := ["percent", percent(value)] if {
	percent(value)
} else := ["duration", duration(value)] if {
	duration(value)
} else := ["bytes", bytes(value)] if {
	bytes(value)
} else := ["cpu", cpu(value)] if {
	cpu(value)
} else := value

# ------------------------------------------------------------------------------------------------------ instants, clocks

# METADATA
# title: The nanoseconds of an instant
# description: Of the years 1980 to 2199; what follows from them, 64 bits of nanoseconds can hold.
instant(text) := time.parse_rfc3339_ns(text) if {
	matches(instant_pattern, text)
	text >= "1980"
	text < "2200"
}

instant_pattern := concat("", [
	`^(?:`,
	concat("|", [
		`[0-9]{4}-(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])`,
		`[0-9]{4}-(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)`,
		`[0-9]{4}-02-(?:0[1-9]|1[0-9]|2[0-8])`,
		`(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29`,
	]),
	`)T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$`,
])

# METADATA
# title: An instant as a request writes it
written(null, _) := null

written(ns, zone) := time.format([ns, zone, "2006-01-02T15:04:05Z07:00"]) if {
	is_number(ns)
	ns < last_instant
} else := null if is_number(ns)

# The year 2261: what lies behind it cannot be said, and nobody waits for it.
last_instant := 9183110400000000000

# METADATA
# title: An instant as people say it
spelled(ns, zone) := time.format([ns, zone, "Monday 2 January 15:04"])

second := 1000000000

day := 86400 * second

# METADATA
# title: Seconds on the wall clock since midnight
seconds(t, zone) := ((h * 3600) + (m * 60)) + s if {
	[h, m, s] := time.clock([t, zone])
}

# METADATA
# title: Noon of the local day that lies so many days after that of an instant
# description: Clocks change at night, so noon is a safe place to count days from.
noon(t, zone, days) := guess + ((43200 - seconds(guess, zone)) * second) if {
	guess := (t - (t % second)) + (((days * 86400) + (43200 - seconds(t, zone))) * second)
}

# -------------------------------------------------------------------------------------------------------------- windows

# METADATA
# title: A window is open at an instant
# description: A window is any of several, each all of several calendars that are open or not.
open(name, t) if {
	some parts in tables.windows[name]
	every part in parts { calendar_open(tables.calendars[part.calendar], t) == part.open }
} else := false

# METADATA
# title: All windows are open at an instant
all_open(names, t) if {
	every name in names { open(name, t) }
} else := false

# METADATA
# title: A calendar is open
# description: The wall clock of its zone lies in an open slot (no slot at all, always) and in no closed one.
calendar_open(calendar, t) if {
	in_open_slot(calendar, t)
	not in_closed_slot(calendar, t)
} else := false

in_open_slot(calendar, _) if calendar.open == []

in_open_slot(calendar, t) if {
	some slot in calendar.open
	in_slot(slot, t, calendar.zone)
}

in_closed_slot(calendar, t) if {
	some slot in calendar.closed
	in_slot(slot, t, calendar.zone)
}

in_slot(slot, t, zone) if {
	slot.times == []
	on_day(slot, t, zone)
}

in_slot(slot, t, zone) if {
	some [from, to] in slot.times
	from < to
	now := seconds(t, zone)
	from <= now
	now < to
	on_day(slot, t, zone)
}

# Past midnight a slot still belongs to the day on which it began.
in_slot(slot, t, zone) if {
	some [from, to] in slot.times
	from >= to
	from <= seconds(t, zone)
	on_day(slot, t, zone)
}

in_slot(slot, t, zone) if {
	some [from, to] in slot.times
	from >= to
	seconds(t, zone) < to
	on_day(slot, noon(t, zone, -1), zone)
}

on_day(slot, t, zone) if {
	on_weekday(slot.weekdays, time.weekday([t, zone]))
	on_date(slot.dates, time.date([t, zone]))
}

on_weekday(weekdays, _) if weekdays == []

on_weekday(weekdays, weekday) if weekday in weekdays

on_date(dates, _) if dates == []

on_date(dates, date) if {
	some [start, end] in dates
	start <= date
	date <= end
}

# METADATA
# title: How many days ahead an opening or closing is looked for
horizon := 400

# METADATA
# title: The first instant from one on at which all windows are open
# description: Null if there is none within the horizon.
next_opening(names, t) := null if {
	t >= last_instant
} else := t if {
	all_open(names, t)
} else := next_change(names, t, true)

# METADATA
# title: The first instant after one at which one of the windows is not open
next_closing(names, t) := next_change(names, t, false)

# The nearest are looked for first: within a day, a week, a month, then as far as one looks.
next_change(names, t, is_open) := min(changes(names, t, 0, 1, is_open)) if {
	count(changes(names, t, 0, 1, is_open)) > 0
} else := min(changes(names, t, 1, 7, is_open)) if {
	count(changes(names, t, 1, 7, is_open)) > 0
} else := min(changes(names, t, 7, 31, is_open)) if {
	count(changes(names, t, 7, 31, is_open)) > 0
} else := min(changes(names, t, 31, horizon, is_open)) if {
	count(changes(names, t, 31, horizon, is_open)) > 0
} else := null

# Instants between two numbers of days after one at which all windows are open, or not.
changes(names, t, from, to, is_open) := {edge |
	some name in names
	some parts in tables.windows[name]
	some part in parts
	some days in numbers.range(from - 1, to + 1)
	some edge in edges(tables.calendars[part.calendar], t, days)
	edge > t + (from * day)
	edge <= t + (to * day)
	all_open(names, edge) == is_open
}

# METADATA
# title: Instants of one day at which a calendar may open or close
# description: |
#   Midnight and the ends of its slots. On a day on which the clocks change an edge may come earlier, later or twice, and
#   the change itself may be one; clocks change on a quarter of an hour.
edges(calendar, t, days) := {edge |
	some end in ({0} | slot_ends(calendar))
	some shift in {0, gained, gaining, 0 - gained, 0 - gaining}
	edge := (middle + ((end - 43200) * second)) + shift
} | {edge |
	gained != 0
	some quarter in numbers.range(1, 100)
	edge := middle - ((quarter * 900) * second)
} if {
	middle := noon(t, calendar.zone, days)
	gained := (middle - noon(t, calendar.zone, days - 1)) - day
	gaining := (noon(t, calendar.zone, days + 1) - middle) - day
}

slot_ends(calendar) := {end |
	some slot in array.concat(calendar.open, calendar.closed)
	some times in slot.times
	some end in times
}

window_zone(name) := tables.calendars[tables.windows[name][0][0].calendar].zone

# ---------------------------------------------------------------------------------------------------------- the request

# METADATA
# title: What is wrong with the request
# description: |
#   A missing key means that a fact is unknown, null that there is none. A key that the schema does not have is an error,
#   lest a slip of the pen read as unknown.
malformed contains "the request is not an object" if not is_object(input)

malformed contains "hxp 1 is the only version of the request there is" if {
	is_object(input)
	input.hxp != 1
}

malformed contains sprintf("%s is missing", [key]) if {
	some key in {"hxp", "at", "environment", "action", "actor", "release"}
	not has_key(input, key)
}

malformed contains "actor.id is missing" if {
	is_object(input.actor)
	not has_key(input.actor, "id")
}

malformed contains "release.commit is missing" if {
	is_object(input.release)
	not has_key(input.release, "commit")
}

malformed contains sprintf("%s is not a key of a request", [spot(part.place, key)]) if {
	some part in objects
	is_object(part.object)
	some key in (object.keys(part.object) - keys[part.kind])
}

malformed contains sprintf("%s is not %s", [spot(part.place, key), expected(type)]) if {
	some part in objects
	is_object(part.object)
	some key, found in part.object
	type := schema[part.kind][key]
	form := type_name(found)
	not form in forms[type]
}

malformed contains sprintf("%s is not %s", [spot(part.place, key), expected(type)]) if {
	some part in objects
	is_object(part.object)
	some key, type in formatted[part.kind]
	found := part.object[key]
	found != null
	not well_formed(found, type)
}

malformed contains sprintf("%s is not an object", [part.place]) if {
	some part in elements
	not is_object(part.object)
}

has_key(value, key) if {
	is_object(value)
	_ = value[key]
}

# The objects of a request whose keys are known: of which kind, where, and what is there.
objects := array.concat(
	array.concat([{"kind": "request", "place": "", "object": input}], records),
	array.concat(elements, array.concat(subjects, charts)),
)

records := [{"kind": kind, "place": kind, "object": input[kind]} |
	some kind in ["actor", "event", "release", "previous", "change", "incident", "override"]
]

# Objects in lists.
elements := array.concat(
	[{"kind": kind, "place": sprintf("%s.%d", [key, i]), "object": element} |
		some key, kind in {
			"evidence": "evidence",
			"approvals": "approval",
			"deployments": "deployment",
			"triggers": "trigger",
			"duties": "duty",
		}
		some i, element in list(input[key])
	],
	array.concat(
		[{"kind": kind, "place": sprintf("change.%s.%d", [key, i]), "object": element} |
			some key, kind in {"commits": "commit", "pull_requests": "pull request"}
			some i, element in list(input.change[key])
		],
		[{"kind": "stretch", "place": sprintf("deployments.%d.healthy.%d", [i, n]), "object": element} |
			some i, deployment in list(input.deployments)
			some n, element in list(deployment.healthy)
		],
	),
)

subjects := array.concat(
	[{"kind": "subject", "place": sprintf("evidence.%d.subject", [i]), "object": e.subject} |
		some i, e in list(input.evidence)
	],
	[{"kind": "identity", "place": sprintf("evidence.%d.subject.release", [i]), "object": e.subject.release} |
		some i, e in list(input.evidence)
	],
)

charts := array.concat(
	[{"kind": "chart", "place": spot(key, "chart"), "object": input[key].chart} | some key in ["release", "previous"]],
	array.concat(
		[{"kind": "chart", "place": sprintf("deployments.%d.chart", [i]), "object": deployment.chart} |
			some i, deployment in list(input.deployments)
		],
		[{"kind": "chart", "place": sprintf("evidence.%d.subject.release.chart", [i]), "object": e.subject.release.chart} |
			some i, e in list(input.evidence)
		],
	),
)

list(value) := value if {
	is_array(value)
} else := []

# METADATA
# title: The keys of a request
# description: By the kind of object they are in. A question mark says that null is allowed.
schema := {
	"request": {
		"hxp": "integer",
		"at": "instant",
		"environment": "text",
		"action": "action",
		"actor": "record",
		"event": "record",
		"release": "record",
		"previous": "record?",
		"published_versions": "versions",
		"change": "record",
		"evidence": "list",
		"approvals": "list",
		"members": "people by team",
		"deployments": "list",
		"triggers": "list",
		"incident": "record?",
		"override": "record?",
		"duties": "list",
	},
	"actor": {"id": "text", "bot": "boolean"},
	"event": {"kind": "text", "published": "boolean?", "tag": "text?", "branch": "text?"},
	"release": {
		"commit": "text",
		"images": "digests",
		"chart": "record?",
		"values_digest": "text",
		"version": "version",
		"prerelease": "boolean",
		"branch": "text?",
		"ancestors": "texts",
		"publisher": "text?",
		"authors": "texts",
	},
	"chart": {"name": "text", "version": "version", "digest": "text"},
	"previous": {
		"commit": "text?",
		"version": "version?",
		"images": "digests?",
		"chart": "record?",
		"values_digest": "text?",
	},
	"change": {"files": "texts", "commits": "list", "pull_requests": "list"},
	"commit": {"id": "text", "message": "text", "author": "text", "pull_request": "integer?"},
	"pull request": {
		"id": "integer",
		"author": "text",
		"labels": "texts",
		"approved_by": "texts",
		"merged_at": "instant?",
	},
	"evidence": {
		"gate": "text",
		"params": "record",
		"subject": "record",
		"state": "state",
		"results": "record",
		"issuer": "text?",
		"by": "text?",
		"at": "instant",
		"url": "text?",
	},
	"subject": {
		"commit": "text",
		"release": "record",
		"deployment": "text",
		"environment": "text",
		"incident": "text",
		"policy": "text",
	},
	"identity": {"images": "digests", "chart": "record?"},
	"approval": {
		"person": "text",
		"vote": "vote",
		"environment": "text",
		"commit": "text",
		"images": "digests",
		"at": "instant",
	},
	"deployment": {
		"id": "text",
		"environment": "text",
		"images": "digests",
		"chart": "record?",
		"action": "action",
		"revision": "integer?",
		"from": "instant",
		"to": "instant?",
		"outcome": "outcome",
		"healthy": "list",
	},
	"stretch": {"from": "instant", "to": "instant?"},
	"trigger": {"trigger": "text", "environment": "text", "state": "reading", "since": "instant"},
	"incident": {
		"id": "text?",
		"state": "incident state?",
		"environments": "texts",
		"declared_at": "instant?",
		"resolved_at": "instant?",
	},
	"override": {"name": "text?", "reason": "text?", "ticket": "text?"},
	"duty": {"id": "text", "due_at": "instant?", "done_at": "instant?"},
}

keys := {kind: object.keys(fields) | some kind, fields in schema}

# The fields of which more than the form must be right.
formatted := {kind: {key: trim_suffix(type, "?") |
	some key, type in fields
	not trim_suffix(type, "?") in {"text", "boolean", "record", "list"}
} |
	some kind, fields in schema
}

# What JSON makes of a type.
forms := object.union(
	{type: {form} | some type, form in plain_forms},
	{concat("", [type, "?"]): {form, "null"} | some type, form in plain_forms},
)

plain_forms := object.union(
	{
		"record": "object",
		"digests": "object",
		"people by team": "object",
		"list": "array",
		"texts": "array",
		"versions": "array",
		"text": "string",
		"instant": "string",
		"version": "string",
		"boolean": "boolean",
		"integer": "number",
	},
	{word: "string" | some word, _ in words},
)

well_formed(value, "integer") if {
	holdable(value)
	value == floor(value)
}

well_formed(value, "instant") if is_number(instant(value))

well_formed(value, "version") if bare(value)

well_formed(value, "versions") if {
	every version in list(value) { bare(version) }
}

well_formed(value, "texts") if {
	every text in list(value) { is_string(text) }
}

well_formed(value, "digests") if {
	every _, digest in value { is_string(digest) }
}

well_formed(value, "people by team") if {
	every _, people in value { well_formed_team(people) }
}

well_formed(value, type) if value in words[type]

well_formed_team(people) if {
	is_array(people)
	every person in people { is_string(person) }
}

spot("", key) := key

spot(place, key) := sprintf("%s.%v", [place, key]) if place != ""

expected(type) := concat(" or ", sort(words[trim_suffix(type, "?")])) if {
	words[trim_suffix(type, "?")]
} else := sprintf("of type %s", [type])

words := {
	"action": {"deploy", "config", "rollback"},
	"state": {"passed", "failed", "running", "skipped", "error"},
	"vote": {"approve", "reject", "withdraw"},
	"outcome": {"running", "healthy", "failed", "rolled_back"},
	"reading": {"firing", "quiet", "no_data"},
	"incident state": {"open", "resolved"},
}
