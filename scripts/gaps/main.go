// Command gaps knows what the tests of final leave open, and fails when that
// is not what its lists say: mutants.txt and statements.txt beside it name
// each gap and the reason why it stays.
//
//	go run ./scripts/gaps mutants                       # hours: every mutant of final/wal and final/snap
//	go run ./scripts/gaps -only 'wal/judge.go' mutants  # those of one file
//	go run ./scripts/gaps statements PROFILE            # of go test -coverprofile=PROFILE
//
// A mutant is the source with one operator changed. Which there are, gremlins
// says (github.com/go-gremlins/gremlins, with all its mutators on). What
// becomes of each is seen here: the fast tests of its package first, then all
// tests of both packages, then a search that crashes the log. Gremlins alone
// does not try what stands in a case of a switch, takes what does not compile
// for killed, and knows no second round of tests.
//
// A mutant that no test fails survives, and one that loops is killed by the
// time limit. Each survivor must be in the list with the changed line, and
// each of the list must survive. A statement that no test runs must be in the
// other list; and 95 % of the statements of each package must be run by its
// own tests. An entry whose reason begins with "Sometimes" is of a gap that
// chance closes: it may be absent.
//
// Lists name a file, a function and the text of a line, so they hold while
// lines move. When the line changes, a test of this package says so.
//
// What it does not do: judge a reason. It needs Linux or another Unix, and
// for the mutants a network, once.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
)

const usage = `usage: go run ./scripts/gaps [-only REGEXP] mutants
       go run ./scripts/gaps statements PROFILE

Compares what the tests leave open with mutants.txt and statements.txt.

	-only REGEXP	only mutants of lines whose "file:line" matches
`

// The lists. The command runs in the module's folder.
const (
	mutantsFile    = "scripts/gaps/mutants.txt"
	statementsFile = "scripts/gaps/statements.txt"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings passed in; it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("gaps", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	only := flags.String("only", "", "")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	which, err := regexp.Compile(*only)
	switch {
	case err == nil && flags.NArg() == 1 && flags.Arg(0) == "mutants":
		err = mutants(which, stdout, stderr)
	case err == nil && flags.NArg() == 2 && flags.Arg(0) == "statements":
		err = statements(flags.Arg(1), stdout)
	default:
		flags.Usage()
		return 2
	}
	if err != nil {
		fmt.Fprintf(stderr, "gaps: %v\n", err)
		return 1
	}
	return 0
}
