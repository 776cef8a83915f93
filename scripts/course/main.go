package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/grade"
	"example.com/logbook/scripts/course/internal/stub"
	"example.com/logbook/scripts/course/internal/verify"
	"example.com/logbook/scripts/course/internal/weave"
)

const usage = `usage: go run ./scripts/course [COMMAND]

Without a command: every chapter and exercise, where it stands, what is next.

  check 1.3         run the tests of an exercise, and explain a failure;
                    check 1 does so for a chapter; -all explains each
                    failure, not only the first
  hint 1.3          the first hint; hint 1.3 2 and hint 1.3 3 say more
  reveal 1.3        the reference beside yours, once yours passes;
                    -spoil shows it before
  reset 1.3         turn the exercise's functions into stubs again; your text
                    is kept in a file, whose name is printed
  watch             grade again at every save, until interrupted;
                    watch 1.3 stays with one exercise
  diff 2            the declarations that a chapter adds or changes
  crash 2           search longer than the tests do for a crash that breaks a
                    promise of yours; -states 1000000 says how long, -seed 7
                    draws other samples, -replay TOKEN makes the one disk
                    that broke it, -reference searches the reference; an
                    interrupt ends it, and tells how far it came

For those who write the course:

  stubs [-check]    make the exercises from the reference
  weave [-check]    fill the code in the docs
  verify            prove that exercises can be solved and that mistakes fail

check, watch, reveal and the status take -timeout 30s: how long the tests of
one chapter may take before they count as a loop that never ends. crash takes it
too: how long the code may take on one disk.

An hour of work:

  $ go run ./scripts/course
  $ go run ./scripts/course watch 1.1     (in a second terminal)
  $ $EDITOR chapters/01-records/exercise/frame.go
  $ go run ./scripts/course hint 1.1
  $ go run ./scripts/course check 1.1
  $ go run ./scripts/course reveal 1.1

Exit codes: 0 done, or passed. 1 failing, or not written yet, when asked to
check, reveal or crash, or crash was interrupted; stale or unproven, for those who write. 2 wrong use.
3 it could not be done: outside the project, no go command, a file that cannot
be read. (go run itself turns all but 0 into 1, and prints the code.)

Colour is used on a terminal, unless NO_COLOR is set.
`

// The exit codes, as the usage states them.
const (
	exitDone    = 0
	exitFailing = 1
	exitUsage   = 2
	exitCannot  = 3
)

// usageError is wrong use: exit code 2.
type usageError string

func (e usageError) Error() string { return string(e) }

// errFailing is the exit code 1 of a command that has said all there is to say.
var errFailing = errors.New("failing")

func main() {
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintf(os.Stderr, "course: %v\n", err)
		os.Exit(exitCannot)
	}
	t := &tool{
		ctx:    context.Background(),
		stdout: os.Stdout,
		stderr: os.Stderr,
		paint:  painter{colourful(os.Stdout, os.Getenv)},
		width:  terminalWidth(os.Stdout, os.Getenv),
		alive:  isTerminal(os.Stderr),
	}
	os.Exit(t.run(dir, os.Args[1:]))
}

// tool is one run of the command.
type tool struct {
	ctx            context.Context
	stdout, stderr io.Writer
	paint          painter
	// width is how many columns the terminal has.
	width int
	// alive is set if a person looks at stderr while the tests run.
	alive bool
	// timeout, spoil and all come from the flags of those names.
	timeout time.Duration
	spoil   bool
	// search comes from the flags of crash.
	search search
	all    bool

	book *book.Book
}

// command is one of the learner's.
type command struct {
	// run gets the arguments that are not flags. Its error is printed, but for
	// errFailing, and gives the exit code.
	run func(t *tool, args []string) error
	// least and most say how many arguments there must be.
	least, most int
	// form is shown when there are more or fewer.
	form string
	// flags are those that the command has of its own, or nil.
	flags func(t *tool, f *flag.FlagSet)
}

