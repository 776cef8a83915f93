// The number behind 0 is not checked, because 0 stands for "none yet": etcd's
// isValidSeq (server/storage/wal/util.go, 2014, still so in v3.7.3). A log that has
// lost its second file is read as whole. Seen by I4.
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
		before, index, _ := ParseName(found[i-1])
		seq, next, _ := ParseName(found[i])
		switch {
		case seq == before:
			return nil, &CorruptError{Segment: found[i], Reason: "another segment has the same number: " + found[i-1]}
		case before != 0 && seq != before+1:
			return nil, &GapError{Before: found[i-1], After: found[i], First: before + 1, Last: seq - 1}
		case next < index:
			return nil, &CorruptError{Segment: found[i], Reason: "its index is lower than that of the one before: " + found[i-1]}
		}
	}
	return found, nil
}
