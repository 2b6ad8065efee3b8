# METADATA
# title: What tests ask of a decision
package hxp_test.lib

import data.hxp.lib

# METADATA
# title: A reason of that id, or below it, decides
because(decision, id) if {
	some reason in decision.reasons
	deciding(decision, reason, id)
}

deciding(decision, reason, id) if {
	reason.verdict in verdicts[decision.outcome]
	lib.covers(id, lib.local_id(reason.id))
}

# Which verdicts make which outcome.
verdicts := {"deny": {"failed"}, "pending": {"waiting"}, "allow": {"met", "waived"}}

# METADATA
# title: Time alone changes the decision at that instant
# description: |
#   What is allowed ends then. What is pending is met then: the reasons that are named, or all of them if none is.
# scope: document
until(decision, _, at) if {
	decision.outcome == "allow"
	lib.instant(decision.valid_until) == lib.instant(at)
}

until(decision, ids, at) if {
	decision.outcome != "allow"
	some id in ids
	some reason in decision.reasons
	deciding(decision, reason, id)
	lib.instant(reason.until) == lib.instant(at)
}

until(decision, [], at) if {
	decision.outcome != "allow"
	lib.instant(decision.not_before) == lib.instant(at)
}
