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
		Add(out, bias)
	}
}

// RowBF16 is Row for panels of bfloat16s, as TileBF16 has them.
func RowBF16(out, a []float32, b []uint16, bias []float32) {
	for j := 0; j < len(out); j += panelColumns {
		TileBF16(out[j:], panelColumns, a, len(a), b[j*len(a):], len(a), 1, panelColumns, false, nil, nil)
	}
	if bias != nil {
		Add(out, bias)
	}
}
