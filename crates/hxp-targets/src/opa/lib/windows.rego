package hxp.lib

# --------------------------------------------------------------------------------------------------------- Windows
#
# Windows: sets of instants, told by the wall clocks of their zones.

# METADATA
# title: The window is open
within(name) := {
	"reason": {"verdict": "met", "text": concat(" ", [name, "is open"])},
	"window": name,
	"valid_until": next_closing({name}, at),
} if {
	open(name, at)
} else := {
	"reason": {
		"verdict": "waiting",
		"text": sprintf("%s opens %s", [name, spelled(opening, window_zone(name))]),
		"until": written(opening, here.zone),
	},
	"window": name,
	"opens": opening,
} if {
	opening := next_opening({name}, at)
	opening != null
} else := object.union({"window": name}, says(
	"waiting",
	sprintf("%s does not open within %d days", [name, horizon]),
))

# METADATA
# title: A window is open at an instant
# description: A window is any of several, each all of several calendars that are open or not.
open(name, t) if {
	some parts in data.hxp.tables.windows[name]
	every part in parts { calendar_open(data.hxp.tables.calendars[part.calendar], t) == part.open }
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
	some [from, to] in slot.hours
	now := seconds(t, zone)
	from <= now
	now < to
	on_day(slot, t, zone)
}

# Past midnight a slot still belongs to the day on which it began.
in_slot(slot, t, zone) if {
	some to in slot.mornings
	seconds(t, zone) < to
	on_day(slot, noon(t, zone, -1), zone)
}

on_day(slot, t, zone) if {
	on_weekday(slot.weekdays, t, zone)
	on_date(slot.dates, t, zone)
}

on_weekday(weekdays, _, _) if weekdays == []

on_weekday(weekdays, t, zone) if time.weekday([t, zone]) in weekdays

on_date(dates, _, _) if dates == []

on_date(dates, t, zone) if {
	date := time.date([t, zone])
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

# The nearest are looked for first: on the same day, within a day, a week, a month, then as far as one looks.
next_change(names, t, is_open) := min(soon) if {
	soon := changes_today(names, t, is_open)
	count(soon) > 0
} else := min(soon) if {
	soon := changes(names, t, [0, 1], is_open)
	count(soon) > 0
} else := min(soon) if {
	soon := changes(names, t, [1, 7], is_open)
	count(soon) > 0
} else := min(late) if {
	late := changes(names, t, [7, 31], is_open)
	count(late) > 0
} else := min(late) if {
	late := changes(names, t, [31, horizon], is_open)
	count(late) > 0
} else := null

# Instants of the rest of a day around which no clock changes. Undefined for any other day, and for several zones.
changes_today(names, t, is_open) := {edge |
	some end in {clock | some calendar in asked; some clock in calendar.edges}
	end > now
	edge := midnight + (end * second)
	all_open(names, edge) == is_open
} if {
	asked := calendars(names)
	zones := [calendar.zone | some calendar in asked]
	zone := min(zones)
	zone == max(zones)
	now := seconds(t, zone)
	seconds(t - day, zone) == now
	seconds(t + day, zone) == now
	midnight := (t - (t % second)) - (now * second)
}

# Instants between two numbers of days after one at which all windows are open, or not.
changes(names, t, [from, to], is_open) := {edge |
	some calendar in calendars(names)
	some span in spans(calendar.days, floor(t / day), from - 2, to + 2)
	middles := [noon(t, calendar.zone, days) | some days in numbers.range(span[0], span[1])]
	some edge in edges(calendar, middles)
	edge > t + (from * day)
	edge <= t + (to * day)
	all_open(names, edge) == is_open
}

# The numbers of days, counted from today, on which a calendar may open or close. Null says that it may on any.
spans(days, today, from, to) := {[from, to]} if {
	days == null
} else := {[first, last] |
	some known in days
	first := max([from, known[0] - today])
	last := min([to, known[1] - today])
	first <= last
}

calendars(names) := {data.hxp.tables.calendars[part.calendar] |
	some name in names
	some parts in data.hxp.tables.windows[name]
	some part in parts
}

# METADATA
# title: Instants at which a calendar may open or close, of the days with these noons but the first and the last
# description: |
#   Midnight and the ends of its slots. On a day on which the clocks change an edge may come earlier, later or twice, and
#   the change itself may be one; clocks change on a quarter of an hour.
edges(calendar, middles) := {edge |
	some i in numbers.range(1, count(middles) - 2)
	some end in calendar.edges
	edge := middles[i] + ((end - 43200) * second)
} | {edge |
	some i in numbers.range(1, count(middles) - 2)
	gained := (middles[i] - middles[i - 1]) - day
	gaining := (middles[i + 1] - middles[i]) - day
	{gained, gaining} != {0}
	some edge in shifted(calendar, middles[i], gained, gaining)
}

shifted(calendar, middle, gained, gaining) := {edge |
	some end in calendar.edges
	some shift in {gained, gaining, 0 - gained, 0 - gaining}
	edge := (middle + ((end - 43200) * second)) + shift
} | {edge |
	gained != 0
	some quarter in numbers.range(1, 100)
	edge := middle - ((quarter * 900) * second)
}

window_zone(name) := data.hxp.tables.calendars[data.hxp.tables.windows[name][0][0].calendar].zone
