package crash

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"example.com/logbook/final/disk"
)

// violation tells a trace that fails.
func (s *search) violation(lives []life) *Violation {
	last := lives[len(lives)-1]
	v := &Violation{Experiment: s.exp.Name, Err: last.next.err}
	trace := make([]cut, len(lives))
	for i, l := range lives {
		trace[i] = l.cut
	}
	v.Replay = token(s.work, trace)
	s.explain(lives)

	t := &teller{}
	t.line(0, "%s: a crash breaks a promise", s.exp.Name)
	for i, l := range lives {
		title := "What was done:"
		if i > 0 {
			title = "Recover accepts this disk. What is done on it, up to the next crash:"
		}
		t.line(0, "\n%s", title)
		t.life(l)
	}
	if n := len(last.next.ops); n > 0 {
		t.line(0, "\nWhat Recover did before it failed:")
		t.operations(last.next, n, nil)
	}
	t.line(0, "\nRecover, given %s, says:", given(last.next.notes[:last.cut.notes]))
	for line := range strings.Lines(v.Err.Error()) {
		t.line(1, "%s", strings.TrimRight(line, "\n"))
	}
	t.line(0, "\nReplay it with crash.Bounds{Replay: %q}", v.Replay)
	v.Trace = strings.TrimSuffix(t.String(), "\n")
	return v
}

// given tells how many notes there are, and the last.
func given(notes []any) string {
	switch n := len(notes); n {
	case 0:
		return "no notes"
	case 1:
		return fmt.Sprintf("the note %q", fmt.Sprint(notes[0]))
	default:
		return fmt.Sprintf("%d notes, the last of them %q", n, fmt.Sprint(notes[n-1]))
	}
}

// teller writes a trace.
type teller struct{ strings.Builder }

// line writes one line.
func (t *teller) line(indent int, format string, args ...any) {
	t.WriteString(strings.Repeat("    ", indent))
	t.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	t.WriteByte('\n')
}

// life tells one run up to the crash that ends it, and what the crash leaves.
func (t *teller) life(l life) {
	c := l.cut
	durable := settle(l.run, c.op)
	t.note(l.run, 0, c)
	t.operations(l.run, c.op, &l)
	switch {
	case c.kill && slices.Contains(l.lost, true):
		t.line(0, "\nThen the process is killed (kill -9). What was written is there. Of it, a later crash takes what is not durable yet:")
		t.outcomes(l, durable)
	case c.kill:
		t.line(0, "\nThen the process is killed (kill -9). What was written is there.")
	case len(l.pending) == 0:
		t.line(0, "\nThen the power goes. All of it is durable.")
	default:
		t.line(0, "\nThen the power goes. Of what was not durable:")
		t.outcomes(l, durable)
	}
	t.line(0, "\nThe disk after the crash:")
	t.tree(l.left, ".")
}

// operations tells the first n operations of a run. With the life that they end, it tells what became durable, too, and
// the notes.
func (t *teller) operations(r *run, n int, l *life) {
	if n == 0 {
		t.line(1, "(nothing)")
		return
	}
	var durable settled
	if l != nil {
		durable = settle(r, l.cut.op)
	}
	skipped, all := 0, true // of them durable
	for i, o := range r.ops[:n] {
		state := ""
		if l != nil {
			state = durable.state(i+1, o, l)
		}
		if i < n-16 && !strings.HasPrefix(state, "NOT") {
			skipped++
			all = all && !strings.HasPrefix(state, "not")
			continue
		}
		if skipped > 0 {
			what := "operations"
			if l != nil && all {
				what += ", all durable"
			}
			t.line(1, "  …  %d %s", skipped, what)
			skipped = 0
		}
		what := o.String()
		if l != nil && i+1 == l.cut.op && l.cut.done != whole {
			what += fmt.Sprintf(", of which only the first %d bytes were written", l.cut.done)
		}
		t.line(1, "%3d  %-36s  %s", i+1, what, state)
		if l != nil {
			t.note(r, i+1, l.cut)
		}
	}
}

// note tells the notes that were made behind an operation and before the crash.
func (t *teller) note(r *run, op int, c cut) {
	for _, p := range r.points {
		if p.op != op || p.done != whole {
			continue
		}
		for _, n := range r.notes[p.least:max(p.least, min(p.most, c.notes))] {
			t.line(1, "     noted: %v", n)
		}
	}
}

// where tells a point in words.
func (r *run) where(op, done int) string {
	switch {
	case op == 0:
		return "before the first operation"
	case done != whole:
		return fmt.Sprintf("in %d, %s, after %d bytes", op, r.ops[op-1], done)
	}
	return fmt.Sprintf("after %d, %s", op, r.ops[op-1])
}

