// Metadata behind an unsynced place counts as a proof that it was synced, as a
// snapshot record does. No writer syncs between metadata and what follows: a file
// whose head was torn would be refused. Seen by I16.
//
//course:mutant 1.6
package records

func provesSync(types []int64) bool {
	var entry, state bool
	for i, t := range types {
		switch {
		case (t == TypeSnapshot || t == TypeMetadata) && i < len(types)-1, t == TypeEntry && state:
			return true
		case t == TypeEntry:
			entry = true
		case t == TypeState:
			state = entry
		}
	}
	return false
}
