package hxp.lib

# ------------------------------------------------------------------------------------------------------- Approvals
#
# Approvals: votes of people on this release in this environment.

# METADATA
# title: Enough people of a team approve
# description: |
#   Each seat is one statement that asks for the team: it binds when it `applies`, and wants so many people of each team
#   `among` whom its places are to be taken by different people.
approve(team, seats) := says("failed", sprintf("%s of %s rejects", [concat(", ", against), team])) if {
	some seat in seats
	seat.applies == true
	against := [person | some person in rejecting; person in members[team]]
	count(against) > 0
} else := inapplicable if {
	every seat in seats { seat.applies == false }
} else := object.union(approvals_end(team), says("met", concat(" ", ["approved by", team]))) if {
	every seat in seats { seated(team, seat) }
} else := {"reason": {
	"verdict": "waiting",
	"text": sprintf("needs the approval of %d of %s%s", [needed, team, unsure(team)]),
	"needs": {"approvals": {team: needed}},
}} if {
	needed := max({1} | {lacking(team, seat.among) | some seat in seats; seat.applies != false})
}

seated(_, seat) if seat.applies == false

seated(team, seat) if lacking(team, seat.among) == 0

unsure(team) := "; its members are unknown" if {
	not members[team]
} else := "; the authors are unknown" if {
	not barred
} else := ""

# METADATA
# title: How many people of a team are still lacking
# description: |
#   Different people can take all places if and only if every group of teams has at least as many people as places
#   (Hall's marriage theorem). A team lacks people if it belongs to a smallest group that has too few. Undefined while
#   it is unknown whose approval counts for any of them: the same person may be needed elsewhere.
lacking(team, among) := max([0, among[team] - count(eligible(team))]) if {
	count(among) == 1
	among[team]
} else := max({0} | {missing |
	short := shortages(among)
	some crowd, missing in short
	team in crowd
	every other, _ in short { not smaller(other, crowd) }
}) if {
	every other, _ in among { is_object(eligible(other)) }
}

shortages(among) := {crowd: missing |
	some crowd in crowds(object.keys(among))
	people := union({object.keys(eligible(team)) | some team in crowd})
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
eligible(team) := object.filter(approving, members[team])

# METADATA
# title: The members of each team
# description: As the policy lists them, otherwise as the request says they are at its instant.
members := object.union(object.get(input, "members", {}), data.hxp.tables.members)

# METADATA
# title: People whose approval counts, and when they gave it
# description: Undefined while it is unknown who wrote the change.
approving := {person: instant_of |
	some person, [_, instant_of, 0, _] in votes
	fresh(instant_of)
	not person in barred
	not endswith(person, "[bot]")
} if {
	barred
}

# METADATA
# title: People who cannot approve
# description: Whoever asks, whoever published the release, and every author of a commit since the previous one.
barred := array.concat([input.actor.id, input.release.publisher], input.release.authors)

# METADATA
# title: People who reject the release
rejecting := {person | some person, [_, _, 2, _] in votes}

# METADATA
# title: The latest vote of each person on this release in this environment
# description: As [person, instant, weight, place]. Of two votes at one instant the heavier counts.
votes := object.union_n([{row[0]: row} |
	some row in sort([[vote.person, instants[vote.at], weight[vote.vote], i] |
		some i, vote in input.approvals
		vote.environment == input.environment
		vote.commit == input.release.commit
		same_images(vote)
		instants[vote.at] <= at
	])
])

weight := {"approve": 0, "withdraw": 1, "reject": 2}

same_images(vote) if vote.images == input.release.images

same_images(vote) if {
	vote.vote != "approve"
	not has_key(vote, "images")
}

fresh(_) if here.approvals_valid == null

fresh(given_at) if {
	here.approvals_valid != null
	at <= given_at + here.approvals_valid
}

# When the first of the approvals that count grows stale.
approvals_end(team) := {"valid_until": min(instants_given) + here.approvals_valid} if {
	here.approvals_valid != null
	instants_given := {given_at | some given_at in eligible(team)}
	count(instants_given) > 0
} else := {}
