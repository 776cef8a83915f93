package layout

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrText is returned, wrapped, by [Parse] for text that is not a whole dump. The
// message names the line; mend it there.
var ErrText = errors.New("not a whole dump")

// maxParsed is the most that Parse returns: a dump of one line can ask for any
// number of zeros.
const maxParsed = 1 << 30

// Parse reads a dump back: the bytes it returns are those that were dumped. What
// stands behind a bar, lines that begin with "#" and empty lines are comments. A
// run of zeros is written "00 x 4080". Each line must begin with its offset, so
// that a line lost or doubled is found out; a shortened dump is refused.
func Parse(text string) ([]byte, error) {
	b := []byte{}
	number := 0
	for l := range strings.Lines(text) {
		number++
		var err error
		if b, err = parseLine(b, l); err != nil {
			return nil, fmt.Errorf("layout: line %d: %w: %w", number, ErrText, err)
		}
	}
	return b, nil
}

// parseLine appends the bytes of one line to b, whose length is the offset at
// which the line must stand.
func parseLine(b []byte, text string) ([]byte, error) {
	text, _, _ = strings.Cut(text, "|")
	fields := strings.Fields(text)
	if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
		return b, nil
	}
	off, err := strconv.ParseUint(fields[0], 16, 63)
	if err != nil {
		return nil, fmt.Errorf("%q is no offset in hexadecimal", fields[0])
	}
	if off != uint64(len(b)) {
		return nil, fmt.Errorf("offset %08x, but %08x bytes stand before it", off, len(b))
	}
	fields = fields[1:]
	switch {
	case len(fields) == 1 && fields[0] == "...":
		return nil, errors.New("bytes are left out here; dump again without shortening")
	case len(fields) == 3 && fields[0] == "00" && fields[1] == "x":
		return appendZeros(b, fields[2])
	}
	return appendHex(b, fields)
}

// appendZeros checks the count before it allocates.
func appendZeros(b []byte, count string) ([]byte, error) {
	n, err := strconv.ParseUint(count, 10, 63)
	if err != nil || n > uint64(maxParsed-len(b)) {
		return nil, fmt.Errorf("%q is no number of zeros up to %d", count, maxParsed-len(b))
	}
	return append(b, make([]byte, n)...), nil
}

// appendHex takes bytes of two digits each, with blanks between: "0102" is more
// likely a slip than two bytes.
func appendHex(b []byte, fields []string) ([]byte, error) {
	for _, f := range fields {
		c, err := hex.DecodeString(f)
		if err != nil || len(c) != 1 {
			return nil, fmt.Errorf("%q is no byte of two hexadecimal digits", f)
		}
		b = append(b, c[0])
	}
	return b, nil
}
