// Sectors are counted from where the frame begins, not where the file does: what
// a lost sector leaves then lies inside two of them, at no end. Seen by I16.
//
//course:mutant 1.6
package records

func crashCanLeave(at int64, frame []byte) bool {
	for len(frame) > 0 {
		n := min(len(frame), SectorSize)
		part := frame[:n]
		if allZero(part[:WordSize]) || allZero(part[n-WordSize:]) {
			return true
		}
		frame = frame[n:]
	}
	return false
}
