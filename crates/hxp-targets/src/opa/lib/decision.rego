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
#
#   Every environment refuses a request that is about another one, so that here `input.environment` is the environment
#   that decides.
package hxp.lib

# The environment that decides. Tables are named where they lie, never as a whole: at each query OPA makes values of all
# that is read of its data.
here := data.hxp.tables.environments[input.environment]

# METADATA
# title: What nobody knows
unknown if false

# ------------------------------------------------------------------------------------------------------- the decision

# METADATA
# title: The decision
# description: |
#   What a policy says about the request: the worst of its requirements that are neither waived nor advisory.
decide(policy, judgement) := {
	"hxp": 1,
	"policy": data.hxp.tables.policy,
	"request": null,
	"at": input.at,
	"environment": input.environment,
	"action": judgement.action,
	"outcome": judgement.outcome,
	"not_before": written(times.not_before, here.zone),
	"valid_until": written(times.valid_until, here.zone),
	"reasons": reasons(judgement),
	"obligations": obligations(policy, judgement.overrides),
	"notify": notices(policy, judgement.overrides),
} if {
	times := timing(judgement)
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
	"policy": data.hxp.tables.policy,
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
		"source": data.hxp.tables.environments[environment].source,
	}],
	"obligations": [],
	"notify": [],
}

given(key) := input[key] if {
	has_key(input, key)
} else := null

# METADATA
# title: Every requirement that the action must meet, with its verdict
# description: |
#   What is found of a requirement is laid over what the tables say of it: that it waits, since absent evidence is never
#   success. Beside its reason, an entry may tell until when it is met, from when on, by which window, and what was
#   ignored; that counts for the requirements that are `deciding`.
judge(policy) := {
	"action": action,
	"outcome": outcome({verdict | verdict := judged[_].reason.verdict}),
	"judged": judged,
	"deciding": object.remove(judged, advisory | object.keys(lifted)),
	"endings": {end | end := lifted[_].ends},
	"overrides": overrides,
} if {
	action := judged_action(policy.keep)
	overrides := {name: grant |
		some name, grant in policy.overrides
		in_force(name, grant)
	}
	kind := bound[action]
	asked := array.concat([here[kind]], [here.additions[name] | some name, _ in overrides])
	found := array.concat([policy[kind]], [policy.additions[name].requirements | some name, _ in overrides])
	required := object.union_n(array.concat([table.entries | some table in asked], found))
	advisory := {key | some table in asked; some key in table.advisory}
	advised := {key: {"reason": {"verdict": "advice"}} |
		some key in advisory
		required[key].reason.verdict != "met"
	}
	lifted := {key: waived(required[key], waiver, overrides[waiver].expires, key in advisory) |
		some key in {waivable | some name, _ in overrides; some waivable in here[kind].lifted[name]}
		waiver := min({name | some name, _ in overrides; key in here[kind].lifted[name]})
	}
	judged := object.union_n([required, advised, lifted])
}

# Which requirements bind which action.
bound := {"deploy": "requirements", "config": "requirements", "rollback": "rollback"}

outcome(verdicts) := "deny" if {
	"failed" in verdicts
} else := "pending" if {
	"waiting" in verdicts
} else := "allow"

# What needs its waiver ends with it.
waived(entry, name, expires, advisory) := object.union({"ends": expires}, lifted_by(name, entry)) if {
	entry.reason.verdict != "met"
	expires != null
	advisory == false
} else := lifted_by(name, entry)

lifted_by(name, entry) := {"reason": {
	"verdict": "waived",
	"text": sprintf("waived by %s: %s", [name, entry.reason.text]),
	"until": null,
	"waived_by": name,
}}

# METADATA
# title: A waiver covers its id and whatever lies below it
# scope: document
covers(waiver, id) if waiver == id

covers(waiver, id) if {
	some separator in {".", "(", "["}
	startswith(id, concat("", [waiver, separator]))
}

local_id(id) := substring(id, indexof(id, ".") + 1, -1)

# In the order in which they matter, then by id and text.
reasons(judgement) := [row[4] |
	some row in sort(array.concat(remarks(judgement), [[rank[reason.verdict], reason.id, reason.text, key, reason] |
		some key
		reason := judgement.judged[key].reason
	]))
]

