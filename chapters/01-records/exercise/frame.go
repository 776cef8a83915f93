package records

import (
	"errors"

	"example.com/logbook/chapters/course"
)

// Part of the format: none of these may change.
const (
	// WordSize is the size of a frame's length word in bytes, and the
	// alignment of every frame. A word that starts at a multiple of its own
	// size never straddles a sector, so a crash leaves it whole or absent.
	WordSize = 8

	// SectorSize is the unit, in bytes, that a disk writes whole or not at all.
	SectorSize = 512

	// PageSize is the unit, in bytes, in which a [PageWriter] hands its bytes on.
	PageSize = 4096

	// maxSize is the largest record that 56 bits can announce, in bytes.
	maxSize = 1<<56 - 1
)

// ErrFrame says that the bytes at an offset are no frame: a length word that no
// writer makes, or padding that is not zero. The file was changed, or it is not
// a log. Do not cut it there; see [Judge].
var ErrFrame = errors.New("not a frame")

// EncodeLength returns the length word of a frame whose record is size bytes
// long, and the number of zero bytes that follow the record so that the next
// frame begins at a multiple of [WordSize].
//
// The word holds size in its low 56 bits. Its top byte is zero when nothing is
// padded, and 0x80|pad otherwise. A size below zero or of 1<<56 and more
// cannot be framed; the word is then 0, which no reader takes for a record.
//
//course:exercise 1.1
func EncodeLength(size int64) (word uint64, pad int) {
	panic(course.TODO("1.1"))
}

// DecodeLength returns what a length word says: how many bytes the record has
// and how many bytes of padding follow it.
//
// Two kinds of word are read: those that [EncodeLength] makes, and those with a
// top byte of zero and any size, which etcd wrote before 3.0 and which are
// followed by no padding. Every other word gives an error that wraps
// [ErrFrame]: a marked padding must be the one that the size asks for.
//
//course:exercise 1.1
func DecodeLength(word uint64) (size int64, pad int, err error) {
	panic(course.TODO("1.1"))
}