// outcomes tells what became of what was undecided: first what is not as it was written, then what must be there for a
// promise to break, then the rest.
func (t *teller) outcomes(l life, s settled) {
	var rest []disk.Undecided
	for _, u := range l.pending {
		switch {
		case !l.cut.kill && l.lost[u.Index]:
			t.line(1, "%-6s %s (%s)%s", fateOf(l.cut, u), thing(u), s.writers(u), l.cut.detail(u))
			t.bytes(l.cut, u)
		case l.cut.kill && !l.lost[u.Index]:
		default:
			rest = append(rest, u)
		}
	}
	fate := "kept"
	if l.cut.kill {
		fate = "there"
	}
	slices.SortStableFunc(rest, func(a, b disk.Undecided) int { return int(rank(l, a) - rank(l, b)) })
	for i, u := range rest {
		if i == 8 {
			t.line(1, "%-6s %d more", fate, len(rest)-i)
			break
		}
		t.line(1, "%-6s %s (%s)%s", fate, thing(u), s.writers(u), [...]string{": if it were lost too, no promise would break", ""}[rank(l, u)])
	}
}

// rank is 0 for what is needed, which is told first.
func rank(l life, u disk.Undecided) int {
	if l.needed[u.Index] {
		return 0
	}
	return 1
}

// thing names something undecided.
func thing(u disk.Undecided) string {
	switch u.Kind {
	case disk.SizeKind:
		return "size of " + u.Name
	case disk.SectorKind:
		return fmt.Sprintf("%s [%d,%d)", u.Name, u.Offset, u.Offset+disk.SectorSize)
	}
	return u.String()
}

// fateOf tells what is not as it was written last.
func fateOf(c cut, u disk.Undecided) string {
	if c.kill {
		return ""
	}
	switch o := c.outcomes[u.Index]; {
	case u.Kind == disk.SectorKind && o.Cut != 0:
		return "TORN"
	case o.Version == u.Versions-1:
		return ""
	case o.Version == 0:
		return "LOST"
	}
	return "OLD"
}

// detail tells what is there instead.
func (c *cut) detail(u disk.Undecided) string {
	o := c.outcomes[u.Index]
	switch {
	case u.Kind == disk.NameKind:
		return ": it has not happened"
	case u.Kind == disk.SizeKind:
		return fmt.Sprintf(": %d, not %d", u.Sizes[o.Version], u.Sizes[u.Versions-1])
	case o.Cut != 0:
		return fmt.Sprintf(": %s in front of byte %d, %s behind it", age(o.Version, u), u.Offset+int64(o.Cut), age(o.Behind, u))
	}
	return ": it shows " + age(o.Version, u)
}

// age names a version of a sector.
func age(v int, u disk.Undecided) string {
	switch {
	case v == 0:
		return "what was durable before"
	case v == u.Versions-1:
		return "what was written last"
	}
	return fmt.Sprintf("the content after change %d of %d", v, u.Versions-1)
}

// dumped is the most lines of bytes that are shown of one sector or file.
const dumped = 4

// bytes shows what of a sector is not as it was written.
func (t *teller) bytes(c cut, u disk.Undecided) {
	if u.Kind != disk.SectorKind {
		return
	}
	o := c.outcomes[u.Index]
	wrote := u.Content(u.Versions - 1)
	left := slices.Clone(u.Content(o.Version))
	if o.Cut != 0 {
		copy(left[o.Cut:], u.Content(o.Behind)[o.Cut:])
	}
	shown := 0
	for at := 0; at < disk.SectorSize; at += 16 {
		if bytes.Equal(wrote[at:at+16], left[at:at+16]) {
			continue
		}
		if shown += 2; shown > dumped {
			t.line(4, "…")
			return
		}
		t.line(2, "written  %s", hexdump(u.Offset+int64(at), wrote[at:at+16]))
		t.line(2, "left     %s", hexdump(u.Offset+int64(at), left[at:at+16]))
	}
}

// hexdump shows up to 16 bytes.
func hexdump(offset int64, b []byte) string {
	text := slices.Clone(b)
	for i, c := range text {
		if c < ' ' || c > '~' {
			text[i] = '.'
		}
	}
	return fmt.Sprintf("%06x  %-47s  |%s|", offset, fmt.Sprintf("% x", b), text)
}

// tree shows a disk: names, sizes and the beginning of what is not zero.
func (t *teller) tree(sim *disk.Sim, dir string) {
	entries, err := sim.List(dir)
	if err != nil || dir == "." && len(entries) == 0 {
		t.line(1, "(empty)")
	}
	for _, e := range entries {
		name := strings.TrimPrefix(dir+"/"+e.Name(), "./")
		if e.IsDir() {
			t.line(1, "%s/", name)
			t.tree(sim, name)
			continue
		}
		f, err := sim.Open(name, os.O_RDONLY, 0)
		if err != nil {
			continue
		}
		t.file(f)
		f.Close()
	}
}

// file shows one file.
func (t *teller) file(f disk.File) {
	size, _ := f.Size()
	t.line(1, "%s, %d bytes", f.Name(), size)
	shown := 0
	page := make([]byte, disk.PageSize)
	for at := int64(0); at < size; at += disk.PageSize {
		n, _ := f.ReadAt(page, at)
		for line := range slices.Chunk(page[:n], 16) {
			if bytes.Count(line, []byte{0}) < len(line) {
				if shown++; shown > dumped {
					t.line(2, "…")
					return
				}
				t.line(2, "%s", hexdump(at, line))
			}
			at += int64(len(line))
		}
		at -= int64(n)
	}
}
