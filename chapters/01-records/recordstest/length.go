package recordstest

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// edges are sizes at which a word, a mask or a sign may go wrong.
func edges() []int64 {
	sizes := make([]int64, 0, 100)
	for size := range int64(65) {
		sizes = append(sizes, size)
	}
	for _, bits := range []uint{7, 8, 12, 16, 24, 31, 32, 40, 47, 48, 53, 55, 56} {
		for _, d := range []int64{-9, -8, -7, -1, 0, 1, 4, 7, 8} {
			if size := int64(1)<<bits + d; size < 1<<56 {
				sizes = append(sizes, size)
			}
		}
	}
	return sizes
}

// wordLine prints a length word as it stands in the file.
func wordLine(word uint64, pad int) string {
	b := binary.LittleEndian.AppendUint64(nil, word)
	return fmt.Sprintf("size % x, top byte %02x (in the file's order), pad %d", b[:7], b[7], pad)
}

// wordsAreAligned is I1.
func wordsAreAligned(c *check) {
	const means = "the next frame begins where this one ends; one byte off, and every record behind is lost."
	for _, size := range edges() {
		wantPad := int((8 - size%8) % 8)
		want := uint64(size)
		if wantPad > 0 {
			want |= uint64(128+wantPad) << 56
		}
		c.trying("EncodeLength(%d)", size)
		word, pad := c.EncodeLength(size)
		if word != want || pad != wantPad {
			c.fail(failure{
				Tried: fmt.Sprintf("EncodeLength(%d); word, record and padding take %d+%d+%d bytes", size, wordSize, size, pad),
				Got:   wordLine(word, pad),
				Want:  wordLine(want, wantPad),
				Means: means,
			})
		}
	}
	for _, size := range []int64{-1, 1 << 56, 1<<56 + 4, 1<<63 - 1, -1 << 63} {
		c.trying("EncodeLength(%d), which 56 bits cannot hold", size)
		if word, _ := c.EncodeLength(size); word != 0 {
			c.fail(failure{
				Tried: fmt.Sprintf("EncodeLength(%d), which 56 bits cannot hold", size),
				Got:   wordLine(word, 0),
				Want:  "the word 0, which no reader takes for a record",
				Means: "a size that spills into the top byte is read back as another size: garbage taken for a record.",
			})
		}
	}
}

// lengthReadsBack is I2.
func lengthReadsBack(c *check) {
	for _, size := range edges() {
		c.decodesTo(lengthWord(size), size, padding(int(size%8)), "it is the word of a frame that this format writes")
	}
	for _, size := range edges() {
		c.decodesTo(uint64(size), size, 0, "its top byte is zero: etcd before 3.0 wrote such words, of any size, without padding")
	}
	for _, size := range append(edges(), 1<<56-1) {
		for top := 1; top < 256; top++ {
			c.refusesTop(size, top)
		}
	}
}

// decodesTo fails unless DecodeLength reads word as size and pad.
func (c *check) decodesTo(word uint64, size int64, pad int, why string) {
	c.Helper()
	c.trying("DecodeLength(%#016x): %s", word, why)
	gotSize, gotPad, err := c.DecodeLength(word)
	if err != nil || gotSize != size || gotPad != pad {
		c.fail(failure{
			Tried: fmt.Sprintf("DecodeLength(%#016x): %s", word, why),
			Got:   fmt.Sprintf("size %d, pad %d, error %v", gotSize, gotPad, err),
			Want:  fmt.Sprintf("size %d, pad %d, no error", size, pad),
			Means: "a log that was written whole could not be read back.",
		})
	}
}

// refusesTop fails unless DecodeLength refuses the word of size with this top
// byte, or it is the one that belongs to size.
func (c *check) refusesTop(size int64, top int) {
	word := uint64(size) | uint64(top)<<56
	if size%8 != 0 && word == lengthWord(size) {
		return
	}
	c.trying("DecodeLength(%#016x), a word that no writer makes", word)
	gotSize, gotPad, err := c.DecodeLength(word)
	if errors.Is(err, c.ErrFrame) {
		return
	}
	means := "the top byte is the only part of the word that can tell damage from a length; accepted, it sends the reader astray."
	if err != nil {
		means = "the caller tells a damaged frame from a failing disk by errors.Is(err, ErrFrame)."
	}
	c.fail(failure{
		Tried: fmt.Sprintf("DecodeLength(%#016x): size %d needs %d bytes of padding, the top byte is %#02x", word, size, (8-size%8)%8, top),
		Got:   fmt.Sprintf("size %d, pad %d, error %v", gotSize, gotPad, err),
		Want:  "an error that wraps ErrFrame",
		Means: means,
	})
}
