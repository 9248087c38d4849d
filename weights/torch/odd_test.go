package torch

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

type oddFile struct {
	name string
	file []byte
	want string // part of the error; empty where the file is accepted
	// stricter says why we reject what PyTorch accepts, with weights_only.
	stricter string
}

// called is {"a": module.name(*arguments)}.
func called(module, name, arguments string) []byte {
	return saved(with(named(module, name) + "(" + arguments + "tR"))
}

var oddFiles = append(archives, pickles...)

var archives = []oddFile{
	{"plain", saved(with(four)), "", ""},
	{"empty", nil, "neither an archive nor a pickle", ""},
	{"zip-magic-alone", []byte("PK\x03\x04"), "no directory of an archive at its end", ""},
	{"archive-cut", saved(with(four))[:200], "no directory of an archive", ""},
	{"archive-last-byte-cut", saved(with(four))[:len(saved(with(four)))-1], "no directory of an archive", ""},
	{"archive-without-beginning", saved(with(four))[100:], "neither an archive nor a pickle", ""},
	{"archive-with-comment", append(changed(saved(with(four)), 2, "\x04\x00"), "evil"...), "no directory of an archive at its end", "torch writes no comment"},
	{"archive-with-bytes-after", append(saved(with(four)), 0), "no directory of an archive at its end", "nothing may hide behind the model"},
	{"archive-behind-others", append(saved(with(four)), saved(state(text("b"), four))...), "does not end at", "nothing may hide before the model"},
	{"no-pickle", archiveOf(stored("archive/data/0", "")), `data.pkl is not in the archive's folder "archive"`, ""},
	{"no-member", archiveOf(), "neither an archive nor a pickle", ""},
	{"member-outside-folder", saved(with(four), stored("evil", "")), `member "evil" is not in the one folder`, ""},
	{"member-in-other-folder", saved(with(four), stored("other/data.pkl", "")), `member "other/data.pkl" is not in the one folder`, ""},
	{"zip-slip", saved(with(four), stored("../evil", "")), `member "../evil" is not in the one folder`, ""},
	{"zip-slip-inside", saved(with(four), stored("archive/../../evil", "")), `member "archive/../../evil" is not in`, "torch writes one folder"},
	{"zip-slip-absolute", saved(with(four), stored("/etc/evil", "")), `member "/etc/evil" is not in`, ""},
	{"zip-slip-backslashes", saved(with(four), stored(`archive\..\evil`, "")), `is not in the one folder`, ""},
	{"member-is-a-folder", saved(with(four), stored("archive/sub/", "")), `member "archive/sub/" is not in`, "torch writes none"},
	{"member-twice", saved(with(four), stored("archive/data/0", strings.Repeat("x", 16))), `member "archive/data/0" stands twice`, "one of the two would win"},
	{"pickle-twice", saved(with(four), stored("archive/data.pkl", state(text("b"), four))), `member "archive/data.pkl" stands twice`, "one of the two would win"},
	{"pickle-compressed", archiveOf(memberFile{"archive/data.pkl", with(four), zip.Deflate}, stored("archive/data/0", strings.Repeat("\x00", 16)), stored("archive/version", "3\n")), "it is compressed, and torch only stores", "a bomb could be one"},
	{"storage-compressed", saved(with(rebuilt(storageID("FloatStorage", "1", 1<<18), integer(0), integers(4), integers(1))), memberFile{"archive/data/1", strings.Repeat("\x00", 1<<20), zip.Deflate}), "it is compressed, and torch only stores", "a bomb could be one"},
	{"members-overlap", overlapping(), "two members share the bytes from", "a bomb could be one"},
	{"encrypted", encrypted(), "it is encrypted", ""},
	{"directory-size-0", changed(saved(with(four)), 10, "\x00\x00\x00\x00"), "its directory of 0 bytes", ""},
	{"directory-of-2^31-bytes", changed(saved(with(four)), 10, "\x00\x00\x00\x80"), "its directory has 2147483648 bytes, more than 2097152", ""},
	{"directory-beyond-file", changed(saved(with(four)), 6, "\x00\x00\x00\x70"), "does not end at", ""},
	{"directory-of-2^32-1", changed(saved(with(four)), 10, "\xff\xff\xff\xff"), "no end for large archives", ""},
	{"torchscript", saved(with(four), stored("archive/constants.pkl", proto+").")), "a TorchScript archive", ""},
	{"byteorder-little", saved(with(four), stored("archive/byteorder", "little")), "", ""},
	{"byteorder-big", saved(with(four), stored("archive/byteorder", "big")), `byteorder is "big", not little`, "such files are from other machines"},
	{"pickle-goes-on", saved(with(four) + "x"), "data.pkl goes on after its end", "nothing may hide behind the pickle"},
	{"pickle-with-wrong-checksum", bytes.Replace(saved(with(four)), []byte(text("a")), []byte(text("b")), 1), "data.pkl is not what its checksum says", "it is not looked at there"},
	{"storage-missing", saved(with(rebuilt(storageID("FloatStorage", "1", 4), integer(0), integers(4), integers(1)))), `storage "1" is not in the archive`, ""},
	{"storage-leads-outside", saved(with(rebuilt(storageID("FloatStorage", "../version", 4), integer(0), integers(4), integers(1)))), `storage "../version" is not in the archive`, ""},
	{"storage-too-short", saved(with(rebuilt(storageID("FloatStorage", "0", 5), integer(0), integers(4), integers(1)))), `storage "0" of 5 elements of F32 has 16 bytes`, ""},
	{"storage-too-long", saved(with(rebuilt(storageID("FloatStorage", "0", 3), integer(0), integers(3), integers(1)))), `storage "0" of 3 elements of F32 has 16 bytes`, ""},
	{"storage-of-2^61", saved(with(rebuilt(storageID("FloatStorage", "0", 1<<61), integer(0), integers(4), integers(1)))), "2305843009213693952 elements are too many to address", ""},
	{"storage-of-minus-1", saved(with(rebuilt(storageID("FloatStorage", "0", -1), integer(0), integers(4), integers(1)))), "-1 where a size is expected", ""},

	{"legacy", legacyOf(magicNumber, "M\xe9\x03", littleOne, with(olderFour), oneKey, sixteen), "", ""},
	{"legacy-magic-alone", []byte(proto + magicNumber + "."), "from byte 15 on: byte 0 of the pickle: the file ends early", ""},
	{"legacy-other-magic", legacyOf("\x8a\x0a0123456789", "M\xe9\x03", littleOne, with(olderFour), oneKey, sixteen), "does not begin as torch.save has it", ""},
	{"legacy-plain-pickle", []byte(state(text("a"), "K\x01")), "does not begin as torch.save has it", ""},
	{"legacy-version-1002", legacyOf(magicNumber, "M\xea\x03", littleOne, with(olderFour), oneKey, sixteen), "a version other than 1001", ""},
	{"legacy-version-a-tuple", legacyOf(magicNumber, ")", littleOne, with(olderFour), oneKey, sixteen), "a version other than 1001", ""},
	{"legacy-big-endian", legacyOf(magicNumber, "M\xe9\x03", "}("+text("little_endian")+"\x89u", with(olderFour), oneKey, sixteen), "it is big-endian", "such files are from other machines"},
	{"legacy-machine-a-list", legacyOf(magicNumber, "M\xe9\x03", "]", with(olderFour), oneKey, sixteen), "a list where the machine is to be described", "it is not looked at there"},
	{"legacy-keys-a-dictionary", legacyOf(magicNumber, "M\xe9\x03", littleOne, with(olderFour), "}", sixteen), "a dictionary where the keys", "an empty one is as good as an empty list there"},
	{"legacy-no-key", legacyOf(magicNumber, "M\xe9\x03", littleOne, with(olderFour), "]", sixteen), "1 storages are used and 0 are there", "the numbers are left as they come there"},
	{"legacy-other-key", legacyOf(magicNumber, "M\xe9\x03", littleOne, with(olderFour), "]("+text("1")+"e", sixteen), `storage "1" is nobody's`, ""},
	{"legacy-key-twice", legacyOf(magicNumber, "M\xe9\x03", littleOne, with(olderFour), "]("+text("0")+text("0")+"e", sixteen, sixteen), `storage "0" is nobody's, or there twice`, "the last wins there"},
	{"legacy-data-missing", legacyOf(magicNumber, "M\xe9\x03", littleOne, with(olderFour), oneKey), `storage "0" is missing`, ""},
	{"legacy-data-cut", legacyOf(magicNumber, "M\xe9\x03", littleOne, with(olderFour), oneKey, sixteen[:20]), `storage "0" takes 16 bytes from byte`, ""},
	{"legacy-data-of-other-length", legacyOf(magicNumber, "M\xe9\x03", littleOne, with(olderFour), oneKey, "\x05"+sixteen[1:]), `storage "0" has 5 elements, not 4`, ""},
	{"legacy-data-of-2^63", legacyOf(magicNumber, "M\xe9\x03", littleOne, with(olderFour), oneKey, sixteen[:7]+"\x80"+sixteen[8:]), `has 9223372036854775812 elements, not 4`, "it is read without its sign there"},
	{"legacy-bytes-after", legacyOf(magicNumber, "M\xe9\x03", littleOne, with(olderFour), oneKey, sixteen, "x"), "1 bytes follow the last storage", "nothing may hide behind the model"},
	{"legacy-view", legacyOf(magicNumber, "M\xe9\x03", littleOne, with(strings.Replace(four, integer(4)+"tQ", integer(4)+"("+text("1")+integer(0)+integer(4)+"ttQ", 1)), oneKey, sixteen), "is a part of another, as PyTorch had it before 0.4", "no weights of GPT-2 are so"},
	{"legacy-storage-of-two-sizes", legacyOf(magicNumber, "M\xe9\x03", littleOne, state(text("a"), olderFour, text("b"), rebuilt(strings.Replace(storageID("FloatStorage", "0", 3), "tQ", "NtQ", 1), integer(0), integers(3), integers(1))), oneKey, sixteen), "has 3 elements of F32 here and 4 of F32 there", "the first counts there"},
	{"legacy-call", legacyOf(magicNumber, "M\xe9\x03", littleOne, with(named("os", "system")+"("+text("echo")+"tR"), oneKey, sixteen), `"os.system" is nothing that tensors need`, ""},
}

// overlapping is an archive with a second entry in its directory for the same bytes.
func overlapping() []byte {
	file := saved(with(four), stored("archive/data/1", strings.Repeat("\x00", 16)))
	entry := bytes.LastIndex(file, []byte("archive/data/1")) - 46
	first := bytes.LastIndex(file, []byte("archive/data/0")) - 46
	copy(file[entry+42:], file[first+42:first+46])
	// The local header has the name of the other, and a name of the same length.
	return file
}

// encrypted is an archive whose pickle is said to be.
func encrypted() []byte {
	file := saved(with(four))
	at := bytes.Index(file, []byte("PK\x01\x02"))
	file[at+8] |= 1
	return file
}

// TestOddFiles holds every file to our verdict, and our verdict to that of torch.load.
func TestOddFiles(t *testing.T) {
	for _, odd := range oddFiles {
		t.Run(odd.name, func(t *testing.T) {
			read.Check(t, "torch.load", odd.name, odd.file, odd.want, odd.stricter)
		})
	}
}
