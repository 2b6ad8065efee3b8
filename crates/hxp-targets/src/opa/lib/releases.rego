package hxp.lib

# -------------------------------------------------------------------------------------------------------- Releases
#
# Releases: where they were, for how long, and to which one can go back.

# METADATA
# title: The release was healthy in another environment, for at least so long
# description: |
#   A stay counts if it did not end in failure; it may be over. One that is still under way can be waited for. If there
#   were stays and all of them failed, that is a refusal. How long is told in text and in nanoseconds.
after(environment, soak, length) := after_stays(environment, soak, length, object.get(stays, environment, set()))

after_stays(environment, soak, length, known) := says("met", soaked_text(environment, soak)) if {
	some stay in known
	not stay.failed
	stay.to - stay.from >= length
} else := {
	"reason": {
		"verdict": "waiting",
		"text": sprintf("healthy in %s since %s, not yet for %s", [environment, spelled(since, zone), soak]),
		"until": written(opening, here.zone),
	},
	"opens": opening,
} if {
	since := min({stay.from | some stay in known; stay.ongoing})
	opening := since + length
	zone := data.hxp.tables.environments[environment].zone
} else := says("waiting", sprintf("healthy in %s, but not for %s", [environment, soak])) if {
	some stay in known
	not stay.failed
} else := says("failed", sprintf("failed in %s", [environment])) if {
	count(known) > 0
} else := says("waiting", sprintf("has not been healthy in %s", [environment]))

soaked_text(environment, "0s") := sprintf("was healthy in %s", [environment])

soaked_text(environment, soak) := sprintf("was healthy in %s for %s", [environment, soak]) if soak != "0s"

# METADATA
# title: What makes the release what it is
this_release := identity(input.release)

# METADATA
# title: What makes two releases the same
# description: The digests of the images and of the chart. The version is only a label.
identity(release) := {"images": release.images, "chart": chart_digest(release.chart)}

chart_digest(null) := null

chart_digest(chart) := chart.digest

# METADATA
# title: The stays of this release in each environment
# description: |
#   A stay is a longest stretch of time in which these digests were live and healthy. One that ends while the deployment
#   is still live, or with a deployment that failed or was rolled back, ended in failure.
stays := {environment: stays_of(stretches(environment)) | environment := input.deployments[_].environment}

stays_of(parts) := {{"from": start.from, "to": end.to, "ongoing": end.ongoing, "failed": end.failed} |
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
	identity(deployment) == this_release
	some healthy in deployment.healthy
	from := instants[healthy.from]
	from <= at
	end := stretch_end(deployment, healthy)
	from <= end.to
}

stretch_end(deployment, healthy) := {"to": instants[healthy.to], "ongoing": false, "failed": unhealthy(deployment)} if {
	instants[healthy.to] <= at
} else := {"to": min(fired), "ongoing": false, "failed": true} if {
	lasts(healthy)
	fired := firing(deployment.environment)
	count(fired) > 0
} else := {"to": at, "ongoing": not_failed(deployment), "failed": not_failed(deployment) == false} if {
	lasts(healthy)
}

lasts(healthy) if healthy.to == null

lasts(healthy) if instants[healthy.to] > at

# Undefined while it is unknown how the deployment came out, or whether it is still live.
unhealthy(deployment) := false if {
	not_failed(deployment)
	instants[deployment.to] <= at
}

unhealthy(deployment) if {
	not_failed(deployment)
	deployment.to == null
}

unhealthy(deployment) if {
	not_failed(deployment)
	instants[deployment.to] > at
}

unhealthy(deployment) if not_failed(deployment) == false

not_failed(deployment) if deployment.outcome in {"running", "healthy"}

not_failed(deployment) := false if deployment.outcome in {"failed", "rolled_back"}

# Since when triggers of an environment are firing.
firing(environment) := {since |
	some trigger in input.triggers
	trigger.environment == environment
	trigger.state == "firing"
	since := instants[trigger.since]
	since <= at
}

# METADATA
# title: The action as it is judged
# description: A rollback goes back to one of the last healthy releases; any other is judged as a deployment.
judged_action(keep) := "rollback" if {
	input.action == "rollback"
	this_release in recent(keep)
} else := "deploy" if {
	input.action == "rollback"
} else := input.action

recent(keep) := {release | some [_, release] in last(healthy_releases, keep)}

healthy_releases := sort({[max(since), release] |
	healthy := {[instants[deployment.from], identity(deployment)] |
		some deployment in input.deployments
		deployment.environment == input.environment
		deployment.outcome == "healthy"
		instants[deployment.from] <= at
	}
	some [_, release] in healthy
	since := {from | some [from, other] in healthy; other == release}
})

last(list, n) := array.slice(list, max({0, count(list) - n}), count(list))
