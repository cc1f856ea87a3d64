// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest moves to and fro between two strict cards, under random schedules. No
 * frame that was reported to the guest is lost, no descriptor stays undone, no page
 * is missing, and the driver does nothing that the datasheet forbids.
 */
#include <getopt.h>
#include <time.h>
#include "guest.h"

#define US	1000ULL
#define MS	1000000ULL
/* Speeds and duplex that ANAR has. */
#define ABILITIES 0x01e0

static struct guest guest;
static struct card_habits habits;
static bool expect_announcement;
static u64 moves, refused, cancelled;

static void sent(const struct card_frame *f)
{
	u32 seq;

	if (expect_announcement &&
	    guest_sees_announcement(&guest, f->data, f->len))
		return;
	if (!guest_frame_is(f->data, f->len, &seq) || seq > guest.seq)
		host_fail("what left the card is no frame: %u bytes, %u of %u",
			  f->len, seq, guest.seq);
	else
		guest.wired[seq] = 1;
}

static void draw_habits(struct card_habits *h)
{
	static const u64 delays[] = { 10 * US, MS, 60 * MS, U64_MAX };

	h->master_delay = delays[host_below(8) % 4 == 3 ? host_below(2) * 3 :
				 host_below(3)];
	h->strict_tails = host_below(2);
	h->eager = host_below(2);
	h->weak_flush = !host_below(4);
	h->slow_wire = (10 + host_below(200)) * US;
	h->lazy = host_below(2) ? host_below(50) * US : 0;
}

static void draw_config(struct guest_config *c)
{
	static const u32 slots[] = { 32, 64, 128 };

	c->slots = slots[host_below(3)];
	c->extended = host_below(2);
	c->rx_threshold = host_below(2) ? 1 + host_below(16) : 0;
	c->tx_threshold = host_below(2) ? 1 + host_below(16) : 0;
	c->rdtr = host_below(2) ? host_below(65536) : 32;
	c->tidv = host_below(2) ? host_below(65536) : 32;
	c->ide = host_below(2);
	c->rs_every = 1 + host_below(4);
	c->context = host_below(2);
	c->vlans = host_below(2) ? host_below(1024) & ~1u : 0;
	c->loopback = !host_below(8);
	/* Only a descriptor that is done shows which ones are not. */
	c->lazy = habits.weak_flush;
}

/* Sends the pages that are reported, and those that the guest has written. */
static void send_pages(struct host *from, struct host *to)
{
	bool page[HOST_PAGES] = {};
	bool known = host_report(from, page);
	u32 i;

	for (i = 0; i < HOST_PAGES; i++) {
		if (known && !page[i] && !guest.dirty[i])
			continue;
		memcpy(to->ram + 4096 * i, from->ram + 4096 * i, 4096);
		guest.dirty[i] = false;
	}
}

static void compare_pages(struct host *from, struct host *to)
{
	u32 i;

	for (i = 0; i < HOST_PAGES; i++)
		if (memcmp(to->ram + 4096 * i, from->ram + 4096 * i, 4096))
			return host_fail("page %u is missing", i);
}

/*
 * The link is negotiated anew, once, where another speed may be agreed on, and stays up
 * otherwise.
 */
static void compare_links(const struct card *a, const struct card *b)
{
	u32 want = (a->advertised ^ b->advertised_before) & ABILITIES ? 1 : 0;

	if ((a->advertised ^ b->advertised) & ABILITIES)
		host_fail("%x is advertised, was %x", b->advertised, a->advertised);
	if (b->negotiations - b->negotiations_before != want)
		host_fail("the link was negotiated %u times, not %u",
			  b->negotiations - b->negotiations_before, want);
}

static void compare_cards(struct card *a, struct card *b)
{
	if (a->pba != b->pba)
		host_fail("PBA is %x in effect, was %x", b->pba, a->pba);
	compare_links(a, b);
	if (guest_has_context(&guest) &&
	    memcmp(a->context, b->context, sizeof(a->context)))
		host_fail("the transmit context is %llx, was %llx; head %u, was %u, tail %u",
			  (unsigned long long)b->context[1][0],
			  (unsigned long long)a->context[1][0], b->tx[0].head,
			  a->tx[0].head, b->tx[0].tail);
}

static void set_session(struct host *h, bool on)
{
	h->p->vm.session = on ? (void *)&guest : NULL;
}

/* False when it was refused, and the guest goes on here. */
static bool stop_source(struct host *from)
{
	u32 resets = from->card.resets;
	int ret = vmig_pci_quiesce(&from->p->vm);

	if (from->card.resets != resets)
		host_fail("the card has reset itself");
	if (!ret && card_read(&from->card, E1K_STATUS) & STATUS_GIO_MASTER)
		host_fail("the card is still on the bus");
	if (!ret)
		return true;
	refused++;
	if (habits.master_delay != U64_MAX)
		host_fail("quiesce: %d %s", ret, from->p->vm.reason);
	return false;
}

