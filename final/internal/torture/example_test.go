package torture_test

import (
	"context"
	"fmt"

	"example.com/logbook/final/disk/crash"
	"example.com/logbook/final/internal/torture"
)

// A search ends in its ledger.
func ExampleSearch() {
	s := torture.Search{States: 200, Seed: 1, Each: 50, Workers: 1}
	ledger, err := s.Run(context.Background())
	fmt.Println(ledger.States, ledger.Lost, ledger.Refused, err)
	// Output: 200 0 0 <nil>
}

// The line that ends what logbook torture prints begins so.
func ExampleLedger() {
	fmt.Println(torture.Ledger{Acknowledged: 3120, States: 1000, Nested: 700})
	// Output: 3120 acknowledged, 1000 states, 700 nested, 0 lost, 0 refused
}

// One word can be searched by itself, with bounds of one's own: here every disk that a single crash leaves while a vote is saved.
func ExampleWord() {
	e, err := torture.Word("v").Experiment(torture.Setup{Segment: 1024})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := e.Explore(context.Background(), &crash.Bounds{Depth: -1})
	fmt.Println(report.Experiment, report.Exhaustive(), err)
	// Output: v:1024/ true <nil>
}

// An experiment's name holds its word and its setup.
func ExampleSetup() {
	w, s, err := torture.Parse("+cn:4096/h")
	fmt.Println(w, s.Segment, s.Create, s.NoFill, s.Again, err)
	// Output: cn 4096 true false h <nil>
}

// A failure says how to see it again. A token of another workload says so.
func ExampleFailure() {
	f := &torture.Failure{Replay: "v:1024/@12345678_1n1k", Violation: &crash.Violation{Trace: "What was done: ..."}}
	fmt.Println(f)
	fmt.Println(torture.Replay(context.Background(), f.Replay))
	// Output:
	// What was done: ...
	// Replay it with: logbook torture -replay 'v:1024/@12345678_1n1k'
	// crash: "12345678_1n1k" begins with another workload's fingerprint: not a token for this experiment: search again without Replay
}
