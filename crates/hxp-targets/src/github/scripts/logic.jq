# Three-valued logic for the conditions of triggers: null is unknown, as in the policy.
def not3: if . == null then null else not end;
def and3: if any(.[]; . == false) then false elif any(.[]; . == null) then null else true end;
def or3: if any(.[]; . == true) then true elif any(.[]; . == null) then null else false end;
def if3($yes; $no): if . == null then (if $yes == $no then $yes else null end) elif . then $yes else $no end;
def compare($op; $left; $right):
  if $left == null or $right == null then null
  elif $op == "==" then $left == $right elif $op == "!=" then $left != $right
  elif $op == "<" then $left < $right elif $op == "<=" then $left <= $right
  elif $op == ">" then $left > $right else $left >= $right end;
def calculate($op; $left; $right):
  if $left == null or $right == null then null
  elif $op == "+" then $left + $right elif $op == "-" then $left - $right
  elif $op == "*" then $left * $right elif $right == 0 then null else $left / $right end;
def within($value; $from; $to; $closed):
  if $value == null or $from == null or $to == null then null
  else $value >= $from and (if $closed then $value <= $to else $value < $to end) end;
# Results that gates yield: percentages and durations are written as the policy writes them.
def percent($value):
  if $value | type != "string" then $value else ($value | capture("^(?<n>-?[0-9.]+)%$")? // {n: "null"} | .n | tonumber? // null) end;
def milliseconds:
  {ms: 1, s: 1000, m: 60000, h: 3600000, d: 86400000, w: 604800000} as $unit
  | if test("^([0-9]+(\\.[0-9]+)?(ms|[smhdw]))+$")
    then [match("([0-9]+(?:\\.[0-9]+)?)(ms|[smhdw])"; "g") | (.captures[0].string | tonumber) * $unit[.captures[1].string]] | add
    else null end;
def duration($value): if $value | type != "string" then $value else ($value | milliseconds) end;
