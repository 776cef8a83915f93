package wal

import (
	"errors"

	"example.com/logbook/final/disk"
)

// The frame; part of the format. A length word of eight bytes, little-endian, goes before each record:
//
//	bits  0–55  size of the record in bytes
//	bits 56–58  size of the padding, 0 to 7
//	bit  63     set when there is padding
//
// Padding makes the next frame begin at a multiple of eight. Before etcd 3.0 there was none, and the top byte was zero whatever
// the size.
const (
	wordSize = disk.WordSize

	sizeBits  = 56
	sizeMask  = 1<<sizeBits - 1
	paddedBit = 0x80
)

// errLength is a top byte that no writer has ever written.
var errLength = errors.New("length word is damaged: its top byte does not fit its size")

// decodeLength splits a length word into the sizes of record and padding. Only the padding that the size needs is accepted,
// so that every changed bit of the top byte is seen.
func decodeLength(word uint64) (size, pad int64, err error) {
	size = int64(word & sizeMask)
	switch top := word >> sizeBits; {
	case top == 0: // needs no padding, or was written before etcd 3.0
		return size, 0, nil
	case size%wordSize != 0 && top == uint64(paddedBit|(wordSize-size%wordSize)):
		return size, wordSize - size%wordSize, nil
	}
	return 0, 0, errLength
}

// encodeLength returns the length word of a record.
func encodeLength(size int64) uint64 {
	word := uint64(size)
	if pad := -size & (wordSize - 1); pad != 0 {
		word |= uint64(paddedBit|pad) << sizeBits
	}
	return word
}
