// SPDX-License-Identifier: GPL-2.0-only
/* What is pending when the card stops fires where it goes on. */
#include <sys/ioctl.h>
#include "kselftest_harness.h"
#include "two.h"

#define SOON	5000	/* ms; it comes at once */

static uint32_t causes(struct card *c)
{
	put(c, IMC, 0);
	return get(c, ICS);
}

TEST_F(two, masked_causes_stay)
{
	uint32_t before;

	put(&self->a, IMC, ~0);
	put(&self->a, ICS, CAUSE_RXT0 | CAUSE_TXDW);
	before = causes(&self->a);
	ASSERT_TRUE(before & CAUSE_RXT0);
	ASSERT_EQ(0, card_move(&self->a, &self->b));
	EXPECT_EQ(before, causes(&self->b));
	EXPECT_EQ(0, get(&self->b, IMS));
	/* And reading takes them, as it does on the card. */
	EXPECT_EQ(before, get(&self->b, ICR));
	EXPECT_EQ(0, get(&self->b, ICR));
}

/* But the change of the link, in a card that sends: no more, and it fires nothing here. */
TEST_F(two, nothing_pending_fires_nothing)
{
	struct stream s = { 0 };
	int fd;

	put(&self->a, TCTL, TCTL_EN);
	get(&self->a, ICR);
	put(&self->a, IMS, CAUSE_RXT0 | CAUSE_TXDW | CAUSE_TXQE);
	ASSERT_EQ(0, causes(&self->a));
	ASSERT_EQ(0, card_save(&self->a, &s));
	ASSERT_EQ(0, eventfds(&self->b, VFIO_PCI_MSI_IRQ_INDEX, &fd, 1));
	ASSERT_EQ(0, card_load(&self->b, &s));
	ASSERT_EQ(0, card_run(&self->b));
	EXPECT_EQ(0, fired(fd, 50));
	EXPECT_EQ(CAUSE_LSC | CAUSE_ASSERTED, causes(&self->b));
	EXPECT_EQ(CAUSE_LSC | CAUSE_ASSERTED, get(&self->b, ICR));
	EXPECT_EQ(0, get(&self->b, ICR));
	stream_free(&s);
}

/*
 * The link may be another one, and a guest that waits for that is told, by MSI as often as
 * the model sends one cause.
 */
TEST_F(two, guest_that_waits_for_its_link_is_told)
{
	struct stream s = { 0 };
	int fd;

	put(&self->a, IMC, ~0);
	get(&self->a, ICR);
	put(&self->a, IMS, CAUSE_LSC);
	ASSERT_EQ(0, causes(&self->a));
	ASSERT_EQ(0, card_save(&self->a, &s));
	ASSERT_EQ(0, eventfds(&self->b, VFIO_PCI_MSI_IRQ_INDEX, &fd, 1));
	ASSERT_EQ(0, card_load(&self->b, &s));
	EXPECT_EQ(0, fired(fd, 0));
	ASSERT_EQ(0, card_run(&self->b));
	EXPECT_LT(0, fired(fd, SOON));
	EXPECT_EQ(CAUSE_LSC | CAUSE_ASSERTED, get(&self->b, ICR));
	EXPECT_EQ(0, get(&self->b, ICR));
	stream_free(&s);
}

/* Its card has the same link as before. */
TEST_F(two, cancelled_move_fires_nothing)
{
	int fd;

	rings(&self->a);
	go(&self->a);
	get(&self->a, ICR);
	ASSERT_EQ(0, eventfds(&self->a, VFIO_PCI_MSI_IRQ_INDEX, &fd, 1));
	put(&self->a, IMS, CAUSE_LSC);
	ASSERT_EQ(0, causes(&self->a));
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_STOP_COPY,
				    NULL));
	ASSERT_EQ(0, card_run(&self->a));
	EXPECT_EQ(0, fired(fd, 50));
	EXPECT_EQ(0, causes(&self->a));
}

FIXTURE(kind)
{
	struct card a;
	struct card b;
};

FIXTURE_VARIANT(kind)
{
	uint32_t index;
	uint32_t cause;
};

FIXTURE_VARIANT_ADD(kind, intx)
{
	.index = VFIO_PCI_INTX_IRQ_INDEX, .cause = CAUSE_RXT0,
};

FIXTURE_VARIANT_ADD(kind, msi)
{
	.index = VFIO_PCI_MSI_IRQ_INDEX, .cause = CAUSE_RXT0,
};

FIXTURE_VARIANT_ADD(kind, msix)
{
	.index = VFIO_PCI_MSIX_IRQ_INDEX, .cause = CAUSE_RXQ0,
};

