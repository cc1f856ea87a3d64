// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log of DMA, where the kernel has one. The card has none; the tracker knows
 * (track.c). Without it, as soon as the card may have written something, it may
 * have written everything. Only a card that never was on the bus has not.
 */
#include "e1000e.h"

/* The guest has let the card on the bus. Takes no lock: it is one more bit. */
void e1k_dma_possible(struct e1k *e)
{
	WRITE_ONCE(e->dma_seen, true);
}

static int log_start(struct vfio_device *vdev, struct rb_root_cached *ranges,
		     u32 nnodes, u64 *page_size)
{
	struct e1k *e = to_e1k(vdev);
	u16 command;
	int ret = vmig_dirty_start(&e->log, ranges, nnodes, page_size);

	if (ret)
		return ret;
	/* If it fails, everything is reported. */
	e1k_track_start(e);
	guard(mutex)(&e->lock);
	pci_read_config_word(e->core.pdev, PCI_COMMAND, &command);
	if (e->quiesced && e->frozen.master)
		command |= PCI_COMMAND_MASTER;
	WRITE_ONCE(e->dma_seen, command & PCI_COMMAND_MASTER);
	return 0;
}

static int log_stop(struct vfio_device *vdev)
{
	e1k_track_stop(to_e1k(vdev), false);
	return vmig_dirty_stop(&to_e1k(vdev)->log);
}

static int log_read_and_clear(struct vfio_device *vdev, unsigned long iova,
			      unsigned long length, struct iova_bitmap *dirty)
{
	struct e1k *e = to_e1k(vdev);

	if (READ_ONCE(e->dma_seen) && !e1k_track_report(e))
		return vmig_dirty_report_all(&e->log, iova, length, dirty);
	return vmig_dirty_report(&e->log, iova, length, dirty);
}

const struct vfio_log_ops e1k_log_ops = {
	.log_start = log_start,
	.log_stop = log_stop,
	.log_read_and_clear = log_read_and_clear,
};
