# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What ./demo and ./check need before they can begin: the packages, and a build
# in build/.  To be run from the top of the tree.

PACKAGES='gcc libc6-dev make autoconf automake libtool pkg-config check
libseccomp-dev libelf-dev libncurses-dev tmux mandoc groff-base xz-utils'

# What more there is to test with: each test does without, and says so.
CHECK_PACKAGES='g++ musl-tools cmake meson zlib1g-dev libsqlite3-dev
python3-minimal abigail-tools debhelper dpkg-dev lintian rpm'

# What booting other kernels needs (tests/vm).
VM_PACKAGES='qemu-system-x86 qemu-system-arm gcc-i686-linux-gnu
libc6-dev-i386-cross gcc-aarch64-linux-gnu libc6-dev-arm64-cross cpio kmod'

# setup_missing_packages PACKAGE...
setup_missing_packages()
{
	for package; do
		# shellcheck disable=SC2016 # dpkg-query's own variable.
		state=$(dpkg-query -W -f='${db:Status-Status}' "$package" \
			2>/dev/null)
		[ "$state" = installed ] || printf '%s ' "$package"
	done
}

# Where package names are not ours to know, the things themselves tell.
setup_has_tools()
{
	for tool in cc make autoreconf libtoolize pkg-config; do
		command -v "$tool" >/dev/null || return 1
	done
	pkg-config --exists check libseccomp libelf ncurses
}

setup_as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "Not root and no sudo. To be run as root: $*" >&2
		return 1
	fi
}

# setup_install PACKAGE...: those that are missing.
setup_install()
{
	missing=$(setup_missing_packages "$@")
	[ -n "$missing" ] || return 0
	echo "Installing $missing"
	setup_as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q ||
		return 1
	# shellcheck disable=SC2086 # A list of packages.
	setup_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
		--no-install-recommends $missing
}

setup_has_apt()
{
	command -v dpkg-query >/dev/null && command -v apt-get >/dev/null
}

setup_packages()
{
	if ! setup_has_apt; then
		setup_has_tools && return
		echo "Please install what this system calls" >&2
		# shellcheck disable=SC2086 # One line of words.
		echo "   " $PACKAGES >&2
		return 1
	fi
	# shellcheck disable=SC2086 # A list of packages.
	setup_install $PACKAGES
}

setup_check_packages()
{
	setup_has_apt || return 0
	# shellcheck disable=SC2086 # A list of packages.
	setup_install $CHECK_PACKAGES
}

setup_vm_packages()
{
	if ! setup_has_apt; then
		echo "Other kernels come from Debian, with apt-get" >&2
		return 1
	fi
	# shellcheck disable=SC2086 # A list of packages.
	setup_install $VM_PACKAGES
}

# setup_configure OPTIONS...: nothing to do where it was done with these.
setup_configure()
{
	{ [ -x configure ] && [ -f Makefile.in ]; } ||
		autoreconf --install || return 1
	mkdir -p build || return 1
	if [ -f build/Makefile ] && [ -f build/setup.options ] &&
		[ "$(cat build/setup.options)" = "$*" ]; then
		return 0
	fi
	(cd build && ../configure "$@") || return 1
	echo "$*" >build/setup.options
}

# setup_jobs: how many at once.
setup_jobs()
{
	getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2
}
