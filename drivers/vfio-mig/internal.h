/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VFIO_MIG_INTERNAL_H
#define _VFIO_MIG_INTERNAL_H

#include <linux/kref.h>
#include <linux/vfio_mig.h>

enum vmig_phase {
	VMIG_PHASE_PRECOPY,
	VMIG_PHASE_STOPCOPY,
	VMIG_PHASE_RESUME,
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
 * @minor: stream minor that is sent
 * @forced: sections that may be left behind
 * @lost: sections that were
 * @error: first failure; it sticks
 * @buf: one record (saving) or one payload (resuming); changed only by who
 *	holds @io_mutex too
 * @fill: bytes of @buf that a reader may have
 * @pos: bytes of @buf that a reader has had
 * @emit: counters of the stream being saved
 * @parser: decoder of the stream being loaded; like @buf
 * @next: section whose turn it is, when saving
 * @sent: bit for each non-repeating section already sent in this phase
 * @rules: of the stream being loaded
 * @head_done: header and token were queued, or the token was accepted
 * @end_done: END was queued
 * @began: when the file was opened
 * @passes: first passes of the bulk sections that the user knows of
 * @skipped: optional records that this driver does not know
 */
struct vmig_session {
	struct kref ref;
	struct mutex io_mutex; /* users of the file */
	struct mutex lock; /* all below */
	struct vmig_dev *vm;
	enum vmig_phase phase;
	u16 minor;
	unsigned long forced;
	unsigned long lost;
	int error;
	u8 *buf;
	u32 fill;
	u32 pos;
	struct vmig_emitter emit;
	struct vmig_parser parser;
	unsigned int next;
	unsigned long sent;
	struct vmig_rules rules;
	bool head_done;
	bool end_done;
	ktime_t began;
	u32 passes;
	u64 skipped;
};

struct file *vmig_session_open(struct vmig_dev *vm, enum vmig_phase phase);
void vmig_session_kill(struct vmig_session *s);
void vmig_session_final(struct vmig_session *s);
int vmig_session_verdict(struct vmig_session *s, u16 *minor);
void vmig_session_report(struct vmig_session *s);
u64 vmig_session_left(struct vmig_session *s);
void vmig_session_pending(struct vmig_session *s, struct vmig_pending *p);

int vmig_produce(struct vmig_session *s);
int vmig_consume(struct vmig_session *s);
int vmig_missing(struct vmig_session *s);
u64 vmig_fixed_size(struct vmig_dev *vm);
u64 vmig_bulk_size(struct vmig_dev *vm, struct vmig_pending *p);

const char *vmig_minor_bad(const struct vmig_kind *kind, u16 minor);
const struct vmig_platform *
vmig_platform_newest(const struct vmig_kind *kind);
const struct vmig_platform *
vmig_platform_first(const struct vmig_kind *kind);
const struct vmig_platform *
vmig_platform_find(const struct vmig_kind *kind, const char *name);
const struct vmig_platform *
vmig_platform_of(const struct vmig_kind *kind, u16 minor);
int vmig_emit_minor(struct vmig_dev *vm);
unsigned long vmig_dropped(struct vmig_dev *vm, u16 minor);
int vmig_can_carry(struct vmig_dev *vm, u16 minor, unsigned long forced);
int vmig_judge(const struct vmig_kind *kind, struct vmig_dev *vm,
	       const char *source, struct vmig_verdict *v);
int vmig_negotiate(struct vmig_dev *vm, const char *target,
		   struct vmig_verdict *v);

int vmig_reason(struct vmig_dev *vm, char text[VMIG_REASON_MAX]);
void vmig_sizes(struct vmig_dev *vm, struct vfio_mig_size *s);
/**
 * struct vmig_object - a device or a type, as long as a walk is at it
 * @name: of the device or the type
 * @parent: of a type
 * @kind: kind of device
 * @vm: the device, NULL for a type
 */
struct vmig_object {
	const char *name;
	const char *parent;
	const struct vmig_kind *kind;
	struct vmig_dev *vm;
};

/* Calls @visit for each until it says false; none of them goes meanwhile. */
void vmig_objects_walk(bool (*visit)(const struct vmig_object *o, void *arg),
		       void *arg);
int vmig_object_token(const struct vmig_object *o, char *buf);
const struct vmig_platform *vmig_object_platform(const struct vmig_object *o);
void vmig_facts_changed(void);
void vmig_changed(struct vmig_dev *vm);

int vmig_netlink_init(void);
void vmig_netlink_exit(void);
void vmig_event_state(struct vmig_dev *vm, u32 from, u32 to);
void vmig_event_precopy(struct vmig_dev *vm, u64 initial, u64 dirty, u64 bytes);
void vmig_event_done(struct vmig_dev *vm, bool loaded, u64 bytes, u64 records,
		     u64 usecs);
void vmig_event_failed(struct vmig_dev *vm, int error);
void vmig_event_compat(struct vmig_dev *vm);

struct seq_file;
unsigned int vmig_counters(struct vmig_dev *vm, struct vmig_counter *c);
int vmig_counters_show(struct seq_file *m, void *unused);

void vmig_debugfs_init(void);
void vmig_debugfs_exit(void);
void vmig_debugfs_add(struct vmig_dev *vm);
void vmig_debugfs_del(struct vmig_dev *vm);

#endif
