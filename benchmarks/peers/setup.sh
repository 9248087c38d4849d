#!/usr/bin/env bash
# Makes FOLDER/venv with the peers of requirements.txt, and FOLDER/llama.cpp from the source package of its Python
# bindings, built for this processor. What is there already stays. A peer that cannot be installed is named and left out.
set -euo pipefail
folder=$(realpath -m "${1:-build/peers}")
here=$(dirname "$(realpath "$0")")
llama=0.3.36 # llama-cpp-python
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
mkdir -p "$folder"

[ -x "$folder/venv/bin/pip" ] || python3 -m venv "$folder/venv"
install() {
	local failed=
	while read -r package; do
		"$folder/venv/bin/pip" install --quiet --constraint "$here/requirements.txt" "$package" </dev/null || {
			echo "setup: $package: not installed: its peer is left out" >&2
			failed=yes
		}
	done < <(grep -vE '^#|^$' "$here/requirements.txt")
	[ -n "$failed" ] || cp "$here/requirements.txt" "$folder/venv/installed.txt"
}
cmp -s "$here/requirements.txt" "$folder/venv/installed.txt" || install

# gcc before 13 drops what AMX's tiles are set up with, so that llama.cpp crashes: clang then, where it is, or no tiles.
compiler() {
	grep -q amx_tile /proc/cpuinfo && ${CC:-cc} --version | grep -qE '^(gcc|cc) .* ([1-9]|1[0-2])\.' || return 0
	local clang
	clang=$(compgen -c clang | grep -E '^clang(-[0-9]+)?$' | sort -V | tail -1)
	if [ -n "$clang" ]; then
		export CC=$clang CXX=${clang/clang/clang++}
	else
		echo "setup: llama.cpp: without AMX, for which it needs clang or gcc 13" >&2
		export CFLAGS="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16" CXXFLAGS="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
	fi
}

build_llama() {
	cd "$folder"
	compiler
	rm -rf llama.cpp.part && mkdir llama.cpp.part
	venv/bin/pip download --quiet --no-deps --no-binary llama-cpp-python "llama-cpp-python==$llama" --dest llama.cpp.part
	tar xzf llama.cpp.part/*.tar.gz -C llama.cpp.part --strip-components 1
	cmake -S llama.cpp.part/vendor/llama.cpp -B llama.cpp.part/build -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON \
		-DCMAKE_BUILD_RPATH_USE_ORIGIN=ON -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_SERVER=OFF \
		-DLLAMA_BUILD_UI=OFF -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF
	cmake --build llama.cpp.part/build --target llama-bench llama-batched-bench llama-quantize --parallel 2
	mv llama.cpp.part llama.cpp
}
if [ ! -d "$folder/llama.cpp" ]; then
	(build_llama) >"$folder/llama.cpp.log" 2>&1 || echo "setup: llama.cpp: not built, it is left out: see $folder/llama.cpp.log" >&2
fi
