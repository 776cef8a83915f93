// A snapshot record counts as proof also when it is the last record. It is synced
// before anything follows, but nothing followed: the power may have failed during that
// very sync. Seen by I16.
//
//course:mutant 1.6
package records

func provesSync(types []int64) bool {
	var entry, state bool
	for _, t := range types {
		switch {
		case t == TypeSnapshot, t == TypeEntry && state:
			return true
		case t == TypeEntry:
			entry = true
		case t == TypeState:
			state = entry
		}
	}
	return false
}
