# SPDX-License-Identifier: BSD-2-Clause
# Makes the tables of lib/wire/interfaces.c out of one .varlink text: awk -v prefix=verify -f tables.awk FILE.
# The types stand in the text; so do the maximum sizes, in comments of the form
#   # At most so many bytes: user 256, action 127, …
# (bytes of a text and of each text of a list; members of an object; entries of a list of objects). A field
# without one, or a type that nobody knows, ends the build.

function fail(why) {
	print FILENAME ": " why > "/dev/stderr"
	failed = 1
	exit 1
}

# "user 256, action 127" of a line, into most[kind, name].
function take_sizes(kind, text,    n, i, pairs, pair) {
	n = split(text, pairs, /, */)
	for (i = 1; i <= n; i++)
		if (split(pairs[i], pair, / +/) == 2 && pair[2] ~ /^[0-9]+$/)
			most[kind, pair[1]] = pair[2]
		else if (pairs[i] != "")
			fail("\"" pairs[i] "\" is no name with a size")
}

# The type of a field as lib/wire/message.h has it, and the kind of its size.
function field_row(name, type,    required, field, kind, maximum) {
	required = type !~ /^\?/
	sub(/^\?/, "", type)
	kind = ""
	maximum = 0
	if (type == "string") {
		field = "TEXT"
		kind = "bytes"
	} else if (type == "[]string") {
		field = "TEXTS"
		kind = "bytes"
	} else if (type == "int") {
		field = "NUMBER"
		maximum = "DETAIL_NUMBER_MAX"
	} else if (type == "bool") {
		field = "BOOL"
	} else if (type == "object" || type ~ /^[A-Z][A-Za-z]*$/) {
		field = "OBJECT"
		kind = "members"
	} else if (type ~ /^\[\][A-Z][A-Za-z]*$/) {
		field = "OBJECTS"
		kind = "entries"
	} else {
		fail("nobody knows the type " type " of " name)
	}
	if (kind != "" && !((kind, name) in most))
		fail("no comment says how many " kind " " name " has at most")
	if (kind != "")
		maximum = most[kind, name]
	return "\t{\"" name "\", FIELD_" field ", " maximum ", " (required ? "true" : "false") "},"
}

# "user: string, log: int" as a table of its own.
function field_table(table, text,    n, i, fields, at) {
	print "static const struct field " table "[] = {"
	n = split(text, fields, ",")
	for (i = 1; i <= n; i++) {
		gsub(/[ \t]/, "", fields[i])
		at = index(fields[i], ":")
		if (at > 0)
			print field_row(substr(fields[i], 1, at - 1), substr(fields[i], at + 1))
	}
	print "\t{NULL, FIELD_TEXT, 0, false},"
	print "};"
}

# "Name(…) -> (…)", without the word method.
function method_table(text,    name, arrow, in_text, out_text) {
	name = text
	sub(/\(.*/, "", name)
	gsub(/[ \t]/, "", name)
	arrow = index(text, "->")
	if (arrow == 0)
		fail("method " name " gives no reply")
	in_text = substr(text, index(text, "(") + 1, arrow - index(text, "(") - 1)
	out_text = substr(text, arrow + 2)
	sub(/\)[ \t]*$/, "", in_text)
	sub(/^[ \t]*\(/, "", out_text)
	sub(/\)[ \t]*$/, "", out_text)
	field_table(prefix "_" name "_in", in_text)
	field_table(prefix "_" name "_out", out_text)
	rows = rows "\t{\"" name "\", " prefix "_" name "_in, " prefix "_" name "_out},\n"
}

/^# At most so many (bytes|members|entries): / {
	sizes = $6
	sub(/:$/, "", sizes)
	sub(/^# At most so many [a-z]+: /, "")
	take_sizes(sizes, $0)
	next
}
/^#   / && sizes != "" {
	sub(/^#   /, "")
	take_sizes(sizes, $0)
	next
}
{ sizes = "" }
/^#/ || /^$/ { next }
/^interface / { interface = $2 }
/^(method|error|type) / && collecting { fail("a method before " $2 " has no end, or no reply") }
/^method / { collecting = 1; text = ""; sub(/^method /, "") }
collecting {
	text = text " " $0
	open = gsub(/\(/, "(", text)
	if (text ~ /->/ && open == gsub(/\)/, ")", text)) {
		methods[++count] = text
		collecting = 0
	}
}

END {
	if (failed)
		exit 1
	if (collecting)
		fail("the last method has no end, or no reply")
	if (interface == "" || count == 0)
		fail("this is no interface with methods")
	for (i = 1; i <= count; i++)
		method_table(methods[i])
	if (failed)
		exit 1
	print "static const struct method " prefix "_methods[] = {"
	printf "%s", rows
	print "\t{NULL, NULL, NULL},"
	print "};"
	print "const struct interface interface_" prefix " = {\"" interface "\", interface_text_" prefix \
		", " prefix "_methods};\n"
}
