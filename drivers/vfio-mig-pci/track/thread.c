// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracker: while it is on, the guest rings doorbells in pages of RAM, and a
 * thread looks at them, records what was posted, and only then tells the card.
 * Documentation/dirty-tracking.rst says why that is enough.
 */
#include <linux/kthread.h>
#include <linux/mmap_lock.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include "track.h"

/* Between two looks: at least, and while nothing happens at most. */
#define POLL_MIN_NS	(30 * NSEC_PER_USEC)
#define POLL_MAX_NS	(500 * NSEC_PER_USEC)
/*
 * A guest that maps a BAR as a device must see memory that the tracker sees: other
 * architectures than this do not keep such mappings and cached ones alike.
 */
#define TRACK_COHERENT	IS_ENABLED(CONFIG_X86)
/* Longest wait for a pass. */
#define PASS_LIMIT_MS	2000
/* After memory was unmapped nothing is pinned so long, and longer if asked again. */
#define HOLD_MIN_MS	10
#define HOLD_MAX_MS	1000

int vmig_track_create(struct vmig_pci *p)
{
	struct vmig_track *t;

	if (!p->drv->track)
		return 0;
	t = kvzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	t->pci = p;
	t->desc = p->drv->track;
	mutex_init(&t->control);
	mutex_init(&t->lock);
	spin_lock_init(&t->ask_lock);
	init_waitqueue_head(&t->wait);
	vmig_pins_init(t);
	p->track = t;
	return 0;
}

void vmig_track_destroy(struct vmig_pci *p)
{
	struct vmig_track *t = p->track;

	if (!t)
		return;
	mutex_destroy(&t->lock);
	mutex_destroy(&t->control);
	kvfree(t);
	p->track = NULL;
}

/* Keeps the tracker from the card; after the card's lock, before core.memory_lock. */
void vmig_track_lock(struct vmig_pci *p)
{
	if (p->track)
		mutex_lock(&p->track->lock);
}

void vmig_track_unlock(struct vmig_pci *p)
{
	if (p->track)
		mutex_unlock(&p->track->lock);
}

static bool track_is_on(struct vmig_track *t)
{
	return t && READ_ONCE(t->on);
}

static bool track_holds_off(struct vmig_track *t)
{
	return t->hold && time_before(jiffies, t->hold_until);
}

/* Takes the snapshot: each register once. False if the card cannot be asked. */
static bool track_look(struct vmig_track *t, bool *applied)
{
	vmig_shadow_tails(t, &t->pass);
	if (!vmig_guest_begin(t->pci))
		return false;
	*applied = vmig_shadow_apply(t);
	vmig_guest_end(t->pci);
	vmig_shadow_rings(t, &t->pass);
	return true;
}

static bool track_gives(struct vmig_track *t)
{
	unsigned int q;

	for (q = 0; q < t->desc->nr_rings; q++)
		if (t->pass.ring[q].give != t->pass.ring[q].given)
			return true;
	return false;
}

/* Makes one look at everything; true if the guest has done something. */
static bool track_pass(struct vmig_track *t)
{
	struct vmig_pass *pass = &t->pass;
	bool applied;

	pass->behind = false;
	pass->blind = false;
	if (!t->on)
		return false;
	if (!track_look(t, &applied)) {
		if (pass->report)
			vmig_record_unreachable(&t->rec);
		return false;
	}
	pass->adopt = t->adopt;
	pass->now = ktime_get_ns();
	vmig_record_pass(&t->rec, pass);
	t->adopt = false;
	t->rearmed = 0;
	t->blind |= pass->blind;
	if (!track_gives(t))
		return applied;
	if (!vmig_guest_begin(t->pci))
		return true;
	vmig_shadow_forward(t, pass);
	vmig_guest_end(t->pci);
	return true;
}

