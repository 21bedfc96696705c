# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What tests/vm/run is made of: packages of other releases and architectures,
# userlands of theirs, the initramfs of a guest, and the machines that boot it.
# To be sourced from the top of the tree; all is kept below build/vm.

# On two CPUs that others kept busy, 24 minutes were not enough for all of 6.1.
limit_seconds=3600
vm=$PWD/build/vm

# vm_names, vm_row NAME: what the table has.
vm_names()
{
	sed -n 's/^\([^#	][^	]*\)	.*/\1/p' tests/vm/kernels
}

vm_row()
{
	awk -v name="$1" '$1 == name { $1 = ""; print }' tests/vm/kernels
}

# vm_machine USERLAND: the architecture of the kernel it runs on.
vm_machine()
{
	case $1 in
	i386) echo amd64 ;;
	*) echo "$1" ;;
	esac
}

# The machine this runs on decides which release the userlands are of.
vm_release()
{
	sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

# vm_triplet ARCH: how the compilers call it.
vm_triplet()
{
	case $1 in
	amd64) echo x86_64-linux-gnu ;;
	i386) echo i686-linux-gnu ;;
	arm64) echo aarch64-linux-gnu ;;
	esac
}

# vm_multiarch ARCH: how the folders of libraries are called.
vm_multiarch()
{
	vm_triplet "$1" | sed 's/^i686/i386/'
}

# vm_sources SUITE: a sources list for it, with this system's own mirrors.
vm_sources()
{
	# shellcheck disable=SC2016 # apt's own variables.
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' \
		'Created-By: Packages' | sort -u | while read -r label uri; do
		case $label in
		Debian) echo "deb [signed-by=$keyring] $uri $1 main" ;;
		Debian-Security)
			echo "deb [signed-by=$keyring] $uri $1-security main"
			;;
		esac
	done
}

# vm_apt SUITE ARCH COMMAND...: an apt that knows only this suite, and not what
# is installed.
vm_apt()
{
	apt=$vm/apt/$1-$2
	arch=$2
	command=$3
	shift 3
	"$command" -q -o Dir::State="$apt" -o Dir::State::status="$apt/status" \
		-o Dir::Cache="$apt/cache" -o Dir::Etc::SourceList="$apt/list" \
		-o Dir::Etc::SourceParts=- -o APT::Architecture="$arch" \
		-o APT::Architectures="$arch" -o APT::Sandbox::User=root "$@"
}

# vm_apt_update SUITE ARCH: once a build folder.  apt takes no list that is not
# what was signed; the others may have all that is wanted, and if not, the
# download says so.
vm_apt_update()
{
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e "$vm/apt/$1-$2/updated" ] && return
	mkdir -p "$vm/apt/$1-$2/lists/partial" \
		"$vm/apt/$1-$2/cache/archives/partial" || return 1
	: >"$vm/apt/$1-$2/status"
	vm_sources "$1" >"$vm/apt/$1-$2/list"
	if [ ! -s "$vm/apt/$1-$2/list" ]; then
		echo "no mirror of Debian among this system's sources" >&2
		return 1
	fi
	if vm_apt "$1" "$2" apt-get update; then
		: >"$vm/apt/$1-$2/updated"
	else
		echo "warning: not all package lists of $1 for $2 are here" >&2
	fi
}

# vm_unpack DEB FOLDER: where /lib and /bin are what they are in /usr.
vm_unpack()
{
	mkdir -p "$2/usr" || return 1
	for part in bin sbin lib lib64; do
		mkdir -p "$2/usr/$part"
		[ -e "$2/$part" ] || ln -s "usr/$part" "$2/$part"
	done
	dpkg-deb --fsys-tarfile "$1" |
		tar -x --keep-directory-symlink -C "$2" \
			--exclude='./usr/share/*' --exclude='*/gconv/*'
}

