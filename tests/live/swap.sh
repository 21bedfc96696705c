# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Swap of our own for a live test, of 512 MiB.  Whoever sources this calls
# swap_off before it ends.

# shellcheck disable=SC2034 # swap_why is for them.

swap_device=
swap_dir=
swap_zram=
zram_control=/sys/class/zram-control

# swap_on file|zram: or not; then swap_why says why.
swap_on()
{
	swap_why=
	case $1 in
	file) swap_make_file ;;
	zram) swap_make_zram ;;
	esac || return 1
	if ! mkswap "$swap_device" >/dev/null; then
		swap_why="mkswap failed"
		return 1
	fi
	swap_why=$(swapon "$swap_device" 2>&1)
}

swap_make_file()
{
	swap_dir=$(mktemp -d "${TMPDIR:-$BUILD}/swap.XXXXXX") || return 1
	swap_device=$swap_dir/swap
	# Not fallocate: some file systems make a hole, which swapon refuses.
	if ! dd if=/dev/zero of="$swap_device" bs=1M count=512 2>/dev/null; then
		swap_why="no room for a swap file of 512 MiB in $swap_dir"
		return 1
	fi
	chmod 600 "$swap_device"
}

swap_make_zram()
{
	if ! [ -r "$zram_control/hot_add" ] && ! modprobe zram 2>/dev/null; then
		swap_why="this kernel has no zram"
		return 1
	fi
	# Reading it makes a device.
	if ! swap_zram=$(cat "$zram_control/hot_add"); then
		swap_why="no zram device may be made"
		return 1
	fi
	swap_device=/dev/zram$swap_zram
	echo 512M >"/sys/block/zram$swap_zram/disksize"
}

swap_off()
{
	[ -z "$swap_device" ] || swapoff "$swap_device" 2>/dev/null
	if [ -n "$swap_zram" ]; then
		echo 1 >"/sys/block/zram$swap_zram/reset"
		echo "$swap_zram" >"$zram_control/hot_remove"
	fi
	[ -z "$swap_dir" ] || rm -rf "$swap_dir"
	swap_device='' swap_dir='' swap_zram=''
}
