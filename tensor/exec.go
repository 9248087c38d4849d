package tensor

import (
	"errors"
	"time"

	"github.com/gptmeter/gptmeter/tensor/internal/kernel"
)

// Programmer errors, at the door of an operator.
const (
	badThreads    = "tensor: a pool needs at least one worker"
	badShape      = "tensor: shapes do not fit"
	badDType      = "tensor: no such number format"
	badRows       = "tensor: rows differ from those that Divide was told"
	badDivision   = "tensor: Divide needs ends that do not fall"
	badID         = "tensor: id outside the weight"
	badSections   = "tensor: sections are at least one, and are set before Divide"
	badPrefix     = "tensor: prefix longer than the sequence"
	badSequence   = "tensor: one sequence twice in a call"
	badActivation = "tensor: no such activation function"
	badPacking    = "tensor: not the bytes of such a weight"
	badSplit      = "tensor: a weight is split between panels, inside it"
)

// An Exec runs operators on a Pool and counts what they do: its odometer only grows.
// One goroutine at a time uses it.
type Exec struct {
	pool    *Pool
	backend *kernel.Backend
	now     func() time.Duration

	total Work
	ends  []int  // the rows of part i are ends[i-1] to ends[i]
	parts []Work // what each part has caused since Settle, section by section

	sections, section int // how many, and the present one
	trace             func(Call)
	off               bool // no clocks and no books: Meter(false)

	panels   kernel.Arena // of weights that are packed
	arena    arena
	integers []byte                // the rows of a product of integers
	call     call                  // the operands of the call that is running
	spans    []kernel.Attention    // and those of Attention
	share    shareFunc             // what a worker does for it
	piece    int                   // in pieces of so many items, or 0
	left     []pieces              // by worker
	work     func(w, from, to int) // runs share and times it
	done     []done                // by worker
}

// A shareFunc does the items from up to to of the call that is running.
type shareFunc func(x *Exec, worker, from, to int) Count

// A phase of a call is done by as many workers as have at least grain of its items, and before the
// next one begins. Each does its part at once, or in pieces of at least so many items.
type phase struct {
	items, grain, piece int
	share               shareFunc
}

// done is what one worker brings back from a call.
type done struct {
	count   Count
	fused   Count // of another operator, inside the call's
	busy    time.Duration
	spans   []spanCount // of Attention, by span
	scratch []float32
	_       [64]byte // workers write side by side: keep them off each other's cache line
}

// room is a worker's scratch of at least n.
func (d *done) room(n int) []float32 {
	if len(d.scratch) < n {
		d.scratch = make([]float32, n)
	}
	return d.scratch
}

type spanCount struct{ attention, softmax Count }

// Kernels lists the names of the sets of kernels that this processor can run, the fastest first.
func Kernels() (names []string) {
	for _, b := range kernel.Backends() {
		names = append(names, b.Name)
	}
	return names
}

// ErrKernel is the error for a set of kernels that this processor or build does not have.
var ErrKernel = errors.New("no such kernels on this processor")

// NewExec returns an Exec on p with the kernels of that name; "auto" and "" take the fastest.
func NewExec(p *Pool, kernels string) (*Exec, error) {
	start := time.Now()
	x := &Exec{pool: p, now: func() time.Duration { return time.Since(start) }, done: make([]done, p.Workers()), left: make([]pieces, p.Workers()), sections: 1}
	x.work = x.doShare
	for _, b := range kernel.Backends() {
		if kernels == b.Name || kernels == "auto" || kernels == "" {
			x.backend = b
			return x, nil
		}
	}
	return nil, ErrKernel
}

// Kernel is the name of the kernels in use.
func (x *Exec) Kernel() string { return x.backend.Name }

// Threads is the number of workers.
func (x *Exec) Threads() int { return x.pool.Workers() }

// Work is what has been done since the Exec was made.
func (x *Exec) Work() Work { return x.total }

// Divide says whose the rows of the operands that follow are: part i owns those from ends[i-1]
// (0 for the first) up to ends[i]. A part may own none.
func (x *Exec) Divide(ends []int) {
	last := 0
	for _, e := range ends {
		if e < last {
			panic(badDivision)
		}
		last = e
	}
	x.ends = append(x.ends[:0], ends...)
	for len(x.parts) < len(ends)*x.sections {
		x.parts = append(x.parts, Work{})
	}
}

// Sections has the parts' work kept apart by section, of which there are n; one is none. It comes
// before Divide.
func (x *Exec) Sections(n int) {
	if n < 1 || len(x.ends) > 0 {
		panic(badSections)
	}
	x.sections, x.section = n, 0
}

// Section says in which section the operators that follow are. It is ignored where Sections asks
// for none.
func (x *Exec) Section(i int) { x.section = min(i, x.sections-1) }

// part is the work of part i in the present section.
func (x *Exec) part(i int) *Work { return &x.parts[i*x.sections+x.section] }

