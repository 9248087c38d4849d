package pure

// Row is, for panels of 32 columns that lie one behind the other, each [len(a)][32],
//
//	for j := range out {
//		panel, column := b[j/32*32*len(a):], j%32
//		var s float32
//		for p := range a {
//			s += a[p] * panel[p*32+column]
//		}
//		if bias != nil {
//			s += bias[j]
//		}
//		out[j] = s
//	}
func Row(out, a, b []float32, bias []float32) {
	for j := 0; j < len(out); j += panelColumns {
		multiply(out[j:], panelColumns, a, len(a), b[j*len(a):], panelColumns, len(a), 1, panelColumns, false)
	}
	if bias != nil {
		addRow(out, bias)
	}
}

// RowBF16 is Row for panels of bfloat16s, as TileBF16 has them.
func RowBF16(out, a []float32, b []uint16, bias []float32) {
	for j := 0; j < len(out); j += panelColumns {
		TileBF16(out[j:], panelColumns, a, len(a), b[j*len(a):], len(a), 1, panelColumns, false, nil, nil)
	}
	if bias != nil {
		addRow(out, bias)
	}
}

// Row8 is Dot8 for one row and the panels that lie one behind the other, one for each 32 of out.
func Row8(out []float32, a, w []byte, k, group int, bias []float32) {
	rowIntegers(Dot8, out, a, w, k, group, bias)
}

// Row4 is Dot4 in the same way.
func Row4(out []float32, a, w []byte, k, group int, bias []float32) {
	rowIntegers(Dot4, out, a, w, k, group, bias)
}

func rowIntegers(dot func([]float32, int, []byte, int, []byte, int, int, int, []float32, bool, []float32, int, []byte), out []float32, a, w []byte, k, group int, bias []float32) {
	panel := len(w) / (len(out) / panelColumns)
	for j := 0; j < len(out); j += panelColumns {
		var part []float32
		if bias != nil {
			part = bias[j:][:panelColumns]
		}
		dot(out[j:], panelColumns, a, len(a), w[j/panelColumns*panel:][:panel], k, group, 1, part, false, nil, 0, nil)
	}
}
