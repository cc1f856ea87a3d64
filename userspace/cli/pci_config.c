// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PCI configuration space. Which bits QEMU compares follows from its
 * get_pci_config_device(): all that is neither writable by the guest nor
 * exempt, of what it holds to be constant.
 */
#include <linux/pci_regs.h>
#include <vmig/user.h>
#include <string.h>
#include "pci_config.h"

static const char *const standard_names[] = {
	[PCI_CAP_ID_PM] = "Power Management",
	[PCI_CAP_ID_AGP] = "AGP",
	[PCI_CAP_ID_VPD] = "Vital Product Data",
	[PCI_CAP_ID_SLOTID] = "Slot Identification",
	[PCI_CAP_ID_MSI] = "MSI",
	[PCI_CAP_ID_PCIX] = "PCI-X",
	[PCI_CAP_ID_HT] = "HyperTransport",
	[PCI_CAP_ID_VNDR] = "Vendor-Specific",
	[PCI_CAP_ID_DBG] = "Debug Port",
	[PCI_CAP_ID_SSVID] = "Subsystem Ids",
	[PCI_CAP_ID_EXP] = "PCI Express",
	[PCI_CAP_ID_MSIX] = "MSI-X",
	[PCI_CAP_ID_SATA] = "SATA",
	[PCI_CAP_ID_AF] = "Advanced Features",
	[PCI_CAP_ID_EA] = "Enhanced Allocation",
};

static const char *const extended_names[] = {
	[PCI_EXT_CAP_ID_ERR] = "Advanced Error Reporting",
	[PCI_EXT_CAP_ID_VC] = "Virtual Channel",
	[PCI_EXT_CAP_ID_DSN] = "Device Serial Number",
	[PCI_EXT_CAP_ID_PWR] = "Power Budgeting",
	[PCI_EXT_CAP_ID_VNDR] = "Vendor-Specific Extended",
	[PCI_EXT_CAP_ID_ACS] = "Access Control Services",
	[PCI_EXT_CAP_ID_ARI] = "Alternative Routing",
	[PCI_EXT_CAP_ID_ATS] = "Address Translation Services",
	[PCI_EXT_CAP_ID_SRIOV] = "SR-IOV",
	[PCI_EXT_CAP_ID_MCAST] = "Multicast",
	[PCI_EXT_CAP_ID_PRI] = "Page Request",
	[PCI_EXT_CAP_ID_REBAR] = "Resizable BAR",
	[PCI_EXT_CAP_ID_DPA] = "Dynamic Power Allocation",
	[PCI_EXT_CAP_ID_TPH] = "TLP Processing Hints",
	[PCI_EXT_CAP_ID_LTR] = "Latency Tolerance Reporting",
	[PCI_EXT_CAP_ID_SECPCI] = "Secondary PCI Express",
	[PCI_EXT_CAP_ID_PASID] = "Process Address Space Id",
	[PCI_EXT_CAP_ID_DPC] = "Downstream Port Containment",
	[PCI_EXT_CAP_ID_L1SS] = "L1 PM Substates",
	[PCI_EXT_CAP_ID_PTM] = "Precision Time Measurement",
	[PCI_EXT_CAP_ID_DVSEC] = "Designated Vendor-Specific",
	[PCI_EXT_CAP_ID_DLF] = "Data Link Feature",
	[PCI_EXT_CAP_ID_PL_16GT] = "Physical Layer 16 GT/s",
};

const char *pci_cap_name(const struct pci_cap *cap)
{
	const char *name = NULL;

	if (cap->extended && cap->id < ARRAY_SIZE(extended_names))
		name = extended_names[cap->id];
	else if (!cap->extended && cap->id < ARRAY_SIZE(standard_names))
		name = standard_names[cap->id];
	return name ? name : "unknown capability";
}

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool is_known(const struct pci_cap *caps, int n, unsigned int at)
{
	while (n--)
		if (caps[n].at == at)
			return true;
	return false;
}

static int walk_standard(const uint8_t *config, size_t len,
			 struct pci_cap *caps)
{
	unsigned int at;
	int n = 0;

	if (len < 256 || !(config[PCI_STATUS] & PCI_STATUS_CAP_LIST))
		return 0;
	at = config[PCI_CAPABILITY_LIST] & ~3u;
	while (at >= PCI_STD_HEADER_SIZEOF && !is_known(caps, n, at) &&
	       n < CAPS_MAX / 2) {
		caps[n++] = (struct pci_cap){ .id = config[at], .at = at };
		at = config[at + PCI_CAP_LIST_NEXT] & ~3u;
	}
	return n;
}

static int walk_extended(const uint8_t *config, size_t len,
			 struct pci_cap *caps)
{
	unsigned int at = PCI_CFG_SPACE_SIZE;
	uint32_t header;
	int n = 0;

	while (at >= PCI_CFG_SPACE_SIZE && at + 4 <= len &&
	       !is_known(caps, n, at) && n < CAPS_MAX / 2) {
		header = get32(config + at);
		if (!header || header == 0xffffffff)
			break;
		caps[n++] = (struct pci_cap){
			.id = PCI_EXT_CAP_ID(header), .extended = true, .at = at,
		};
		at = PCI_EXT_CAP_NEXT(header);
	}
	return n;
}

/* Bytes up to the next capability of the same list, or the end of its space. */
static void set_lengths(struct pci_cap *caps, int n, unsigned int end)
{
	unsigned int next;
	int i, j;

	for (i = 0; i < n; i++) {
		next = end;
		for (j = 0; j < n; j++)
			if (caps[j].at > caps[i].at && caps[j].at < next)
				next = caps[j].at;
		caps[i].len = next - caps[i].at;
	}
}

