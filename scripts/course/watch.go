package main

import (
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path"
	"slices"
	"strings"
	"time"

	"example.com/logbook/scripts/course/internal/book"
)

// poll is how often watch looks for a save.
const poll = 200 * time.Millisecond

// watch grades now and at every save, until it is interrupted.
func (t *tool) watch(args []string) error {
	if len(args) == 1 {
		if _, _, err := t.find(args[0]); err != nil {
			return err
		}
	}
	// Only here an interrupt is the way to end, and no failure.
	ctx, stop := signal.NotifyContext(t.ctx, os.Interrupt)
	defer stop()
	t.ctx = ctx
	var saved []string
	for {
		// The files are looked at before the tests run, so that a save
		// meanwhile is seen afterwards.
		seen := t.deskFiles()
		if err := t.watchOnce(args, saved); err != nil && t.ctx.Err() == nil {
			// The next save may mend it.
			fmt.Fprintf(t.stderr, "course: %v\n", err)
		}
		if t.ctx.Err() == nil {
			fmt.Fprintln(t.stdout, t.paint.paint(dim, "waiting for a save; interrupt to end"))
		}
		if saved = t.nextSave(seen); saved == nil {
			fmt.Fprintln(t.stdout, "no longer watching")
			return nil
		}
		fmt.Fprintf(t.stdout, "\n%s\n\n", t.paint.paint(dim, "saved: "+strings.Join(saved, ", ")))
	}
}

// watchOnce grades what args name, or else the chapter in which a file was
// saved, or else the one to work on.
func (t *tool) watchOnce(args, saved []string) error {
	b, err := book.Open(t.book.Root)
	if err != nil {
		return err
	}
	t.book = b
	if len(args) == 1 {
		return silent(t.check(args))
	}
	desks, err := t.grade(b.Chapters, nil)
	if err != nil {
		return err
	}
	for _, d := range desks {
		if slices.ContainsFunc(saved, func(file string) bool { return path.Dir(file) == d.Chapter.Desk }) {
			return silent(t.explainDesk(d))
		}
	}
	if d, _ := next(desks); d != nil {
		return silent(t.explainDesk(*d))
	}
	return t.status(nil)
}

// silent drops errFailing: a failure has been told, and watching goes on.
func silent(err error) error {
	if err == errFailing {
		return nil
	}
	return err
}

// stamp is what a save changes.
type stamp struct {
	modified time.Time
	size     int64
}

// deskFiles returns the Go files on all desks, as they are now.
func (t *tool) deskFiles() map[string]stamp {
	files := map[string]stamp{}
	for _, c := range t.book.Chapters {
		entries, _ := os.ReadDir(t.book.Path(c.Desk))
		for _, e := range entries {
			if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), ".go") {
				files[path.Join(c.Desk, e.Name())] = stamp{info.ModTime(), info.Size()}
			}
		}
	}
	return files
}

// nextSave waits until the desks are not as seen and returns the names of the
// files that changed, came or went; nil when interrupted. Editors write in
// several steps, so it waits until two looks agree.
func (t *tool) nextSave(seen map[string]stamp) []string {
	last := seen
	for {
		select {
		case <-t.ctx.Done():
			return nil
		case <-time.After(poll):
		}
		now := t.deskFiles()
		changed := differing(seen, now)
		if len(changed) > 0 && len(differing(last, now)) == 0 {
			return changed
		}
		last = now
	}
}

// differing returns the names of files that are not the same in a and b.
func differing(a, b map[string]stamp) []string {
	var names []string
	for name, s := range a {
		if other, ok := b[name]; !ok || other != s {
			names = append(names, name)
		}
	}
	for name := range maps.Keys(b) {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
