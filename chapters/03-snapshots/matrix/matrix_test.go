package matrix_test

import (
	"fmt"
	"testing"

	"example.com/logbook/chapters/03-snapshots/matrix"
)

// File first starts from every disk, if the log is asked which file counts.
// Record first does in any case, as long as the state that commits a leader's
// snapshot waits for the file. A file whose name is not durable keeps neither.
func TestMatrix(t *testing.T) {
	t.Parallel()
	stuck := map[string]bool{}
	for _, leader := range []bool{false, true} {
		stuck[fmt.Sprint(matrix.Orders()[0], matrix.Newest, leader)] = true
		stuck[fmt.Sprint(matrix.Orders()[2], matrix.Newest, leader)] = leader
		stuck[fmt.Sprint(matrix.Orders()[2], matrix.Match, leader)] = leader
		stuck[fmt.Sprint(matrix.Orders()[3], matrix.Newest, leader)] = true
		stuck[fmt.Sprint(matrix.Orders()[3], matrix.Match, leader)] = true
		for _, order := range matrix.Orders() {
			for _, start := range []matrix.Start{matrix.Newest, matrix.Match} {
				t.Run(fmt.Sprint(order, start, leader), func(t *testing.T) {
					t.Parallel()
					test(t, matrix.Case{Order: order, Start: start, Leader: leader}, stuck[fmt.Sprint(order, start, leader)])
				})
			}
		}
	}
}

// test runs a case, and fails if it has something lost, or is stuck where it
// should not be, or the other way round.
func test(t *testing.T, c matrix.Case, want bool) {
	cells, err := matrix.Run(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	stuck := 0
	for _, cell := range cells {
		stuck += cell.Stuck
		if cell.Lost > 0 || cell.Disks == 0 {
			t.Errorf("%s: %d of %d disks lost what was promised", cell.Step, cell.Lost, cell.Disks)
		}
		if (cell.Why != "") != (cell.Stuck > 0) {
			t.Errorf("%s: %d are stuck, because of %q", cell.Step, cell.Stuck, cell.Why)
		}
	}
	if (stuck > 0) != want {
		t.Errorf("%d disks are stuck: %v", stuck, cells)
	}
}
