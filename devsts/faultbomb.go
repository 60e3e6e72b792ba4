package devsts

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
)

// The spaces of FaultGzipBomb: so many bytes, so many times.
const (
	bombPiece  = 1 << 20
	bombPieces = 64
)

// gzipBomb writes one gzip member (RFC 1952), which holds the document and then
// the spaces. To compress 64 MiB for each fetch would take longer than a client
// waits, so one piece is compressed, and repeated as it is.
func (f fetch) gzipBomb(*armedFault) {
	body, ok := f.right()
	if !ok {
		return
	}
	spaces := bytes.Repeat([]byte(" "), bombPiece)
	var out bytes.Buffer
	out.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}) // deflate, no time, no name, any system
	out.Write(deflated(body))
	out.Write(bytes.Repeat(deflated(spaces), bombPieces))
	out.Write([]byte{1, 0, 0, 255, 255}) // a last block with nothing in it (RFC 1951, section 3.2.4)

	sum := crc32.ChecksumIEEE(body)
	for range bombPieces {
		sum = crc32.Update(sum, crc32.IEEETable, spaces)
	}
	trailer := binary.LittleEndian.AppendUint32(nil, sum)
	out.Write(binary.LittleEndian.AppendUint32(trailer, uint32(len(body)+bombPieces*bombPiece)))

	f.w.Header().Set("Content-Encoding", "gzip")
	f.write(out.Bytes())
}

// deflated compresses to blocks that end at a whole byte, refer to nothing
// before them and are not the last, so that others can follow.
func deflated(text []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err != nil {
		panic(err) // only for a level that there is not
	}
	_, _ = w.Write(text) // a buffer takes all
	_ = w.Flush()
	return out.Bytes()
}
