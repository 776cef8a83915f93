// Demo shows, for the pages of the book, what chapter 2's code does to a disk.
// The disk is one in memory: nothing of yours is touched.
//
//	go run ./chapters/02-segments/demo create   what Create does, and what a crash leaves of it
//	go run ./chapters/02-segments/demo cut      the same for Cut
//	go run ./chapters/02-segments/demo orders   a cut in four orders, and the worst that a crash leaves of each
//	go run ./chapters/02-segments/demo name     one torn record, and the next file under two names
//	go run ./chapters/02-segments/demo border   the records on both sides of a cut
//	go run ./chapters/02-segments/demo damage   one accident in four places
//	go run ./chapters/02-segments/demo tail     what stood behind the end, if nobody clears it away
//	go run ./chapters/02-segments/demo repair   a torn tail, before and after
//
// It exits with 2 when it is called otherwise.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

const usage = "usage: go run ./chapters/02-segments/demo create | cut | orders | name | border | damage | tail | repair\n"

func main() {
	scenes := map[string]func(io.Writer) error{
		"create": create, "cut": cut, "orders": orders, "name": name, "border": border, "damage": damage, "tail": tail, "repair": repair,
	}
	if len(os.Args) != 2 || scenes[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := scenes[os.Args[1]](os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// options make segments small enough to look at.
var options = &segments.Options{SegmentSize: 1024}

// head opens every segment of the demo's logs.
var head = []records.Record{{Type: records.TypeMetadata, Data: []byte("n1")}}

// grow makes a log of two segments on a new disk, each with two synced entries,
// and leaves it open.
func grow() (*disk.Sim, *segments.Log, error) {
	sim := disk.NewSim()
	l, err := segments.Create(sim, "log", head, options)
	if err != nil {
		return nil, nil, err
	}
	err = errors.Join(
		l.Append(records.TypeEntry, []byte("apple")), l.Append(records.TypeEntry, []byte("berry")),
		l.Cut(3, head),
		l.Append(records.TypeEntry, []byte("cherry")), l.Append(records.TypeEntry, []byte("damson")), l.Sync())
	return sim, l, err
}

// follow prints every operation that changes the disk, and what a log looks
// like if the power fails right behind it: when all is lost that may be, and
// when nothing is.
func follow(w io.Writer, sim *disk.Sim) {
	fmt.Fprintf(w, "%-50s  %-20s %s\n", "", "all is lost", "all is kept")
	sim.Watch(func(e disk.Event) {
		if e.Op&disk.OpChanges != 0 && e.Err == nil {
			fmt.Fprintf(w, "%-50s  %-20s %s\n", short(e), look(sim.Crash(disk.Lost)), look(sim.Crash(disk.Kept)))
		}
	})
}

// short returns an operation in words, with the two numbers of a segment's name
// short enough for a line.
func short(e disk.Event) string {
	return strings.NewReplacer("0000000000000000", "0…0", "000000000000000", "0…0").Replace(e.String())
}

// look says what a log holds.
func look(fsys disk.FS) string {
	names, err := segments.List(fsys, "log")
	if errors.Is(err, segments.ErrNoLog) {
		return "no log"
	}
	n := 0
	for r, err := range segments.Read(fsys, "log") {
		if err != nil {
			return err.Error()
		}
		if r.Type == records.TypeEntry {
			n++
		}
	}
	return fmt.Sprintf("files %d, entries %d", len(names), n)
}

// create follows the making of a log.
func create(w io.Writer) error {
	sim := disk.NewSim()
	follow(w, sim)
	_, err := segments.Create(sim, "log", head, options)
	return err
}

// cut follows a cut: the second entry is appended, and not yet synced.
func cut(w io.Writer) error {
	sim := disk.NewSim()
	l, err := segments.Create(sim, "log", head, options)
	if err != nil {
		return err
	}
	if err := errors.Join(l.Append(records.TypeEntry, []byte("apple")), l.Sync(), l.Append(records.TypeEntry, []byte("berry"))); err != nil {
		return err
	}
	follow(w, sim)
	return l.Cut(3, head)
}

// border lists the records of two segments.
func border(w io.Writer) error {
	sim, _, err := grow()
	if err != nil {
		return err
	}
	file := ""
	for r, err := range segments.Read(sim, "log") {
		if err != nil {
			return err
		}
		if r.Segment != file {
			file = r.Segment
			fmt.Fprintf(w, "%s\n", file)
		}
		fmt.Fprintf(w, "  offset %3d  type %d  crc %08x  %q\n", r.Offset, r.Type, r.CRC, r.Data)
	}
	return nil
}
