cd /lab/selftests/lab; . ./load.sh; . ../e1000e/cards.sh
lab_load vfio_pci; lab_load vfio_iommu_type1; lab_load e1000e_vfio_pci || exit 1
mapfile -t c < <(cards)
for d in "${c[@]}"; do card_bind $d || { dmesg | tail -5; exit 1; }; done
export VFIO_MIG_DEVICE=${c[0]} VFIO_MIG_DEVICE2=${c[1]}
T=/sys/kernel/tracing
"$@"
