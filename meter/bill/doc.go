// Package bill works out what serving a load of requests costs a day, from what machines cost
// (package price) and how fast they were measured to be.
//
// Its functions are pure: what they are given is plain numbers, and they know neither files nor
// what a transformer is. Money is exact, a big.Rat, from the decimals of the price to the [Answer],
// where JSON has the nearest float64.
//
// # Two bases
//
// By allocation, all that a day costs is shared out among its requests, the time in which machines
// are idle included. By usage, a request bears what its work costs and no more. The difference is
// the idle amount, which each line of the bill states.
//
// # Units
//
// Seconds are machine seconds, those of a whole machine, as in package meter. A year has 365 days, and a
// month is its twelfth.
package bill
