package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.com/logbook/final/wal"
)

// A place is where a log was found.
type place struct {
	wal   string
	snap  string // "" when there is no such folder
	alone bool   // the log was named itself, so that nobody knows where its snapshots are
}

// locate finds the log that a person means by dir: the folder wal in it, or
// member/wal, or dir itself when it holds segments.
func locate(dir string) (place, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return place{}, unreadable(dir, err)
	}
	if !info.IsDir() {
		return place{}, fmt.Errorf("%s is a file, not the folder of a log; 'logbook hex' shows a single file", dir)
	}
	for _, base := range []string{dir, filepath.Join(dir, "member")} {
		folder := filepath.Join(base, "wal")
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			return place{wal: folder, snap: folderOrNone(filepath.Join(base, "snap"))}, nil
		}
	}
	exists, err := wal.Exist(dir, nil)
	if err != nil {
		return place{}, explain(dir, err)
	}
	if !exists {
		return place{}, fmt.Errorf("%s holds no log: no folder wal or member/wal, and no file named like %016x-%016x.wal; check the path%s",
			dir, 0, 0, cmp.Or(hasRun(filepath.Join(dir, "snap")), hasRun(filepath.Join(dir, "member", "snap"))))
	}
	return place{wal: dir, alone: true}, nil
}

// hasRun says what a snapshot file beside a log that is not there tells.
func hasRun(folder string) string {
	names, err := filepath.Glob(filepath.Join(folder, "*.snap"))
	if folder == "" || err != nil || len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("; %s holds snapshots, so that the node has run: put its log back, and let it not begin anew", folder)
}

// folderOrNone returns the folder if there is one. What there is but cannot be
// looked at is left to whoever opens it.
func folderOrNone(folder string) string {
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return folder
}

// unreadable says what to do about an error of the operating system.
func unreadable(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such file or folder; check the path", name)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: permission denied; run as the user that the node runs as", name)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// explain names the folder in an error about a file of it, and what to do about
// one that the library cannot know a remedy for.
func explain(folder string, err error) error {
	if _, ok := err.(*logError); ok {
		return err
	}
	text := err.Error()
	for _, prefix := range []string{"wal: ", "snap: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	if !strings.Contains(text, folder) {
		text = folder + ": " + text
	}
	if errors.Is(err, fs.ErrPermission) {
		text += "; run as the user that the node runs as"
	}
	return &logError{text, err}
}

// A logError is an error about the log, in words for a person.
type logError struct {
	text string
	err  error
}

func (e *logError) Error() string { return e.text }
func (e *logError) Unwrap() error { return e.err }

// tellTorn says where a log is torn. That is no damage: see the exit codes. Who left
// it so is not known, and so no promise is made.
func (a *app) tellTorn(folder string, t wal.Tail) {
	if !t.Torn {
		return
	}
	meaning := "if a crash left it, nothing acknowledged is lost"
	if t.Head {
		meaning = "what the segment held may be lost"
	}
	a.say(fmt.Sprintf("%s is torn at offset %d: %s; %s", filepath.Join(folder, t.Segment), t.Offset, t.Reason, meaning))
}
