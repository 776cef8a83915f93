package segments_test

import (
	"errors"
	"fmt"
	"log"
	"os"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// head is what the segments of the examples begin with.
var head = []records.Record{{Type: records.TypeMetadata, Data: []byte("n1")}}

// sample returns a disk with a log of two segments, closed, with two entries in
// each.
func sample() *disk.Sim {
	sim := disk.NewSim()
	l, err := segments.Create(sim, "log", head, &segments.Options{SegmentSize: 512})
	if err != nil {
		log.Fatal(err)
	}
	err = errors.Join(
		l.Append(records.TypeEntry, []byte("apple")), l.Append(records.TypeEntry, []byte("berry")),
		l.Cut(3, head),
		l.Append(records.TypeEntry, []byte("cherry")), l.Append(records.TypeEntry, []byte("damson")),
		l.Close())
	if err != nil {
		log.Fatal(err)
	}
	return sim
}

// truncate cuts a file short.
func truncate(fsys disk.FS, name string, size int64) {
	f, err := fsys.Open(name, os.O_RDWR, 0)
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(f.Truncate(size), f.Sync(), f.Close()); err != nil {
		log.Fatal(err)
	}
}

// Both numbers are hexadecimal, and what is nearly a segment's name is none.
func ExampleParseName() {
	name := segments.FormatName(2, 81)
	fmt.Println(name)
	for _, n := range []string{name, name + ".broken", "2-51.wal"} {
		fmt.Println(segments.ParseName(n))
	}
	// Output:
	// 0000000000000002-0000000000000051.wal
	// 2 81 true
	// 0 0 false
	// 0 0 false
}

// A log may begin with any number, since old segments are given up; in the
// middle, none may be missing.
func ExampleGapError() {
	a, b, c := segments.FormatName(3, 10), segments.FormatName(4, 20), segments.FormatName(6, 40)
	names, err := segments.Sequence([]string{b, "0.tmp", a})
	fmt.Println(len(names), err)
	_, err = segments.Sequence([]string{a, b, c})
	if gap, ok := errors.AsType[*segments.GapError](err); ok {
		fmt.Println("missing:", gap.First, "to", gap.Last, errors.Is(err, segments.ErrCorrupt))
	}
	// Output:
	// 2 <nil>
	// missing: 5 to 5 true
}

// What was appended before a Sync that returned nil survives; what came after
// it need not. Kill -9 would have been no danger for what was written, but the
// second record was only held.
func ExampleLog() {
	sim := disk.NewSim()
	l, err := segments.Create(sim, "log", head, nil)
	if err != nil {
		log.Fatal(err)
	}
	err = errors.Join(l.Append(records.TypeEntry, []byte("promised")), l.Sync(), l.Append(records.TypeEntry, []byte("not yet")))
	if err != nil {
		log.Fatal(err)
	}
	crashed := sim.Crash(disk.Kept) // the log is not closed: the machine has stopped
	for r, err := range segments.Read(crashed, "log") {
		fmt.Printf("type %d: %q %v\n", r.Type, r.Data, err)
	}
	// Output:
	// type 4: "" <nil>
	// type 1: "n1" <nil>
	// type 2: "promised" <nil>
}

// The first failure stays, although the disk would work again: what the failed
// sync has left there is unknown. Close still gives the locks back.
func ExampleLog_Sync() {
	sim := disk.NewSim()
	l, err := segments.Create(sim, "log", head, nil)
	if err != nil {
		log.Fatal(err)
	}
	sim.Inject(disk.Fault{Ops: disk.OpSync}) // one sync fails
	first := errors.Join(l.Append(records.TypeEntry, []byte("lost?")), l.Sync())
	fmt.Println(first)
	fmt.Println("the same:", errors.Is(first, l.Sync()), errors.Is(first, l.Append(records.TypeEntry, nil)))
	l.Close()
	_, err = segments.Open(sim, "log", nil)
	fmt.Println(err)
	// Output:
	// segments: 0000000000000000-0000000000000000.wal: sync: sync log/0000000000000000-0000000000000000.wal: input/output error; close the log, and open it again
	// the same: true true
	// <nil>
}

// The size is what the caller's decision to cut rests on. What is only held is
// not in it.
func ExampleOptions() {
	opts := &segments.Options{SegmentSize: 512}
	l, err := segments.Create(disk.NewSim(), "log", head, opts)
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	for i := range uint64(20) {
		if err := errors.Join(l.Append(records.TypeEntry, make([]byte, 100)), l.Sync()); err != nil {
			log.Fatal(err)
		}
		if l.Size() >= opts.SegmentSize {
			if err := l.Cut(i+2, head); err != nil {
				log.Fatal(err)
			}
		}
	}
	fmt.Println(l.Segments())
	// Output:
	// [0000000000000000-0000000000000000.wal 0000000000000001-0000000000000005.wal 0000000000000002-0000000000000009.wal 0000000000000003-000000000000000d.wal 0000000000000004-0000000000000011.wal 0000000000000005-0000000000000015.wal]
}

// A record tells where it stands. The checksum at the end of a file opens the
// next.
func ExampleRecord() {
	for r, err := range segments.Read(sample(), "log") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s %2d  type %d  crc %08x  %q\n", r.Segment[13:16], r.Offset, r.Type, r.CRC, r.Data)
	}
	// Output:
	// 000  0  type 4  crc 00000000  ""
	// 000 16  type 1  crc 47ae0aec  "n1"
	// 000 40  type 2  crc bd688e4d  "apple"
	// 000 64  type 2  crc 649506b8  "berry"
	// 001  0  type 4  crc 649506b8  ""
	// 001 16  type 1  crc 4796a253  "n1"
	// 001 40  type 2  crc 604e5007  "cherry"
	// 001 64  type 2  crc c12d62eb  "damson"
}

// A torn log is refused, repaired, and opened. The report says what was done,
// and the copy holds what was cut off.
func ExampleReport() {
	sim := sample()
	truncate(sim, "log/"+segments.FormatName(1, 3), 76) // inside damson, at 64
	_, err := segments.Open(sim, "log", nil)
	fmt.Println("torn:", errors.Is(err, segments.ErrTorn))
	report, err := segments.Repair(sim, "log")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Offset, report.Cut, report.Copy)
	l, err := segments.Open(sim, "log", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Close())
	// Output:
	// torn: true
	// 64 12 0000000000000001-0000000000000003.wal.broken
	// <nil>
}

// The error says where the log may be cut. Repair does it.
func ExampleTornError() {
	sim := sample()
	truncate(sim, "log/"+segments.FormatName(1, 3), 76)
	_, err := segments.Open(sim, "log", nil)
	if torn, ok := errors.AsType[*segments.TornError](err); ok {
		fmt.Printf("%s at %d: %s\n", torn.Segment, torn.Offset, torn.Reason)
	}
	// Output: 0000000000000001-0000000000000003.wal at 64: the file ends inside the frame
}

// The same accident in a sealed segment is none: that file was durable to its
// end before the next one had a name. Repair refuses it too.
func ExampleCorruptError() {
	sim := sample()
	truncate(sim, "log/"+segments.FormatName(0, 0), 76)
	_, err := segments.Repair(sim, "log")
	if bad, ok := errors.AsType[*segments.CorruptError](err); ok {
		fmt.Println(bad.Segment, bad.Offset, errors.Is(err, segments.ErrCorrupt))
	}
	// Output: 0000000000000000-0000000000000000.wal 64 true
}
