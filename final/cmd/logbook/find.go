package main

import (
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
	wal  string
	snap string // "" when there is no such folder
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
			return place{folder, folderOrNone(filepath.Join(base, "snap"))}, nil
		}
	}
	exists, err := wal.Exist(dir, nil)
	if err != nil {
		return place{}, explain(dir, err)
	}
	if !exists {
		return place{}, fmt.Errorf("%s holds no log: no folder wal or member/wal, and no file named like %016x-%016x.wal; check the path", dir, 0, 0)
	}
	return place{wal: dir}, nil
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

// errEmpty is for a log without a single record, which is what a crash leaves while
// a log is created, and what is left of a log after an accident.
func errEmpty(w *wal.WAL) error {
	return fmt.Errorf("%s holds no whole record, from offset 0 on; if the node has never run remove the folder, else restore it from a backup", w.Segments()[0].Name)
}

// A logError is an error about the log, in words for a person.
type logError struct {
	text string
	err  error
}

func (e *logError) Error() string { return e.text }
func (e *logError) Unwrap() error { return e.err }

// tellTorn says where a log is torn. That is no damage: see the exit codes.
func (a *app) tellTorn(folder string, t wal.Tail) {
	if t.Torn {
		a.say(fmt.Sprintf("%s is torn at offset %d: %s; a crash left that record unfinished, nothing acknowledged is lost",
			filepath.Join(folder, t.Segment), t.Offset, t.Reason))
	}
}
