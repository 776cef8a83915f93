package crashlab_test

import (
	"fmt"

	"example.com/logbook/chapters/course/crashlab"
)

// What a search prints from time to time.
func ExampleParse() {
	m, ok := crashlab.Parse(`course crash: {"Number":1,"Of":2,"Report":{"Experiment":"a life","Points":3,"AllPoints":39,"Distinct":400}}`)
	fmt.Println(ok, m.Number, m.Of, m.Report.Experiment, m.Report.Points, m.Report.Distinct)
	_, ok = crashlab.Parse("what the code under test prints")
	fmt.Println(ok)
	// Output:
	// true 1 2 a life 3 400
	// false
}

// The end of a search that found something.
func ExampleMessage() {
	m := crashlab.Message{Number: 1, Of: 1, Done: true, Trace: "a life: a crash breaks a promise …", Replay: "eaac3864_5n3-1.0"}
	fmt.Println(m.Done && m.Trace != "", m.Replay)
	// Output: true eaac3864_5n3-1.0
}

// What is drawn by chance grows with the number of states.
func ExampleOrder() {
	o := crashlab.Order{States: 1_000_000, Seed: 7}
	b := o.Bounds(o.States / 2)
	fmt.Println(b.States, b.Seeds, b.Seed, b.Torn)
	// Output: 500000 1000 7 true
}
