package crash

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.com/logbook/final/disk"
)

// violation tells a trace that fails: first what the check says, then the story that led there.
func (s *search) violation(lives []life) *Violation {
	last := lives[len(lives)-1]
	v := &Violation{Experiment: s.exp.Name, Err: last.next.err}
	trace := make([]cut, len(lives))
	for i, l := range lives {
		trace[i] = l.cut
	}
	v.Replay = token(s.work, trace)
	s.explain(lives)

	t := &teller{decisive: s.decisive(last)}
	t.line(0, "%s: a crash breaks a promise", s.exp.Name)
	t.verdict(last.next, len(lives))
	t.disk("On the disk at the start", s.work.points[0].sim, 2)
	for i, l := range lives {
		title := "What was done:"
		if i > 0 {
			t.again = true
			title = "The check accepts this disk. What is done on it, up to the next crash:"
		}
		t.line(0, "\n%s", title)
		t.life(l, i == len(lives)-1)
	}
	if n := len(last.next.ops); n > 0 {
		t.line(0, "\nWhat was done on it until then:")
		t.operations(settle(last.next, cut{op: n, done: whole}, t.before), nil)
	}
	if how := s.exp.repeat(v.Replay); how != "" {
		t.line(0, "\n%s", how)
	}
	v.Trace = strings.TrimSuffix(t.String(), "\n")
	return v
}

// repeat is Repeat, or what it is without one.
func (e *Experiment) repeat(token string) string {
	if e.Repeat != nil {
		return e.Repeat(token)
	}
	return fmt.Sprintf("Replay it with crash.Bounds{Replay: %q}", token)
}

// decisive returns the number of the last note before the crash if Recover would accept the disk without it: the note is
// the promise that is broken, then. Otherwise it returns -1.
func (s *search) decisive(l life) int {
	n := l.cut.notes - 1
	if n < 0 || l.next.accepted || errors.Is(l.next.err, ErrEndless) {
		return -1
	}
	s.report.Recoveries++
	var err error
	late := s.within(func() {
		protect(&err, func() error { return s.exp.Recover(l.left.Kill(), l.run.notes[:n:n]) })
	})
	if late != nil || err != nil {
		return -1
	}
	return n
}

// teller writes a trace.
type teller struct {
	strings.Builder
	before   int // how many operations the earlier lives had: numbers go on
	decisive int // the number of the note that is pointed at, or -1

	again bool // in a life after the first: its notes tell what was read, so none is left out
}

// line writes one line.
func (t *teller) line(indent int, format string, args ...any) {
	t.WriteString(strings.Repeat("    ", indent))
	t.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	t.WriteByte('\n')
}

// verdict tells what is wrong, in the words of the experiment.
func (t *teller) verdict(r *run, crashes int) {
	after := "after the crash"
	if crashes > 1 {
		after = "after the last crash"
	}
	if r.accepted {
		t.line(0, "\nThe check %s finds nothing, but then the program cannot go on:", after)
	} else {
		t.line(0, "\nThe check %s says:", after)
	}
	for line := range strings.Lines(r.err.Error()) {
		t.line(1, "%s", strings.TrimRight(line, "\n"))
	}
}

// life tells one run up to the crash that ends it, and what the crash leaves.
func (t *teller) life(l life, last bool) {
	s := settle(l.run, l.cut, t.before)
	t.note(l.run, 0, l.cut)
	t.operations(s, &l)
	t.line(1, "      %s", s.next())
	switch nothing := !slices.Contains(l.lost, true); {
	case l.cut.kill && nothing:
		t.line(0, "\nThen the process is killed (kill -9). What was written is there.")
		t.unharmed(l, s, last)
	case l.cut.kill:
		t.line(0, "\nThen the process is killed (kill -9). What was written is there. Of it, a later crash takes what is not durable yet:")
		t.outcomes(l, s)
	case nothing:
		t.line(0, "\nThen the power goes. All that was written is there, and durable.")
		t.unharmed(l, s, last)
	default:
		t.line(0, "\nThen the power goes. Of what was not durable:")
		t.outcomes(l, s)
	}
	t.disk("The disk after the crash", l.left, 4)
	t.before += l.cut.op
}

// unharmed says of a crash that took nothing where to look instead.
func (t *teller) unharmed(l life, s settled, last bool) {
	switch {
	case l.cut.done != whole:
		t.line(0, "Nothing was lost but the rest of %s.", s.number(l.cut.op))
	case last:
		t.line(0, "Nothing was lost: the order or the content is wrong.")
	}
}

// shown is how many operations are told at most, unless they are needed to understand the rest.
const shown = 16

// operations tells those of a run. With the life that they end, it tells what became durable, too, and the notes.
func (t *teller) operations(s settled, l *life) {
	n := s.cut.op
	if n == 0 {
		t.line(1, "      (no operation)")
		return
	}
	skipped, all := 0, true // of them durable
	for i, o := range s.run.ops[:n] {
		state := ""
		if l != nil {
			state = s.state(i+1, o, l)
		}
		if i < n-shown && !strings.HasPrefix(state, "NOT") && !(t.again && s.run.noted(i+1)) {
			skipped++
			all = all && !strings.HasPrefix(state, "not")
			continue
		}
		if skipped > 0 {
			what := "operations"
			if l != nil && all && slices.Contains(l.lost, true) {
				what += ", all durable"
			}
			t.line(1, "  …   %d %s", skipped, what)
			skipped = 0
		}
		what := describe(o.Event)
		if i+1 == n && s.cut.done != whole {
			what += fmt.Sprintf(", of which only the first %d bytes were written", s.cut.done)
		}
		t.line(1, "%4s  %-38s  %s", s.number(i+1), what, state)
		if l != nil {
			t.note(s.run, i+1, l.cut)
		}
	}
}

// noted reports whether notes were made behind an operation.
func (r *run) noted(op int) bool {
	return slices.ContainsFunc(r.points, func(p point) bool { return p.op == op && p.done == whole && p.most > p.least })
}

// note tells the notes that were made behind an operation and before the crash.
func (t *teller) note(r *run, op int, c cut) {
	for _, p := range r.points {
		if p.op != op || p.done != whole {
			continue
		}
		for n := p.least; n < min(p.most, c.notes); n++ {
			pointer := ""
			if n == t.decisive {
				pointer = "<- without this note, the check would pass"
			}
			t.line(1, "      %-38s  %s", fmt.Sprintf("noted: %v", r.notes[n]), pointer)
		}
	}
}

// where tells a point in words.
func (r *run) where(op, done int) string {
	switch {
	case op == 0:
		return "before the first operation"
	case done != whole:
		return fmt.Sprintf("in #%d, %s, after %d bytes", op, describe(r.ops[op-1].Event), done)
	}
	return fmt.Sprintf("after #%d, %s", op, describe(r.ops[op-1].Event))
}

// describe returns an operation in words. Names are quoted, as one may look like a number.
func describe(e disk.Event) string {
	e.Name, e.To = fmt.Sprintf("%q", e.Name), fmt.Sprintf("%q", e.To)
	return e.String()
}
