# SPDX-License-Identifier: MIT
#
# Draws what bins.awk made of a burst and of a cache in use: a column each, a
# row for each way.  Set from outside: dir, ways, out.

set terminal svg size 960, 110 + 270 * words(ways) background "#ffffff" \
	font "sans,12"
set output out

# The same scale for both ways.
array longest[2]
do for [i = 1:2] {
	longest[i] = 0
	do for [way in ways] {
		stats dir."/".word("burst zipf", i).".".way using 1 nooutput
		longest[i] = STATS_max > longest[i] ? STATS_max : longest[i]
	}
}

set yrange [0:420]
set ytics 100
set border 3
set tics nomirror out
set grid ytics linecolor "#dddddd" linetype 1
set xlabel "s" offset 0, 0.8
set multiplot layout words(ways), 2 margins 0.08, 0.98, 0.21, 0.95 \
	spacing 0.06, 0.16
set key at screen 0.5, 0.07 center samplen 2
do for [way in ways] {
	do for [i = 1:2] {
		set xrange [-0.05 * longest[i]:longest[i]]
		set title (i == 1 ? "400 MiB more are wanted, " : \
			"memory comes and goes, ").way offset 0, -0.5
		set ylabel (i == 1 ? "MiB" : "") offset 1, 0
		plot dir."/".word("burst zipf", i).".".way \
				using 1:2 with filledcurves y1=0 \
				linecolor "#9ecae1" title "cache in memory", \
			"" using 1:3 with lines linewidth 1.5 \
				linecolor "#31a354" title "headroom", \
			"" using 1:4 with impulses linewidth 2 \
				linecolor "#de2d26" \
				title "dropped in 10 ms (right: 50 ms)"
		unset key
	}
}
unset multiplot