# vm_packages FOLDER SUITE ARCH PACKAGE...: unpacked there, once.
vm_packages()
{
	folder=$1
	suite=$2
	of=$3
	[ ! -e "$folder/.whole" ] || return 0
	shift 3
	vm_apt_update "$suite" "$of" || return 1
	rm -rf "$folder" "$folder.debs"
	mkdir -p "$folder.debs"
	(cd "$folder.debs" && vm_apt "$suite" "$of" apt-get download "$@") ||
		return 1
	for deb in "$folder.debs"/*.deb; do
		vm_unpack "$deb" "$folder" || return 1
	done
	rm -rf "$folder.debs"
	: >"$folder/.whole"
}

# vm_kernel SUITE ARCH PACKAGE: sets $kernel to a folder that has it.  The
# package may be one that only depends on the newest.
vm_kernel()
{
	kernel=$vm/kernels/$1-$3
	[ ! -e "$kernel/.whole" ] || return 0
	vm_apt_update "$1" "$2" || return 1
	newest=$(vm_apt "$1" "$2" apt-cache depends "$3" |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p')
	vm_packages "$kernel" "$1" "$2" "${newest:-$3}"
}

# What the guests' shell scripts need; those that `droppable run` starts must be
# dynamically linked, so not all of it can be busybox.
guest_packages='busybox-static dash coreutils libc-bin mandoc bsdextrautils'
guest_commands='bin/busybox bin/dash bin/cat bin/echo bin/env bin/mandoc bin/col
sbin/ldconfig'
# What the tests are linked with, and what that is linked with.
guest_libraries='libc6 libgcc-s1 libseccomp2 libelf1 libncurses6 libtinfo6 zlib1g
libsubunit0'
cross_packages='check libsubunit-dev libseccomp-dev libelf-dev libncurses-dev
zlib1g-dev'

# vm_cross ARCH: builds the library and the tests in $vm/ARCH/build.
vm_cross()
{
	libraries=$2/usr/lib/$(vm_multiarch "$1")
	mkdir -p "$vm/$1/build" || return 1
	cd "$vm/$1/build" || return 1
	[ -f Makefile ] || ../../../../configure --enable-werror \
		--host="$(vm_triplet "$1")" \
		PKG_CONFIG_LIBDIR="$libraries/pkgconfig" \
		PKG_CONFIG_SYSROOT_DIR="$2" CPPFLAGS="-I$2/usr/include" \
		LDFLAGS="-L$libraries -Wl,-rpath-link,$libraries" || return 1
	make -j "$(setup_jobs)" && make -j "$(setup_jobs)" check TESTS=
}

# vm_build ARCH: sets $built to a build folder for it, and $userland to where
# the programs and libraries of that architecture are.
vm_build()
{
	userland=$vm/userland/$1
	# shellcheck disable=SC2086 # Lists of packages.
	vm_packages "$userland" "$(vm_release)" "$1" $guest_packages \
		$guest_libraries $cross_packages || return 1
	if [ "$1" = "$(dpkg --print-architecture)" ]; then
		built=$PWD/build
		make -C build -j "$(setup_jobs)" &&
			make -C build -j "$(setup_jobs)" check TESTS=
	else
		built=$vm/$1/build
		(vm_cross "$1" "$userland")
	fi
}

# vm_is_uml: is $kernel one that runs as a program?
vm_is_uml()
{
	[ -x "$kernel/usr/bin/linux.uml" ]
}

# vm_modules ROOT MODULE...: those that are not built into $kernel, with what
# they need, numbered in the order in which they must come.
vm_modules()
{
	into=$1/modules
	shift
	mkdir -p "$into"
	# Its disk has nothing to do with a machine's, and is built in.
	! vm_is_uml || return 0
	version=$(basename "$kernel"/usr/lib/modules/*)
	[ -e "$kernel/usr/lib/modules/$version/modules.dep.bin" ] ||
		depmod -b "$kernel" "$version" || return 1
	for module; do
		modprobe -q -d "$kernel" -S "$version" --show-depends "$module"
	done | sed -n 's/^insmod \([^ ]*\) *$/\1/p' | awk '!seen[$0]++' |
		while read -r file; do
			number=$((${number:-100} + 1))
			name=$into/$number-$(basename "$file" .xz)
			case $file in
			*.xz) xz -dc "$file" >"$name" ;;
			*) cp "$file" "$name" ;;
			esac
		done
}

# vm_tree ROOT: what of this tree the tests read, and what was built of it.
vm_tree()
{
	mkdir -p "$1/droppable/build/.libs"
	find tests man -name '*.sh' -o -name '*.native*' -o -name deviations \
		-o -name run -o -name droppable.7 | grep -v '^tests/vm/' |
		cpio -pdm --quiet "$1/droppable" || return 1
	cp "$built/droppable" "$1/droppable/build/" || return 1
	cp -L "$built/.libs/libdroppable.so.0" "$1/droppable/build/.libs/" ||
		return 1
	(cd "$built" && find tests -type f -perm -u+x |
		cpio -pdm --quiet "$1/droppable/build") || return 1
	# What is linked to the library: not libtool's scripts in their place.
	for program in "$1"/droppable/build/tests/*/.libs/*; do
		mv "$program" "${program%/.libs/*}/" || return 1
	done
	ln -s /droppable/build/.libs/libdroppable.so.0 "$1/usr/lib/"
}

# vm_userland ROOT ARCH
vm_userland()
{
	libraries=usr/lib/$(vm_multiarch "$2")
	mkdir -p "$1/$libraries" "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib64" \
		"$1/proc" "$1/sys" "$1/dev" "$1/tmp" "$1/etc" "$1/var/tmp"
	for part in bin sbin lib lib64; do
		ln -s "usr/$part" "$1/$part"
	done
	for name in $guest_commands; do
		cp "$userland/usr/$name" "$1/usr/$name" || return 1
	done
	ln -s dash "$1/usr/bin/sh" || return 1
	cp -a "$userland/$libraries"/*.so* "$1/$libraries/" || return 1
	(cd "$userland" && find usr/lib usr/lib64 -maxdepth 1 -name 'ld-*' |
		cpio -pdm --quiet "$1")
}

# vm_initramfs FILE ARCH TESTS ENVIRONMENT: a whole guest.
vm_initramfs()
{
	root=$1.root
	rm -rf "$root"
	vm_userland "$root" "$2" && vm_tree "$root" &&
		vm_modules "$root" virtio_pci virtio_blk || return 1
	cp tests/vm/init "$root/init" && chmod +x "$root/init" || return 1
	cp "$3" "$root/tests" && cp "$4" "$root/environment" || return 1
	(cd "$root" && find . | cpio -o -H newc --quiet) | gzip -1 >"$1" ||
		return 1
	rm -rf "$root"
}

# vm_cpus WORDS...: two, if guest.cpus= does not say otherwise.
vm_cpus()
{
	cpus=2
	for word; do
		case $word in
		guest.cpus=*) cpus=${word#*=} ;;
		esac
	done
	echo "$cpus"
}

# vm_boot_uml INITRAMFS DISK WORDS...: what it leaves it leaves beside the disk: a
# folder for its socket and, until it is open, the file that is its memory.  It is
# the first of many processes, and ends them when it is asked to end.
vm_boot_uml()
{
	initramfs=$1
	disk=$2
	shift 2
	TMPDIR=$(dirname "$disk")
	export TMPDIR
	exec timeout -k 10 "$limit_seconds" "$kernel/usr/bin/linux.uml" \
		mem=2G initrd="$initramfs" ubd0="$disk" uml_dir="$TMPDIR/uml" \
		con=null con0=null,fd:1 panic=-1 loglevel=1 "$@" </dev/null
}

# vm_boot ARCH INITRAMFS DISK WORDS...: the guest's console is our output.
#
# What takes an emulator long is left out: clearing memory byte by byte, as
# processors are good at, and twice; a clock that is a device; and what keeps
# processors from telling secrets.
vm_boot()
{
	machine=$1
	shift
	! vm_is_uml || vm_boot_uml "$@"
	initramfs=$1
	disk=$2
	shift 2
	set -- -m 2G -smp "$(vm_cpus "$@")" -nographic -no-reboot -monitor none -net none \
		-serial stdio -initrd "$initramfs" \
		-drive "file=$disk,if=virtio,format=raw,cache=unsafe" \
		-append "panic=-1 loglevel=1 mitigations=off init_on_alloc=0 \
tsc=reliable console=$(vm_console "$machine") $*"
	set -- -kernel "$(echo "$kernel"/boot/vmlinuz-*)" "$@"
	# How these CPUs sign pointers takes long to emulate.
	case $machine in
	arm64) set -- qemu-system-aarch64 -M virt -cpu max,pauth-impdef=on "$@" ;;
	*) set -- qemu-system-x86_64 -cpu max,-erms,-fsrm "$@" ;;
	esac
	exec timeout -s KILL "$limit_seconds" "$@" -accel tcg </dev/null
}

vm_console()
{
	case $1 in
	arm64) echo ttyAMA0 ;;
	*) echo ttyS0 ;;
	esac
}
