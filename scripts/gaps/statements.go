package main

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"golang.org/x/tools/cover"
)

// measured are the packages whose statements must be run, and how many in a
// hundred at least. Files of other systems are compiled there, not run here.
var measured = []string{"final/disk", "final/snap", "final/wal"}

const least = 95

// statements compares what a coverage profile says with the list.
func statements(profile string, stdout io.Writer) error {
	listed, err := readList(statementsFile)
	if err != nil {
		return err
	}
	files, err := cover.ParseProfiles(profile)
	if err != nil {
		return err
	}
	var found []gap
	ran, all := map[string]int{}, map[string]int{}
	for _, f := range files {
		at := strings.Index(f.FileName, "/final/") + 1
		if name := f.FileName[at:]; slices.Contains(measured, path.Dir(name)) {
			gaps, err := notRun(name, f.Blocks, ran, all)
			if err != nil {
				return err
			}
			found = append(found, gaps...)
		}
	}
	low := ""
	for _, p := range measured {
		share := 100 * float64(ran[p]) / float64(max(1, all[p]))
		fmt.Fprintf(stdout, "%s: %.1f %% of %d statements\n", p, share, all[p])
		if share < least {
			low = p
		}
	}
	if err := compare(stdout, found, listed); err != nil {
		return err
	}
	if low != "" {
		return fmt.Errorf("less than %d %% of %s is run by its tests", least, low)
	}
	fmt.Fprintf(stdout, "%d blocks are not run, each for the reason in %s\n", len(found), statementsFile)
	return nil
}

// notRun returns a gap for each block of a file that was not run, and counts
// the statements of its package.
func notRun(name string, blocks []cover.ProfileBlock, ran, all map[string]int) (found []gap, err error) {
	s, err := readSource(name)
	if err != nil {
		return nil, err
	}
	for _, b := range blocks {
		all[path.Dir(name)] += b.NumStmt
		switch {
		case b.Count > 0:
			ran[path.Dir(name)] += b.NumStmt
		case b.NumStmt > 0:
			found = append(found, s.gap(b.StartLine))
		}
	}
	return found, nil
}
