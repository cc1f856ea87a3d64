// SPDX-License-Identifier: LGPL-2.1-or-later
/* Two tokens: the library's verdict, and what is beyond it. */
#include <errno.h>
#include <vmig/user.h>
#include <string.h>
#include "cli.h"
#include "judge.h"
#include "stream.h"

const char *const judgement_names[] = {
	[JUDGED_YES] = "yes", [JUDGED_NO] = "no", [JUDGED_UNKNOWN] = "unknown",
};

/**
 * struct document - what somebody has published on versions that differ
 * @type: what types of tokens begin with
 * @os: what x_os of both tokens begins with; "" for any
 * @judgement: what it says of two versions that differ
 * @what: in words
 * @source: where it says so
 * @read: when that was read
 */
struct document {
	const char *type;
	const char *os;
	enum judgement judgement;
	const char *what;
	const char *source;
	const char *read;
};

/* The first that fits counts. Equal versions never come here. */
static const struct document documents[] = {
	{
		"nvidia-vgpu-", "el", JUDGED_NO,
		"a vGPU does not migrate between two versions of the host's driver",
		"Red Hat Enterprise Linux 9 and 10, Live migrating a virtual machine with an attached NVIDIA vGPU, Limitations",
		"2026-11",
	},
};

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static const char *value_of(const char *token, const char *key,
			    char value[VFIOMIG_VALUE_MAX])
{
	value[0] = '\0';
	if (vfiomig_token_get(token, key, value, VFIOMIG_VALUE_MAX) < 0)
		value[0] = '\0';
	return value;
}

static const struct document *find_document(const char *source, const char *target)
{
	char type[VFIOMIG_VALUE_MAX], a[VFIOMIG_VALUE_MAX], b[VFIOMIG_VALUE_MAX];
	size_t i;

	value_of(source, "type", type);
	value_of(source, "x_os", a);
	value_of(target, "x_os", b);
	for (i = 0; i < ARRAY_SIZE(documents); i++)
		if (begins(type, documents[i].type) &&
		    begins(a, documents[i].os) && begins(b, documents[i].os))
			return &documents[i];
	return NULL;
}

/* All but the drivers' versions fits. */
static bool fits_besides(const char *source, const char *target,
			 struct vfiomig_verdict *v)
{
	char version[VFIOMIG_VALUE_MAX], as_target[VFIOMIG_TOKEN_MAX];

	text_set(as_target, "%s", source);
	return token_replace(as_target, "eq_driver",
			     value_of(target, "eq_driver", version)) &&
	       !vfiomig_compare(as_target, target, v);
}

static enum judgement judge_drivers(const char *source, const char *target,
				    struct vfiomig_verdict *v)
{
	char a[VFIOMIG_VALUE_MAX], b[VFIOMIG_VALUE_MAX];
	const struct document *d = find_document(source, target);
	enum judgement judgement = d ? d->judgement : JUDGED_UNKNOWN;
	struct vfiomig_verdict other = { .size = sizeof(other) };

	if (!fits_besides(source, target, &other)) {
		*v = other;
		return JUDGED_NO;
	}
	value_of(source, "eq_driver", a);
	value_of(target, "eq_driver", b);
	if (judgement == JUDGED_YES) {
		memset(v, 0, sizeof(*v));
		return judgement;
	}
	if (judgement == JUDGED_UNKNOWN)
		v->code = UNKNOWN_CODE;
	text_cut(v->text, "driver %.40s on the source, %.40s on the target: %s", a, b,
		 d ? d->what : "no document says whether that works");
	return judgement;
}

enum judgement judge_tokens(const char *source, const char *target,
			    struct vfiomig_verdict *v)
{
	v->size = sizeof(*v);
	if (!vfiomig_compare(source, target, v))
		return JUDGED_YES;
	return strcmp(v->key, "eq_driver") ? JUDGED_NO :
	       judge_drivers(source, target, v);
}

int judgement_code(enum judgement judgement)
{
	switch (judgement) {
	case JUDGED_YES: return EXIT_YES;
	case JUDGED_NO: return EXIT_NO;
	default: return EXIT_FAILED;
	}
}
