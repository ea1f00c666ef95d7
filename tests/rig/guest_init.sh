#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The init of a test guest: does the step named on the kernel's command line.
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev 2>/dev/null; mount -t tmpfs tmp /tmp
for module in $(cat /etc/modules 2>/dev/null); do insmod "$module"; done
step=$(sed -n 's/.*\bstep=\([^ ]*\).*/\1/p' /proc/cmdline)

common() {
    echo "cpus: $(nproc)"
    echo "vda: $(head -n 1 /dev/vda)"
    echo "hwrng: $(head -c 64 /dev/hwrng | wc -c)"
}

case $step in
devices)
    common
    dd if=/dev/zero of=/dev/vda bs=512 count=1 conv=fsync 2>/dev/null && echo "vda: written" || echo "vda: write refused"
    tr '\0' '\245' </dev/zero | dd of=/dev/vdb bs=65536 count=128 iflag=fullblock conv=fsync 2>/dev/null && echo "vdb: written"
    blkdiscard -o 4194304 -l 1048576 /dev/vdb && echo "vdb: discarded"
    sync; poweroff -f ;;
stock) common; poweroff -f ;;
reboot) echo "step: reboot"; sleep 0.2; reboot -f ;;
panic) echo c >/proc/sysrq-trigger ;;
button)
    echo "step: button"
    for event in /dev/input/event*; do head -c 24 "$event" >/dev/null && echo "button pressed" && sleep 0.2 && poweroff -f & done
    while :; do sleep 1; done ;;
wait) echo "step: wait"; while :; do sleep 1; done ;;
*) sh -c "$(cat /etc/step)"; poweroff -f ;;
esac
