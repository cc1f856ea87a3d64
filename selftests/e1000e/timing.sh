echo 1 > $T/events/vfio_mig/vmig_arc/enable 2>/dev/null
T=/sys/kernel/tracing
echo 1 > $T/events/vfio_mig/vmig_arc/enable
time /lab/programs/e1000e-registers -t same_on_another_card
grep vmig_arc $T/trace | tail -30
echo > $T/trace
time /lab/programs/e1000e-traffic -t moves_back_and_forth
grep vmig_arc $T/trace | head -60
echo 'p:vr vfio_pci_core_ioctl' > $T/kprobe_events
cd /lab/programs; time ./states -t opens_running; 
echo function_graph > $T/current_tracer 2>/dev/null
echo 'e1k_*' > $T/set_graph_function 2>/dev/null; cat $T/current_tracer
for i in 1 2 3; do /usr/bin/time -f %es ./lifetime -t migrates_after_reset >/dev/null; done
echo nop > $T/current_tracer
grep -E '[0-9]{4,}\.[0-9]+ us.*(vfio|pci_|e1k)' $T/trace | head -50
