package torch

import (
	"errors"
	"fmt"
	"slices"
)

// The instructions that the machine knows, by Python's names for them.
const (
	opProto          = 0x80
	opStop           = '.'
	opMark           = '('
	opNone           = 'N'
	opNewTrue        = 0x88
	opNewFalse       = 0x89
	opBinInt         = 'J'
	opBinInt1        = 'K'
	opBinInt2        = 'M'
	opLong1          = 0x8a
	opBinFloat       = 'G'
	opBinUnicode     = 'X'
	opShortBinString = 'U'
	opEmptyDict      = '}'
	opEmptyList      = ']'
	opEmptyTuple     = ')'
	opTuple          = 't'
	opTuple1         = 0x85
	opTuple2         = 0x86
	opTuple3         = 0x87
	opAppend         = 'a'
	opAppends        = 'e'
	opSetItem        = 's'
	opSetItems       = 'u'
	opGlobal         = 'c'
	opReduce         = 'R'
	opBuild          = 'b'
	opBinPut         = 'q'
	opLongBinPut     = 'r'
	opBinGet         = 'h'
	opLongBinGet     = 'j'
	opBinPersID      = 'Q'
)

// step does one instruction.
func (m *machine) step(op byte) error {
	switch op {
	case opProto:
		version, err := m.number(1)
		if err == nil && version > 5 {
			err = fmt.Errorf("protocol %d is none that is known", version)
		}
		return err
	case opMark:
		if len(m.marks) == maxThings {
			return fmt.Errorf("more than %d marks", maxThings)
		}
		m.marks = append(m.marks, len(m.stack))
		return nil
	case opNone:
		return m.push(nil, nil)
	case opNewTrue, opNewFalse:
		return m.push(op == opNewTrue, nil)
	case opBinInt:
		n, err := m.number(4)
		return m.push(int64(int32(n)), err)
	case opBinInt1:
		n, err := m.number(1)
		return m.push(int64(n), err)
	case opBinInt2:
		n, err := m.number(2)
		return m.push(int64(n), err)
	case opLong1:
		return m.push(m.long())
	case opBinFloat:
		return m.push(m.float())
	case opBinUnicode:
		s, err := m.text(4)
		return m.push(s, err)
	case opShortBinString:
		s, err := m.text(1)
		return m.push(s, err)
	case opEmptyDict:
		return m.push(&dict{}, nil)
	case opEmptyList:
		return m.push(&list{}, nil)
	case opEmptyTuple:
		return m.push(tuple{}, nil)
	case opTuple:
		items, err := m.popMarked()
		return m.push(tuple(slices.Clone(items)), err)
	case opTuple1, opTuple2, opTuple3:
		return m.shortTuple(int(op-opTuple1) + 1)
	case opAppend, opAppends:
		return m.append(op)
	case opSetItem, opSetItems:
		return m.setItems(op)
	case opGlobal:
		return m.global()
	case opReduce:
		return m.reduce()
	case opBuild:
		return m.build()
	case opBinPut, opLongBinPut:
		return m.put(op)
	case opBinGet, opLongBinGet:
		return m.get(op)
	case opBinPersID:
		return m.persistent()
	}
	return fmt.Errorf("instruction %q is none that tensors need", rune(op))
}

func (m *machine) shortTuple(n int) error {
	items := make(tuple, n)
	for i := range items {
		v, err := m.pop()
		if err != nil {
			return err
		}
		items[n-1-i] = v
	}
	return m.push(items, nil)
}

// operands are the one above the top, or all that are marked.
func (m *machine) operands(marked bool, each int) ([]any, error) {
	if marked {
		items, err := m.popMarked()
		if err == nil && len(items)%each != 0 {
			err = errors.New("a key without a value")
		}
		return items, err
	}
	if err := m.shortTuple(each); err != nil {
		return nil, err
	}
	items, err := m.pop()
	if err != nil {
		return nil, err
	}
	return items.(tuple), nil
}

func (m *machine) append(op byte) error {
	items, err := m.operands(op == opAppends, 1)
	if err != nil {
		return err
	}
	l, err := top[*list](m, "a list")
	if err == nil {
		l.items = append(l.items, items...)
	}
	return err
}

func (m *machine) setItems(op byte) error {
	items, err := m.operands(op == opSetItems, 2)
	if err != nil {
		return err
	}
	d, err := top[*dict](m, "a dictionary")
	for i := 0; i < len(items) && err == nil; i += 2 {
		err = d.set(items[i], items[i+1])
	}
	return err
}

// place takes the number under which something is remembered.
func (m *machine) place(long bool) (uint32, error) {
	bytes := uint64(1)
	if long {
		bytes = 4
	}
	i, err := m.number(bytes)
	return uint32(i), err
}

func (m *machine) put(op byte) error {
	i, err := m.place(op == opLongBinPut)
	if err != nil {
		return err
	}
	v, err := m.pop()
	if err != nil {
		return err
	}
	m.stack = append(m.stack, v)
	if len(m.memo) == maxThings {
		return fmt.Errorf("more than %d things are remembered", maxThings)
	}
	m.memo[i] = v
	return nil
}

func (m *machine) get(op byte) error {
	i, err := m.place(op == opLongBinGet)
	if err != nil {
		return err
	}
	v, ok := m.memo[i]
	if !ok {
		return fmt.Errorf("nothing is remembered as %d", i)
	}
	return m.push(v, nil)
}

func (m *machine) persistent() error {
	id, err := m.pop()
	if err != nil {
		return err
	}
	t, ok := id.(tuple)
	if !ok {
		return fmt.Errorf("%s where the id of a storage is expected", kind(id))
	}
	s, err := m.storage(t)
	return m.push(s, err)
}