static void start(struct host *h)
{
	int ret = vmig_pci_unquiesce(&h->p->vm);

	if (ret)
		host_fail("unquiesce: %d", ret);
}

static void load_state(struct host *to, struct host *from)
{
	int ret = vmig_pci_quiesce(&to->p->vm);

	to->card.advertised_before = to->card.advertised;
	to->card.negotiations_before = to->card.negotiations;
	if (!ret)
		ret = vmig_pci_stop(&to->p->vm);
	host_copy_state(to, from);
	if (!ret)
		ret = vmig_pci_load_commit(&to->p->vm);
	if (ret)
		return host_fail("load: %d %s", ret, to->p->vm.reason);
	to->p->master = from->p->master;
}

static void run_a_while(struct host *from, struct host *to)
{
	u32 rounds;

	for (rounds = host_below(4); rounds && !host_failures; rounds--) {
		guest_run(&guest, (10 + host_below(3000)) * US, host_below(3));
		if (!host_below(8))
			guest_rearm(&guest);
		if (!host_below(16)) {
			guest_run(&guest, host_below(300) * MS, false);
			send_pages(from, to);
		}
		send_pages(from, to);
	}
}

/*
 * The guest has posted what the card can be told with, if it has posted anything; in
 * loopback the guest would hear of itself.
 */
static bool can_announce(const struct host *to)
{
	const struct e1k_state *s = &pci_to_e1k(to->p)->state;

	return s->RDH[0] != s->RDT[0] && !guest.config.loopback;
}

/* The network hears of it soon, and the guest looks at its link. */
static void arrive(struct host *to, u32 causes)
{
	const struct e1k_state *s = &pci_to_e1k(to->p)->state;
	bool idle = s->TDH[0] == s->TDT[0] && s->TDH[1] == s->TDT[1];
	u32 want = can_announce(to) ? 1 | guest.config.vlans : 0;

	guest.announced = 0;
	expect_announcement = true;
	start(to);
	if (!(to->card.icr & ICR_LSC))
		host_fail("the guest need not look at its link");
	if (idle && to->card.icr & ~causes & ICR_TXQE)
		host_fail("the guest hears of a queue that was empty before");
	if (causes & ~to->card.icr)
		host_fail("of the causes %x %x are left", causes, to->card.icr);
	if (to->card.tx[0].tail != s->TDT[0] || to->card.rx[0].tail != s->RDT[0])
		host_fail("the tails are %u and %u, not %u and %u",
			  to->card.rx[0].tail, to->card.tx[0].tail, s->RDT[0],
			  s->TDT[0]);
	host_sleep(20 * MS);
	expect_announcement = false;
	if (guest.announced != want)
		host_fail("the network hears of VLANs %x, not %x",
			  guest.announced, want);
}

/* One migration, or an attempt that ends where it began. */
static void try_to_move(void)
{
	struct host *from = guest.on, *to = from == hosts ? hosts + 1 : hosts;
	struct card was;

	host_open(to);
	set_session(from, true);
	host_begin_tracking(from);
	memcpy(to->ram, from->ram, HOST_RAM);
	memset(guest.dirty, 0, sizeof(guest.dirty));
	run_a_while(from, to);
	if (habits.weak_flush)
		guest_leave_signs(&guest);
	if (!stop_source(from) || !host_below(8)) {
		if (from->p->quiesced)
			start(from);
		cancelled++;
		host_end_tracking(from);
		set_session(from, false);
		host_close(to);
		return;
	}
	if (vmig_pci_stop(&from->p->vm))
		host_fail("stop: %s", from->p->vm.reason);
	send_pages(from, to);
	compare_pages(from, to);
	was = from->card;
	if (!host_below(8)) {
		start(from);
		cancelled++;
		host_end_tracking(from);
		set_session(from, false);
		host_close(to);
		return;
	}
	load_state(to, from);
	host_end_tracking(from);
	set_session(from, false);
	host_close(from);
	guest.on = to;
	arrive(to, was.icr);
	compare_cards(&was, &to->card);
	guest_check_registers(&guest);
	moves++;
}

/* The guest may be in the middle of an access to the PHY. */
static void migrate(void)
{
	bool phy = !host_below(3);

	if (phy)
		guest_phy_begin(&guest);
	try_to_move();
	if (phy)
		guest_phy_end(&guest);
}

