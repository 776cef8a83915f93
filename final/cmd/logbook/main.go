// Command logbook looks into the log of a raft node: one that was written by
// final/wal, or by etcd, whose format is the same. It only reads, but for
// "repair -yes", which cuts off a torn tail after a copy, and "bench", which works in a
// folder of its own. And "torture" crashes the log that final/wal writes, on a
// simulated disk, for as long as you like.
//
// "logbook help" prints how it is used, with an example session. Messages go to
// standard error as "logbook: ...". The exit codes are
//
//	0  fine; a torn tail is fine too, since a crash leaves one, and is told
//	1  what was named is no log, or is damaged, unreadable or empty; a node may not
//	   start on it; it was not repaired; a benchmark could not be run to its end; torture has
//	   found a broken promise
//	2  wrong use
//
// But for repair it takes no lock and changes nothing, so it may run beside a live node.
// What a node writes meanwhile is not seen, or is seen as a torn tail; verify looks again before it says so.
//
// A log is read with the libraries that a node uses, final/wal and final/snap, so what
// they refuse is refused here with their words; the package comment of wal says how
// they tell a torn tail from corruption. Bytes are shown by final/layout, which judges
// nothing and therefore shows everything.
//
// Whatever comes from a log is printed as ASCII, with the rest escaped or as a dot: a
// log may hold anything, also sequences that command a terminal.
//
// It does not decode what an application has put into its entries.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/term"
)

// main is the only place that knows the process: arguments, streams, exit code.
func main() {
	a := &app{out: os.Stdout, err: os.Stderr, colour: colour(os.Stdout), terminal: term.IsTerminal(int(os.Stderr.Fd()))}
	os.Exit(a.run(os.Args[1:]))
}

// An app is one run of the program. Nothing in it is global, so that tests run it
// in their own process.
type app struct {
	out, err io.Writer
	colour   bool // out is a terminal that wants colour
	terminal bool // err is a terminal
}

// The exit codes; part of the interface.
const (
	exitFine  = 0
	exitLog   = 1
	exitUsage = 2
)

// A usageError is the caller's mistake, not the log's.
type usageError struct {
	command string // whose help to read; empty: the overview
	reason  string
}

// Error names the mistake and where to read on.
func (e *usageError) Error() string {
	return fmt.Sprintf("%s; see 'logbook help%s'", e.reason, strings.TrimRight(" "+e.command, " "))
}

// errTold is a failure of which the output says all there is to say.
var errTold = errors.New("told")

// run returns the exit code.
func (a *app) run(args []string) int {
	err := a.dispatch(args)
	if err == nil {
		return exitFine
	}
	if err == errTold {
		return exitLog
	}
	a.say(err.Error())
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	return exitLog
}

// say prints a message for the person at the terminal, on one line.
func (a *app) say(message string) {
	message = strings.ReplaceAll(strings.TrimSpace(message), "\n", "; ")
	fmt.Fprintf(a.err, "logbook: %s\n", message)
}

// dispatch finds the command and runs it.
func (a *app) dispatch(args []string) error {
	if len(args) == 0 {
		return &usageError{"", "no command"}
	}
	name, args := args[0], args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		return a.help(args)
	case "version", "-version", "--version":
		if len(args) > 0 {
			return &usageError{"", name + ": takes no argument"}
		}
		fmt.Fprintln(a.out, version())
		return nil
	}
	c := find(name)
	if c == nil {
		return &usageError{"", fmt.Sprintf("unknown command %q", name)}
	}
	return a.parse(c, args)
}

// parse reads the flags of a command and its one argument, and runs it.
func (a *app) parse(c *command, args []string) error {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	run := c.setup(a, flags)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return a.help([]string{c.name})
	case err != nil:
		return &usageError{c.name, c.name + ": " + err.Error()}
	case c.argument == "" && flags.NArg() == 0:
		return run("")
	case c.argument == "":
		return &usageError{c.name, fmt.Sprintf("%s: takes no argument", c.name)}
	case flags.NArg() == 0 && c.optional != "":
		return run(c.optional)
	case flags.NArg() == 0:
		return &usageError{c.name, fmt.Sprintf("%s: no %s given", c.name, c.argument)}
	case flags.NArg() > 1:
		return &usageError{c.name, fmt.Sprintf("%s: one %s, not %d arguments; flags come first", c.name, c.argument, flags.NArg())}
	case flags.Arg(0) == "":
		return &usageError{c.name, fmt.Sprintf("%s: the %s has an empty name", c.name, c.argument)}
	}
	return run(flags.Arg(0))
}

// help prints the usage of everything, or of one command.
func (a *app) help(args []string) error {
	switch {
	case len(args) == 0:
		fmt.Fprint(a.out, usage)
		return nil
	case len(args) > 1:
		return &usageError{"", "help: one command at a time"}
	}
	c := find(args[0])
	if c == nil {
		return &usageError{"", fmt.Sprintf("help: unknown command %q", args[0])}
	}
	fmt.Fprint(a.out, c.usage)
	return nil
}

// version is what the build says of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "logbook of unknown version"
	}
	s := "logbook " + info.Main.Version + " " + info.GoVersion
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			s += " " + setting.Value
		}
	}
	return s
}

// colour tells whether a file wants colour: a terminal does, unless NO_COLOR is
// set to anything (no-color.org) or the terminal can do nothing.
func colour(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
