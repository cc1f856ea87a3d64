/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What takes a while: progress, interruption, files and connections. */
#ifndef _JOB_H
#define _JOB_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <vfiomig.h>
#include "text.h"

/**
 * struct outfile - a file that is whole or not there at all
 * @fd: where to write to
 * @path: as the user calls it
 * @final: what it will be called, without symbolic links
 * @temporary: what it is called until then, beside it; "" when it is written to in
 *	place, because it is no regular file
 */
struct outfile {
	int fd;
	const char *path;
	char final[PATH_MAX];
	char temporary[PATH_MAX];
};

/*
 * outfile_open - begin a file; mode 0600, since guest memory is in it
 *
 * "-" is standard output. What is no regular file is not replaced, but written
 * to; -ENXIO: it is a FIFO without a reader. All return 0 or a negative errno. Either
 * outfile_commit() or outfile_discard() ends it; the first one discards by
 * itself when it fails.
 */
int outfile_open(struct outfile *file, const char *path);
/* Would it be where JSON is to go? After fail(). */
bool outfile_clashes(const char *path);
int outfile_commit(struct outfile *file);
void outfile_discard(struct outfile *file);
/* What an errno of these means, in words. */
const char *outfile_why(int error);
/* Removes what is unfinished, from the handler of a signal that ends us. */
void outfile_abandon(void);

/* From now on the first SIGINT, SIGTERM or SIGHUP only makes is_interrupted() true. */
void catch_signals(void);
bool is_interrupted(void);
/* POLLIN when it was. */
int interrupt_fd(void);
/* Until @fd has something to read: 0, or -EINTR when the user interrupts. */
int wait_input(int fd);

/**
 * struct progress - what is shown while something goes on
 * @verb: "saving"
 * @total: bytes that there will be, or 0 when only the device knows
 * @drawn: a bar is on the terminal
 * @phase: that was told last, or -1
 * @next_ms: not to be drawn again before
 * @begun_ms: when it began
 * @last: what the library said last
 */
struct progress {
	const char *verb;
	uint64_t total;
	bool drawn;
	int phase;
	uint64_t next_ms;
	uint64_t begun_ms;
	struct vfiomig_progress last;
};

void progress_begin(struct progress *progress, const char *verb,
		    uint64_t total);
/* For the library's callbacks; @arg is the struct progress. */
int progress_step(void *arg, const struct vfiomig_progress *p);
/*
 * progress_end - what came of it, as text or JSON
 *
 * @name: of the device. @ret: what the library said. @error: the same in words.
 * Returns the exit code that goes with it.
 */
int progress_end(struct progress *progress, const char *name, int ret,
		 const char *error);

void draw_bar(const char *text, uint64_t done, uint64_t all);
bool has_terminal(void);
uint64_t now_ms(void);

/* net.c: "HOST:PORT", "[HOST]:PORT", "unix:PATH", "fd:N" or "fd:IN,OUT" */

/** struct connection - both directions; may be the same file */
struct connection {
	int in;
	int out;
};

/* Negative errno after fail(), as all here. @ms: limit. */
int net_connect(struct connection *c, const char *where, uint32_t ms);
void net_close(struct connection *c);

/**
 * struct listener - where connections come from
 * @fd: that listens, or -1 for one connection that is there already
 * @given: that one
 * @path: of a Unix socket, to be removed; or ""
 */
struct listener {
	int fd;
	struct connection given;
	char path[108];
};

int net_listen(struct listener *l, const char *where);
/* @ms: limit, 0 for none. -ETIMEDOUT or -EINTR also after fail(). */
int net_accept(struct listener *l, struct connection *c, uint32_t ms);
void net_unlisten(struct listener *l);

#endif