/* One pair of cards, one guest, some moves. */
static bool run(u64 seed)
{
	u32 i;

	host_sent = sent;
	host_start(seed, &habits);
	draw_habits(&habits);
	hosts[0].card.habits = habits;
	hosts[1].card.habits = habits;
	guest_start(&guest, &hosts[0]);
	draw_config(&guest.config);
	host_open(&hosts[0]);
	guest_bring_up(&guest);
	for (i = 2 + host_below(8); i && !host_failures; i--) {
		guest_run(&guest, (100 + host_below(5000)) * US, true);
		if (!host_failures)
			migrate();
		if (!host_failures && !host_below(6)) {
			guest_drain(&guest);
			guest_bring_up(&guest);
			guest.config.lazy = habits.weak_flush;
		}
	}
	if (!host_failures)
		guest_run(&guest, 20 * MS, true);
	if (!host_failures)
		guest_drain(&guest);
	if (host_failures)
		printf("# seed %llu: master %llu tails %d weak %d wire %llu lazy %llu; "
		       "slots %u ext %d wthresh %u %u rdtr %u tidv %u ide %d rs %u ctx %d\n",
		       (unsigned long long)seed,
		       (unsigned long long)habits.master_delay, habits.strict_tails,
		       habits.weak_flush, (unsigned long long)habits.slow_wire,
		       (unsigned long long)habits.lazy, guest.config.slots,
		       guest.config.extended, guest.config.rx_threshold,
		       guest.config.tx_threshold, guest.config.rdtr,
		       guest.config.tidv, guest.config.ide,
		       guest.config.rs_every, guest.config.context);
	host_close(&hosts[0]);
	host_close(&hosts[1]);
	host_end();
	guest_end(&guest);
	return !host_failures;
}

/* A card that its guest has not brought up writes nothing, and so reports nothing. */
static void test_idle(unsigned int number)
{
	bool page[HOST_PAGES] = {}, known;
	u32 reported = 0, round, i;

	habits = (struct card_habits){ .slow_wire = US };
	host_start(1, &habits);
	host_open(&hosts[0]);
	host_begin_tracking(&hosts[0]);
	for (round = 0; round < 3; round++) {
		memset(page, 0, sizeof(page));
		known = host_report(&hosts[0], page);
		host_sleep(10 * MS);
	}
	for (i = 0; i < HOST_PAGES; i++)
		reported += page[i];
	host_end_tracking(&hosts[0]);
	host_close(&hosts[0]);
	host_end();
	printf("%sok %u - an idle card reports nothing, %s\n",
	       known && !reported && !host_failures ? "" : "not ", number,
	       VMIG_HAVE_DIRTY_LOG ? "with a log" : "with pins");
	host_failures += !known || reported;
}

/* A card that its guest has not brought up arrives as it was, and says nothing. */
static void test_untouched(unsigned int number)
{
	bool same;

	habits = (struct card_habits){ .slow_wire = US };
	host_sent = sent;
	host_start(1, &habits);
	host_open(&hosts[0]);
	host_open(&hosts[1]);
	if (vmig_pci_quiesce(&hosts[0].p->vm) || vmig_pci_stop(&hosts[0].p->vm))
		host_fail("save: %s", hosts[0].p->vm.reason);
	load_state(&hosts[1], &hosts[0]);
	start(&hosts[1]);
	host_sleep(20 * MS);
	same = hosts[1].card.icr == hosts[0].card.icr;
	host_close(&hosts[0]);
	host_close(&hosts[1]);
	host_end();
	printf("%sok %u - a card that is not up has no cause after a move, %s\n",
	       same && !host_failures ? "" : "not ", number,
	       VMIG_HAVE_DIRTY_LOG ? "with a log" : "with pins");
	host_failures += !same;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'r' },
		{ "runs", required_argument, NULL, 'n' },
		{ "number", required_argument, NULL, 't' },
		{ }
	};
	u64 seed = 1, runs = 0, limit = U64_MAX;
	unsigned int number = 1;
	bool failed;
	time_t end = time(NULL) + 30;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			end = time(NULL) + atoi(optarg);
		else if (c == 'r')
			seed = strtoull(optarg, NULL, 0);
		else if (c == 'n')
			limit = strtoull(optarg, NULL, 0);
		else if (c == 't')
			number = atoi(optarg);
		else
			return 2;
	}
	while (runs < limit && time(NULL) < end && run(seed + runs))
		runs++;
	printf("# %llu pairs of cards, %llu moves, %llu cancelled, %llu refused\n",
	       (unsigned long long)runs, (unsigned long long)moves,
	       (unsigned long long)cancelled, (unsigned long long)refused);
	printf("# %llu million steps\n", (unsigned long long)host_steps / 1000000);
	failed = host_failures;
	printf("%sok %u - moves between strict cards, %s\n",
	       host_failures ? "not " : "", number,
	       VMIG_HAVE_DIRTY_LOG ? "with a log" : "with pins");
	host_failures = 0;
	test_idle(number + 1);
	failed |= host_failures;
	host_failures = 0;
	test_untouched(number + 2);
	return failed || host_failures;
}
