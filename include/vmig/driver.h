/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vfio_mig - what the author of a migration driver includes.
 *
 * A driver embeds a struct vmig_dev, fills in a struct vmig_ops and its table
 * of sections, and lets the core do the rest. Documentation/writing-a-driver.rst
 * walks through one.
 */
#ifndef _VMIG_DRIVER_H
#define _VMIG_DRIVER_H

#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include <uapi/linux/vfio_mig.h>
#include <vmig/section.h>
#include <vmig/stream.h>
#include <vmig/token.h>

#define VMIG_REASON_MAX	VFIO_MIG_TEXT_MAX

struct vmig_dev;
struct vmig_facts;
struct vmig_kind;
struct vmig_session;
struct dentry;

/* What a bulk section's save() produced. */
#define VMIG_SAVE_DONE	0
#define VMIG_SAVE_CHUNK	1

/**
 * struct vmig_chunk - payload of one record on its way in or out
 * @data: VMIG_CHUNK_MAX bytes when saving, @len bytes when loading
 * @len: bytes used
 * @instance: instance number of the record
 * @version: layout version, when loading
 * @pass: saving, with VMIG_SEC_REPEAT: 0 if it was sent before, otherwise 1 for the
 *	pass that a save begins with, and one more for each that was begun again
 *	(@passes of struct vmig_pending)
 */
struct vmig_chunk {
	u8 *data;
	u32 len;
	u32 instance;
	u16 version;
	u32 pass;
};

/**
 * struct vmig_pending - bytes of records that the bulk sections still have to send
 * @final: in: the device has stopped, and nothing changes any more: count what
 *	their save() will give, if it can be known
 * @exact: out: @initial and @dirty together are that, to the byte; otherwise they
 *	are bounds. Nobody asks for it without @final.
 * @initial: part of its first pass
 * @dirty: written again since
 * @passes: how many first passes were begun again; one more means that the device
 *	was reconfigured and that @initial is new (VFIO_PRECOPY_INFO_REINIT). The core
 *	bounds how often a user hears of it.
 */
struct vmig_pending {
	bool final;
	bool exact;
	u64 initial;
	u64 dirty;
	u32 passes;
};

/* At most, of core and driver together. */
#define VMIG_COUNTERS_MAX	32

/**
 * struct vmig_counter - one counter, for people and monitoring
 * @name: the same as long as the driver is loaded; lower case, no blanks
 * @value: counts from registration on, or is 0 or 1
 */
struct vmig_counter {
	const char *name;
	u64 value;
};

/**
 * struct vmig_ops - the device-specific part of migration
 * @flags: VFIO_MIGRATION_*
 * @quiesce: entering a P2P state: stop what the device starts by itself
 * @unquiesce: undo @quiesce
 * @stop: entering STOP: the device's state may not change after this
 * @start: undo @stop
 * @save_begin: everything is to be sent, and what changes later again
 * @save_end: nothing is being saved any more
 * @pending: bytes of records that the bulk sections have left; while nothing is
 *	being saved, how many they would have. Changes nothing; may fail.
 * @live: state structure of the field tables, as the device has it
 * @shadow: like @live, where a stream is loaded into
 * @load_begin: entering RESUMING: prepare what is loaded in place; all fields of
 *	the shadow are 0 already
 * @load_commit: whole stream is valid: shadow becomes the device's state
 * @load_abort: the stream is given up: drop the shadow
 * @reset: bring the device to its power-on state, running; cannot fail
 * @counters: own counters, at most @max; returns how many. Waits for nothing
 *	that a user can hold up: all who ask for any device wait with it.
 *
 * All are called with the device's state mutex held, except @pending and the
 * sections' save() and load(), which hold the session's lock, and @counters, which
 * holds none of the device's. A callback that
 * fails leaves the device as it was. None may copy from or to user memory.
 */