static bool track_timed_pass(struct vmig_track *t, u64 *took)
{
	u64 began, asked;
	bool any;

	*took = 0;
	guard(mutex)(&t->lock);
	if (track_holds_off(t))
		return false;
	scoped_guard(spinlock, &t->ask_lock) {
		asked = t->asked;
		t->pass.report = asked != t->answered;
	}
	began = ktime_get_ns();
	any = track_pass(t);
	*took = ktime_get_ns() - began;
	t->stats.passes++;
	t->stats.busy_ns += *took;
	if (t->pass.behind)
		return true;
	if (t->on && t->pass.report)
		vmig_pins_scope(t);
	scoped_guard(spinlock, &t->ask_lock)
		t->answered = asked;
	wake_up_all(&t->wait);
	return any;
}

static bool track_idle(struct vmig_track *t)
{
	guard(spinlock)(&t->ask_lock);
	return t->asked == t->answered;
}

/* Looks again soon after something happened; never more than half of the time. */
static int track_thread(void *data)
{
	struct vmig_track *t = data;
	u64 took, pause = POLL_MIN_NS;
	ktime_t wait;

	allow_kernel_signal(SIGKILL);
	while (!kthread_should_stop()) {
		if (track_holds_off(t)) {
			schedule_timeout_idle(1);
			continue;
		}
		pause = track_timed_pass(t, &took) ? POLL_MIN_NS :
			min(pause + pause / 4, (u64)POLL_MAX_NS);
		wait = ns_to_ktime(max(pause, took));
		set_current_state(TASK_IDLE);
		if (track_idle(t) && !kthread_should_stop())
			schedule_hrtimeout_range(&wait, POLL_MIN_NS / 2,
						 HRTIMER_MODE_REL);
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

static bool track_answered(struct vmig_track *t, u64 nr)
{
	guard(spinlock)(&t->ask_lock);
	return t->answered >= nr;
}

/* Waits for a pass. With t->control or the card's lock, so that the thread stays. */
static bool track_ask(struct vmig_track *t)
{
	u64 nr;

	scoped_guard(spinlock, &t->ask_lock)
		nr = ++t->asked;
	wake_up_process(t->thread);
	return wait_event_timeout(t->wait, track_answered(t, nr),
				  msecs_to_jiffies(PASS_LIMIT_MS));
}

/*
 * Waits until all that the guest has written up to now is with the card; false if
 * that cannot be said. With the card's lock, and without core.memory_lock.
 */
bool vmig_track_sync(struct vmig_pci *p)
{
	struct vmig_track *t = p->track;

	lockdep_assert_held(&p->lock);
	if (!track_is_on(t) || track_ask(t))
		return true;
	WRITE_ONCE(t->blind, true);
	return false;
}

/* Puts all that was written before into the log; false if that is not known. */
bool vmig_track_report(struct vmig_pci *p)
{
	struct vmig_track *t = p->track;

	guard(mutex)(&p->lock);
	if (!track_is_on(t) || READ_ONCE(t->blind))
		return false;
	return vmig_track_sync(p) && !READ_ONCE(t->blind);
}

/*
 * Waits for the doorbells before a register in a trapped page is written, where it
 * matters, and takes up what the register says of descriptors.
 */
void vmig_track_before(struct vmig_pci *p, u32 offset, u32 value)
{
	struct vmig_track *t = p->track;

	if (!track_is_on(t) || !t->desc->ordered(offset))
		return;
	scoped_guard(mutex, &t->lock)
		t->rearmed |= t->desc->written(p, offset, value);
	vmig_track_sync(p);
}

/*
 * Shows the guest the tails that the card has after such a register was written: a
 * card may ignore those that come while a direction is off, and the guest writes
 * the same ones again. A card that is quiesced has them off for another reason.
 */
void vmig_track_after(struct vmig_pci *p, u32 offset)
{
	struct vmig_track *t = p->track;

	if (!track_is_on(t) || p->quiesced || !t->desc->ordered(offset))
		return;
	guard(mutex)(&t->lock);
	if (!vmig_guest_begin(p))
		return;
	vmig_shadow_show_tails(t);
	vmig_guest_end(p);
}

/* Reads or writes a doorbell page as the guest does through the driver. */
bool vmig_track_reg(struct vmig_pci *p, u32 offset, u32 *value, bool write)
{
	struct vmig_track *t = p->track;

	if (!track_is_on(t) || !vmig_track_has(p, offset))
		return false;
	if (write)
		WRITE_ONCE(*vmig_shadow_word(t, offset), *value);
	vmig_track_sync(p);
	if (!write)
		*value = READ_ONCE(*vmig_shadow_word(t, offset));
	return true;
}

/**
 * vmig_track_reload - the card's registers are not what they were
 * @p: card, awake
 *
 * After each reset by the driver. The tracker begins anew with all rings.
 *
 * Context: the card's lock and the tracker's held, as in all callbacks of struct
 * vmig_pci_driver but those with no lock.
 */
void vmig_track_reload(struct vmig_pci *p)
{
	struct vmig_track *t = p->track;

	if (!t || !t->on)
		return;
	lockdep_assert_held(&t->lock);
	vmig_shadow_fill(t);
	t->desc->reload(p);
	t->adopt = true;
}
EXPORT_SYMBOL_GPL(vmig_track_reload);

/**
 * vmig_track_tail - the tail that the guest has set, whether or not the card has it
 * @p: card
 * @offset: tail register
 * @card: what the card has
 *
 * Context: as vmig_track_reload().
 * Return: the guest's.
 */
u32 vmig_track_tail(struct vmig_pci *p, u32 offset, u32 card)
{
	struct vmig_track *t = p->track;

	return t && t->on ? READ_ONCE(*vmig_shadow_word(t, offset)) : card;
}
EXPORT_SYMBOL_GPL(vmig_track_tail);

/*
 * Changes the doorbell pages: no mapping has the old ones once they are zapped, and
 * none gets the new ones before memory_lock is released. A doorbell was rung either
 * before, and is in what is copied, or after.
 */
static void track_hand_over(struct vmig_track *t, bool on)
{
	struct mm_struct *mm = current->mm;
	struct vmig_pci *p = t->pci;
	struct vmig_wake w;

	guard(mutex)(&p->lock);
	guard(mutex)(&t->lock);
	/* KVM must find the page that it has just faulted in. */
	if (mm)
		mmap_write_lock(mm);
	vmig_card_begin(p, &w);
	vmig_bar_zap_doorbells(p);
	if (!on)
		vmig_shadow_drain(t);
	WRITE_ONCE(t->on, on);
	vmig_track_reload(p);
	vmig_card_end(p, &w);
	if (mm)
		mmap_write_unlock(mm);
	t->stats.handovers++;
	t->stats.on_ns += on ? 0 : ktime_get_ns() - t->began;
	t->began = ktime_get_ns();
}

static void track_turn_off(struct vmig_track *t)
{
	if (t->on)
		track_hand_over(t, false);
	/* A later asker holds the card's lock and sees that the tracker is off. */
	if (t->thread)
		kthread_stop(t->thread);
	t->thread = NULL;
	scoped_guard(mutex, &t->lock)
		vmig_record_forget(&t->rec);
	vmig_pins_free(t);
	vmig_shadow_free(t);
	t->blind = false;
}

static int track_turn_on(struct vmig_track *t)
{
	struct task_struct *thread;
	int ret = vmig_shadow_alloc(t);

	if (!ret)
		ret = vmig_pins_alloc(t);
	if (ret)
		goto err;
	thread = kthread_create(track_thread, t, "vmig-track/%s",
				dev_name(&t->pci->core.pdev->dev));
	if (IS_ERR(thread)) {
		ret = PTR_ERR(thread);
		goto err;
	}
	t->thread = thread;
	wake_up_process(thread);
	track_hand_over(t, true);
	if (track_ask(t))
		return 0;
	scoped_guard(mutex, &t->lock)
		t->blind = true;
	ret = -ETIMEDOUT;
	if (t->scoped)
		return ret;
err:
	track_turn_off(t);
	return ret;
}

/* The tracker is on since before; memory that was not known then does not count. */
static int track_start_again(struct vmig_track *t)
{
	scoped_guard(mutex, &t->lock)
		t->blind = false;
	if (track_ask(t))
		return 0;
	scoped_guard(mutex, &t->lock)
		t->blind = true;
	return -ETIMEDOUT;
}

/* Turns the tracker on: what the card writes after the return is recorded. */
int vmig_track_start(struct vmig_pci *p)
{
	struct vmig_track *t = p->track;

	if (!t || !TRACK_COHERENT)
		return -EOPNOTSUPP;
	guard(mutex)(&t->control);
	if (t->on)
		return track_start_again(t);
	if (t->desc->enabled && !READ_ONCE(*t->desc->enabled))
		return -EOPNOTSUPP;
	if (!VMIG_HAVE_DIRTY_LOG && !vmig_guest_may_pin(p))
		return -EBUSY;
	return track_turn_on(t);
}

/*
 * Turns the tracker off. Where type1 reports what is pinned and nothing else, type1
 * does so until the device is closed, and so long the tracker must go on.
 */
void vmig_track_stop(struct vmig_pci *p, bool closing)
{
	struct vmig_track *t = p->track;

	if (!t)
		return;
	guard(mutex)(&t->control);
	if (t->on && (closing || !t->scoped))
		track_turn_off(t);
	if (closing)
		t->scoped = false;
}

/* Is it unknown what the card has written? Then no state may be sent. */
bool vmig_track_lost(struct vmig_pci *p)
{
	struct vmig_track *t = p->track;

	return t && READ_ONCE(t->scoped) && READ_ONCE(t->blind);
}

/*
 * struct vfio_device_ops.dma_unmap. VFIO asks again while anything is pinned, and
 * gives up on the kernel after ten times: nothing is pinned anew meanwhile.
 */
void vmig_track_dma_unmap(struct vfio_device *vdev, u64 iova, u64 len)
{
	struct vmig_track *t = vdev_to_pci(vdev)->track;

	if (!t)
		return;
	guard(mutex)(&t->lock);
	if (!vmig_record_unmap(&t->rec, iova, iova + len - 1))
		return;
	if (track_holds_off(t) && iova == t->unmapped)
		t->hold = min(2 * t->hold, msecs_to_jiffies(HOLD_MAX_MS));
	else
		t->hold = msecs_to_jiffies(HOLD_MIN_MS);
	t->hold_until = jiffies + t->hold;
	t->unmapped = iova;
}

#define COUNTER(_name) { "tracking_" #_name, offsetof(struct vmig_track_stats, _name) }

static const struct {
	const char *name;
	size_t at;
} track_counters[] = {
	COUNTER(doorbells),
	COUNTER(registers),
	COUNTER(buffers),
	COUNTER(pages),
	COUNTER(passes),
	COUNTER(busy_ns),
	COUNTER(on_ns),
	COUNTER(handovers),
	COUNTER(unreadable),
	COUNTER(on),
	COUNTER(scoped),
	COUNTER(blind),
};

/* Counts up to this moment; the thread goes on meanwhile. */
static u64 track_on_ns(const struct vmig_track *t)
{
	u64 before = READ_ONCE(t->stats.on_ns);

	return READ_ONCE(t->on) ? before + ktime_get_ns() - READ_ONCE(t->began) :
				  before;
}

/*
 * struct vmig_ops.counters; the names are in Documentation/dirty-tracking.rst. The
 * lock is not taken: the owner of memory that the thread reads may hold it up, and
 * with it all who ask for any device's counters.
 */
unsigned int vmig_track_counters(struct vmig_pci *p, struct vmig_counter *c,
				 unsigned int max)
{
	unsigned int i, n = min_t(unsigned int, max, ARRAY_SIZE(track_counters));
	struct vmig_track *t = p->track;
	struct vmig_track_stats s;

	if (!t)
		return 0;
	/* Counters may be of a pass and of the next: they are for people. */
	s = data_race(t->stats);
	s.buffers = READ_ONCE(t->rec.buffers);
	s.pages = READ_ONCE(t->rec.pages);
	s.on_ns = track_on_ns(t);
	s.on = READ_ONCE(t->on);
	s.scoped = READ_ONCE(t->scoped);
	s.blind = READ_ONCE(t->blind);
	for (i = 0; i < n; i++) {
		c[i].name = track_counters[i].name;
		c[i].value = *(u64 *)((void *)&s + track_counters[i].at);
	}
	return n;
}
