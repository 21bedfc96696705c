#!/bin/sh
# SPDX-License-Identifier: MIT
#
# container.sh emulated: what survives as root survives as nobody too, where
# cgroups are read-only and there are no pressure stall numbers, as in many
# containers.  LIVE_RUNS: how often each.
#
# container.sh --inside SEEN COMMAND...: for itself, in a mount namespace of its
# own: make it such a place and run COMMAND.

# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

# What "container.sh --inside" ends with where such a place cannot be made.
NO_PLACE=77

runs=${LIVE_RUNS:-3}

# cgroup_mounts: type, mount point and options of each.
cgroup_mounts()
{
	awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/)
		print $(i + 1), $5, $NF }' /proc/self/mountinfo
}

# own_group TYPE: the path of our group in the hierarchy of that type.
own_group()
{
	if [ "$1" = cgroup2 ]; then
		sed -n 's/^0:://p' /proc/self/cgroup
	else
		awk -F: '("," $2 ",") ~ /,memory,/ { print $3 }' \
			/proc/self/cgroup
	fi
}

# all_groups TYPE POINT: the host's groups are seen, by the host's names.
all_groups()
{
	mount --bind "$2" "$2"
}

# own_group_only TYPE POINT: our group is the top, and nothing above is seen.
own_group_only()
{
	mount --bind "$2$(own_group "$1")" "$2"
}

# confine SEEN: only what tells of memory is hidden or forbidden.
confine()
{
	mount --make-rprivate / || return
	cgroup_mounts | while read -r type point options; do
		case $type,$options, in
		cgroup2,* | cgroup,*,memory,*) ;;
		*) continue ;;
		esac
		"$1" "$type" "$point" &&
			mount -o remount,bind,ro "$point" || return
	done || return
	[ ! -d /proc/pressure ] ||
		mount -t tmpfs -o mode=0 none /proc/pressure
}

inside()
{
	case $1 in
	own_namespace)
		confine own_group_only || exit "$NO_PLACE"
		shift
		set -- unshare --cgroup -- "$@"
		;;
	*)
		confine "$1" || exit "$NO_PLACE"
		shift
		;;
	esac
	exec "$@"
}

as_nobody()
{
	echo setpriv --reuid=65534 --regid=65534 --clear-groups \
		--bounding-set=-all
}

# survives SEEN
survives()
{
	died=0 why='' run=0
	while [ "$run" -lt "$runs" ]; do
		run=$((run + 1))
		# shellcheck disable=SC2046 # A command's words.
		why=$(in_group --memory=512M --no-swap -- unshare --mount -- \
			sh "$0" --inside "$1" $(as_nobody) \
			"$TOOLS/oldkernel" "${FEATURES:-droppable}" -- \
			"$BUILD/droppable" run -- "$LIVE/burst" 2>&1)
		status=$?
		[ "$status" -ne "$NO_PLACE" ] ||
			skip "no place like a container can be made: $why"
		[ "$status" -eq 0 ] || died=$((died + 1))
		echo "# $1: $why"
	done
	claim "$died" "nobody_survives_where_cgroups_show_$1" \
		"$died of $runs died: $why"
}

if [ "${1:-}" = --inside ]; then
	shift
	inside "$@"
fi
live_start "${1:-}"
for tool in unshare setpriv; do
	command -v "$tool" >/dev/null || skip "no $tool"
done
# shellcheck disable=SC2046 # A command's words.
why=$($(as_nobody) "$LIVE/burst" --hog=0 --cache=1M --fallback 2>&1) ||
	skip "nobody cannot run what is in $BUILD: $why"
survives all_groups
survives own_group_only
survives own_namespace
totals