FIXTURE_SETUP(kind)
{
	ASSERT_EQ(0, card_open(&self->a, 0));
	if (!vdev_path(1) || card_open(&self->b, 1))
		SKIP(return, "one card only");
}

FIXTURE_TEARDOWN(kind)
{
	card_close(&self->a);
	if (self->b.mem)
		card_close(&self->b);
}

/* The source raised it where nobody listened; the target has a listener. */
TEST_F(kind, pending_fires_on_the_target)
{
	struct stream s = { 0 };
	int fd[5] = { -1, -1, -1, -1, -1 };
	unsigned int nr = variant->index == VFIO_PCI_MSIX_IRQ_INDEX ? 5 : 1;

	put(&self->a, IVAR, 0x00000008);	/* RXQ0 is vector 0 */
	put(&self->a, IMC, ~0);
	get(&self->a, ICR);
	put(&self->a, IMS, variant->cause);
	put(&self->a, ICS, variant->cause);
	ASSERT_EQ(0, card_save(&self->a, &s));
	ASSERT_EQ(0, eventfds(&self->b, variant->index, fd, nr));
	ASSERT_EQ(0, card_load(&self->b, &s));
	EXPECT_EQ(0, fired(fd[0], 0));
	ASSERT_EQ(0, card_run(&self->b));
	EXPECT_LT(0, fired(fd[0], SOON));
	EXPECT_EQ(variant->cause, get(&self->b, IMS));
	stream_free(&s);
}

static int unmask(struct card *c)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set), .index = VFIO_PCI_INTX_IRQ_INDEX,
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
		.count = 1,
	};

	return ioctl(c->v.fd, VFIO_DEVICE_SET_IRQS, &set);
}

/* As a driver with an auto-masked line: raise, take, ask for more. */
static void one_after_another(struct __test_metadata *_metadata, struct card *c,
			      int fd, uint32_t index, uint32_t cause)
{
	unsigned int i;

	for (i = 0; i < 5; i++) {
		put(c, IMS, cause);
		put(c, ICS, cause);
		EXPECT_LT(0, fired(fd, SOON)) {
			TH_LOG("interrupt %u", i);
		}
		put(c, IMC, ~0);
		get(c, ICR);
		if (index == VFIO_PCI_INTX_IRQ_INDEX)
			EXPECT_EQ(0, unmask(c));
	}
}

TEST_F(kind, interrupts_go_on_after_the_move)
{
	unsigned int nr = variant->index == VFIO_PCI_MSIX_IRQ_INDEX ? 5 : 1;
	struct stream s = { 0 };
	int fd[5], fd2[5];

	put(&self->a, CTRL_EXT, 1 << 27);	/* IAME: reading ICR masks */
	put(&self->a, IAM, ~0);
	put(&self->a, IVAR, 0x00000008);
	ASSERT_EQ(0, eventfds(&self->a, variant->index, fd, nr));
	ASSERT_EQ(0, eventfds(&self->b, variant->index, fd2, nr));
	one_after_another(_metadata, &self->a, fd[0], variant->index,
			  variant->cause);
	/* One that the source has sent and nobody has taken. */
	put(&self->a, IMS, variant->cause);
	put(&self->a, ICS, variant->cause);
	ASSERT_LT(0, fired(fd[0], SOON));
	ASSERT_EQ(0, card_save(&self->a, &s));
	ASSERT_EQ(0, card_load(&self->b, &s));
	ASSERT_EQ(0, card_run(&self->b));
	EXPECT_LT(0, fired(fd2[0], SOON));
	put(&self->b, IMC, ~0);
	get(&self->b, ICR);
	if (variant->index == VFIO_PCI_INTX_IRQ_INDEX)
		EXPECT_EQ(0, unmask(&self->b));
	one_after_another(_metadata, &self->b, fd2[0], variant->index,
			  variant->cause);
	stream_free(&s);
}

/* None leaves while the card is stopped, and none is lost when it goes on. */
TEST_F(kind, stopped_card_is_silent)
{
	unsigned int nr = variant->index == VFIO_PCI_MSIX_IRQ_INDEX ? 5 : 1;
	int fd[5];

	put(&self->a, IVAR, 0x00000008);
	ASSERT_EQ(0, eventfds(&self->a, variant->index, fd, nr));
	put(&self->a, IMS, variant->cause);
	ASSERT_EQ(0, vdev_set_state(&self->a.v, VFIO_DEVICE_STATE_RUNNING_P2P,
				    NULL));
	put(&self->a, ICS, variant->cause);
	EXPECT_EQ(0, fired(fd[0], 50));
	ASSERT_EQ(0, card_run(&self->a));
	EXPECT_LT(0, fired(fd[0], SOON));
}

TEST_HARNESS_MAIN
