package segmentstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// writtenInOrder is I9.
func writtenInOrder(c *check) {
	for _, recs := range [][]Record{
		{plain(1)},
		{plain(40), {Type: typePlain}, {Type: typePlain, Data: []byte{}}, plain(3)},
		{plain(511), plain(512), plain(513), plain(5000), plain(9)},
		{plain(200_000), plain(200_001)},
	} {
		m := new(image).segment(0, firstHead...).add(recs...)
		w := c.fresh()
		w.must(w.create(firstHead...))
		for _, r := range recs {
			data := slices.Clone(r.Data)
			w.must(w.append(Record{Type: r.Type, Data: data}))
			w.without(disk.OpSync|disk.OpSyncDir, "Append promises nothing. A sync for each record is what Sync is there to spare.")
			clear(data) // it is the caller's again
		}
		w.must(w.sync())
		w.differ(firstName, content(w.sim, firstName), m.bytes(0), "each record follows the one before it, with the running checksum; data is copied when it is given.")
		if got := w.log.Size(); got != m.end(0) {
			w.fail(failure{Got: fmt.Sprintf("Size() = %d", got), Want: fmt.Sprint(m.end(0)), Means: "after a Sync everything is written, and Size counts it."})
		}
		w.must(w.append(plain(12)))
		w.must(w.close())
		m.add(plain(12))
		w.differ(firstName, content(w.sim, firstName), m.bytes(0), "Close writes what is still held.")
	}
}

// without fails if the last call did one of these operations.
func (w *world) without(ops disk.Op, means string) {
	w.Helper()
	for _, e := range w.sim.Log()[w.since:w.until] {
		if e.Op&ops != 0 {
			w.fail(failure{Got: "it does: " + e.String(), Want: "no " + ops.String(), Means: means})
		}
	}
}

// syncIsAPromise is I10.
func syncIsAPromise(c *check) {
	for _, size := range []int{1, 600, 5000, 40_000} {
		w := c.fresh()
		w.must(w.create(firstHead...))
		tried := slices.Clone(firstHead)
		for n := range 3 {
			w.must(w.append(plain(size), plain(size+n)))
			w.must(w.sync())
			tried = append(tried, plain(size), plain(size+n))
			w.survives(texts(tried), texts(tried))
		}
		w.must(w.sync())
		w.survives(texts(tried), texts(tried))
		w.must(w.append(plain(7)))
		w.survives(texts(tried), texts(append(tried, plain(7))))
		w.must(w.close())
		w.survives(texts(append(tried, plain(7))), texts(append(tried, plain(7))))
	}
}

// survives crashes the disk now, with everything lost that can be and with
// everything kept: what was promised must be there, and nothing that was not
// tried.
func (w *world) survives(promised, tried []string) {
	w.Helper()
	for _, left := range []struct {
		what   string
		choose disk.Choice
	}{{"the power fails, and nothing is kept that was not synced", disk.Lost}, {"the power fails, and everything is kept", disk.Kept}} {
		l := look(w.sim.Crash(left.choose))
		if got := texts(l.recs); l.wrong == "" && inOrder(promised, got, tried) {
			continue
		}
		w.did = append(w.did, left.what)
		w.fail(failure{
			Got:   inWords(l) + "\nrecords: " + shorten(texts(l.recs)),
			Want:  "at least " + shorten(promised) + "\nat most " + shorten(tried),
			Disk:  w.pending(),
			Means: "a call that returned nil was believed: someone was told that this is stored.",
		})
	}
}

// pending is what a crash may take back now.
func (w *world) pending() string {
	var lines []string
	for _, u := range w.sim.Pending() {
		lines = append(lines, u.String())
	}
	if len(lines) > 8 {
		lines = append(lines[:8], "...")
	}
	if lines == nil {
		return "everything on it is durable"
	}
	return "what a crash may take back:\n  " + strings.Join(lines, "\n  ")
}

