package snapshotstest

import (
	"example.com/logbook/chapters/course/suite"
)

// check is one invariant being tried on one implementation.
type check struct {
	suite.Check
	Implementation

	// trying is what is under way where there is no world; world is the disk
	// that is being worked on. Both are for the story of a panic.
	trying string
	world  *world

	// also is a sentence for every failure with a world: where else to look.
	also string

	// caught, if set, takes a failure instead of the test: see smallest.
	caught func(f failure)
}

// failure is what a broken invariant tells the person who broke it.
type failure = suite.Failure

// fail ends the subtest with the whole story.
func (c *check) fail(f failure) {
	c.Helper()
	if c.caught != nil {
		c.caught(f)
		panic(stop{})
	}
	c.Fatal(c.Story(f))
}

// Panicked is the failure that a panic of the implementation is.
func (c *check) Panicked(p any) failure {
	f := failure{
		Tried: c.trying,
		Got:   suite.Panic(p, "snapshotstest"),
		Want:  "a result or an error",
		Means: "nothing that a folder can hold, and nothing that a disk can do, may make a node panic.",
	}
	if c.world != nil {
		f = c.world.complete(f)
	}
	return f
}

// errors are those of the contracts, the more specific ones first.
func (c *check) errors() suite.Errors {
	return suite.Errors{
		{Name: "ErrRefused", Err: c.ErrRefused}, {Name: "ErrSliceOutOfRange", Err: c.ErrSliceOutOfRange},
		{Name: "ErrSnapshotNotFound", Err: c.ErrSnapshotNotFound}, {Name: "ErrSnapshotMismatch", Err: c.ErrSnapshotMismatch},
		{Name: "ErrMetadataConflict", Err: c.ErrMetadataConflict}, {Name: "ErrNotRead", Err: c.ErrNotRead}, {Name: "ErrRead", Err: c.ErrRead},
		{Name: "ErrClosed", Err: c.ErrClosed}, {Name: "ErrNoSnapshot", Err: c.ErrNoSnapshot}, {Name: "ErrName", Err: c.ErrName},
		{Name: "ErrCorrupt", Err: c.ErrCorrupt}, {Name: "corrupt", Err: c.ErrLogCorrupt}, {Name: "torn", Err: c.ErrTorn},
	}
}

// kind and told are an error as it is compared and as a failure shows it.
func (c *check) kind(err error) string { return c.errors().Kind(err) }
func (c *check) told(err error) string { return c.errors().Told(err) }