struct vmig_ops {
	u64 flags;
	int (*quiesce)(struct vmig_dev *vm);
	int (*unquiesce)(struct vmig_dev *vm);
	int (*stop)(struct vmig_dev *vm);
	int (*start)(struct vmig_dev *vm);
	int (*save_begin)(struct vmig_dev *vm);
	void (*save_end)(struct vmig_dev *vm);
	int (*pending)(struct vmig_dev *vm, struct vmig_pending *p);
	void *(*live)(struct vmig_dev *vm);
	void *(*shadow)(struct vmig_dev *vm);
	int (*load_begin)(struct vmig_dev *vm);
	int (*load_commit)(struct vmig_dev *vm);
	void (*load_abort)(struct vmig_dev *vm);
	void (*reset)(struct vmig_dev *vm);
	unsigned int (*counters)(struct vmig_dev *vm, struct vmig_counter *c,
				 unsigned int max);
};

/**
 * struct vmig_bad_minor - a stream minor that proved to be wrong
 * @minor: neither sent nor accepted any more
 * @why: in words
 */
struct vmig_bad_minor {
	u16 minor;
	const char *why;
};

/**
 * struct vmig_kind - what all devices of one kind have in common
 * @type: name of the guest-visible interface, not of the hardware
 * @drv: name of the driver, for people
 * @ops: callbacks
 * @sections: table of state, at most 32 entries
 * @nr_sections: entries
 * @platforms: oldest first; minors grow
 * @nr_platforms: entries, at least one
 * @bad: stream minors not to be used, NULL if there are none
 * @nr_bad: entries
 * @first_platform: name of the platform of a new device, as a module parameter
 *	says; NULL or an unknown name: the newest
 * @also: names of other types whose streams its devices can load, with commas
 *	between them, or NULL
 * @describe: add the ``eq_`` and ``min_`` keys by vmig_describe(), of the device or,
 *	with NULL, of one that would be made; NULL: none. Called in any state with
 *	none of the device's locks.
 *
 * A driver whose devices differ in size embeds one of it in each type.
 */
struct vmig_kind {
	const char *type;
	const char *drv;
	const struct vmig_ops *ops;
	const struct vmig_section *sections;
	unsigned int nr_sections;
	const struct vmig_platform *platforms;
	unsigned int nr_platforms;
	const struct vmig_bad_minor *bad;
	unsigned int nr_bad;
	char **first_platform;
	const char *also;
	void (*describe)(const struct vmig_kind *kind, const struct vmig_dev *vm,
			 struct vmig_token_writer *w);
};

/* One armed fault: what fails, and how. */
struct vmig_fault {
	char at[32];
	int error;
};

/**
 * struct vmig_pins - what an operator chose for a device
 * @platform: of the next user; a target accepts what this one can carry
 * @emit: stream minor to send, or VMIG_EMIT_NEWEST
 * @forced: bit for each section that may be left behind, see force in sysfs
 */
struct vmig_pins {
	const struct vmig_platform *platform;
	int emit;
	unsigned long forced;
};

#define VMIG_EMIT_NEWEST	(-1)

/* What the core counts. */
enum vmig_stat {
	VMIG_STAT_ARCS,
	VMIG_STAT_REFUSED,
	VMIG_STAT_SAVED,
	VMIG_STAT_SAVED_BYTES,
	VMIG_STAT_LOADED,
	VMIG_STAT_LOADED_BYTES,
	VMIG_STAT_UNTOLD,
	VMIG_NR_STATS,
};

/* Kinds of events: changes of state, progress, streams, refusals, other words. */
#define VMIG_NR_EVENTS	5

/**
 * struct vmig_dev - migration half of a device, embedded by the driver
 * @ops: device-specific part
 * @kind: what it has in common with others
 * @vdev: the VFIO device
 * @state_mutex: protects @state, @session, @used and the order of arcs, and
 *	changes of @platform, @pins and @chosen, which are read without it. Not
 *	held across any access to user memory.
 * @state: as VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE reports it
 * @session: open data file's session, NULL outside PRE_COPY, STOP_COPY and
 *	RESUMING
 * @used: between first open and last close
 * @platform: what the guest sees; does not change while it runs
 * @pins: operator's choices
 * @chosen: minor that was negotiated, or VMIG_EMIT_NEWEST
 * @reader_lock: protects @reader; a leaf
 * @reader: session whose user may wait for data, or NULL
 * @starved: that user has found nothing to read since @reader was last woken
 * @note_lock: protects @reason, @reason_code and @fault; a leaf
 * @reason: last refusal in words
 * @reason_code: its errno
 * @fault: armed by debugfs
 * @stats: what happened since registration
 * @told: how many events of each kind may be told
 * @dir: debugfs directory
 * @facts: version and migration/ in sysfs
 * @node: in the list of devices
 * @name: in events and dumps
 */