// commands returns the learner's commands by name. The status has none.
func commands() map[string]command {
	return map[string]command{
		"":       {run: (*tool).status, form: "[COMMAND]", flags: timeoutFlag},
		"check":  {run: (*tool).check, least: 1, most: 1, form: "check [-all] EXERCISE, such as check 1.3, or check CHAPTER", flags: checkFlags},
		"hint":   {run: (*tool).hint, least: 1, most: 2, form: "hint EXERCISE [1, 2 or 3], such as hint 1.3 2"},
		"reveal": {run: (*tool).reveal, least: 1, most: 1, form: "reveal [-spoil] EXERCISE, such as reveal 1.3", flags: revealFlags},
		"reset":  {run: (*tool).reset, least: 1, most: 1, form: "reset EXERCISE, such as reset 1.3"},
		"watch":  {run: (*tool).watch, most: 1, form: "watch [EXERCISE or CHAPTER]", flags: timeoutFlag},
		"diff":   {run: (*tool).diff, least: 1, most: 1, form: "diff CHAPTER, such as diff 2"},
		"crash":  {run: (*tool).crash, least: 1, most: 1, form: crashForm, flags: crashFlags},
	}
}

func checkFlags(t *tool, f *flag.FlagSet) {
	timeoutFlag(t, f)
	f.BoolVar(&t.all, "all", false, "")
}

func revealFlags(t *tool, f *flag.FlagSet) {
	timeoutFlag(t, f)
	f.BoolVar(&t.spoil, "spoil", false, "")
}

func timeoutFlag(t *tool, f *flag.FlagSet) {
	f.DurationVar(&t.timeout, "timeout", grade.DefaultTimeout, "")
}

// maintainers returns the commands of those who write the course. Each gets
// the project's root and the arguments behind its name, and returns an exit
// code.
func maintainers() map[string]func(root string, args []string, stdout, stderr io.Writer) int {
	return map[string]func(root string, args []string, stdout, stderr io.Writer) int{
		"stubs":  stub.Run,
		"weave":  weave.Run,
		"verify": verify.Run,
	}
}

// run does what args ask for, in the folder dir, and returns the exit code.
func (t *tool) run(dir string, args []string) int {
	name := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	if name == "help" {
		fmt.Fprint(t.stdout, usage)
		return exitDone
	}
	if maintain, ok := maintainers()[name]; ok {
		root, err := book.Find(dir)
		if err != nil {
			return t.report(err)
		}
		return maintain(root, args, t.stdout, t.stderr)
	}
	cmd, ok := commands()[name]
	if !ok {
		return t.report(usageError(fmt.Sprintf("unknown command %q", name)))
	}
	return t.report(t.learn(dir, cmd, args))
}

// learn runs a command of the learner's. Wrong use is told before the folder
// is looked at, which may be wrong too.
func (t *tool) learn(dir string, cmd command, args []string) error {
	args, err := cmd.parse(t, args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(t.stdout, usage)
		return nil
	}
	if err != nil {
		return err
	}
	root, err := book.Find(dir)
	if err != nil {
		return err
	}
	if t.book, err = book.Open(root); err != nil {
		return err
	}
	return cmd.run(t, args)
}

// parse takes the flags out of args, wherever they stand, and checks the
// number of the others.
func (c command) parse(t *tool, args []string) ([]string, error) {
	flags := flag.NewFlagSet("course", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if c.flags != nil {
		c.flags(t, flags)
	}
	var rest []string
	for {
		if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			return nil, usageError(err.Error())
		}
		if flags.NArg() == 0 {
			break
		}
		rest, args = append(rest, flags.Arg(0)), flags.Args()[1:]
	}
	if len(rest) < c.least || len(rest) > c.most {
		return nil, usageError("use: go run ./scripts/course " + c.form)
	}
	return rest, nil
}

// report prints an error and returns the exit code that goes with it.
func (t *tool) report(err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errFailing) {
		return exitFailing
	}
	fmt.Fprintf(t.stderr, "course: %v\n", err)
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintln(t.stderr, "go run ./scripts/course help lists the commands")
		return exitUsage
	}
	return exitCannot
}
