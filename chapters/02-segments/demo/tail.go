package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// name looks at two disks which hold the same bytes: the last frame of the
// first file lacks eight of them, and the second file holds nothing but its
// head. Only the second file's name differs.
func name(w io.Writer) error {
	for _, as := range []string{"0.tmp", second} {
		sim := disk.NewSim()
		l, err := segments.Create(sim, "log", head, options)
		if err != nil {
			return err
		}
		err = errors.Join(
			l.Append(records.TypeEntry, []byte("apple")), l.Append(records.TypeEntry, []byte("berry")),
			l.Cut(3, head), l.Close(),
			change(sim, first, func(f disk.File) error { return f.Truncate(80) }),
			sim.Rename("log/"+second, "log/"+as))
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "the second file is called %s:\n", as)
		report, err := segments.Repair(sim, "log")
		if err != nil {
			fmt.Fprintf(w, "  %v\n", err)
			continue
		}
		fmt.Fprintf(w, "  %v\n  then: %s\n", report, look(sim))
	}
	return nil
}

// tail goes on behind a torn record, once by the book and once without clearing
// away what stands there.
func tail(w io.Writer) error {
	for _, clear := range []bool{false, true} {
		sim, err := tornLog()
		if err != nil {
			return err
		}
		end, crc := int64(0), uint32(0)
		for r, err := range segments.Read(sim, "log") {
			if torn, ok := errors.AsType[*segments.TornError](err); ok {
				end = torn.Offset
			} else if err != nil {
				return err
			} else {
				crc = r.CRC
			}
		}
		err = change(sim, second, func(f disk.File) error {
			if clear {
				if err := f.Truncate(end); err != nil {
					return err
				}
			}
			enc := records.NewEncoder(io.NewOffsetWriter(f, end), crc, end)
			return errors.Join(enc.Encode(records.TypeEntry, []byte("fig")), enc.Flush(), f.Sync())
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s:\n  %s\n", map[bool]string{false: "written over what stood there", true: "what stood there cleared away first"}[clear], look(sim))
	}
	return nil
}

// tornLog returns a disk that lost power while an entry of more than two
// sectors was on its way: the file has its new size, but not its second sector.
func tornLog() (crashed *disk.Sim, err error) {
	sim, l, err := grow()
	if err != nil {
		return nil, err
	}
	sim.Watch(func(e disk.Event) {
		if e.Op == disk.OpWrite {
			crashed = sim.Crash(func(u disk.Undecided) disk.Outcome {
				if u.Kind == disk.SectorKind && u.Offset/disk.SectorSize%2 == 1 {
					return disk.Lost(u)
				}
				return disk.Kept(u)
			})
		}
	})
	elder := []byte(strings.Repeat("elder ", 200))
	err = errors.Join(l.Append(records.TypeEntry, elder), l.Sync())
	return crashed, err
}
