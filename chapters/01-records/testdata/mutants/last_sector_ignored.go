// Only sectors that the frame fills to their end are looked at; the last one, of
// which it has a part, is not. A record whose end was never written then looks as
// if it had been changed, and the node refuses to start. Seen by I16.
//
//course:mutant 1.6
package records

func crashCanLeave(at int64, frame []byte) bool {
	for {
		n := SectorSize - int(at%SectorSize)
		if n > len(frame) {
			return false
		}
		part := frame[:n]
		if allZero(part[:WordSize]) || allZero(part[n-WordSize:]) {
			return true
		}
		frame, at = frame[n:], at+int64(n)
	}
}
