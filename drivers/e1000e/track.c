// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracker: while it is on, the guest rings doorbells in pages of RAM, and a
 * thread looks at them, records what was posted, and only then tells the card.
 * Documentation/dirty-tracking.rst says why that is enough.
 */
#include <linux/kthread.h>
#include <linux/mmap_lock.h>
#include <linux/signal.h>
#include "e1000e.h"

/* Between two looks: at least, and while nothing happens at most. */
#define POLL_MIN_NS	(30 * NSEC_PER_USEC)
#define POLL_MAX_NS	(500 * NSEC_PER_USEC)
/* Nobody waits longer than that for a pass. */
#define PASS_LIMIT_MS	2000
/* Who unmaps memory is left alone with it for so long, and longer if he has to ask again. */
#define HOLD_MIN_MS	10
#define HOLD_MAX_MS	1000

static bool tracking = true;
module_param(tracking, bool, 0644);
MODULE_PARM_DESC(tracking, "track what the card writes while a guest migrates (default: yes)");

void e1k_track_init(struct e1k *e)
{
	struct e1k_track *t = &e->track;
	unsigned int q;

	mutex_init(&t->control);
	mutex_init(&t->lock);
	spin_lock_init(&t->ask_lock);
	init_waitqueue_head(&t->wait);
	e1k_guest_init(e);
	for (q = 0; q < E1K_QUEUES; q++) {
		t->rx[q].reg = E1K_RDBAL + 0x100 * q;
		t->tx[q].reg = E1K_TDBAL + 0x100 * q;
	}
}

/* True if it was rung. */
static bool tails_wanted(struct e1k_track *t, struct e1k_ring *r)
{
	u32 tail = r->reg + 0x18;

	/* What was written before it is seen, too. */
	r->wanted = smp_load_acquire(e1k_shadow_word(t, tail));
	r->forwarded = *e1k_shadow_seen(t, tail);
	return r->wanted != r->forwarded;
}

static void forward(struct e1k *e, struct e1k_ring *r, u32 tail)
{
	if (tail == r->forwarded)
		return;
	e1k_shadow_forward(e, r->reg + 0x18, tail);
	e->track.stats.doorbells++;
}

static bool holds_off(struct e1k_track *t)
{
	return t->hold && time_before(jiffies, t->hold_until);
}

/* One look at everything. True if the guest has done something. */
static bool pass(struct e1k *e)
{
	struct e1k_track *t = &e->track;
	u32 rx[E1K_QUEUES], tx[E1K_QUEUES];
	bool rung = false, any;
	unsigned int q;

	if (!t->on)
		return false;
	for (q = 0; q < E1K_QUEUES; q++) {
		rung |= tails_wanted(t, &t->rx[q]);
		rung |= tails_wanted(t, &t->tx[q]);
	}
	if (!e1k_guest_begin(e)) {
		if (t->report)
			e1k_record_unreachable(e);
		return false;
	}
	any = e1k_shadow_apply(e);
	e1k_shadow_heads(e);
	e1k_guest_end(e);

	for (q = 0; q < E1K_QUEUES; q++) {
		e1k_record_head(e, &t->rx[q]);
		e1k_record_head(e, &t->tx[q]);
	}
	e1k_record_rings(e);
	e1k_record_missing(e, rung);
	for (q = 0; q < E1K_QUEUES; q++) {
		rx[q] = e1k_record_posted(e, &t->rx[q]);
		tx[q] = e1k_record_posted(e, &t->tx[q]);
		any |= rx[q] != t->rx[q].forwarded ||
		       tx[q] != t->tx[q].forwarded;
	}
	if (!any || !e1k_guest_begin(e))
		return any;
	for (q = 0; q < E1K_QUEUES; q++) {
		forward(e, &t->rx[q], rx[q]);
		forward(e, &t->tx[q], tx[q]);
	}
	e1k_guest_end(e);
	return true;
}

static bool timed_pass(struct e1k *e, u64 *took)
{
	struct e1k_track *t = &e->track;
	u64 began, asked;
	bool any;

	*took = 0;
	guard(mutex)(&t->lock);
	if (holds_off(t))
		return false;
	scoped_guard(spinlock, &t->ask_lock) {
		asked = t->asked;
		t->report = asked != t->answered;
	}
	began = ktime_get_ns();
	t->budget = 0;
	t->behind = false;
	t->withheld = false;
	any = pass(e);
	*took = ktime_get_ns() - began;
	t->stats.passes++;
	t->stats.busy_ns += *took;
	if (t->behind)
		return true;
	scoped_guard(spinlock, &t->ask_lock)
		t->answered = asked;
	wake_up_all(&t->wait);
	return any;
}

static bool idle(struct e1k_track *t)
{
	guard(spinlock)(&t->ask_lock);
	return t->asked == t->answered;
}

