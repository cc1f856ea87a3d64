// SPDX-License-Identifier: LGPL-2.1-or-later
/* Two tokens: the library's verdict, and what is beyond it. */
#include "cli.h"
#include "judge.h"

const char *const judgement_names[] = {
	[JUDGED_YES] = "yes", [JUDGED_NO] = "no", [JUDGED_UNKNOWN] = "unknown",
};

enum judgement judge_tokens(const char *source, const char *target,
			    struct vfiomig_verdict *v)
{
	return vfiomig_compare(source, target, v) ? JUDGED_NO : JUDGED_YES;
}

int judgement_code(enum judgement judgement)
{
	switch (judgement) {
	case JUDGED_YES: return EXIT_YES;
	case JUDGED_NO: return EXIT_NO;
	default: return EXIT_FAILED;
	}
}
