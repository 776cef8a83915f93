package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
)

// placed is a record and where it stands in its file.
type placed struct {
	records.Record
	// start and end are offsets: of the frame, and of what follows it.
	start, end int64
}

// size returns the bytes that the frame takes, padding included.
func (p placed) size() int { return int(p.end - p.start) }

// story is a log that is written to be drawn. Its first error stays.
type story struct {
	file bytes.Buffer
	enc  *records.Encoder
	n    int
	err  error
}

// newStory returns a log that holds the record which every file begins with.
func newStory() *story { return continueStory(0) }

// continueStory returns a file that goes on with the checksum of the one before.
func continueStory(crc uint32) *story {
	s := new(story)
	s.enc = records.NewEncoder(&s.file, crc, 0)
	return s.add(records.TypeCRC, nil, nil)
}

// add writes one record.
func (s *story) add(typ int64, data []byte, err error) *story {
	if s.err == nil {
		s.err = err
	}
	if s.err == nil {
		s.err = s.enc.Encode(typ, data)
		s.n++
	}
	return s
}

// entry writes an entry as raft and protobuf put it on the wire.
func (s *story) entry(term, index uint64, data []byte) *story {
	b, err := proto.Marshal(&raftpb.Entry{Term: new(term), Index: new(index), Data: data})
	return s.add(records.TypeEntry, b, err)
}

// state writes a hard state.
func (s *story) state(term, vote, commit uint64) *story {
	b, err := proto.Marshal(&raftpb.HardState{Term: new(term), Vote: new(vote), Commit: new(commit)})
	return s.add(records.TypeState, b, err)
}

// end returns the file, and its records as the chapter's decoder finds them.
func (s *story) end() ([]byte, []placed, error) {
	if s.err == nil {
		s.err = s.enc.Flush()
	}
	if s.err != nil {
		return nil, nil, s.err
	}
	all, err := decode(s.file.Bytes())
	if err == nil && len(all) != s.n {
		err = fmt.Errorf("wrote %d records and read %d", s.n, len(all))
	}
	return s.file.Bytes(), all, err
}

// decode reads the records of a whole file.
func decode(file []byte) ([]placed, error) {
	var all []placed
	dec := records.NewDecoder(bytes.NewReader(file), int64(len(file)))
	for {
		start := dec.Offset()
		r, err := dec.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, placed{r, start, dec.Offset()})
	}
}

// sampleBytes returns n bytes, none of them zero.
func sampleBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return b
}
