// Package layout describes the bytes of a log, once, and draws everything else
// from that description.
//
// One table ([Lookup], [Types]) says what a frame holds, what a record holds, and
// what the messages inside a record and inside a .snap file are made of. From it
// come the pictures in the code ([Ruler]), the tables in the documents ([Table]),
// the annotated hexdump ([Dump]), which is also the text form of golden files
// ([Parse] reads it back), and the few lines around one byte that a failing test
// prints ([Excerpt]).
//
// A segment is a sequence of frames, and zeros behind the last one:
//
//	frame:
//	  7      1     size     0-7
//	+------+-----+--------+---------+
//	| size | pad | record | padding |
//	+------+-----+--------+---------+
//
// # The text of a dump
//
// A dump is a line for each field, in the order of the file:
//
//	00000018  08 01                                            |   type 1 metadata
//
// First the offset of the line's first byte, in hexadecimal, of eight digits or as
// many as it takes. Then, behind two blanks, its bytes, at most 16 of them; or
// "00 x 4080" for a run of so many zeros; or "..." for bytes that a shortened dump
// leaves out. Behind the bar stands what they mean: length words without indent,
// what is inside of something under it, with two blanks for each level. A note that
// begins with "!" tells of damage:
//
//   - a length word that cannot be one: its top byte does not fit its size, or the
//     file ends before the frame does
//   - a frame whose record does not begin with type and checksum, in as few bytes as
//     they take, or does not fill it
//   - a checksum that does not match: what is stored and what is computed
//   - a field that the message does not have, or that is longer than the message
//   - zeros where a length word belongs, and something other than zeros behind them
//   - padding that is not zero, which no checksum covers
//
// Behind damage, the first checksum cannot be checked, since each covers all data
// before it; the line says so. From there on they are checked against what is stored.
//
// Each byte of the file is on exactly one line. Reading the text back needs nothing
// behind the bar, so notes may change from version to version; what stands before
// the bar does not.
//
// # What it does not do
//
// The package reads bytes to show them. It does not judge a log: whether damage
// is a torn write or corruption, and what to do about it, is no business of a
// hexdump. It knows the messages of the log and nothing of what an application
// puts into them.
package layout
