package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// handCut is a cut done by hand, so that its steps can change places. The log
// holds "apple", synced; the cut is behind "berry", and "cherry" follows it.
type handCut struct {
	sim      *disk.Sim
	old, new disk.File
	crc      uint32
	end      int64
}

// newHandCut makes the log, and the spare of the cut.
func newHandCut() (*handCut, error) {
	sim := disk.NewSim()
	l, err := segments.Create(sim, "log", head, options)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(l.Append(records.TypeEntry, []byte("apple")), l.Sync()); err != nil {
		return nil, err
	}
	c := &handCut{sim: sim, end: l.Size()}
	if err := l.Close(); err != nil {
		return nil, err
	}
	for r, err := range segments.Read(sim, "log") {
		if err != nil {
			return nil, err
		}
		c.crc = r.CRC
	}
	if c.old, err = sim.Open("log/"+first, os.O_RDWR, 0); err != nil {
		return nil, err
	}
	c.new, err = sim.Open("log/0.tmp", os.O_RDWR|os.O_CREATE, disk.FileMode)
	return c, err
}

// write encodes records to a file and notes the running checksum.
func (c *handCut) write(f disk.File, at int64, all ...records.Record) error {
	enc := records.NewEncoder(io.NewOffsetWriter(f, at), c.crc, at)
	for _, r := range all {
		if err := enc.Encode(r.Type, r.Data); err != nil {
			return err
		}
	}
	c.crc = enc.CRC()
	return enc.Flush()
}

// do takes one step.
func (c *handCut) do(step string) error {
	switch step {
	case "write the old tail":
		return c.write(c.old, c.end, records.Record{Type: records.TypeEntry, Data: []byte("berry")})
	case "sync it":
		return c.old.Sync()
	case "write the head":
		return c.write(c.new, 0, append([]records.Record{{Type: records.TypeCRC}}, head...)...)
	case "sync the head":
		return c.new.Sync()
	case "rename":
		return c.sim.Rename("log/0.tmp", "log/"+second)
	case "sync the folder":
		return c.sim.SyncDir("log")
	}
	// What follows every cut: an entry in the new segment, synced.
	return errors.Join(c.write(c.new, 40, records.Record{Type: records.TypeEntry, Data: []byte("cherry")}), c.new.Sync())
}

// cherry is the step behind the cut: from then on, three entries are promised.
const cherry = "append cherry, sync"

// orders takes the steps of a cut in four orders, and looks at every disk that
// a crash may leave behind each step.
func orders(w io.Writer) error {
	for _, steps := range [][]string{
		{"write the old tail", "sync it", "write the head", "sync the head", "rename", "sync the folder", cherry},
		{"write the old tail", "write the head", "sync the head", "rename", "sync the folder", "sync it", cherry},
		{"write the old tail", "sync it", "rename", "sync the folder", "write the head", "sync the head", cherry},
		{"write the old tail", "sync it", "write the head", "sync the head", "rename", cherry},
	} {
		c, err := newHandCut()
		if err != nil {
			return err
		}
		for i, step := range steps {
			fmt.Fprintf(w, "%s%s", map[bool]string{true: " · "}[i > 0], step)
			if err := c.do(step); err != nil {
				return err
			}
		}
		if err := worst(w, steps); err != nil {
			return err
		}
	}
	return nil
}

// worst prints the first step behind which a crash breaks the log.
func worst(w io.Writer, steps []string) error {
	c, err := newHandCut()
	if err != nil {
		return err
	}
	disks := 0
	for _, step := range steps {
		if err := c.do(step); err != nil {
			return err
		}
		promised := 1
		if step == cherry {
			promised = 3
		}
		n := len(c.sim.Pending())
		for mask := range 1 << n {
			disks++
			crashed := c.sim.Crash(func(u disk.Undecided) disk.Outcome {
				if mask>>u.Index&1 == 0 {
					return disk.Lost(u)
				}
				return disk.Kept(u)
			})
			if broken := judge(crashed, promised); broken != "" {
				fmt.Fprintf(w, "\n  a crash behind %q may leave:\n  %s\n", step, broken)
				return nil
			}
		}
	}
	fmt.Fprintf(w, "\n  %d disks after a crash: each opens, and holds what was promised\n", disks)
	return nil
}

// judge repairs and opens a log, and says what is wrong with it.
func judge(fsys disk.FS, promised int) string {
	if _, err := segments.Repair(fsys, "log"); err != nil {
		return err.Error()
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
	if n < promised {
		return fmt.Sprintf("%s, and no error: %d were promised", look(fsys), promised)
	}
	return ""
}
