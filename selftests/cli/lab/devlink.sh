# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Part of in-guest.sh, which has the variables: what vfio-mig reads of devlink,
# against devlink itself, on netdevsim's devices, where the lab has that module.
# shellcheck disable=SC2154

sim=/sys/bus/netdevsim

devlink_is_read() {
	lab_load_own netdevsim && echo '10 1' >$sim/new_device && echo '11 2' >$sim/new_device &&
		expect 0 vfio-mig inventory && mv "$out" "$work/ours" &&
		devlink -j dev info >"$work/theirs" && python3 - "$work" <<-'EOF'
			import json, sys
			ours = json.load(open(sys.argv[1] + "/ours"))["devlink"]
			theirs = json.load(open(sys.argv[1] + "/theirs"))["info"]
			sims = [name for name in ours if name.startswith("netdevsim/")]
			print(ours, theirs)
			sys.exit(sorted(sims) != ["netdevsim/netdevsim10", "netdevsim/netdevsim11"] or
			         ours != theirs or "running" not in ours[sims[0]]["versions"])
		EOF
}

devlink_forgets() {
	echo 10 >$sim/del_device && expect 0 vfio-mig inventory && ! grep -q netdevsim10 "$out" &&
		said netdevsim11 && echo 11 >$sim/del_device && rmmod netdevsim
}

if [ -f /lab/lab-modules/netdevsim.ko ]; then
	tap "what devices say by devlink" devlink_is_read
	tap "and those that are gone do not" devlink_forgets
else
	tap_skip "what devices say by devlink" "there is no netdevsim for this kernel"
fi
