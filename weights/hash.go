package weights

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// Hash reads a file of the checkpoint and returns its SHA-256, in hexadecimal digits. It calls
// progress with the bytes that were read.
func (c *Checkpoint) Hash(ctx context.Context, f File, progress func(n int)) (string, error) {
	var content io.Reader
	if c.demonstration {
		file, err := tinyContent(f.Path)
		if err != nil {
			return "", err
		}
		content = bytes.NewReader(file)
	} else {
		file, err := openRegular(f.Path)
		if err != nil {
			return "", err
		}
		defer file.Close()
		content = file
	}
	sum, buffer, read := sha256.New(), make([]byte, 1<<20), int64(0)
	for {
		n, err := content.Read(buffer)
		sum.Write(buffer[:n])
		read += int64(n)
		progress(n)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", err
		}
	}
	if read != f.Bytes {
		return "", fmt.Errorf("%s: has %d bytes now, and had %d", f.Path, read, f.Bytes)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
