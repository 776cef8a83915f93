package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"
)

// mutated are the packages whose mutants are tried.
var mutated = []string{"final/snap", "final/wal"}

// mutants tries every mutant and compares those that survive with the list.
func mutants(which *regexp.Regexp, stdout, stderr io.Writer) error {
	listed, err := readList(mutantsFile)
	if err != nil {
		return err
	}
	all, err := find(which)
	if err != nil {
		return err
	}
	if err := tryAll(all, stderr); err != nil {
		return err
	}
	count, tried := map[string]int{}, map[string]bool{}
	var found []gap
	for _, m := range all {
		count[m.outcome]++
		tried[m.key()] = true
		switch m.outcome {
		case survives:
			found = append(found, m.gap)
		case stopped:
			fmt.Fprintf(stdout, "%s: %s: %s\n", m.at, m.outcome, m.becomes)
		}
	}
	fmt.Fprintf(stdout, "%d mutants: %d %s, %d %s, %d %s, %d %s\n", len(all), count[killed], killed,
		count[stopped], stopped, count[invalid], invalid, count[survives], survives)
	if which.String() != "" { // what is listed elsewhere was not tried
		listed = keep(listed, tried)
	}
	return compare(stdout, found, listed)
}

func keep(list []gap, keys map[string]bool) (kept []gap) {
	for _, g := range list {
		if keys[g.key()] {
			kept = append(kept, g)
		}
	}
	return kept
}

// tryAll tries each, two processors to one, and says on stderr how far it is.
func tryAll(all []*mutant, stderr io.Writer) error {
	dir, err := os.MkdirTemp("", "gaps")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	next, group, lock, done, left := make(chan *mutant), sync.WaitGroup{}, sync.Mutex{}, 0, 0
	for worker := range max(1, runtime.NumCPU()/2) {
		group.Go(func() {
			for m := range next {
				e := m.try(filepath.Join(dir, fmt.Sprint(worker)))
				lock.Lock()
				if err == nil {
					err = e
				}
				if done++; m.outcome == survives {
					left++
					fmt.Fprintf(stderr, "\r%s: survives: %s\n", m.at, m.becomes)
				}
				fmt.Fprintf(stderr, "\r%d of %d, %d %s ", done, len(all), left, survives)
				lock.Unlock()
			}
		})
	}
	for _, m := range all {
		next <- m
	}
	close(next)
	group.Wait()
	fmt.Fprintln(stderr)
	return err
}
