/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory whose first page is not there until the test says so: who copies to
 * or from it in the kernel stays where it is (userfaultfd). And threads whose
 * system call may not come back.
 */
#ifndef _STALL_H
#define _STALL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct stall {
	int uffd;
	char *buf;
	size_t len;
};

/* 0, or an errno: -EPERM or -ENOSYS where there is no userfaultfd for us. */
int stall_init(struct stall *s, size_t len);
bool stall_hit(struct stall *s);
int stall_end(struct stall *s, const void *first, size_t len);
void stall_free(struct stall *s);

/* One call in a thread of its own. */
struct caller {
	pthread_t thread;
	ssize_t (*call)(struct caller *c);
	int fd;
	void *buf;
	size_t len;
	unsigned long arg;
	ssize_t ret;
	volatile pid_t tid;
	volatile bool done;
};

int caller_start(struct caller *c);
bool caller_sleeps(struct caller *c);
bool caller_ends(struct caller *c, int seconds);
void caller_join(struct caller *c);

ssize_t call_read(struct caller *c);
ssize_t call_write(struct caller *c);
ssize_t call_ioctl(struct caller *c);
ssize_t call_close(struct caller *c);

#endif
