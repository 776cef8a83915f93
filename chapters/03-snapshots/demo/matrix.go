package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"example.com/logbook/chapters/03-snapshots/matrix"
)

// orders runs the crash matrix. A cell says from how many of the disks that a
// crash in that step may leave the node does not start.
func orders(w io.Writer) error {
	for _, leader := range []bool{false, true} {
		whose := "the node's own snapshot"
		if leader {
			whose = "a leader's snapshot"
		}
		for _, start := range []matrix.Start{matrix.Newest, matrix.Match} {
			fmt.Fprintf(w, "%s, started from the %s\n", whose, start)
			for _, order := range matrix.Orders() {
				if !leader && order[1] == matrix.State {
					continue // without a state, as the one before
				}
				if err := row(w, matrix.Case{Order: order, Start: start, Leader: leader}); err != nil {
					return err
				}
			}
			fmt.Fprintln(w)
		}
	}
	return nil
}

// row prints one case.
func row(w io.Writer, c matrix.Case) error {
	cells, err := matrix.Run(context.Background(), c, nil)
	if err != nil {
		return err
	}
	line, why := "  ", ""
	for _, cell := range cells {
		line += fmt.Sprintf("%-24s", fmt.Sprintf("%s %d of %d", cell.Step, cell.Stuck, cell.Disks))
		if why == "" && cell.Stuck > 0 {
			why = cell.Why
		}
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
	if why != "" {
		fmt.Fprintln(w, "      "+strings.TrimPrefix(why, "snapshots: "))
	}
	return nil
}
