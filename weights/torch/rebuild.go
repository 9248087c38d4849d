package torch

import (
	"errors"
	"fmt"
	"strings"
)

// A storage is a run of numbers of one type, outside the pickle.
type storage struct {
	dtype    string
	size     int // bytes of an element
	elements int
	begin    int // in the file; known once the pickle of a legacy file has ended
}

// storageTypes are the classes of storages: their dtype in the words of safetensors, and its bytes.
var storageTypes = map[global]storage{
	"torch DoubleStorage": {dtype: "F64", size: 8}, "torch FloatStorage": {dtype: "F32", size: 4},
	"torch HalfStorage": {dtype: "F16", size: 2}, "torch BFloat16Storage": {dtype: "BF16", size: 2},
	"torch LongStorage": {dtype: "I64", size: 8}, "torch IntStorage": {dtype: "I32", size: 4}, "torch ShortStorage": {dtype: "I16", size: 2},
	"torch CharStorage": {dtype: "I8", size: 1}, "torch ByteStorage": {dtype: "U8", size: 1}, "torch BoolStorage": {dtype: "BOOL", size: 1},
}

// functions are what a pickle may call.
var functions = map[global]func(args tuple) (any, error){
	"collections OrderedDict":         orderedDict,
	"torch._utils _rebuild_tensor":    rebuildTensor,
	"torch._utils _rebuild_tensor_v2": rebuildTensor,
	"torch._utils _rebuild_parameter": rebuildParameter,
}

func (m *machine) global() error {
	module, err := m.line()
	if err != nil {
		return err
	}
	name, err := m.line()
	if err != nil {
		return err
	}
	g := global(module + " " + name)
	_, isType := storageTypes[g]
	if _, isFunction := functions[g]; !isType && !isFunction || strings.Contains(module, " ") {
		return fmt.Errorf("%.80q is nothing that tensors need", module+"."+name)
	}
	return m.push(g, nil)
}

func (m *machine) reduce() error {
	items, err := m.operands(false, 2)
	if err != nil {
		return err
	}
	g, isGlobal := items[0].(global)
	args, isTuple := items[1].(tuple)
	call := functions[g]
	if !isGlobal || !isTuple || call == nil {
		return fmt.Errorf("%s is called with %s", kind(items[0]), kind(items[1]))
	}
	v, err := call(args)
	if err != nil {
		return fmt.Errorf("%s: %w", strings.ReplaceAll(string(g), " ", "."), err)
	}
	return m.push(v, nil)
}

// build gives an OrderedDict attributes (state_dict's _metadata), which change nothing here.
func (m *machine) build() error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	if _, ok := state.(*dict); !ok {
		return fmt.Errorf("%s where attributes are expected", kind(state))
	}
	_, err = top[*dict](m, "a dictionary")
	return err
}

// orderedDict has no arguments, or in files of Python 2 one, a list of pairs.
func orderedDict(args tuple) (any, error) {
	d := &dict{}
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*list)
	if !ok || len(args) > 1 {
		return nil, fmt.Errorf("%d arguments, the first is %s", len(args), kind(args[0]))
	}
	for _, item := range pairs.items {
		var pair []any
		switch v := item.(type) {
		case tuple:
			pair = v
		case *list:
			pair = v.items
		}
		if len(pair) != 2 {
			return nil, fmt.Errorf("%s where a pair is expected", kind(item))
		}
		if err := d.set(pair[0], pair[1]); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// rebuildTensor takes a storage, the place of the first element, sizes and strides. What follows
// (requires_grad, hooks) is for training.
func rebuildTensor(args tuple) (any, error) {
	if len(args) < 4 || len(args) > 7 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	s, ok := args[0].(*storage)
	if !ok {
		return nil, fmt.Errorf("%s where a storage is expected", kind(args[0]))
	}
	offset, err := index(args[1])
	if err != nil {
		return nil, err
	}
	sizes, err := indices(args[2])
	if err != nil {
		return nil, err
	}
	strides, err := indices(args[3])
	if err != nil {
		return nil, err
	}
	return newTensor(s, offset, sizes, strides)
}

// rebuildParameter takes a tensor, whether it is trained, and hooks.
func rebuildParameter(args tuple) (any, error) {
	if len(args) != 3 {
		return nil, fmt.Errorf("%d arguments", len(args))
	}
	t, ok := args[0].(*Tensor)
	if !ok {
		return nil, fmt.Errorf("%s where a tensor is expected", kind(args[0]))
	}
	return t, nil
}

const maxRank = 8

func indices(v any) ([]int, error) {
	t, ok := v.(tuple)
	if !ok {
		return nil, fmt.Errorf("%s where a tuple of integers is expected", kind(v))
	}
	if len(t) > maxRank {
		return nil, fmt.Errorf("%d dimensions are more than %d", len(t), maxRank)
	}
	list := make([]int, len(t))
	for i, v := range t {
		var err error
		if list[i], err = index(v); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// index is an integer that is not negative and fits an int.
func index(v any) (int, error) {
	if _, ok := v.(wide); ok {
		return 0, errors.New("an integer of more than 8 bytes")
	}
	n, ok := v.(int64)
	if !ok {
		return 0, fmt.Errorf("%s where an integer is expected", kind(v))
	}
	if n < 0 || int64(int(n)) != n {
		return 0, fmt.Errorf("%d where a size is expected", n)
	}
	return int(n), nil
}
