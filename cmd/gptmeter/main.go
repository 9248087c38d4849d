package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/gptmeter/gptmeter/meter"
	"github.com/spf13/cobra"
)

func main() {
	p := &program{stdin: os.Stdin, stdout: &output{file: os.Stdout}, stderr: os.Stderr, powercap: os.DirFS(meter.PowercapRoot)}
	os.Exit(p.run(os.Args[1:]))
}

// A program is one run of gptmeter; each command is a method.
type program struct {
	stdin    *os.File
	stdout   *output
	stderr   *os.File
	powercap fs.FS // the machine's energy counters
}

// run executes the command that args name and returns the exit code.
func (p *program) run(args []string) (code int) {
	defer func() {
		if cause := recover(); cause != nil {
			code = p.fail(fmt.Errorf("unexpected: %v", cause))
		}
	}()
	// Without this a reader that goes away would kill the process instead of failing the write.
	signal.Ignore(syscall.SIGPIPE)
	root := p.root()
	root.SetArgs(args)
	err := root.ExecuteContext(interrupts())
	if _, _, unknown := root.Find(args); unknown != nil {
		err = unknownCommand(root, args)
	}
	if err == nil {
		err = p.stdout.err
	}
	if err == nil {
		return exitDone
	}
	return p.fail(err)
}

// interrupts returns a context that the first Ctrl-C ends. The second ends the program at once.
func interrupts() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(exitInterrupted)
	}()
	return ctx
}

// interruptible is do, given up on when ctx ends: for what blocks and cannot be told to stop. The
// goroutine is left behind, so the program must end then.
func interruptible[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if cause := recover(); cause != nil {
				o.err = fmt.Errorf("unexpected: %v", cause)
			}
			done <- o
		}()
		o.value, o.err = do()
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, errInterrupted
	}
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "gptmeter",
		Short: "Run GPT-2 with the meter running",
		Long: `Gptmeter runs GPT-2 on the processor, counts the arithmetic that its kernels really do,
and times every request.`,
		Example: `  gptmeter generate "Once upon a time"
  gptmeter generate --model ./gpt2 --max-tokens 100 --temperature 0 "The AI is"
  gptmeter flops --model synthetic:gpt2 --prompt 128 --generate 64
  gptmeter eval --model ./gpt2 --text story.txt
  gptmeter tokenize --json "Hello, world"
  gptmeter info`,
		Version:       readBuild().Version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("gptmeter {{.Version}}\n")
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetFlagErrorFunc(flagError)
	for _, c := range []*cobra.Command{p.generate(), p.eval(), p.flops(), p.bench(), p.cost(), p.tokenize(), p.info(), p.pull(), p.models(), p.convert(), p.quantize(), p.version()} {
		c.Flags().SortFlags = false // they stand in the order in which they matter
		root.AddCommand(c)
	}
	root.SetHelpCommand(help())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		// Cobra's own only shows help, whatever shell is asked for.
		completion.Args = cobra.ArbitraryArgs
		completion.RunE = func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(c, args)
			}
			return c.Help()
		}
		for _, shell := range completion.Commands() {
			shell.Args = arguments(0, "")
		}
	}
	return root
}

func help() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		RunE: func(c *cobra.Command, args []string) error {
			topic, _, err := c.Root().Find(args)
			if err != nil {
				return unknownCommand(c.Root(), args)
			}
			topic.InitDefaultHelpFlag()
			topic.InitDefaultVersionFlag()
			return topic.Help()
		},
	}
}
