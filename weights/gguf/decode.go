package gguf

import (
	"encoding/binary"
	"math"

	"github.com/x448/float16"
)

// The decoders turn whole blocks into numbers, as dequantize_row_* of ggml-quants.c do; each
// comment is what an element is, in float32, rounded after each operation.

func half(b []byte) float32 { return float16.Frombits(binary.LittleEndian.Uint16(b)).Float32() }

func decodeF32(dst []float32, from []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(from[4*i:]))
	}
}

func decodeF16(dst []float32, from []byte) {
	for i := range dst {
		dst[i] = half(from[2*i:])
	}
}

func decodeBF16(dst []float32, from []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(from[2*i:])) << 16)
	}
}

// decodeQ8_0: scale · q, q an int8.
func decodeQ8_0(dst []float32, from []byte) {
	for ; len(dst) > 0; dst, from = dst[32:], from[34:] {
		scale := half(from)
		for i, q := range from[2:34] {
			dst[i] = scale * float32(int8(q))
		}
	}
}

// decodeQ4_0: scale · (q − 8), q of 4 bits: the lower halves of 16 bytes, then the upper.
func decodeQ4_0(dst []float32, from []byte) {
	for ; len(dst) > 0; dst, from = dst[32:], from[18:] {
		scale := half(from)
		for i, q := range from[2:18] {
			dst[i] = scale * float32(int(q&15)-8)
			dst[i+16] = scale * float32(int(q>>4)-8)
		}
	}
}

// decodeQ4_1: scale · q + least.
func decodeQ4_1(dst []float32, from []byte) {
	for ; len(dst) > 0; dst, from = dst[32:], from[20:] {
		scale, least := half(from), half(from[2:])
		for i, q := range from[4:20] {
			dst[i] = float32(scale*float32(q&15)) + least
			dst[i+16] = float32(scale*float32(q>>4)) + least
		}
	}
}

// decodeQ5_0: scale · (q − 16), q of 5 bits, the fifth of element i being bit i of a word.
func decodeQ5_0(dst []float32, from []byte) {
	for ; len(dst) > 0; dst, from = dst[32:], from[22:] {
		scale, fifth := half(from), binary.LittleEndian.Uint32(from[2:])
		for i, q := range from[6:22] {
			low, high := int(q&15)|int(fifth>>i&1)<<4, int(q>>4)|int(fifth>>(i+16)&1)<<4
			dst[i] = scale * float32(low-16)
			dst[i+16] = scale * float32(high-16)
		}
	}
}

// decodeQ5_1: scale · q + least.
func decodeQ5_1(dst []float32, from []byte) {
	for ; len(dst) > 0; dst, from = dst[32:], from[24:] {
		scale, least, fifth := half(from), half(from[2:]), binary.LittleEndian.Uint32(from[4:])
		for i, q := range from[8:24] {
			low, high := int(q&15)|int(fifth>>i&1)<<4, int(q>>4)|int(fifth>>(i+16)&1)<<4
			dst[i] = float32(scale*float32(low)) + least
			dst[i+16] = float32(scale*float32(high)) + least
		}
	}
}

// decodeQ4_K: (scale · s) · q − (least · m): 8 groups of 32, with s and m of 6 bits each.
func decodeQ4_K(dst []float32, from []byte) {
	for ; len(dst) > 0; dst, from = dst[256:], from[144:] {
		scale, least, packed := half(from), half(from[2:]), from[4:16]
		for pair := range 4 { // of groups: the lower and upper halves of 32 bytes
			for half := range 2 {
				s, m := scaleAndLeast(packed, 2*pair+half)
				a, b := scale*float32(s), least*float32(m)
				for i, q := range from[16+32*pair:][:32] {
					dst[64*pair+32*half+i] = float32(a*float32(q>>(4*half)&15)) - b
				}
			}
		}
	}
}

// scaleAndLeast unpacks what group has of 12 bytes: those of the first four groups are the lower 6
// bits of the first eight; of the others 4 bits are in the last four, and 2 above those.
func scaleAndLeast(packed []byte, group int) (s, m byte) {
	if group < 4 {
		return packed[group] & 63, packed[group+4] & 63
	}
	return packed[group+4]&15 | packed[group-4]>>6<<4, packed[group+4]>>4 | packed[group]>>6<<4
}

// decodeQ6_K: (scale · s) · (q − 32): 16 groups of 16, s an int8; q has 4 bits in one place and 2 in another.
func decodeQ6_K(dst []float32, from []byte) {
	for ; len(dst) > 0; dst, from = dst[256:], from[210:] {
		low, high, scales, scale := from[:128], from[128:192], from[192:208], half(from[208:])
		for i := range 256 {
			half, quarter, j := i/128, i%128/32, i%32
			q := low[64*half+32*(quarter%2)+j] >> (4 * (quarter / 2)) & 15
			q |= high[32*half+j] >> (2 * quarter) & 3 << 4
			dst[i] = float32(scale*float32(int8(scales[i/16]))) * float32(int(q)-32)
		}
	}
}