// shorten is a list of texts in a line or two.
func shorten(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	var words []string
	for _, t := range list {
		if len(t) > 24 {
			t = fmt.Sprintf("%s… (%d)", t[:20], len(t))
		}
		words = append(words, t)
	}
	if len(words) > 8 {
		words = append(words[:3], append([]string{fmt.Sprintf("… %d …", len(words)-6)}, words[len(words)-3:]...)...)
	}
	return fmt.Sprintf("%d: ", len(list)) + strings.Join(words, ", ")
}

// writeFaults are the ways in which a write or a sync may go wrong.
var writeFaults = []disk.Fault{
	{Ops: disk.OpSync},
	{Ops: disk.OpSync, Err: suite.ErrDisk, Pages: disk.PagesReverted},
	{Ops: disk.OpSync, Done: true},
	{Ops: disk.OpWrite},
	{Ops: disk.OpWrite, Err: syscall.ENOSPC, Bytes: 520},
}

// firstErrorStays is I11: each write and each sync fails once; from then on
// the disk would work again.
func firstErrorStays(c *check) {
	for _, f := range writeFaults {
		for f.Nth = 1; c.poison(f); f.Nth++ {
		}
	}
}

// poison has one write or sync of a short life fail, and reports whether there
// is such an operation.
func (c *check) poison(f disk.Fault) bool {
	w := c.fresh()
	w.must(w.create(firstHead...))
	struck := w.sim.Inject(f)
	tried, promised := slices.Clone(firstHead), len(firstHead)
	var first error
	for n := 0; n < 4 && first == nil; n++ {
		rec := plain([]int{100, 800, 140_000, 2200}[n]) // the third is more than an encoder holds: Append writes
		tried = append(tried, rec)
		if first = w.append(rec); first == nil {
			first = w.sync()
		}
		if first == nil {
			promised = len(tried)
		}
		if struck() > 0 && first == nil {
			w.fail(failure{Got: "nil, from " + w.did[len(w.did)-1], Want: "the disk's error", Means: "the disk said no (" + failedOp(w.sim) + "), and the caller was told yes."})
		}
	}
	if struck() == 0 {
		w.sim.Heal() // what never struck must not strike in Close
		w.must(w.close())
		return false
	}
	w.stays(first, f)
	w.closesPoisoned(first)
	w.survives(texts(tried[:promised]), texts(tried))
	return true
}

// anyCall is every call that changes or reads an open log, as far as the
// exercises are there that it stands on.
func (w *world) anyCall() []func() error {
	calls := []func() error{w.sync, func() error { return w.append(plain(5)) }}
	if w.Waiting("2.4") == "" {
		calls = append(calls, w.prepare, func() error { return w.cut(9, laterHead...) })
	}
	if w.Waiting("2.5") == "" {
		calls = append(calls, w.records)
	}
	return calls
}

// stays fails unless every call returns the first error again, and does nothing.
func (w *world) stays(first error, f disk.Fault) {
	w.Helper()
	reason := f.Err
	if reason == nil {
		reason = syscall.EIO
	}
	if !errors.Is(first, reason) {
		w.fail(failure{Got: w.told(first), Want: "an error that wraps the disk's: " + reason.Error(), Means: "whoever reads the message has to know what the disk said."})
	}
	for _, again := range append(w.anyCall(), w.sync) {
		err := again()
		if err == nil || !errors.Is(err, first) || err.Error() != first.Error() {
			w.fail(failure{
				Got: w.told(err), Want: "the first error again, the same value: " + first.Error(),
				Means: "after a failed write or sync nobody knows what the disk has; a second sync that succeeds proves nothing, because the first has marked the pages clean. What is acknowledged now may be lost.",
			})
		}
		w.without(disk.OpChanges, "behind bytes that may be missing nothing can be promised: not one more write.")
	}
}

// closesPoisoned fails unless Close gives up everything, writes nothing, and
// returns the first error once more.
func (w *world) closesPoisoned(first error) {
	w.Helper()
	err := w.close()
	if err == nil || !strings.Contains(err.Error(), first.Error()) {
		w.fail(failure{Got: w.told(err), Want: "the first failure once more: " + first.Error(), Means: "what was not synced may be lost; who only looks at the error of Close must learn it."})
	}
	w.without(disk.OpWrite|disk.OpSync|disk.OpTruncate|disk.OpPreallocate|disk.OpRename, "a log that has failed is closed without another write: nobody knows what it would be written behind.")
	w.released()
	if err := w.close(); w.kind(err) != "ErrClosed" {
		w.fail(failure{Got: w.told(err), Want: "ErrClosed", Means: "a second Close has nothing to close."})
	}
}

