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
// The package reads bytes to show them. It does not judge a log: whether damage
// is a torn write or corruption, and what to do about it, is no business of a
// hexdump. It knows the messages of the log and nothing of what an application
// puts into them.
package layout
