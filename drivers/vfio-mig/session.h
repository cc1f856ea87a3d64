/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VFIO_MIG_SESSION_H
#define _VFIO_MIG_SESSION_H

#include <linux/kref.h>
#include <linux/wait.h>
#include <vmig/driver.h>

enum vmig_phase {
	VMIG_PHASE_PRECOPY,
	VMIG_PHASE_STOPCOPY,
	VMIG_PHASE_RESUME,
};

/**
 * struct vmig_progress - how far a saved stream is
 * @minor: stream minor that is sent
 * @forced: sections that may be left behind
 * @lost: sections that were
 * @sent: bit for each non-repeating section already sent in this phase
 * @head_done: header and token were queued, or the token was accepted
 * @end_done: END was queued
 */
struct vmig_progress {
	u16 minor;
	unsigned long forced;
	unsigned long lost;
	unsigned long sent;
	bool head_done;
	bool end_done;
};

/**
 * struct vmig_session - one data file
 * @ref: held by the file, and by the device until it lets go
 * @io_mutex: serialises users of the file. May be held across a fault of user
 *	memory; reset, close and arcs never take it.
 * @lock: protects everything below. Never held across an access to user
 *	memory. Taken inside the device's state mutex, and inside @io_mutex.
 * @vm: the device, NULL once it let go: then the session is dead
 * @phase: what the file may be used for
 * @at: how far the stream is
 * @error: first failure; it sticks
 * @buf: one record (saving) or one payload (resuming); changed only by who
 *	holds @io_mutex too
 * @fill: bytes of @buf that a reader may have
 * @pos: bytes of @buf that a reader has had
 * @pass: as struct vmig_chunk has it, of the record in @buf
 * @emit: counters of the stream being saved
 * @parser: decoder of the stream being loaded; like @buf
 * @next: section whose turn it is, when saving
 * @rules: of the stream being loaded
 * @began: when the file was opened
 * @passes: first passes of the bulk sections that the user knows of
 * @told: initial_bytes that the user knows of
 * @reinits: how often the user was told that there is initial data again
 * @wait: users that poll; has a lock of its own
 * @skipped: optional records that this driver does not know
 */
struct vmig_session {
	struct kref ref;
	struct mutex io_mutex; /* users of the file */
	struct mutex lock; /* all below */
	struct vmig_dev *vm;
	enum vmig_phase phase;
	struct vmig_progress at;
	int error;
	u8 *buf;
	u32 fill;
	u32 pos;
	u32 pass;
	struct vmig_emitter emit;
	struct vmig_parser parser;
	unsigned int next;
	struct vmig_rules rules;
	ktime_t began;
	u32 passes;
	u64 told;
	unsigned int reinits;
	wait_queue_head_t wait;
	u64 skipped;
};

struct file *vmig_session_open(struct vmig_dev *vm, enum vmig_phase phase);
void vmig_session_kill(struct vmig_session *s);
void vmig_session_final(struct vmig_session *s);
int vmig_session_verdict(struct vmig_session *s, u16 *minor);
void vmig_session_report(struct vmig_session *s);
/* Bytes that a reader may have at once. */
static inline u32 vmig_session_queued(const struct vmig_session *s)
{
	return s->fill - s->pos;
}

#endif
