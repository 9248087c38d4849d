// Package price reads what a machine costs: a TOML file, or one of the presets inside the binary.
//
//	name = "owned-server"
//	currency = "USD"            # ISO 4217
//	source = "where the figures are from"
//	date = "2026-11-23"
//	[hardware]                  # a table may have its own source and date
//	purchase = 9000
//	life_years = 4
//	[range]                     # from where to where a figure may lie
//	hardware.purchase = [8000, 11000]
//
// The figures and their units are those of [Keys]. Each is the exact decimal that stands in the
// file: none goes through a float64. A file is read strictly, and what is wrong in it is an error
// that names the line. Only tables that are there mean anything: a figure that is not is 0, save that
// a PUE that is not is 1.
package price
