modprobe e1000e IntMode=1,1
ip link show
d=$(ls /sys/bus/pci/devices/0000:00:10.0/net)
p=$(grep -l 52:54:00:98 /sys/class/net/*/address | cut -d/ -f5)
timeout 2 tail -f /dev/null
ping -f -q -b -l 16 10.98.0.255 >/tmp/f 2>&1 & 
ip link set $d up
timeout 2 tail -f /dev/null
kill -INT $!; cat /tmp/f
dmesg | grep $d; grep $d /proc/interrupts; cat /sys/class/net/$p/statistics/tx_packets /sys/class/net/$d/statistics/rx_packets
