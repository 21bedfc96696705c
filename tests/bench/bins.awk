# SPDX-License-Identifier: MIT
#
# Puts the lines of a timeline together to such of bin_ms each, for plotting:
# seconds since the want began; MiB resident, left in the group, and dropped in
# that time.

BEGIN { mib = page_kib / 1024 }

$1 == "#" { begin = $3; next }

NF == 4 {
	ms[++n] = $1
	resident[n] = $2 * mib
	left[n] = $3 < 0 ? "NaN" : $3 * mib
	dropped[n] = $4 * mib
}

# Before that the cache was being filled.
function shown(i) { return ms[i] >= begin - 2 * bin_ms }

END {
	for (i = 1; i <= n; i++) {
		bin = int(ms[i] / bin_ms)
		if (!shown(i) || i < n && int(ms[i + 1] / bin_ms) == bin)
			continue
		printf "%.3f %.1f %s %.1f\n", (ms[i] - begin) / 1000, \
			resident[i], left[i], dropped[i] - before
		before = dropped[i]
	}
}
