// A word without a mark is read only when its size needs no padding, as if every
// writer had always padded. Logs from before etcd 3.0 cannot be read any more:
// etcd-io/etcd#6323 (2016) is the same misunderstanding the other way round. Seen by I2.
//
//course:mutant 1.1
package records

import "fmt"

func DecodeLength(word uint64) (size int64, pad int, err error) {
	size = int64(word & maxSize)
	pad = int(-size & (WordSize - 1))
	if want, _ := EncodeLength(size); want != word {
		return 0, 0, fmt.Errorf("length word %#016x: %w", word, ErrFrame)
	}
	return size, pad, nil
}
