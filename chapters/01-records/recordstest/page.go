package recordstest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"

	"example.com/logbook/chapters/course/suite"
)

// script is what is done to a page writer: it begins at offset in the file, and
// each step writes so many bytes, or flushes.
type script struct {
	offset int64
	steps  []int
}

// until is the script up to the given step.
func (s script) until(step int) script { return script{s.offset, s.steps[:step+1]} }

// flush is the step that calls Flush.
const flush = -1

// String is the script as calls.
func (s script) String() string {
	return fmt.Sprintf("NewPageWriter at offset %d: %s", s.offset, calls(s.steps))
}

// calls are steps in words; equal ones in a row are counted, and of many the
// middle is left out.
func calls(steps []int) string {
	var parts []string
	for i := 0; i < len(steps); {
		n := 1
		for i+n < len(steps) && steps[i+n] == steps[i] {
			n++
		}
		part := call(steps[i])
		if n > 1 {
			part += fmt.Sprintf(" (%d times)", n)
		}
		parts = append(parts, part)
		i += n
	}
	if len(parts) > 10 {
		more := fmt.Sprintf("… %d more …", len(parts)-8)
		parts = slices.Concat(parts[:4], []string{more}, parts[len(parts)-4:])
	}
	return strings.Join(parts, ", ")
}

// call is one step in words.
func call(n int) string {
	if n == flush {
		return "Flush"
	}
	return fmt.Sprintf("Write of %d bytes", n)
}

// scripts are tried in this order, from small to large.
func scripts() []script {
	big := heldBytes + pageSize
	all := []script{
		{0, []int{flush}},
		{0, []int{0, flush}},
		{0, []int{1, flush}},
		{8, []int{8, flush, flush}},
		{0, []int{pageSize}},
		{0, []int{pageSize, flush}},
		{0, []int{heldBytes}},
		{0, []int{heldBytes, 8}},
		{8, []int{heldBytes - 8, 8, 8}},
		{0, slices.Repeat([]int{pageSize}, heldBytes/pageSize)},
		{0, []int{big, flush}},
		{0, []int{big + 8, flush}},
		{8, []int{big, flush}},
		{4088, []int{big, flush}},
		{pageSize, []int{big + 1, flush}},
		{5000, []int{big + 16, 8, flush}},
		{0, []int{24, flush, big, flush}},
		{4000, []int{96, flush, big + 1, 7, flush}},
		{0, []int{24, flush, 4072, flush, big + 8, flush, big, flush}},
		{16, slices.Repeat([]int{1000}, 300)},
		{24, []int{1 << 20, 1, 1 << 20, flush}},
		{8, slices.Repeat([]int{3 * pageSize, 8}, 40)},
	}
	const seed = 1 // fixed: a run can be repeated
	r := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		s := script{offset: int64(r.IntN(3*pageSize)) / 8 * 8}
		for range 5 + r.IntN(60) {
			switch k := r.IntN(20); {
			case k == 0:
				s.steps = append(s.steps, flush)
			case k == 1:
				s.steps = append(s.steps, r.IntN(300<<10))
			default:
				s.steps = append(s.steps, r.IntN(12000))
			}
		}
		all = append(all, s)
	}
	return all
}

// play runs s on a new page writer over disk and calls after behind each step,
// with all that was written so far and the number of writes that the disk had
// seen before. It ends at the first error of the page writer.
func (c *check) play(s script, disk *sink, after func(step int, accepted []byte, writesBefore int)) error {
	c.trying("%v", s)
	w := c.NewPageWriter(disk, s.offset)
	var accepted []byte
	for i, n := range s.steps {
		c.trying("%v", s.until(i))
		before := len(disk.writes)
		if n == flush {
			if err := w.Flush(); err != nil {
				return err
			}
		} else if err := c.writeReused(w, s, &accepted, n); err != nil {
			return err
		}
		after(i, accepted, before)
	}
	return nil
}

// writeReused writes n bytes from a slice that it overwrites at once, as an
// encoder does that builds every frame in the same buffer.
func (c *check) writeReused(w io.Writer, s script, accepted *[]byte, n int) error {
	p := make([]byte, n)
	for i := range p {
		at := len(*accepted) + i
		p[i] = byte(at>>8) ^ byte(at) | 1 // differs from page to page, never zero
	}
	*accepted = append(*accepted, p...)
	took, err := w.Write(p)
	for i := range p {
		p[i] = 0xee
	}
	if err == nil && took != n {
		c.fail(failure{
			Tried: fmt.Sprintf("%v; one of them a Write of %d bytes", s, n),
			Got:   fmt.Sprintf("%d bytes taken, no error", took),
			Want:  fmt.Sprintf("%d bytes taken, no error", n),
			Means: "io.Writer's contract: fewer bytes without an error would be lost and nobody told.",
		})
	}
	return err
}

