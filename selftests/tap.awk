# SPDX-License-Identifier: GPL-2.0-only
#
# Reads TAP, of one or more plans, and prints "passed failed skipped bad".
# bad is 1 when there is no plan, or results and plans differ in number.
/^ok( |$)/ {
	results++
	if (toupper($0) ~ /# *SKIP/)
		skipped++
	else
		passed++
}
/^not ok( |$)/ { results++; failed++ }
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
	print passed + 0, failed + 0, skipped + 0, bad + 0
}
