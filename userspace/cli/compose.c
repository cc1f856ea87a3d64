// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tokens for drivers that migrate and have none of their own. */
#include <errno.h>
#include "cli.h"

int compose_token(const struct object *object, char *token)
{
	token[0] = '\0';
	return -ENOTTY;
}