// released fails if any file of the log is still locked.
func (w *world) released() {
	w.Helper()
	for _, n := range suite.Files(w.sim, dir) {
		if suite.Locked(w.sim, dir+"/"+n) {
			w.fail(failure{Got: n + " is still locked", Want: "no lock", Means: "the log cannot be opened again for as long as this process lives, and that is the one way to go on."})
		}
	}
}

// closeReleases is I12.
func closeReleases(c *check) {
	w := c.fresh()
	w.must(w.create(firstHead...))
	w.must(w.append(plain(30)))
	w.must(w.close())
	w.released()
	w.survives(texts(append(slices.Clone(firstHead), plain(30))), texts(append(slices.Clone(firstHead), plain(30))))
	for _, call := range append(w.anyCall(), w.close) {
		if err := call(); c.kind(err) != "ErrClosed" {
			w.fail(failure{Got: c.told(err), Want: "ErrClosed", Means: "a closed log takes nothing: its files may belong to someone else by now."})
		}
		w.without(disk.OpChanges, "a closed log does nothing.")
	}
	for _, f := range []disk.Fault{
		{Ops: disk.OpWrite}, {Ops: disk.OpSync}, {Ops: disk.OpSync, Err: syscall.ENOSPC},
		{Ops: disk.OpClose}, {Ops: disk.OpWrite, Always: true}, {Ops: disk.OpSync | disk.OpClose, Always: true},
	} {
		c.closeFails(f)
	}
	c.bothTold()
	if c.Waiting("2.4") == "" {
		c.allReleased()
	}
}

// allReleased closes a log of several files.
func (c *check) allReleased() {
	w := c.fresh()
	w.must(w.create(firstHead...))
	if w.cut(3, laterHead...) != nil || w.cut(5, laterHead...) != nil {
		return // that is 2.4's to tell
	}
	w.must(w.close())
	w.released()
}

// closeFails has one operation of Close fail.
func (c *check) closeFails(f disk.Fault) {
	w := c.fresh()
	w.must(w.create(firstHead...))
	w.must(w.append(plain(30)))
	struck := w.sim.Inject(f)
	err := w.close()
	if struck() == 0 {
		w.fail(failure{Got: "no " + f.Ops.String() + " in Close", Want: "a record that Append holds, and Close writes and syncs; then every file closed", Means: "either Close left it out, or Append wrote already: Append holds what it gets, so that many records cost one write."})
	}
	if err == nil {
		w.fail(failure{Got: "nil", Want: "the disk's error", Means: "the disk said no (" + failedOp(w.sim) + "): what was appended may be lost, and nobody learns it."})
	}
	w.sim.Heal()
	if f.Ops&disk.OpClose == 0 { // a file whose close fails may stay locked: that is the disk's
		w.released()
	}
	if again := w.close(); c.kind(again) != "ErrClosed" {
		w.fail(failure{Got: c.told(again), Want: "ErrClosed", Means: "a second Close has nothing to close, also when the first has failed."})
	}
}

// bothTold has two operations of Close fail, each for a reason of its own.
func (c *check) bothTold() {
	w := c.fresh()
	w.must(w.create(firstHead...))
	w.must(w.append(plain(30)))
	w.sim.Inject(disk.Fault{Ops: disk.OpSync, Err: syscall.ENOSPC})
	w.sim.Inject(disk.Fault{Ops: disk.OpClose, Err: suite.ErrDisk})
	err := w.close()
	if !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, suite.ErrDisk) {
		w.fail(failure{
			Got:   c.told(err),
			Want:  "an error that matches both: " + syscall.ENOSPC.Error() + ", from the sync, and " + suite.ErrDisk.Error() + ", from the close",
			Means: "Close goes on whatever fails on the way, and tells all of it.",
		})
	}
}
