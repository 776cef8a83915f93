package recordstest

import "hash/crc32"

// recognised says how crc, which is wrong for w's record i, can have come about,
// in words to be put behind it; "" when it looks like nothing known.
func (w written) recognised(i int, crc uint32) string {
	before, own, ieee := w.crc, w.recs[i], w.crc
	fresh, since := uint32(0), uint32(0) // from 0 on; from the last checksum record on
	for k, r := range w.recs[:i+1] {
		if k < i {
			before = crc32.Update(before, castagnoli, r.Data)
		}
		ieee = crc32.Update(ieee, crc32.IEEETable, r.Data)
		fresh = crc32.Update(fresh, castagnoli, r.Data)
		if since = crc32.Update(since, castagnoli, r.Data); r.Type == typeCRC {
			since = 0
		}
	}
	for _, k := range []struct {
		crc uint32
		how string
	}{
		{before, "the running checksum in front of this record, before its data is added"},
		{ieee, "what the IEEE polynomial gives; the log's is Castagnoli"},
		{crc32.ChecksumIEEE(own.Data), "what the IEEE polynomial gives for this record's data alone; the log's is Castagnoli, and it runs on"},
		{crc32.Checksum(own.Data, castagnoli), "the checksum of this record's data alone; it must run on from the record before"},
		{fresh, "a chain that begins at 0, not at the checksum that NewEncoder was given"},
		{since, "a chain that begins anew at a checksum record; it runs on there"},
		{crc32.Update(before, castagnoli, wire(Record{own.Type, 0, own.Data})), wholeRecord},
		{crc32.Update(before, castagnoli, wire(Record{own.Type, before, own.Data})), wholeRecord},
		{crc32.Checksum(wire(Record{own.Type, 0, own.Data}), castagnoli), wholeRecord},
		{^crc32.Update(before, castagnoli, own.Data), "the right value with all of its bits inverted"},
	} {
		if k.crc == crc {
			return ": " + k.how
		}
	}
	return ""
}

// wholeRecord names the mistake of a checksum over more than the data.
const wholeRecord = "a checksum over the whole record; only its data counts"
