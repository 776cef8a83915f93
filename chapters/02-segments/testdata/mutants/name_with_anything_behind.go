// A name is read as etcd v3.7.3 reads it (parseWALName in server/storage/wal/util.go,
// unchanged since 2014): with a scanner that stops where its format ends and takes
// fewer digits. A copy that somebody called x.wal.wal is then a segment. Seen by I2.
//
//course:mutant 2.1
package segments

import "fmt"

func ParseName(name string) (seq, index uint64, ok bool) {
	_, err := fmt.Sscanf(name, "%016x-%016x.wal", &seq, &index)
	return seq, index, err == nil
}