struct vmig_dev {
	const struct vmig_ops *ops;
	const struct vmig_kind *kind;
	struct vfio_device *vdev;
	struct mutex state_mutex; /* see above */
	enum vfio_device_mig_state state;
	struct vmig_session *session;
	bool used;
	const struct vmig_platform *platform;
	struct vmig_pins pins;
	int chosen;
	spinlock_t reader_lock; /* reader */
	struct vmig_session *reader;
	bool starved;
	spinlock_t note_lock; /* reason, reason_code, fault */
	char reason[VMIG_REASON_MAX];
	int reason_code;
	struct vmig_fault fault;
	atomic64_t stats[VMIG_NR_STATS];
	struct ratelimit_state told[VMIG_NR_EVENTS];
	struct dentry *dir;
	struct vmig_facts *facts;
	struct list_head node;
	const char *name;
};

void vmig_init(struct vmig_dev *vm, struct vfio_device *vdev,
	       const struct vmig_kind *kind);
void vmig_destroy(struct vmig_dev *vm);
int vmig_register(struct vmig_dev *vm);
void vmig_unregister(struct vmig_dev *vm);
void vmig_open(struct vmig_dev *vm);
void vmig_close(struct vmig_dev *vm);
void vmig_reset(struct vmig_dev *vm);

void vmig_dirtied(struct vmig_dev *vm);

struct file *vmig_set_state(struct vmig_dev *vm,
			    enum vfio_device_mig_state to);
int vmig_get_state(struct vmig_dev *vm, enum vfio_device_mig_state *state);
int vmig_get_data_size(struct vmig_dev *vm, unsigned long *len);
int vmig_device_feature(struct vmig_dev *vm, u32 flags, void __user *arg,
			size_t argsz);

__printf(3, 4) void vmig_describe(struct vmig_token_writer *w,
				  const char *key, const char *fmt, ...);
int vmig_kind_token(const struct vmig_kind *kind, char *buf, size_t len);
int vmig_device_token(struct vmig_dev *vm, char *buf, size_t len);
struct vmig_facts *vmig_facts_add(struct kobject *parent,
				  const struct vmig_kind *kind,
				  struct vmig_dev *vm);
void vmig_facts_del(struct vmig_facts *facts);

/* Does the guest see what came with the platform of this stream minor? */
static inline bool vmig_shows(const struct vmig_dev *vm, u16 minor)
{
	return READ_ONCE(vm->platform)->minor >= minor;
}

/*
 * Reports need the kernel's iova_bitmap, which is there only with iommufd.
 * Without it every REPORT fails, so a driver must not offer the log at all.
 */
#define VMIG_HAVE_DIRTY_LOG	IS_ENABLED(CONFIG_IOMMUFD_DRIVER)

__printf(3, 4) int vmig_refuse(struct vmig_dev *vm, int error,
			       const char *fmt, ...);
int vmig_fault_at(struct vmig_dev *vm, const char *kind, const char *what);
const char *vmig_state_str(enum vfio_device_mig_state state);

/* Typed trampolines: struct vfio_migration_ops knows only the vfio_device. */
#define VMIG_DEFINE_MIG_OPS(_name, _to_vm)				\
static struct file *_name##_set_state(struct vfio_device *vdev,		\
				      enum vfio_device_mig_state to)	\
{									\
	return vmig_set_state(_to_vm(vdev), to);			\
}									\
static int _name##_get_state(struct vfio_device *vdev,			\
			     enum vfio_device_mig_state *state)		\
{									\
	return vmig_get_state(_to_vm(vdev), state);			\
}									\
static int _name##_get_data_size(struct vfio_device *vdev,		\
				 unsigned long *len)			\
{									\
	return vmig_get_data_size(_to_vm(vdev), len);			\
}									\
static const struct vfio_migration_ops _name = {			\
	.migration_set_state = _name##_set_state,			\
	.migration_get_state = _name##_get_state,			\
	.migration_get_data_size = _name##_get_data_size,		\
}

#endif
