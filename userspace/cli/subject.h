/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One of the two sides of a check, as users name it. */
#ifndef _SUBJECT_H
#define _SUBJECT_H

#include "cli.h"

/**
 * struct subject - a token and where it is from
 * @token: may be malformed: then the verdict says so
 * @wrong: why there is no token where one should be, or NULL
 * @composed: made up of sysfs
 * @object: device or type of this host; without a name if it is none
 */
struct subject {
	char token[VFIOMIG_TOKEN_MAX];
	const char *wrong;
	bool composed;
	struct object object;
};

/*
 * subject_find - a token by itself, a device or type of this host, or a file
 *
 * @text: "-" is standard input. Returns 0, or an exit code after fail().
 */
int subject_find(struct subject *subject, const char *text);

/**
 * struct question - what is to be judged
 * @source: token
 * @negotiate: would it work if the two negotiate?
 */
struct question {
	const char *source;
	bool negotiate;
};

/**
 * struct answer - and what comes of it
 * @judgement: yes, no, or unknown
 * @verdict: with the reason; its code is 0 for yes
 * @asked: the target itself was asked, not only its token
 * @minor: that the two would choose
 */
struct answer {
	enum judgement judgement;
	struct vfiomig_verdict verdict;
	bool asked;
	uint16_t minor;
};

void subject_judge(const struct subject *target, const struct question *question,
		   struct answer *answer);

/* An object of this host as a target; what has no token says no. */
void object_judge(const struct object *object, const struct question *question,
		  struct answer *answer);

#endif
