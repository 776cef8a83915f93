package recordstest

import (
	"fmt"
	"strings"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// powerCut is one crash of the lab: what power loss did, and what it left.
type powerCut struct {
	// kept says in words how it was decided, and choose decides.
	kept   string
	choose disk.Choice
	// fates are the unsynced sectors with what became of them, in order.
	fates []fate
	// left is the log's file on the disk afterwards.
	left []byte
}

// fate is what became of one unsynced sector.
type fate struct {
	offset int64
	what   string
}

// decide is choose that remembers.
func (p *powerCut) decide(u disk.Undecided) disk.Outcome {
	o := p.choose(u)
	if u.Kind == disk.SectorKind {
		p.fates = append(p.fates, fate{u.Offset, became(u, o)})
	}
	return o
}

// became says what an outcome leaves of a sector.
func became(u disk.Undecided, o disk.Outcome) string {
	if cut := o.Cut - o.Cut%disk.WordSize; cut > 0 && cut < disk.SectorSize && o.Version != o.Behind {
		return fmt.Sprintf("torn: up to byte %d %s, behind it %s", u.Offset+int64(cut), version(u, o.Version), version(u, o.Behind))
	}
	return version(u, o.Version)
}

// version names a version of a sector.
func version(u disk.Undecided, v int) string {
	switch {
	case v <= 0:
		return "lost"
	case v >= u.Versions-1:
		return "kept"
	}
	return fmt.Sprintf("as after write %d of %d", v, u.Versions-1)
}

// sectors lists the unsynced sectors and their fates, a line for each kind, and
// one for each that is torn.
func (p *powerCut) sectors() string {
	var order []string
	at := map[string][]string{}
	for _, f := range p.fates {
		if at[f.what] == nil {
			order = append(order, f.what)
		}
		at[f.what] = append(at[f.what], fmt.Sprint(f.offset))
	}
	if len(order) == 0 {
		return "    no sector was unsynced\n"
	}
	var b strings.Builder
	for _, what := range order {
		name := "sector at "
		if len(at[what]) > 1 {
			name = "sectors at "
		}
		fmt.Fprintf(&b, "    %s%s: %s\n", name, strings.Join(at[what], ", "), what)
	}
	return b.String()
}

// hole is the first stretch of left that is not as it was written, up to the last
// such byte in front of one that is neither lost nor zero.
func hole(left, written []byte) (from, to int) {
	from = suite.FirstDifference(left, written)
	if from < 0 {
		return 0, 0
	}
	for i := from; i < len(left) && (left[i] == 0 || left[i] != written[i]); i++ {
		if left[i] != written[i] {
			to = i + 1
		}
	}
	return from, to
}
