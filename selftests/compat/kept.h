/* SPDX-License-Identifier: GPL-2.0-only */
/* Streams that a test with one set of modules leaves for a test with another one. */
#ifndef _KEPT_H
#define _KEPT_H

#include "stream.h"

/* In the directory VFIO_MIG_STREAMS; 0 or a negative errno. */
int kept_put(const struct stream *s, const char *name);
int kept_get(struct stream *s, const char *name);

/* The same for a text, with its NUL. */
int kept_put_text(const char *text, const char *name);
int kept_get_text(char *text, size_t room, const char *name);

#endif
