# SPDX-License-Identifier: GPL-2.0-only
#
# Reads TAP, of one or more plans, and prints "passed failed skipped bad known".
# bad is 1 when there is no plan, or results and plans differ in number. known
# are tests that fail and are marked TODO, which is no failure; one that is
# marked and passes is one: what is known has to be true.
function directive(word) {
	return toupper($0) ~ ("[^\\\\]# *" word "([^A-Z]|$)")
}
/^ok( |$)/ {
	results++
	if (directive("SKIP"))
		skipped++
	else if (directive("TODO"))
		failed++
	else
		passed++
}
/^not ok( |$)/ {
	results++
	if (directive("TODO"))
		known++
	else
		failed++
}
/^1\.\.[0-9]+/ {
	plans++
	sub(/^1\.\./, "")
	planned += $0 + 0
	if ($0 + 0 == 0)
		skipped++
}
/^Bail out!/ { bailed = 1 }
END {
	bad = !plans || planned != results || bailed
	print passed + 0, failed + 0, skipped + 0, bad + 0, known + 0
}
