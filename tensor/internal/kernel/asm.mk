# Assembly: the packages of kernels that a generator in _asm writes.

KERNEL   := tensor/internal/kernel
ASSEMBLY := avx2 avx512 amx

.PHONY: asm asm-check $(ASSEMBLY:%=asm-%)

asm: $(ASSEMBLY:%=asm-%) ## generate the kernels in assembly

$(ASSEMBLY:%=asm-%): asm-%:
	cd $(KERNEL)/_asm && go run ./$* -out ../$*/kernels_amd64.s -stubs ../$*/stubs_amd64.go -pkg $*

asm-check: asm ## fail where the kernels in assembly are not what their generators make
	git diff --exit-code -- $(ASSEMBLY:%=$(KERNEL)/%)
