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
