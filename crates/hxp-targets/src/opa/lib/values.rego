package hxp.lib

# ---------------------------------------------------------------------------------------------------------- Values
#
# Values: instants, quantities, numbers, text, versions.

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
# scope: document
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
amount(text, scale) := (numeral(concat("", parts)) * scale[unit]) / tens[count(parts[1])] if {
	unit := trim_left(text, "0123456789.")
	parts := split(concat("", [trim_suffix(text, unit), "."]), ".")
}

tens := [1, 10, 100, 1000, 10000, 100000, 1000000]

numeral(text) := to_number(trim_left(text, "0")) if {
	trim_left(text, "0") != ""
} else := 0

# METADATA
# title: A day, as it is written
calendar_day(text) := text if {
	matches(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, text)
	is_number(instant(concat("", [text, "T00:00:00Z"])))
}

# METADATA
# title: The seconds since midnight of a time of day
time_of_day(text) := since_midnight(concat("", [text, ":00"])) if {
	matches(`^[0-9]{2}:[0-9]{2}$`, text)
} else := since_midnight(text) if {
	matches(`^[0-9]{2}:[0-9]{2}:[0-9]{2}$`, text)
}

since_midnight(text) := floor((instant(concat("", ["2000-01-01T", text, "Z"])) - instant("2000-01-01T00:00:00Z")) / second)

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

is_of(value, "calendar_day") if is_string(calendar_day(value))

is_of(value, "time_of_day") if is_number(time_of_day(value))

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
	"major": to_number(parts[0]),
	"minor": to_number(parts[1]),
	"patch": to_number(parts[2]),
} if {
	parts := regex.find_n(`[0-9]+`, bare(text), 3)
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

line(text) := [parts.major, parts.minor] if parts := version(text)

lines(release, published) := {line(release)} | {line(text) | some text in published}
