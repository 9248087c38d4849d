/*
Gptmeter runs GPT-2 with the meter running: it generates text on the processor, counts the
arithmetic that its kernels really do, and times every request.

	gptmeter generate "Once upon a time"          a model inside the binary, for a first try
	gptmeter generate --model ./gpt2 < prompt.txt
	gptmeter flops --model synthetic:gpt2         what was counted, beside theory
	gptmeter bench --model ./gpt2 --batch 1,8     how fast it runs, and how near to this machine's peaks
	gptmeter eval --text story.txt                perplexity and bits per byte
	gptmeter tokenize --json "Hello, world"
	gptmeter pull gpt2                            into the cache of the Hugging Face hub
	gptmeter models                               what that cache holds
	gptmeter info --model ./gpt2 --tensors
	gptmeter info                                 this machine

# Settings

Each flag can also be set by the environment, --top-p by GPTMETER_TOP_P, and by a TOML file named
with --config, in which the keys are flags' names with - or _. A flag wins over the environment,
that over the file, that over the default.

# Prompt files

--prompt-file runs many prompts as one batch. Each line is a JSON object with prompt or prompt_ids
and, as keys with _, any of the flags that shape an answer:

	{"prompt": "The cat", "max_tokens": 8, "seed": 1}
	{"prompt_ids": [464, 3797], "temperature": 0, "stop": ["\n"]}

Empty lines are passed over. The file is checked whole before anything is generated: a line that is
no JSON object makes it unusable (3), one that asks for what cannot be is refused (2). Answers are
JSON lines in the order of the input, each written as soon as those before it are complete; line is
the input's place counted from 0. Errors count lines from 1, as editors do. Where the program is
interrupted, the answers that are complete have been written and no others.

# Exit codes

	0    done, also when the reader of the output has gone away
	1    unexpected, also a count that theory does not explain
	2    usage: a flag, number, name, id or prompt that cannot be
	3    model, weights, tokenizer or input file unusable
	4    network: the hub cannot be reached, refuses, or has not what is asked for
	5    out of memory or disk, or a cache that cannot be written
	130  interrupted
*/
package main