// A Call is one call of an operator, as Trace sees it.
type Call struct {
	Operator Operator
	Section  int
	Begin    time.Duration // on Clock
	Wall     time.Duration
}

// Trace has f see every call of an operator when it returns; nil ends that.
func (x *Exec) Trace(f func(Call)) { x.trace = f }

// Meter turns the meter on, as it is at first, or off. Off, operators compute the same, but read no
// clock and book no work on the odometer, on parts or in a trace. That is for measuring what the
// meter costs: kernels still add up what they do, which cannot be taken out of their loops.
func (x *Exec) Meter(on bool) { x.off = !on }

// Clock is the time since the Exec was made.
func (x *Exec) Clock() time.Duration { return x.now() }

// Settle moves what each part has caused since the last Settle into into, which it returns.
// Row i of R gets ⌊n(i+1)/R⌋ − ⌊ni/R⌋ of what a call of R rows did, attention is each part's own
// and its time is divided by its products: the parts of all calls add up to Work, to the unit.
// Where there are sections, section s of part i is at i·sections + s. It also ends the division:
// Divide comes before the next operator.
func (x *Exec) Settle(into []Work) []Work {
	into = append(into[:0], x.parts...)
	x.parts, x.ends = x.parts[:0], x.ends[:0]
	return into
}

// run does one call of op.
func (x *Exec) run(op Operator, phases ...phase) (count Count, wall, busy time.Duration) {
	if x.off {
		x.doPhases(phases)
		return Count{}, 0, 0
	}
	for w := range x.done {
		x.done[w].count, x.done[w].fused, x.done[w].busy = Count{}, Count{}, 0
	}
	start := x.now()
	x.doPhases(phases)
	wall = x.now() - start
	for w := range x.done {
		count.Add(x.done[w].count)
		busy += x.done[w].busy
	}
	if x.trace != nil {
		x.trace(Call{Operator: op, Section: x.section, Begin: start, Wall: wall})
	}
	return count, wall, busy
}

func (x *Exec) doPhases(phases []phase) {
	for _, p := range phases {
		x.share, x.piece = p.share, p.piece
		if p.piece > 0 {
			parts := x.pool.parts(p.items, p.grain)
			for w := range x.left { // those without a part too: a call that panicked has left them something
				x.left[w].set(p.items*min(w, parts)/parts, p.items*min(w+1, parts)/parts)
			}
		}
		x.pool.split(p.items, p.grain, x.work)
	}
}

func (x *Exec) doShare(worker, from, to int) {
	if x.off {
		x.doPieces(worker, from, to)
		return
	}
	start := x.now()
	d := &x.done[worker]
	d.count.Add(x.doPieces(worker, from, to))
	d.busy += x.now() - start
}

// doPieces does a worker's part, and what is left of the others'.
func (x *Exec) doPieces(worker, from, to int) (c Count) {
	if x.piece == 0 {
		return x.share(x, worker, from, to)
	}
	for i := range x.left {
		for w := (worker + i) % len(x.left); ; {
			if from, to = x.left[w].take(x.piece, i > 0); from == to {
				break
			}
			c.Add(x.share(x, worker, from, to))
		}
	}
	return c
}

// rows does one call of op whose work is the same for each of its rows, and divides it by rows.
func (x *Exec) rows(op Operator, rows int, phases ...phase) {
	x.checkRows(rows)
	count, wall, busy := x.run(op, phases...)
	if !x.off {
		x.book(op, rows, OperatorWork{Calls: 1, Count: count, Wall: wall, Busy: busy})
	}
}

// book adds the work of one call of op to the total, and divides it by rows.
func (x *Exec) book(op Operator, rows int, work OperatorWork) {
	x.total[op].add(work)
	from := 0
	for i, end := range x.ends {
		if end > from {
			x.part(i)[op].add(work.share(int64(from), int64(end), int64(rows)))
		}
		from = end
	}
}

func (x *Exec) checkRows(rows int) {
	if len(x.ends) == 0 || x.ends[len(x.ends)-1] != rows || rows == 0 {
		panic(badRows)
	}
}

// Scratch returns a Tensor of undefined content that lives until the next Reset.
func (x *Exec) Scratch(rows, cols int) Tensor {
	return Tensor{Rows: rows, Cols: cols, Data: x.arena.take(rows * cols)}
}

// Reset takes back every Tensor that Scratch has given out.
func (x *Exec) Reset() { x.arena.reset() }

// An arena hands out memory that is taken back all at once. After a step it holds what the
// largest step has needed, so later ones allocate nothing.
type arena struct {
	data []float32
	used int // of data, or beyond it what did not fit
}

func (a *arena) take(n int) []float32 {
	a.used += n
	if a.used > len(a.data) {
		return make([]float32, n)
	}
	return a.data[a.used-n : a.used : a.used]
}

func (a *arena) reset() {
	if a.used > len(a.data) {
		a.data = make([]float32, a.used)
	}
	a.used = 0
}
