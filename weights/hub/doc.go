// Package hub fetches models from the Hugging Face hub, or what speaks as it does, into the cache
// that all programs of that world share:
//
//	models--org--name/
//	    blobs/<hash>                        a file's content, under the hub's hash of it
//	    blobs/<hash>.incomplete             its beginning, until it is whole
//	    refs/<revision>                     the commit that a branch or tag stood for when it was last asked
//	    snapshots/<commit>/<file>           a link to the blob
//	    .no_exist/<commit>/<file>           empty: the commit has no such file
//	.locks/models--org--name/<hash>.lock    held while the blob is fetched
//
// It knows repositories, revisions and files; which files make a model is for its caller to say.
//
// # What a cache may be trusted with
//
// A blob gets its name when its content has been hashed on the way in and is on the disk: SHA-256
// for large files (the hub keeps them in Git LFS), git's SHA-1 of a blob for the others. What was
// cut short is continued where it ended, by whichever process comes next. So a process that is
// killed, a full disk and a server that lies leave nothing behind that looks whole and is not.
//
// Names, revisions, hashes and paths are matched against what they may look like, and everything is
// written through an [os.Root]. The token goes to the hub's own scheme, host and port and nowhere else.
package hub
