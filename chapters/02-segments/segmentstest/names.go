package segmentstest

import (
	"fmt"
	"slices"
	"strings"
)

// namesAreNumbers is I1.
func namesAreNumbers(c *check) {
	for _, n := range []struct{ seq, index uint64 }{{0, 0}, {1, 12}, {10, 255}, {0xdeadbeef, 1 << 40}, {1<<64 - 1, 1<<64 - 1}} {
		c.trying = fmt.Sprintf("FormatName(%d, %d)", n.seq, n.index)
		if got := c.FormatName(n.seq, n.index); got != name(n.seq, n.index) {
			c.fail(failure{
				Tried: c.trying, Got: fmt.Sprintf("%q", got), Want: fmt.Sprintf("%q", name(n.seq, n.index)),
				Means: "names are part of the format: 16 lower-case hexadecimal digits each, or they do not sort as numbers, and etcd does not know them.",
			})
		}
		c.parses(name(n.seq, n.index), n.seq, n.index, true, "what FormatName writes, ParseName must read.")
	}
}

// parses puts one name to ParseName.
func (c *check) parses(text string, seq, index uint64, ok bool, means string) {
	c.Helper()
	c.trying = fmt.Sprintf("ParseName(%q)", text)
	gotSeq, gotIndex, gotOK := c.ParseName(text)
	if gotOK == ok && (!ok || gotSeq == seq && gotIndex == index) {
		return
	}
	want := "ok false"
	if ok {
		want = fmt.Sprintf("%d, %d, ok true", seq, index)
	}
	c.fail(failure{Tried: c.trying, Got: fmt.Sprintf("%d, %d, ok %t", gotSeq, gotIndex, gotOK), Want: want, Means: means})
}

// namesToTheLetter is I2.
func namesToTheLetter(c *check) {
	const good = "0000000000000004-00000000000000ff.wal"
	for _, bad := range []struct{ name, what string }{
		{"", "nothing"},
		{"0.tmp", "a spare"},
		{good + ".wal", "a copy that somebody has made"},
		{good + ".broken", "what a repair keeps"},
		{good + ".tmp", "something unfinished"},
		{"4-ff.wal", "a name without its leading zeros"},
		{strings.ToUpper(good[:33]) + ".wal", "a name in upper case"},
		{good[:33] + ".WAL", "a suffix in upper case"},
		{good[:33], "a name without its suffix"},
		{good[:33] + ".log", "another suffix"},
		{"0" + good, "seventeen digits"},
		{good[1:], "fifteen digits"},
		{" " + good[1:], "a blank for a digit"},
		{"+" + good[1:], "a sign for a digit"},
		{good[:17] + "+" + good[18:], "a sign for a digit of the index"},
		{"0x" + good[2:], "digits with a prefix"},
		{"000_000000000004" + good[16:], "digits with an underscore"},
		{good[:16] + "_" + good[17:], "another character for the hyphen"},
		{good[:16] + "0" + good[17:], "no hyphen"},
		{"000000000000000g" + good[16:], "a letter that is no digit"},
		{good[:15] + "\n" + good[16:], "a line break for a digit"},
		{"log/" + good, "a folder before the name"},
	} {
		c.parses(bad.name, 0, 0, false, bad.what+" is no segment of this log. Read as one, it would be a second file with the number of another, or a record chain that fits nothing.")
	}
	c.parses(good, 4, 255, true, "this is exactly what FormatName writes.")
}

