package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"example.com/logbook/final/layout"
)

// hexUsage explains the marks, since they decide the exit code.
const hexUsage = `usage: logbook hex [-shorten] [-offset N] [-n N] [-snap] FILE

Hex prints every byte of a file once: offset, bytes, and behind a bar the field and
its value. It streams; neither a large file nor a large record costs memory.

	-shorten   leave out the middle of long data
	-offset N  begin with the line that holds offset N (0x1c50 works too)
	-n N       stop after N bytes
	-snap      the file is a snapshot; default: its name holds ".snap"

What is damaged is marked with "!", and the dump goes on at the next place that
parses. The offset is that of the bytes that do not parse, where 'logbook dump' names the
beginning of their frame. If anything was marked the exit code is 1. Whether it is a torn tail, as
a crash leaves one, is for 'logbook dump' to say: it sees the whole log.
`

// setupHex declares the flags of hex, which go straight into the options of the dump.
func setupHex(a *app, flags *flag.FlagSet) func(string) error {
	opts := &layout.Options{Colour: a.colour}
	flags.BoolVar(&opts.Shorten, "shorten", false, "")
	flags.BoolVar(&opts.Snap, "snap", false, "")
	flags.Int64Var(&opts.From, "offset", 0, "")
	n := flags.Int64("n", 0, "")
	return func(name string) error {
		if opts.From < 0 || *n < 0 {
			return &usageError{"hex", "hex: -offset and -n cannot be negative"}
		}
		given := false
		flags.Visit(func(f *flag.Flag) { given = given || f.Name == "n" })
		if given && *n == 0 {
			return &usageError{"hex", "hex: -n 0 would show nothing; leave it out to see everything"}
		}
		if *n > 0 {
			opts.To = opts.From + *n
		}
		opts.Snap = opts.Snap || strings.Contains(filepath.Base(name), ".snap")
		return a.hex(name, opts)
	}
}

// hex dumps one file and fails if it is damaged.
func (a *app) hex(name string, opts *layout.Options) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return unreadable(name, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return unreadable(name, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file; 'logbook dump' shows the log in a folder", name)
	case info.Size() == 0:
		return fmt.Errorf("%s is empty, and no log or snapshot is; check the path", name)
	case opts.From >= info.Size():
		return &usageError{"hex", fmt.Sprintf("hex: -offset %d is behind the end of %s, which has %d bytes", opts.From, name, info.Size())}
	}
	var marks int
	var first string
	opts.Damage = func(off int64, what string) {
		if marks++; marks == 1 {
			first = fmt.Sprintf("at offset %d: %s", off, what)
		}
	}
	if err := opts.Dump(a.out, f, info.Size()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if marks > 0 {
		return fmt.Errorf("%s does not parse in %s, first %s; 'logbook dump' tells what a node makes of it", name, places(marks), first)
	}
	return nil
}

// places counts for a person.
func places(n int) string {
	if n == 1 {
		return "1 place"
	}
	return fmt.Sprintf("%d places", n)
}
