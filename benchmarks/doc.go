// Package benchmarks measures how fast a model runs: what `gptmeter bench` prints.
//
// A [Sweep] runs tests, every combination of what it is given; a [Load] sends requests as users
// would. Both drive the step of engine.Engine, the one that serves requests, and count with the
// meter that every request has. There is no second loop.
//
// # Tests
//
// The tests are llama-bench's. ppN reads prompts of N tokens, with logits for the last of each.
// tgN makes N tokens one after the other. A batch of B does so for B sequences side by side, and
// at depth D each of them comes after D others, which are in its cache and were computed before
// the clock started. So a decode step of tgN at depth D sees D+1 to D+N positions.
//
// A repetition runs from the first step to the end of the last, without what the engine takes to
// choose tokens and to make text: that leaves the operators and what joins them. tokens/s is of
// the whole batch.
//
// # Peaks
//
// The machine's limits are measured in the same run, between the tests and spread over it from
// its first to its last minute, so that a machine that changes under the tests is seen to.
package benchmarks
