package kernel_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// TestTranspose: a panel has each number of the rows, and what lies around it stays.
func TestTranspose(t *testing.T) {
	each(t, func(t *rapid.T, b *kernel.Backend) {
		rows, cols := 16*rapid.IntRange(1, 2).Draw(t, "16 rows"), 16*rapid.IntRange(1, 9).Draw(t, "16 columns")
		ldi := cols + rapid.IntRange(0, 20).Draw(t, "beyond a row")
		in := numbers(rows * ldi)
		out, check := guarded(32 * cols)
		fill(out, -1)
		b.Transpose(out, in[:(rows-1)*ldi+cols], ldi, rows, cols)
		check(t)
		for j := range cols {
			for i := range kernel.BlockPositions {
				want := float32(-1)
				if i < rows {
					want = in[i*ldi+j]
				}
				if got := out[32*j+i]; got != want {
					t.Fatalf("%s: row %d, column %d is %v, not %v", b.Name, i, j, got, want)
				}
			}
		}
	})
}

// TestBlocksCopy: the first positions of a block are the same keys whether it is full or not.
func TestBlocksCopy(t *testing.T) {
	const heads, size = 3, 16
	k := kernel.Blocks{Heads: heads, Size: size}
	from := numbers(heads * size * kernel.BlockPositions) // [head][position][size]
	full := make([]float32, len(from))
	for h := range heads {
		part := h * size * kernel.BlockPositions
		kernel.Backends()[0].Transpose(full[part:], from[part:], size, kernel.BlockPositions, size)
	}
	for positions := range kernel.BlockPositions {
		open, closed := make([]float32, len(from)), make([]float32, len(from))
		k.Copy(open, make([]float32, len(from)), from, from, positions, false)
		k.Copy(closed, make([]float32, len(from)), full, from, positions, true)
		for h := range heads {
			for i := range positions * size {
				at := h*size*kernel.BlockPositions + i
				if open[at] != from[at] || closed[at] != from[at] {
					t.Fatalf("%d positions: head %d has %v and %v at %d, not %v", positions, h, open[at], closed[at], i, from[at])
				}
			}
		}
	}
}
