package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// The segments that grow makes.
var first, second = segments.FormatName(0, 0), segments.FormatName(1, 3)

// change has a function change a file of the log.
func change(fsys disk.FS, name string, do func(disk.File) error) error {
	f, err := fsys.Open("log/"+name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(do(f), f.Close())
}

// damage cuts a file short, in three places, and takes one away.
func damage(w io.Writer) error {
	inside := func(f disk.File) error { return f.Truncate(80) }   // "berry" and "damson" begin at 64
	checksum := func(f disk.File) error { return f.Truncate(12) } // inside the first record
	for _, c := range []struct {
		name, file string
		do         func(disk.File) error
	}{
		{"the last file ends inside damson", second, inside},
		{"the sealed file ends inside berry", first, inside},
		{"the last file ends inside its checksum record", second, checksum},
	} {
		sim, l, err := grow()
		if err != nil {
			return err
		}
		if err := errors.Join(l.Close(), change(sim, c.file, c.do)); err != nil {
			return err
		}
		_, err = segments.Open(sim, "log", options)
		fmt.Fprintf(w, "%s:\n  %v\n", c.name, err)
	}
	return gap(w)
}

// gap removes the middle one of three segments.
func gap(w io.Writer) error {
	sim, l, err := grow()
	if err != nil {
		return err
	}
	if err := errors.Join(l.Cut(5, head), l.Close(), sim.Remove("log/"+second)); err != nil {
		return err
	}
	_, err = segments.Open(sim, "log", options)
	fmt.Fprintf(w, "the middle one of three files is gone:\n  %v\n", err)
	return nil
}

// list prints what the log's folder holds.
func list(w io.Writer, fsys disk.FS) error {
	entries, err := fsys.List("log")
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %5d  %s\n", info.Size(), e.Name())
	}
	return nil
}

// repair mends the log of tornLog, twice.
func repair(w io.Writer) error {
	crashed, err := tornLog()
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "after the crash:")
	if err := list(w, crashed); err != nil {
		return err
	}
	_, err = segments.Open(crashed, "log", options)
	fmt.Fprintf(w, "Open:\n  %v\n", err)
	for range 2 {
		report, err := segments.Repair(crashed, "log")
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "Repair:\n  %v\n", report)
	}
	fmt.Fprintln(w, "after the repair:")
	if err := list(w, crashed); err != nil {
		return err
	}
	l, err := segments.Open(crashed, "log", options)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Open:\n  %s; the next record goes to offset %d\n", look(crashed), l.Size())
	return l.Close()
}
