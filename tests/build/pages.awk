# SPDX-License-Identifier: MIT
#
# What a page in mdoc(7) says in C.  With -v want=synopsis: its SYNOPSIS, as
# declarations; with -v want=examples -v folder=DIR: each display of EXAMPLES, to
# a file DIR/NUMBER.c, whose names are printed.

function plain(line) {
	gsub(/\\e/, "\\", line)
	gsub(/\\-/, "-", line)
	gsub(/\\&/, "", line)
	gsub(/\\\(dq/, "\"", line)
	return line
}

# .Fn name "type arg" "type arg"
function declaration(line,    words, count, i, args) {
	count = split(line, words, "\"")
	for (i = 2; i <= count; i += 2)
		args = args (args ? ", " : "") words[i]
	sub(/^\.Fn /, "", words[1])
	gsub(/ /, "", words[1])
	return type " " words[1] "(" (args ? args : "void") ");"
}

/^\.Sh / { section = $2 }
section == "SYNOPSIS" && want == "synopsis" {
	if ($1 == ".In")
		print "#include <" $2 ">"
	else if ($1 == ".Ft")
		type = substr($0, 5)
	else if ($1 == ".Fn")
		print declaration($0)
	else if ($1 == ".Bd")
		print "void *shown(size_t len_bytes);\n" \
			"void *shown(size_t len_bytes) { return"
	else if ($1 == ".Ed")
		print "}"
	else if ($0 !~ /^\./)
		print plain($0)
	next
}
section == "EXAMPLES" && want == "examples" {
	if ($1 == ".Bd") {
		file = folder "/" ++number ".c"
		print file
	} else if ($1 == ".Ed") {
		close(file)
		file = ""
	} else if (file) {
		print plain($0) >file
	}
}
