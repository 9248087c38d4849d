// Package report writes a bill as a page for a browser: one file with nothing from elsewhere, no
// script, no font, no picture that is not in it.
//
// Pictures are SVG of this package's own, so that colours follow the reader's light or dark, and so
// that each is drawn twice, for a phone of 360 pixels and for a wide page, with text of one size. A
// table beside each has its figures. Every figure says whether it was measured, estimated or configured,
// and an example says that it is one.
package report
