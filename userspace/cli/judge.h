/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two tokens: the library's verdict, and what is beyond it. */
#ifndef _JUDGE_H
#define _JUDGE_H

#include <vfiomig.h>

/* Neither yes nor no is a word of its own: nobody has said either. */
enum judgement { JUDGED_YES, JUDGED_NO, JUDGED_UNKNOWN };

extern const char *const judgement_names[];

/* The code of a verdict that is unknown. */
#define UNKNOWN_CODE	(-ENODATA)

/*
 * judge_tokens - would the source's stream be taken?
 *
 * As vfiomig_compare(), but that a vendor's driver of another version is judged by
 * what the vendor documents, where its token has the key eq_driver.
 */
enum judgement judge_tokens(const char *source, const char *target,
			    struct vfiomig_verdict *verdict);

/* The exit code that goes with it. */
int judgement_code(enum judgement judgement);

#endif