int pci_caps(const uint8_t *config, size_t len, struct pci_cap caps[CAPS_MAX])
{
	int standard = walk_standard(config, len, caps), extended;

	set_lengths(caps, standard, PCI_CFG_SPACE_SIZE);
	extended = walk_extended(config, len, caps + standard);
	set_lengths(caps + standard, extended, len);
	return standard + extended;
}

/* Takes a range out of a mask, as far as it is in the capability. */
static void exempt(uint8_t *mask, const struct pci_cap *cap, unsigned int from,
		   unsigned int to)
{
	if (to > cap->len)
		to = cap->len;
	if (from < to)
		memset(mask + cap->at + from, 0, to - from);
}

/* What a guest writes: power state, and where interrupts go. */
static void exempt_writable(uint8_t *mask, const struct pci_cap *cap)
{
	if (cap->extended)
		return;
	if (cap->id == PCI_CAP_ID_PM && cap->len > PCI_PM_CTRL)
		mask[cap->at + PCI_PM_CTRL] &= ~PCI_PM_CTRL_STATE_MASK;
	if (cap->id == PCI_CAP_ID_MSI && cap->len > PCI_MSI_FLAGS) {
		mask[cap->at + PCI_MSI_FLAGS] &=
			~(PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
		exempt(mask, cap, PCI_MSI_ADDRESS_LO, PCI_MSI_PENDING_64 + 4);
	}
	if (cap->id == PCI_CAP_ID_MSIX && cap->len > PCI_MSIX_FLAGS + 1)
		mask[cap->at + PCI_MSIX_FLAGS + 1] &=
			~((PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL) >> 8);
}

/* QEMU takes these out of what its guest sees. */
static bool is_hidden(const struct pci_cap *cap)
{
	return cap->extended && (cap->id == PCI_EXT_CAP_ID_SRIOV ||
				 cap->id == PCI_EXT_CAP_ID_ARI);
}

static void header_masks(uint8_t *compared, uint8_t *visible)
{
	memset(compared + PCI_VENDOR_ID, 0xff, 4);
	compared[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	memset(compared + PCI_CLASS_REVISION, 0xff, 4);
	compared[PCI_HEADER_TYPE] = 0xff;
	compared[PCI_CAPABILITY_LIST] = 0xff;

	memset(visible, 0xff, PCI_STD_HEADER_SIZEOF);
	memset(visible + PCI_COMMAND, 0, 2);
	/* Errors seen and interrupts pending are of the moment. */
	visible[PCI_STATUS] = 0xff & ~PCI_STATUS_INTERRUPT;
	visible[PCI_STATUS + 1] = PCI_STATUS_DEVSEL_MASK >> 8;
	memset(visible + PCI_CACHE_LINE_SIZE, 0, 2);
	memset(visible + PCI_BASE_ADDRESS_0, 0, 24);
	memset(visible + PCI_ROM_ADDRESS, 0, 4);
	visible[PCI_INTERRUPT_LINE] = 0;
}

void config_masks(const uint8_t *config, size_t len,
		  uint8_t compared[CONFIG_MAX], uint8_t visible[CONFIG_MAX])
{
	struct pci_cap caps[CAPS_MAX];
	int i, n = pci_caps(config, len, caps);

	memset(compared, 0, CONFIG_MAX);
	memset(visible, 0, CONFIG_MAX);
	header_masks(compared, visible);
	for (i = 0; i < n; i++) {
		if (is_hidden(&caps[i]))
			continue;
		memset(compared + caps[i].at, 0xff, caps[i].len);
		memset(visible + caps[i].at, 0xff, caps[i].len);
		exempt_writable(compared, &caps[i]);
		exempt_writable(visible, &caps[i]);
		/* Its id, next and length are compared, its body is not. */
		if (!caps[i].extended && caps[i].id == PCI_CAP_ID_VNDR)
			exempt(compared, &caps[i], 3, caps[i].len);
	}
}

static const char *header_field(size_t at)
{
	static const struct {
		uint8_t end;
		const char *name;
	} fields[] = {
		{ PCI_DEVICE_ID, "vendor id" },
		{ PCI_COMMAND, "device id" },
		{ PCI_STATUS, "command" },
		{ PCI_CLASS_REVISION, "status" },
		{ PCI_CLASS_PROG, "revision" },
		{ PCI_CACHE_LINE_SIZE, "class" },
		{ PCI_HEADER_TYPE, "cache line size, latency" },
		{ PCI_BIST, "header type" },
		{ PCI_BASE_ADDRESS_0, "self test" },
		{ PCI_CARDBUS_CIS, "BARs" },
		{ PCI_SUBSYSTEM_VENDOR_ID, "CardBus CIS" },
		{ PCI_ROM_ADDRESS, "subsystem ids" },
		{ PCI_CAPABILITY_LIST, "ROM" },
		{ PCI_CAPABILITY_LIST + 1, "capability pointer" },
		{ PCI_INTERRUPT_LINE, "reserved" },
		{ PCI_INTERRUPT_PIN, "interrupt line" },
		{ PCI_MIN_GNT, "interrupt pin" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (at < fields[i].end)
			return fields[i].name;
	return "timing";
}

const char *config_field(const uint8_t *config, size_t len, size_t at)
{
	struct pci_cap caps[CAPS_MAX];
	int i, n = pci_caps(config, len, caps);

	if (at < PCI_STD_HEADER_SIZEOF)
		return header_field(at);
	for (i = 0; i < n; i++)
		if (at >= caps[i].at && at - caps[i].at < caps[i].len)
			return pci_cap_name(&caps[i]);
	return "outside of any capability";
}
