#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The manual pages: without a complaint of mandoc or groff; each function has one,
# each SYNOPSIS declares what the header does, each program in one runs.

# shellcheck source=tests/build/lib.sh
. "$(dirname "$0")/lib.sh"

pages=$top/man

# real_pages: those that are not one line, the name of another.
real_pages()
{
	grep -L '^\.so ' "$pages"/*.[1-8]
}

# What this machine's own pages are is not ours to know.
lint()
{
	! mandoc -T lint "$1" 2>&1 | grep -vE 'mandoc\.db|referenced manual not found'
}

groff_is_silent()
{
	groff -ww -z -mandoc -T utf8 "$1" >"$dir/groff" 2>&1
	cat "$dir/groff"
	[ ! -s "$dir/groff" ]
}

# stub PAGE: it leads to one that has its name.
stub()
{
	name=$(basename "$1" .3)
	page=$pages/$(sed -n 's|^\.so man3/||p' "$1")
	grep -qE "^\.Nm $name( ,)?\$" "$page"
}

all_have_pages()
{
	declared >"$dir/functions"
	[ -s "$dir/functions" ] || return
	while read -r name; do
		[ -f "$pages/$name.3" ] || {
			echo "$name"
			return 1
		}
	done <"$dir/functions"
}

# In the folders of their sections.
all_installed()
{
	install_root install-man
	for page in "$pages"/*.[1-8]; do
		[ -n "$(find "$root" -path "*/man${page##*.}/${page##*/}")" ] || {
			echo "$page"
			return 1
		}
	done
}

# Declared again: what differs from the header is an error.
synopsis()
{
	awk -v want=synopsis -f "$top/tests/build/pages.awk" "$1" >"$dir/synopsis.c"
	cat "$dir/synopsis.c"
	# shellcheck disable=SC2086 # CC may have options.
	$CC -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I "$top/include" -c \
		-o "$dir/synopsis.o" "$dir/synopsis.c"
}

# And what the header lacks is one too.
in_the_header()
{
	declared >"$dir/functions"
	awk -v want=synopsis -f "$top/tests/build/pages.awk" "$1" |
		sed -n 's/.*\(droppable_[a-z_]*\)(.*/\1/p' >"$dir/names"
	! grep -vxFf "$dir/functions" "$dir/names"
}

example()
{
	cat "$1"
	$CC -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I "$top/include" \
		-o "${1%.c}" "$1" -L "$build/.libs" -ldroppable -pthread &&
		LD_LIBRARY_PATH="$build/.libs" timeout 60 "${1%.c}"
}

claim each_function_has_a_page all_have_pages
claim all_pages_are_installed all_installed
for page in "$pages"/*.3; do
	! grep -q '^\.so ' "$page" || claim "stub_$(basename "$page")" stub "$page"
done
for page in $(real_pages); do
	name=$(basename "$page")
	if has mandoc "lint_$name"; then
		claim "lint_$name" lint "$page"
	fi
	if has groff "groff_$name"; then
		claim "groff_$name" groff_is_silent "$page"
	fi
	case $name in
	*.3 | droppable.7)
		claim "synopsis_of_$name" synopsis "$page"
		claim "header_has_$name" in_the_header "$page"
		;;
	esac
	case $name in *.3) ;; *) continue ;; esac
	mkdir -p "$dir/$name"
	# shellcheck disable=SC2013 # One word a line.
	for file in $(awk -v want=examples -v folder="$dir/$name" \
		-f "$top/tests/build/pages.awk" "$page"); do
		claim "example_${file##*/}_of_$name" example "$file"
	done
done
totals
