// Package engine turns requests into tokens: it forms steps from whatever requests there are
// (parts of prompts and single tokens side by side, in one pass of the model), samples, finds
// stop strings, and books on each request's account what it caused.
//
// # Determinism
//
// A request's tokens depend on the weights, its prompt, its sampling and its seed, and on nothing
// else: not on the requests beside it, the size of the batch, how its prompt is cut into chunks,
// or whether a prefix came from another request's cache.
//
// # Randomness
//
// Choice i of a request draws from its own ChaCha8 generator (math/rand/v2; the algorithm is
// fixed by https://c2sp.org/chacha8rand) whose 32-byte key is the seed, then i, each as eight
// bytes with the least significant first, then zeros. Each sampled token takes one draw: the
// upper 53 bits of the next 64, divided by 2⁵³. Greedy tokens take none.
package engine
