package crash

import (
	"fmt"
	"hash/crc32"
	"regexp"
	"strconv"
	"strings"

	"example.com/logbook/final/disk"
)

// A token is the fingerprint of the workload's operations, then each crash behind an underscore:
//
//	9f3c01d2_5n2-0.1.1c8b0    behind operation 5, with 2 notes, and an outcome for each undecided thing
//	9f3c01d2_5+512n2k         inside operation 5, which had written 512 bytes; the death of the process
//
// An outcome is a version, or version, cut and the version behind the cut.
var cutForm = regexp.MustCompile(`^(\d{1,9})(?:\+(\d{1,9}))?n(\d{1,9})(?:k|-([0-9cb.]*))$`)

// token returns the token of a trace.
func token(work *run, trace []cut) string {
	var b strings.Builder
	b.WriteString(fingerprint(work))
	for _, c := range trace {
		fmt.Fprintf(&b, "_%d", c.op)
		if c.done != whole {
			fmt.Fprintf(&b, "+%d", c.done)
		}
		fmt.Fprintf(&b, "n%d", c.notes)
		if c.kill {
			b.WriteByte('k')
			continue
		}
		for i, o := range c.outcomes {
			b.WriteByte("-."[min(i, 1)])
			b.WriteString(strconv.Itoa(o.Version))
			if o.Cut != 0 {
				fmt.Fprintf(&b, "c%db%d", o.Cut, o.Behind)
			}
		}
		if len(c.outcomes) == 0 {
			b.WriteByte('-')
		}
	}
	return b.String()
}

// fingerprint tells workloads apart by what they do to the disk.
func fingerprint(work *run) string {
	h := crc32.NewIEEE()
	for _, o := range work.ops {
		fmt.Fprintln(h, o.Event)
	}
	return fmt.Sprintf("%08x", h.Sum32())
}

// parse reads a token back.
func parse(work *run, token string) ([]cut, error) {
	head, rest, _ := strings.Cut(token, "_")
	if head != fingerprint(work) {
		return nil, fmt.Errorf("crash: %q begins with another workload's fingerprint: %w", token, ErrReplay)
	}
	var trace []cut
	for part := range strings.SplitSeq(rest, "_") {
		m := cutForm.FindStringSubmatch(part)
		if m == nil {
			return nil, fmt.Errorf("crash: %q in %q: %w", part, token, ErrReplay)
		}
		c := cut{op: number(m[1]), done: whole, notes: number(m[3]), kill: strings.HasSuffix(part, "k")}
		if m[2] != "" {
			c.done = number(m[2])
		}
		for o := range strings.SplitSeq(m[4], ".") {
			version, torn, _ := strings.Cut(o, "c")
			at, behind, _ := strings.Cut(torn, "b")
			if o != "" {
				c.outcomes = append(c.outcomes, disk.Outcome{Version: number(version), Cut: number(at), Behind: number(behind)})
			}
		}
		trace = append(trace, c)
	}
	return trace, nil
}

// number returns the value of digits; of none, zero.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