// segmentsInOrder is I3.
func segmentsInOrder(c *check) {
	a, b, d := name(4, 9), name(5, 9), name(6, 300)
	high := []string{name(1<<64-2, 1), name(1<<64-1, 1)}
	for _, in := range []struct {
		names, want []string
		means       string
	}{
		{nil, nil, "no segments is no error: whether that is a log is for others to say."},
		{[]string{"lost+found", "0.tmp", a + ".broken"}, nil, "what is no segment is left out, also when nothing is left."},
		{[]string{a}, []string{a}, "the first may have any number: older ones are given up."},
		{[]string{d, a, b}, []string{a, b, d}, "a folder may list its files in any order; records come in one. (Two neighbours with an equal index are allowed.)"},
		{[]string{"0.tmp", b, a + ".wal", a, "README"}, []string{a, b}, "what is no segment is left out."},
		{[]string{a, b, name(6, 9)}, []string{a, b, name(6, 9)}, "equal indexes are allowed: two cuts with no record between."},
		{[]string{high[1], high[0]}, high, "numbers go up to 64 bits."},
		{[]string{name(16, 2), name(15, 2)}, []string{name(15, 2), name(16, 2)}, "f comes before 10, also where names are compared as text."},
	} {
		given := slices.Clone(in.names)
		c.trying = "Sequence(" + listed(in.names) + ")"
		got, err := c.Sequence(given)
		if err != nil || !slices.Equal(got, in.want) {
			c.fail(failure{
				Tried: c.trying, Got: listed(got) + ", error " + c.told(err), Want: listed(in.want) + ", error nil",
				Means: in.means,
			})
		}
		if !slices.Equal(given, in.names) {
			c.fail(failure{Tried: c.trying, Got: "the caller's slice, changed: " + listed(given), Want: listed(in.names), Means: "names is the caller's; sort a slice of your own."})
		}
	}
}

// listed is a list of names, one a line if there are several.
func listed(names []string) string {
	if len(names) < 2 {
		return fmt.Sprintf("%q", names)
	}
	return "[\n  " + strings.Join(names, "\n  ") + " ]"
}

// gapIsNamed is I4.
func gapIsNamed(c *check) {
	for _, in := range []struct {
		names []string
		want  Gap
	}{
		{[]string{name(4, 1), name(6, 9)}, Gap{name(4, 1), name(6, 9), 5, 5}},
		{[]string{name(0, 0), name(2, 9)}, Gap{name(0, 0), name(2, 9), 1, 1}},
		{[]string{name(0, 0), name(9, 9), name(10, 9)}, Gap{name(0, 0), name(9, 9), 1, 8}},
		{[]string{name(20, 9), name(3, 3), name(1, 1), name(2, 2)}, Gap{name(3, 3), name(20, 9), 4, 19}},
		{[]string{name(1, 1), name(1<<64-1, 1)}, Gap{name(1, 1), name(1<<64-1, 1), 2, 1<<64 - 2}},
	} {
		c.trying = "Sequence(" + listed(in.names) + ")"
		got, err := c.Sequence(in.names)
		gap, ok := c.GapOf(err)
		if got != nil || !ok || gap != in.want || c.kind(err) != "ErrCorrupt" {
			c.fail(failure{
				Tried: c.trying, Got: listed(got) + ", error " + c.told(err) + gapText(gap, ok),
				Want:  "no names, and a GapError that matches ErrCorrupt" + gapText(in.want, true),
				Means: "who is told which files are missing can look for them; who is not, reads a log with a hole. Number 0 is no exception.",
			})
		}
	}
	for _, in := range []struct {
		names []string
		want  string
		means string
	}{
		{[]string{name(4, 1), name(4, 2)}, name(4, 2), "a number twice: one of the two is not of this log, and nobody can say which."},
		{[]string{name(0, 0), name(1, 12), name(2, 11)}, name(2, 11), "an index went back: the records of this file do not follow those of the one before."},
		{[]string{name(2, 300), name(1, 300), name(3, 299)}, name(3, 299), "an index went back: the records of this file do not follow those of the one before. (An equal index is allowed.)"},
	} {
		c.trying = "Sequence(" + listed(in.names) + ")"
		got, err := c.Sequence(in.names)
		place, ok := c.PlaceOf(err)
		_, gap := c.GapOf(err)
		if got != nil || gap || !ok || place.Segment != in.want || place.Offset != 0 || c.kind(err) != "ErrCorrupt" {
			c.fail(failure{
				Tried: c.trying, Got: listed(got) + ", error " + c.told(err),
				Want: "no names, and a CorruptError at offset 0 of " + in.want, Means: in.means,
			})
		}
	}
}

// gapText is a gap in words, behind an error.
func gapText(g Gap, ok bool) string {
	if !ok {
		return ", which is no GapError"
	}
	return fmt.Sprintf("\n  before %s, after %s, first %d, last %d", g.Before, g.After, g.First, g.Last)
}
