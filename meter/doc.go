// Package meter turns what an engine counted and timed for a request into a report.
//
// An Account collects: the engine adds to it what each step did for the request. A Report states:
// it is the JSON that the program prints. An EnergyMeter divides among the accounts what RAPL
// counts, and a Trace shows what they and the operators did when.
//
// The meter does not know what a transformer is, and it computes no count from any shape: it adds
// up what the kernels returned, under names that it is given.
//
// # Time
//
// A machine second is one second of the whole machine, whatever the number of its threads. A step
// that several requests share is divided among them, so machine seconds add up: those of all
// requests and the idle ones to the time that the engine has existed. Wall seconds are what a
// clock on the wall shows; those of requests that share steps overlap.
//
// # Peaks
//
// Peaks are what probes have reached on this machine. They are measured apart from any request, and
// kept with the machine that they are of; a Report sets its legs beside them where it is given some,
// and states null where it is not. It never sets them beside a figure from a datasheet.
package meter
