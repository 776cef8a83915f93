package segmentstest

import (
	"strings"

	"example.com/logbook/chapters/course/suite"
)

// check is one invariant being tried on one implementation.
type check struct {
	suite.Check
	Implementation

	// trying is the call under way of a function that has no disk; world is
	// the disk that is being worked on. Both are for the story of a panic.
	trying string
	world  *world
}

// failure is what a broken invariant tells the person who broke it.
type failure = suite.Failure

// fail ends the subtest with the whole story.
func (c *check) fail(f failure) {
	c.Helper()
	c.Fatal(c.Story(f))
}

// Panicked is the failure that a panic of the implementation is.
func (c *check) Panicked(p any) failure {
	f := failure{
		Tried: c.trying,
		Got:   suite.Panic(p, "segmentstest"),
		Want:  "a result or an error",
		Means: "nothing that a folder can hold, and nothing that a disk can do, may make a node panic.",
	}
	if strings.Contains(f.Got, "continued iteration") {
		f.Want, f.Means = "no call of yield after one that returned false", "yield had returned false: the loop over the records has ended, and its body is gone. Return then, with more false."
	}
	if c.world != nil {
		f = c.world.complete(f)
	}
	return f
}

// errors are those of the contracts.
func (c *check) errors() suite.Errors {
	return suite.Errors{
		{Name: "ErrTorn", Err: c.ErrTorn}, {Name: "ErrCorrupt", Err: c.ErrCorrupt},
		{Name: "ErrNoLog", Err: c.ErrNoLog}, {Name: "ErrClosed", Err: c.ErrClosed},
	}
}

// kind and told are an error as it is compared and as a failure shows it.
func (c *check) kind(err error) string { return c.errors().Kind(err) }
func (c *check) told(err error) string { return c.errors().Told(err) }