/* Looks again soon after something happened; never more than half of the time. */
static int track_thread(void *data)
{
	struct e1k *e = data;
	struct e1k_track *t = &e->track;
	u64 took, pause = POLL_MIN_NS;
	ktime_t wait;

	allow_kernel_signal(SIGKILL);
	while (!kthread_should_stop()) {
		if (holds_off(t)) {
			schedule_timeout_idle(1);
			continue;
		}
		pause = timed_pass(e, &took) ? POLL_MIN_NS :
			min(pause + pause / 4, (u64)POLL_MAX_NS);
		wait = ns_to_ktime(max(pause, took));
		set_current_state(TASK_IDLE);
		if (idle(t) && !kthread_should_stop())
			schedule_hrtimeout_range(&wait, POLL_MIN_NS / 2,
						 HRTIMER_MODE_REL);
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

static bool answered(struct e1k_track *t, u64 nr)
{
	guard(spinlock)(&t->ask_lock);
	return t->answered >= nr;
}

/* With t->control, or e->lock, so that the thread stays. */
static bool ask(struct e1k_track *t)
{
	u64 nr;

	scoped_guard(spinlock, &t->ask_lock)
		nr = ++t->asked;
	wake_up_process(t->thread);
	return wait_event_timeout(t->wait, answered(t, nr),
				  msecs_to_jiffies(PASS_LIMIT_MS));
}

/*
 * All that the guest has written up to now is with the card; false if that cannot
 * be said. With e->lock, and without core.memory_lock.
 */
bool e1k_track_sync(struct e1k *e)
{
	struct e1k_track *t = &e->track;

	lockdep_assert_held(&e->lock);
	if (!READ_ONCE(t->on))
		return true;
	if (ask(t))
		return true;
	WRITE_ONCE(t->blind, true);
	return false;
}

/* Everything that was written before is in the log; false if it is not known. */
bool e1k_track_report(struct e1k *e)
{
	struct e1k_track *t = &e->track;

	guard(mutex)(&e->lock);
	if (!READ_ONCE(t->on) || READ_ONCE(t->blind))
		return false;
	return e1k_track_sync(e) && !READ_ONCE(t->blind);
}

/* Does it matter for the card that what was written to rings before has arrived? */
static bool builds_on_rings(u32 offset)
{
	switch (offset) {
	case E1K_CTRL:
	case E1K_CTRL_DUP:
	case E1K_RCTL:
	case E1K_TCTL:
	case E1K_RFCTL:
	case E1K_MRQC:
	case E1K_RXCSUM:
		return true;
	default:
		return false;
	}
}

/* A register is about to be written. What it says of descriptors counts from now. */
void e1k_track_before(struct e1k *e, u32 offset, u32 value)
{
	struct e1k_track *t = &e->track;

	if (!READ_ONCE(t->on) || !builds_on_rings(offset))
		return;
	scoped_guard(mutex, &t->lock) {
		/* One that is being turned off uses what it has until it is. */
		if (offset == E1K_RCTL && value & RCTL_EN)
			t->rctl = value;
		if (offset == E1K_RFCTL)
			t->rfctl = value;
	}
	e1k_track_sync(e);
}

/* Doorbell pages as the guest reaches them through the driver. */
bool e1k_track_reg(struct e1k *e, u32 offset, u32 *value, bool write)
{
	struct e1k_track *t = &e->track;

	if (!e1k_shadow_has(offset) || !READ_ONCE(t->on))
		return false;
	if (write)
		WRITE_ONCE(*e1k_shadow_word(t, offset), *value);
	e1k_track_sync(e);
	if (!write)
		*value = READ_ONCE(*e1k_shadow_word(t, offset));
	return true;
}

/* The card's registers are not what they were; t->lock is held. */
void e1k_track_reload(struct e1k *e)
{
	struct e1k_track *t = &e->track;

	if (!t->on)
		return;
	lockdep_assert_held(&t->lock);
	e1k_shadow_fill(e);
	t->rctl = e->quiesced ? e->frozen.rctl : e1k_get(e, E1K_RCTL);
	t->rfctl = e1k_get(e, E1K_RFCTL);
	t->adopt = true;
}

/* The tail that the guest has set, whether or not the card has it. */
u32 e1k_track_tail(struct e1k *e, u32 offset, u32 card)
{
	struct e1k_track *t = &e->track;

	return t->on ? READ_ONCE(*e1k_shadow_word(t, offset)) : card;
}

/*
 * The pages change places: nobody has the old ones once they are zapped, and
 * nobody gets the new ones before memory_lock is released. A doorbell was
 * rung either before, and is in what is copied, or after.
 */
static void hand_over(struct e1k *e, bool on)
{
	struct mm_struct *mm = current->mm;
	struct e1k_track *t = &e->track;
	struct e1k_wake w;

	guard(mutex)(&e->lock);
	guard(mutex)(&t->lock);
	/* KVM must find the page that it has just faulted in. */
	if (mm)
		mmap_write_lock(mm);
	e1k_card_begin(e, &w);
	e1k_bar_zap(e);
	if (!on)
		e1k_shadow_drain(e);
	WRITE_ONCE(t->on, on);
	e1k_track_reload(e);
	e1k_card_end(e, &w);
	if (mm)
		mmap_write_unlock(mm);
	t->stats.handovers++;
	t->stats.on_ns += on ? 0 : ktime_get_ns() - t->began;
	t->began = ktime_get_ns();
}

static void stop(struct e1k *e)
{
	struct e1k_track *t = &e->track;

	if (t->on)
		hand_over(e, false);
	/* Nobody asks any more: what asks holds e->lock and sees that it is off. */
	if (t->thread)
		kthread_stop(t->thread);
	t->thread = NULL;
	scoped_guard(mutex, &t->lock)
		e1k_record_forget(e);
	e1k_record_free(t);
	e1k_shadow_free(t);
	t->blind = false;
}

static int start(struct e1k *e)
{
	struct e1k_track *t = &e->track;
	struct task_struct *thread;
	int ret = e1k_shadow_alloc(t);

	if (!ret)
		ret = e1k_record_alloc(t);
	if (ret)
		goto err;
	thread = kthread_create(track_thread, e, "e1k-track/%s",
				dev_name(&e->core.pdev->dev));
	if (IS_ERR(thread)) {
		ret = PTR_ERR(thread);
		goto err;
	}
	t->thread = thread;
	wake_up_process(thread);
	hand_over(e, true);
	if (ask(t))
		return 0;
	scoped_guard(mutex, &t->lock)
		t->blind = true;
	ret = -ETIMEDOUT;
	if (t->scoped)
		return ret;
err:
	stop(e);
	return ret;
}

/* It is on since before; what has become of what was not known does not count. */
static int start_again(struct e1k *e)
{
	struct e1k_track *t = &e->track;

	scoped_guard(mutex, &t->lock)
		t->blind = false;
	if (ask(t))
		return 0;
	scoped_guard(mutex, &t->lock)
		t->blind = true;
	return -ETIMEDOUT;
}

/* What the card writes after it has returned is recorded. */
int e1k_track_start(struct e1k *e)
{
	struct e1k_track *t = &e->track;

	guard(mutex)(&t->control);
	if (t->on)
		return start_again(e);
	if (!READ_ONCE(tracking))
		return -EOPNOTSUPP;
	if (!VMIG_HAVE_DIRTY_LOG && !e1k_guest_may_pin(e))
		return -EBUSY;
	return start(e);
}

/*
 * Where type1 reports what is pinned and nothing else, it does so until the
 * device is closed, and so long the tracker must go on.
 */
void e1k_track_stop(struct e1k *e, bool closing)
{
	struct e1k_track *t = &e->track;

	guard(mutex)(&t->control);
	if (t->on && (closing || !t->scoped))
		stop(e);
	if (closing)
		t->scoped = false;
}

/* May state be sent? Not when nobody knows what the card has written. */
bool e1k_track_lost(struct e1k *e)
{
	return READ_ONCE(e->track.scoped) && READ_ONCE(e->track.blind);
}

/*
 * struct vfio_device_ops.dma_unmap. VFIO asks again while anything is pinned, and
 * gives up on the kernel after ten times: nothing is pinned anew meanwhile.
 */
void e1k_dma_unmap(struct vfio_device *vdev, u64 iova, u64 len)
{
	struct e1k *e = to_e1k(vdev);
	struct e1k_track *t = &e->track;

	guard(mutex)(&t->lock);
	if (!e1k_record_unmap(e, iova, iova + len - 1))
		return;
	if (holds_off(t) && iova == t->unmapped)
		t->hold = min(2 * t->hold, msecs_to_jiffies(HOLD_MAX_MS));
	else
		t->hold = msecs_to_jiffies(HOLD_MIN_MS);
	t->hold_until = jiffies + t->hold;
	t->unmapped = iova;
	t->missing++;
	t->again = 0;
}

#define COUNTER(_name) { "tracking_" #_name, offsetof(struct e1k_track_stats, _name) }

static const struct {
	const char *name;
	size_t at;
} counters[] = {
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

/* At this moment; the thread goes on meanwhile. */
static u64 on_ns(const struct e1k_track *t)
{
	u64 before = READ_ONCE(t->stats.on_ns);

	return READ_ONCE(t->on) ? before + ktime_get_ns() - READ_ONCE(t->began) :
				  before;
}

/*
 * struct vmig_ops.counters; the names are in Documentation/dirty-tracking.rst. The
 * lock is not taken: whose memory the thread reads may hold it up, and with it all
 * who ask for any device's counters.
 */
unsigned int e1k_track_counters(struct e1k *e, struct vmig_counter *c,
				unsigned int max)
{
	unsigned int i, n = min_t(unsigned int, max, ARRAY_SIZE(counters));
	struct e1k_track *t = &e->track;
	struct e1k_track_stats s;

	/* Counters may be of a pass and of the next: they are for people. */
	s = data_race(t->stats);
	s.on_ns = on_ns(t);
	s.on = READ_ONCE(t->on);
	s.scoped = READ_ONCE(t->scoped);
	s.blind = READ_ONCE(t->blind);
	for (i = 0; i < n; i++) {
		c[i].name = counters[i].name;
		c[i].value = *(u64 *)((void *)&s + counters[i].at);
	}
	return n;
}