# METADATA
# title: What is said beside the requirements
# description: Evidence that was ignored for its issuer, and an override that was named but does not act.
remarks(judgement) := array.concat(
	[remark(concat(".", [reason.id, "issuer"]), text, reason.source) |
		some key
		text := judgement.judged[key].ignored[_]
		reason := judgement.judged[key].reason
	],
	[remark(concat(".", [input.environment, "override", name]), text, here.source) |
		name := input.override.name
		name != null
		not judgement.overrides[name]
		text := sprintf("the request names the override %s, which is not in force", [name])
	],
)

remark(id, text, source) := [rank.advice, id, text, id, {
	"id": id,
	"verdict": "advice",
	"text": text,
	"until": null,
	"waived_by": null,
	"evidence": [],
	"source": source,
}]

rank := {"failed": 0, "waiting": 1, "waived": 2, "advice": 3, "met": 4}

# METADATA
# title: A reason in one line
# description: With its place in the policy, when it has one.
message(reason) := sprintf("%s: %s (%s:%d)", [reason.id, reason.text, reason.source.file, reason.source.line]) if {
	reason.source
} else := sprintf("%s: %s", [reason.id, reason.text])

# METADATA
# title: What will be owed if this goes ahead
# description: A duty whose condition is unknown is listed too.
obligations(policy, overrides) := [object.union(row[2], {"due_at": due_at(row[1], row[2].due)}) |
	some row in {[duty.id, duty.on, duty] |
		some duty in union({policy.duties} | {policy.additions[name].duties | some name, _ in overrides})
	}
]

due_at(event, due) := written(occurred(event) + duration(due), here.zone) if {
	occurred(event)
} else := null

occurred("incident.declared") := instants[incident.declared_at]

occurred("incident.resolved") := instants[incident.resolved_at]

# METADATA
# title: Who will be told if this goes ahead
notices(policy, overrides) := [row[2] |
	some row in {[notice.channel, notice.on, notice] |
		some notice in union({policy.notices} | {policy.additions[name].notices | some name, _ in overrides})
	}
]

# METADATA
# title: What time alone will change
# description: |
#   `not_before` is the first instant at which everything that waits for the clock is met, and null if something waits
#   for people or machines. `valid_until` is the next instant at which the outcome changes though nobody does anything:
#   of an allow, when a window closes, evidence or an approval grows stale or a needed waiver expires.
timing(judgement) := {"not_before": at, "valid_until": least(ends - {null})} if {
	judgement.outcome == "allow"
	ends := {end | end := judgement.deciding[_].valid_until} | judgement.endings
} else := {"not_before": opening, "valid_until": opening} if {
	judgement.outcome == "pending"
	waiting := [entry | some entry in judgement.deciding; entry.reason.verdict == "waiting"]
	every entry in waiting { entry.opens }
	windows := {window | window := judgement.deciding[_].window}
	soaked := [entry.opens | some entry in waiting; not entry.window]
	opening := next_opening(windows, max(array.concat([at], soaked)))
} else := {"not_before": null, "valid_until": null}

least(instants_of) := min(instants_of) if {
	count(instants_of) > 0
} else := null

# ------------------------------------------------------------------------------------------------------- requirements

# METADATA
# title: A requirement as far as it is judged
# description: The verdict, and why.
says(verdict, text) := {"reason": {"verdict": verdict, "text": text}}

# METADATA
# title: A requirement that binds only when a condition holds
# description: Not the condition, or the requirement. With an unknown condition only a met requirement settles it.
# scope: document
when(true, entry) := entry

when(false, _) := inapplicable

when(null, entry) := entry if {
	entry.reason.verdict == "met"
} else := says("waiting", concat("", [entry.reason.text, "; whether it applies is unknown"]))

inapplicable := says("met", "does not apply to this change")

# METADATA
# title: A requirement that the facts of the request prove
# scope: document
fact(name, true) := says("met", concat(" ", [name, "holds"]))

fact(name, false) := says("failed", concat(" ", [name, "does not hold"]))

fact(name, null) := says("waiting", concat(" ", [name, "needs facts that the request lacks"]))

# METADATA
# title: A rule
# description: The worst of its clauses, each with what it says when it is broken.
rule(name, clauses) := says("failed", concat("; ", broken)) if {
	broken := [clause.because | some clause in clauses; clause.holds == false]
	count(broken) > 0
} else := fact(name, null) if {
	some clause in clauses
	clause.holds == null
} else := fact(name, true)
