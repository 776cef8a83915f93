package segmentstest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	records "example.com/logbook/chapters/01-records"
	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
	"example.com/logbook/final/layout"
)

// found is what the suite's own reader makes of a log. It is the plainest
// reading of the promises: it decides nothing by exercise 2.1, 2.5 or 2.6.
type found struct {
	// names are the segments, oldest first; none if there is no log.
	names []string
	// recs are all records up to the first that is not sound.
	recs []Placed
	// end is where they end in the last file that was read.
	end int64
	// torn is set when the last segment ends in what a crash may leave, and
	// wrong says what no crash may leave.
	torn  bool
	wrong string
}

// look reads the log on a disk.
func look(fsys disk.FS) found {
	var l found
	for _, n := range suite.Files(fsys, dir) {
		var seq, index uint64
		if _, err := fmt.Sscanf(n, "%016x-%016x.wal", &seq, &index); err != nil || n != name(seq, index) {
			continue
		}
		if i := len(l.names); i > 0 {
			var before uint64
			fmt.Sscanf(l.names[i-1], "%016x", &before)
			if seq != before+1 {
				l.wrong = fmt.Sprintf("%s follows %s: a gap", n, l.names[i-1])
				return l
			}
		}
		l.names = append(l.names, n)
	}
	crc := uint32(0)
	for i, n := range l.names {
		if crc = l.segment(n, content(fsys, n), i, crc); l.wrong != "" {
			break
		}
	}
	return l
}

// segment reads one file, and returns the running checksum behind it.
func (l *found) segment(name string, b []byte, i int, crc uint32) uint32 {
	d := records.NewDecoder(bytes.NewReader(b), int64(len(b)))
	for {
		at := d.Offset()
		r, err := d.Next()
		if err != nil {
			break
		}
		if at == 0 && (r.Type != typeCRC || i > 0 && r.CRC != crc) {
			l.wrong = fmt.Sprintf("%s begins with %s %08x; the chain stands at %08x", name, typeName(r.Type), r.CRC, crc)
			return crc
		}
		l.recs = append(l.recs, Placed{Record(r), name, at})
	}
	l.end = d.Offset()
	f, err := judge(b)
	switch last := i == len(l.names)-1; {
	case err != nil:
		panic(err) // bytes in memory can be read
	case f.Offset == 0:
		l.wrong = name + " has no checksum record at its beginning"
	case f.Verdict == records.Torn && last:
		l.torn = true
	case f.Verdict != records.Clean:
		l.wrong = fmt.Sprintf("%s, offset %d: %v: %s", name, f.Offset, f.Verdict, f.Reason)
	}
	return d.CRC()
}

// judge is chapter 1's Judge for a file that was reserved, so that zeros are
// behind what was written: a write that was cut short at any byte is torn.
func judge(b []byte) (records.Finding, error) {
	f, err := records.Judge(bytes.NewReader(b), int64(len(b)))
	if err != nil || f.Verdict != records.Corrupt || int64(len(b)) < f.Offset+8 {
		return f, err
	}
	size, _, bad := records.DecodeLength(binary.LittleEndian.Uint64(b[f.Offset:]))
	if b = bytes.TrimRight(b, "\x00"); bad != nil || int64(len(b)) >= f.Offset+8+size {
		return f, nil
	}
	return records.Judge(bytes.NewReader(b), int64(len(b)))
}

// texts is what records hold, in the order of the log, for comparing: without
// checksum records and places.
func texts[R Record | Placed](recs []R) []string {
	list := []string{}
	for _, r := range recs {
		var rec Record
		switch r := any(r).(type) {
		case Record:
			rec = r
		case Placed:
			rec = r.Record
		}
		if rec.Type != typeCRC {
			list = append(list, fmt.Sprintf("%s %q", typeName(rec.Type), rec.Data))
		}
	}
	return list
}

// inOrder reports whether what was promised is there, and nothing that was not
// tried: promised is a beginning of got, and got of tried.
func inOrder(promised, got, tried []string) bool {
	return len(promised) <= len(got) && len(got) <= len(tried) &&
		slices.Equal(promised, got[:len(promised)]) && slices.Equal(got, tried[:len(got)])
}

// inWords is the content of a log, one segment a line.
func inWords(l found) string {
	if len(l.names) == 0 {
		return "no segment"
	}
	var b bytes.Buffer
	for _, n := range l.names {
		count, size := 0, 0
		for _, r := range l.recs {
			if r.Segment == n {
				count++
				size += len(r.Data)
			}
		}
		fmt.Fprintf(&b, "%s: %d records, %d bytes of data\n", n, count, size)
	}
	switch {
	case l.wrong != "":
		b.WriteString("then: " + l.wrong)
	case l.torn:
		b.WriteString("then: torn")
	}
	return b.String()
}

// excerpt is a part of a file around an offset.
func excerpt(b []byte, at int64) string {
	return layout.Excerpt(b, at)
}

// differ fails when got is not want, and shows both around the first byte that
// differs. Zeros at the end do not count.
func (w *world) differ(what string, got, want []byte, means string) {
	w.Helper()
	at := suite.FirstDifference(bytes.TrimRight(got, "\x00"), bytes.TrimRight(want, "\x00"))
	if at < 0 {
		return
	}
	w.fail(failure{
		Got:   what + ":\n" + excerpt(got, int64(at)),
		Want:  what + ":\n" + excerpt(want, int64(at)),
		Means: fmt.Sprintf("byte %d is the first that differs. %s", at, means),
	})
}
