// SPDX-License-Identifier: GPL-2.0-only
/*
 * Log of DMA, where the kernel has one. A card has none of its own; the tracker
 * knows (track/). Without a tracker, as soon as the card may have written some
 * memory, it may have written all. A card that never was on the bus has written
 * nothing.
 */
#include "internal.h"

/* Notes that the guest has let the card on the bus. Takes no lock: it is one bit. */
void vmig_log_dma_possible(struct vmig_pci *p)
{
	WRITE_ONCE(p->dma_seen, true);
}

static int log_start(struct vfio_device *vdev, struct rb_root_cached *ranges,
		     u32 nnodes, u64 *page_size)
{
	struct vmig_pci *p = vdev_to_pci(vdev);
	u16 command;
	int ret = vmig_dirty_start(&p->log, ranges, nnodes, page_size);

	if (ret)
		return ret;
	/* If it fails, everything is reported. */
	vmig_track_start(p);
	guard(mutex)(&p->lock);
	pci_read_config_word(p->core.pdev, PCI_COMMAND, &command);
	if (p->quiesced && p->master)
		command |= PCI_COMMAND_MASTER;
	WRITE_ONCE(p->dma_seen, command & PCI_COMMAND_MASTER);
	return 0;
}

static int log_stop(struct vfio_device *vdev)
{
	struct vmig_pci *p = vdev_to_pci(vdev);

	vmig_track_stop(p, false);
	return vmig_dirty_stop(&p->log);
}

static bool log_is_known(struct vmig_pci *p)
{
	return p->drv->no_dma || !READ_ONCE(p->dma_seen) || vmig_track_report(p);
}

static int log_read_and_clear(struct vfio_device *vdev, unsigned long iova,
			      unsigned long length, struct iova_bitmap *dirty)
{
	struct vmig_pci *p = vdev_to_pci(vdev);

	if (!log_is_known(p))
		return vmig_dirty_report_all(&p->log, iova, length, dirty);
	return vmig_dirty_report(&p->log, iova, length, dirty);
}

const struct vfio_log_ops vmig_pci_log_ops = {
	.log_start = log_start,
	.log_stop = log_stop,
	.log_read_and_clear = log_read_and_clear,
};