// writesEndAtPages is I6. That a page writer gathers comes last: one that does not
// is slow, but its writes can end where they should.
func writesEndAtPages(c *check) {
	for _, s := range scripts() {
		disk := &sink{c: c, start: s.offset}
		err := c.play(s, disk, func(step int, accepted []byte, before int) {
			if s.steps[step] != flush {
				c.wroteWholePages(s.until(step), disk, before)
			}
			c.holdsLittle(s.until(step), disk, len(accepted))
		})
		c.noError(s, err)
	}
	for _, s := range scripts() {
		disk := &sink{c: c, start: s.offset}
		err := c.play(s, disk, func(step int, accepted []byte, before int) {
			if s.steps[step] != flush {
				c.gathers(s.until(step), disk, len(accepted), before)
			}
		})
		c.noError(s, err)
	}
}

// wroteWholePages fails when a write since the given one ended inside a page.
func (c *check) wroteWholePages(s script, disk *sink, since int) {
	c.Helper()
	for _, end := range disk.writes[since:] {
		if end%pageSize == 0 {
			continue
		}
		c.fail(failure{
			Tried: s.String(),
			Got:   fmt.Sprintf("before any Flush, a write that ends at offset %d: page %d and %d bytes", end, end/pageSize, end%pageSize),
			Want:  fmt.Sprintf("a write that ends at a multiple of %d in the file, such as %d", pageSize, end-end%pageSize),
			Means: "a power loss now leaves a piece of a sector that was about to be written again: torn inside, not between.",
		})
	}
}

// gathers fails when the last Write of s handed on although no more than
// 128 KiB were held with it.
func (c *check) gathers(s script, disk *sink, accepted, since int) {
	c.Helper()
	if len(disk.writes) == since {
		return
	}
	before := s.offset
	if since > 0 {
		before = disk.writes[since-1]
	}
	if held := s.offset + int64(accepted) - before; held <= heldBytes {
		c.fail(failure{
			Tried: s.String(),
			Got:   fmt.Sprintf("%d bytes handed on, when %d were held", disk.writes[len(disk.writes)-1]-before, held),
			Want:  fmt.Sprintf("nothing handed on until more than %d bytes are held", heldBytes),
			Means: "each call of the writer below is a system call: to make few of them out of many is what a page writer is for.",
		})
	}
}

// holdsLittle fails when more is held back than a page writer may. What the last
// Write brought counts: a writer that only looks at what it held before is told so.
func (c *check) holdsLittle(s script, disk *sink, accepted int) {
	c.Helper()
	if held := accepted - len(disk.b); held > heldBytes+pageSize {
		end := s.offset + int64(accepted)
		c.fail(failure{
			Tried: s.String(),
			Got:   fmt.Sprintf("%d bytes taken, %d handed on: %d held", accepted, len(disk.b), held),
			Want: fmt.Sprintf("more than %d are held once the last Write's own bytes are counted, so all up to offset %d is handed on, where the last whole page ends; %d stay",
				heldBytes, end-end%pageSize, end%pageSize),
			Means: "what is held is memory: a node that saves large entries would grow with them.",
		})
	}
}

// noError fails when err is one: the disk below never failed.
func (c *check) noError(tried fmt.Stringer, err error) {
	c.Helper()
	if err != nil {
		c.fail(failure{
			Tried: tried.String(),
			Got:   fmt.Sprintf("error %v", err),
			Want:  "no error: the writer below took everything",
			Means: "a healthy log would be given up.",
		})
	}
}

// nothingIsLost is I7.
func nothingIsLost(c *check) {
	for _, s := range scripts() {
		s.steps = append(slices.Clone(s.steps), flush)
		disk := &sink{c: c, start: s.offset}
		err := c.play(s, disk, func(step int, accepted []byte, before int) {
			if s.steps[step] == flush {
				c.arrived(script{s.offset, s.steps[:step+1]}, disk, accepted)
			}
		})
		c.noError(s, err)
	}
}

// arrived fails unless disk holds exactly what was accepted.
func (c *check) arrived(s script, disk *sink, accepted []byte) {
	c.Helper()
	at := suite.FirstDifference(disk.b, accepted)
	if at < 0 {
		return
	}
	from, to := max(0, at-4), at+8
	c.fail(failure{
		Tried: s.String() + "; each from a slice that is overwritten with ee afterwards",
		Got:   fmt.Sprintf("%d bytes; from byte %d: %s", len(disk.b), from, bytesLine(disk.b[min(from, len(disk.b)):min(to, len(disk.b))])),
		Want:  fmt.Sprintf("%d bytes; from byte %d: %s", len(accepted), from, bytesLine(accepted[min(from, len(accepted)):min(to, len(accepted))])),
		Means: fmt.Sprintf("byte %d is the first that differs. What was flushed is about to be synced and promised.", at),
	})
}
