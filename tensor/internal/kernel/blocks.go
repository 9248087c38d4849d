package kernel

// Blocks say how the keys and values of a sequence are held: in blocks of Positions, which lie at
// absolute positions, so which sums a row adds up does not depend on how the prompt was cut.
type Blocks struct {
	Heads, Size int  // head count and the width of one
	Int8        bool // that they are int8, with a scale for each position and head; else float32
}

const (
	// BlockPositions is how many positions a block of float32 holds.
	BlockPositions = PanelColumns
	// BlockPositionsInt8 is how many one of int8 does, in about as many bytes.
	BlockPositionsInt8 = 128
)

// Positions is how many positions a block holds.
func (k Blocks) Positions() int {
	if k.Int8 {
		return BlockPositionsInt8
	}
	return BlockPositions
}

// Count is how many blocks have room for so many positions.
func (k Blocks) Count(positions int) int { return (positions + k.Positions() - 1) / k.Positions() }

// Length is that of a block of keys and one of values, in float32s.
func (k Blocks) Length() int { return k.keys() + k.values() }

func (k Blocks) keys() int {
	if k.Int8 {
		return k.Heads * k.keysInt8() / float32Bytes
	}
	return k.Heads * k.Size * BlockPositions
}

func (k Blocks) values() int {
	if k.Int8 {
		return k.Heads * k.valuesInt8() / float32Bytes
	}
	return k.Heads * k.Size * BlockPositions
}

// PositionBytes is what holds the key and the value of a position.
func (k Blocks) PositionBytes() int {
	if k.Int8 {
		return 2 * k.Heads * (k.Size + float32Bytes)
	}
	return 2 * k.Heads * k.Size * float32Bytes
}

// NewBlocks is memory for blocks, of that length in all.
func NewBlocks(length int) []float32 {
	room := make([]float32, length)
	hugePages(bytes(room))
	return room
}

// Append appends as many blocks as room is for to the lists of a sequence's keys and values.
func (k Blocks) Append(keys, values [][]float32, room []float32) (_, _ [][]float32) {
	n := k.keys()
	for each := k.Length(); len(room) > 0; room = room[each:] {
		keys, values = append(keys, room[:n:n]), append(values, room[n:each:each])
	}
	return keys, values
}

// Copy copies the first positions of a block into an open one. full tells whether the block that is copied is.
func (k Blocks) Copy(keys, values, fromKeys, fromValues []float32, positions int, full bool) {
	copy(values, fromValues)
	if k.Int8 {
		copy(keys, fromKeys)
		for h := range k.Heads {
			k.end(values, h, positions)
		}
		return
	}
	if !full {
		copy(keys, fromKeys)
		return
	}
	for head := 0; head < len(fromKeys); head += k.Size * BlockPositions {
		for d := range k.Size {
			for i, key := range fromKeys[head+d*BlockPositions:][:positions] {
				keys[head+i*k.Size+d] = key
			}
		}
	}
}
