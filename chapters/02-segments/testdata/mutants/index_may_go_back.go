// Only the numbers are compared: a file of an older copy, or of another log, with the
// right number is taken for part of this one. Seen by I4.
//
//course:mutant 2.1
package segments

import "slices"

func Sequence(names []string) ([]string, error) {
	var found []string
	for _, name := range names {
		if _, _, ok := ParseName(name); ok {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	for i := 1; i < len(found); i++ {
		before, _, _ := ParseName(found[i-1])
		seq, _, _ := ParseName(found[i])
		switch {
		case seq == before:
			return nil, &CorruptError{Segment: found[i], Reason: "another segment has the same number: " + found[i-1]}
		case seq != before+1:
			return nil, &GapError{Before: found[i-1], After: found[i], First: before + 1, Last: seq - 1}
		}
	}
	return found, nil
}
