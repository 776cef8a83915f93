// Any record that still verifies counts as proof. But of what was written behind
// the last sync any part may be there: the second half of a Save proves nothing
// about the first. Seen by I16.
//
//course:mutant 1.6
package records

func provesSync(types []int64) bool {
	return len(types) > 0
}
