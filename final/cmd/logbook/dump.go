package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"

	"example.com/logbook/final/wal"
)

// dumpUsage promises the form of a line, which people search and cut.
const dumpUsage = `usage: logbook dump [-type LIST] [-index RANGE] DIR

Dump prints one line for each record of the log, oldest first: segment, offset, type,
size of the frame and of its data ("-" when it has none), running CRC, and what the
data says. Samples of data are quoted, as Go quotes strings.

	-type LIST     only these types, of: metadata,entry,state,crc,snapshot
	-index RANGE   only entries and snapshots of these indexes: 7, 100-200, 100-, -200

It streams: memory holds one record at a time, whatever the size of the log.

Damage does not stop it: a line that begins with "# damage" stands where it is, and
what still verifies behind it is shown. At the end the first damage is told again, and
the exit code is 1. A torn tail is told too, and the exit code is 0: a crash leaves one.
A log that does not even hold its metadata is damaged.
`

// setupDump declares the flags of dump. A filter that cannot be read is wrong use, and
// known before any file is opened.
func setupDump(a *app, flags *flag.FlagSet) func(string) error {
	var f filter
	flags.Var(&f.types, "type", "")
	flags.Var(&f.index, "index", "")
	return func(dir string) error {
		if err := f.check(); err != nil {
			return err
		}
		return a.dump(dir, &f)
	}
}

// dumpHeader has the widths of printRecord. A segment's name is always 37 letters.
const dumpHeader = "# %-35s %10s %-8s %8s %8s %-8s %s\n"

// dump prints the records that the filter lets through. Damage is passed over and
// becomes the error at the end: a person who dumps a damaged log wants to see
// what is left.
func (a *app) dump(dir string, f *filter) (err error) {
	at, err := locate(dir)
	if err != nil {
		return err
	}
	w, err := wal.OpenForRead(at.wal, nil, &wal.Options{Recovery: wal.Salvage, Logger: a.strangers()})
	if err != nil {
		return explain(at.wal, err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	out := bufio.NewWriter(a.out)
	fmt.Fprintf(out, "# log in %s\n", at.wal)
	fmt.Fprintf(out, dumpHeader, "segment", "offset", "type", "frame", "data", "crc", "content")
	damage := printRecords(out, at.wal, w, f)
	if err := out.Flush(); err != nil {
		return err
	}
	if damage != nil {
		return explain(at.wal, damage)
	}
	a.tellTorn(at.wal, w.Tail())
	return nil
}

// printRecords returns the first damage; a log that holds no metadata is damaged, too.
// The buffered writer keeps its own error.
func printRecords(out io.Writer, dir string, w *wal.WAL, f *filter) (damage error) {
	metadata := false
	for rec, err := range w.Records() {
		if err != nil {
			damage = cmp.Or(damage, err)
			fmt.Fprintf(out, "# damage: %s\n", damageLine(err))
		}
		if rec.Segment == "" {
			continue
		}
		metadata = metadata || rec.Type == wal.TypeMetadata
		if f.wants(&rec) {
			printRecord(out, &rec)
		}
	}
	if t := w.Tail(); damage == nil && !metadata {
		return &wal.TornError{Dir: dir, Segment: t.Segment, Offset: t.Offset, Reason: t.Reason}
	}
	return damage
}

// damageLine leaves out the remedy, which stands at the end, once.
func damageLine(err error) string {
	if c, ok := errors.AsType[*wal.CorruptError](err); ok {
		return fmt.Sprintf("%s at offset %d: %s", c.Segment, c.Offset, c.Reason)
	}
	return err.Error()
}

// printRecord prints one line, and no blanks behind it.
func printRecord(out io.Writer, r *wal.Record) {
	size := "-"
	if r.Data != nil {
		size = fmt.Sprint(len(r.Data))
	}
	fmt.Fprintf(out, "%s %10d %-8s %8d %8s %08x", r.Segment, r.Offset, r.Type, r.Size, size, r.CRC)
	if s := content(r); s != "" {
		fmt.Fprintf(out, " %s", s)
	}
	fmt.Fprintln(out)
}
