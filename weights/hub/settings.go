package hub

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ErrSetting is wrapped by the errors of settings in the environment that cannot be.
var ErrSetting = errors.New("unusable setting")

// Settings say where the cache and the hub are, and how to ask it.
type Settings struct {
	Cache         string        // the folder of the cache
	Endpoint      string        // the hub's URL, without a slash at the end
	Token         string        // "" for none
	Offline       bool          // never to ask the hub
	AnswerTimeout time.Duration // until the hub has answered what a file is
	ReadTimeout   time.Duration // until the next bytes of a file come
	Quiet         bool          // no progress is to be shown
}

const (
	defaultEndpoint = "https://huggingface.co"
	defaultTimeout  = 10 * time.Second
	maxTokenBytes   = 4096
)

// Environment reads the variables that huggingface_hub reads, as it does, but that an empty one is none.
func Environment() (Settings, error) {
	home := folderSetting("HF_HOME")
	if home == "" {
		caches := os.Getenv("XDG_CACHE_HOME")
		if caches == "" {
			user, err := os.UserHomeDir()
			if err != nil {
				return Settings{}, fmt.Errorf("%w: HF_HOME says where the cache is: %w", ErrSetting, err)
			}
			caches = filepath.Join(user, ".cache")
		}
		home = filepath.Join(caches, "huggingface")
	}
	s := Settings{
		Cache:    firstOf(folderSetting("HF_HUB_CACHE"), folderSetting("HUGGINGFACE_HUB_CACHE"), filepath.Join(home, "hub")),
		Endpoint: strings.TrimRight(firstOf(os.Getenv("HF_ENDPOINT"), defaultEndpoint), "/"),
		Offline:  isTrue("HF_HUB_OFFLINE") || os.Getenv("HF_HUB_OFFLINE") == "" && isTrue("TRANSFORMERS_OFFLINE"),
		Quiet:    isTrue("HF_HUB_DISABLE_PROGRESS_BARS"),
	}
	var errs [4]error
	s.Cache, errs[0] = filepath.Abs(s.Cache)
	s.AnswerTimeout, errs[1] = timeoutSetting("HF_HUB_ETAG_TIMEOUT")
	s.ReadTimeout, errs[2] = timeoutSetting("HF_HUB_DOWNLOAD_TIMEOUT")
	if !isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
		s.Token, errs[3] = readToken(firstOf(folderSetting("HF_TOKEN_PATH"), filepath.Join(home, "token")))
	}
	for _, err := range errs {
		if err != nil {
			return s, err
		}
	}
	if u, err := url.Parse(s.Endpoint); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return s, fmt.Errorf("%w: HF_ENDPOINT=%q is not the URL of a hub", ErrSetting, s.Endpoint)
	}
	return s, nil
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func folderSetting(name string) string { return expand(os.Getenv(name)) }

// expand puts in the user's folder for ~ and variables for their names.
func expand(path string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		if home, err := os.UserHomeDir(); err == nil {
			path = home + rest
		}
	}
	return os.ExpandEnv(path)
}

func isTrue(name string) bool {
	switch strings.ToUpper(os.Getenv(name)) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

func timeoutSetting(name string) (time.Duration, error) {
	text := os.Getenv(name)
	if text == "" || text == "0" {
		return defaultTimeout, nil
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 0 || seconds > 1e6 {
		return 0, fmt.Errorf("%w: %s=%q is not a whole number of seconds", ErrSetting, name, text)
	}
	return time.Duration(seconds) * time.Second, nil
}

// tokenText is what can stand in a header; what a token looks like is the hub's affair.
var tokenText = regexp.MustCompile(`^[!-~]+$`)

// readToken reads the token in the environment, or else in the file that `hf auth login` writes.
func readToken(path string) (string, error) {
	token, source := firstOf(os.Getenv("HF_TOKEN"), os.Getenv("HUGGING_FACE_HUB_TOKEN")), "HF_TOKEN"
	if token == "" {
		file, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			return "", nil
		} else if err != nil {
			return "", fmt.Errorf("%w: %w", ErrSetting, err)
		}
		defer file.Close()
		text, err := io.ReadAll(io.LimitReader(file, maxTokenBytes+1))
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrSetting, err)
		}
		token, source = string(text), path
	}
	token = strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(token))
	if token != "" && (!tokenText.MatchString(token) || len(token) > maxTokenBytes) {
		return "", fmt.Errorf("%w: what is in %s is no token", ErrSetting, source)
	}
	return token, nil
}
