package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gptmeter/gptmeter/model"
	"github.com/gptmeter/gptmeter/tokenizer"
	"github.com/gptmeter/gptmeter/weights"
	"github.com/gptmeter/gptmeter/weights/hub"
	"github.com/schollz/progressbar/v3"
)

// source returns where models come from, and what to call when none is being fetched any more.
func (p *program) source() (s *weights.Source, finish func()) {
	bar := &fetchBar{program: p}
	return &weights.Source{Hub: func() (*hub.Client, error) {
		settings, err := hub.Environment()
		if err != nil {
			return nil, err
		}
		client := hub.New(settings)
		client.Notice = func(text string) {
			bar.clear()
			p.notice("%s", text)
		}
		if !p.plainly() && !settings.Quiet {
			client.Progress = bar.show
		}
		return client, nil
	}}, bar.clear
}

// openModel opens the files of a model, fetched if need be, and reads its configuration.
func (p *program) openModel(ctx context.Context, name string) (*weights.Checkpoint, model.Config, error) {
	source, finish := p.source()
	checkpoint, err := source.Open(ctx, name)
	finish()
	if err != nil {
		return nil, model.Config{}, modelError(ctx, err)
	}
	config, err := model.ParseConfig(checkpoint.Config())
	if err != nil {
		checkpoint.Close()
		return nil, model.Config{}, unusable(fmt.Errorf("%s: %w", name, err))
	}
	return checkpoint, config, nil
}

// openModelTokenizer opens the tokenizer of a model, which has to have one, without its weights.
func (p *program) openModelTokenizer(ctx context.Context, name string) (tokenizer.Tokenizer, error) {
	source, finish := p.source()
	folder, err := source.Tokenizer(ctx, name)
	finish()
	if err != nil {
		return nil, modelError(ctx, err)
	}
	t, err := openTokenizer(name, folder)
	if err == nil && t == nil {
		err = unusable(fmt.Errorf("%s: %w", name, tokenizer.ErrNone))
	}
	return t, err
}

// modelError gives an error of package weights its exit code.
func modelError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case errors.Is(err, weights.ErrName), errors.Is(err, hub.ErrName), errors.Is(err, hub.ErrSetting):
		return usageError("%w", err)
	case errors.Is(err, hub.ErrNetwork):
		return &failure{error: err, code: exitNetwork}
	case errors.Is(err, hub.ErrDisk):
		return &failure{error: err, code: exitExhausted}
	}
	return unusable(err)
}

// A fetchBar shows how far a fetch is: the file with its rate and the time that it will take, and
// in front of them how far all of it is. It appears after half a second.
type fetchBar struct {
	program *program
	bar     *progressbar.ProgressBar
	file    string
	from    int64     // bytes of the file that were there before
	began   time.Time // the whole fetch
	allFrom int64
	told    time.Time
}

func (b *fetchBar) show(at hub.Progress) {
	now := time.Now()
	if b.began.IsZero() {
		b.began, b.allFrom = now, at.AllDone
	}
	if now.Sub(b.began) < time.Second/2 {
		return
	}
	if b.bar == nil || b.file != at.File || at.Done < b.from {
		b.clear()
		b.file, b.from = at.File, at.Done
		b.bar = progressbar.NewOptions64(max(1, at.Size-at.Done), progressbar.OptionSetWriter(b.program.stderr), progressbar.OptionShowBytes(true),
			progressbar.OptionSetWidth(20), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish())
	}
	if now.Sub(b.told) > time.Second/2 {
		b.told = now
		all := ""
		if came := at.AllDone - b.allFrom; came > 0 && at.AllSize > 0 {
			left := time.Duration(float64(now.Sub(b.began)) * float64(at.AllSize-at.AllDone) / float64(came))
			all = fmt.Sprintf("all %.0f%% of %s, %v left; ", 100*float64(at.AllDone)/float64(at.AllSize), bytesText(at.AllSize), left.Round(time.Second))
		}
		b.bar.Describe(all + oneLine(at.File))
	}
	b.bar.Set64(at.Done - b.from)
}

func (b *fetchBar) clear() {
	if b.bar != nil {
		b.bar.Finish()
		b.bar = nil
	}
}
