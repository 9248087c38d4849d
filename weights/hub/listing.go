package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// maxListingBytes is enough for the names of a hundred thousand files.
const maxListingBytes = 16 << 20

// Listing asks the hub which files the commit has. Those that are hidden, or could not be fetched here,
// are left out.
func (s *Snapshot) Listing(ctx context.Context) ([]string, error) {
	c := s.client
	var commit struct {
		Siblings []struct {
			Name string `json:"rfilename"`
		} `json:"siblings"`
	}
	err := c.retry(ctx, func() (bool, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, c.AnswerTimeout, fmt.Errorf("%w within %v", errNoAnswer, c.AnswerTimeout))
		defer cancel()
		resp, err := c.do(ctx, http.MethodGet, c.Endpoint+"/api/models/"+s.Name.Repo+"/revision/"+s.Commit, nil)
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(io.LimitReader(resp.Body, maxListingBytes+1))
		if err != nil {
			return false, err
		}
		if len(text) > maxListingBytes {
			return false, fmt.Errorf("%s: %w: a listing of more than %d bytes", c.host(), errAnswer, maxListingBytes)
		}
		if err := json.Unmarshal(text, &commit); err != nil {
			return false, fmt.Errorf("%s: %w: %w", c.host(), errAnswer, err)
		}
		return false, nil
	})
	if err != nil {
		return nil, c.explain(s.Name, err)
	}
	var names []string
	for _, f := range commit.Siblings {
		if checkFile(f.Name) == nil {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}
