// A second hard state counts as proof that the first was synced. One that only
// moves the commit index is not synced, so both may belong to one lost write.
// Seen by I16.
//
//course:mutant 1.6
package records

func provesSync(types []int64) bool {
	var state bool
	for i, t := range types {
		switch {
		case t == TypeSnapshot && i < len(types)-1, t != TypeSnapshot && state:
			return true
		case t == TypeState:
			state = true
		}
	}
	return false
}
